"""The live hub: one small Server-Sent-Events server that tells open pages what has just changed.

Why not the web server? A stream that stays open holds a thread of a WSGI server for ever, and an
asynchronous server costs every other page three times as much. The hub needs neither: it speaks
just enough HTTP/1.1 to answer ``GET /live`` and ``GET /healthz``, and sends the same bytes to all.

Two threads, and each object belongs to exactly one of them:

* the **reader** (a daemon thread) owns the ``Wake`` and the ``Source``. It waits, reads, renders,
  encodes, and hands finished bytes over. It may be slow: a database that restarts delays news only.
* the **loop** (the caller of ``Hub.run``) owns every socket and the history. It never waits for
  anything but the selector, so one client, slow or silent, cannot delay another.

Between them is one ``deque`` (its ``append`` and ``popleft`` are atomic) and a bell (a socket pair).

Give the hub a process without other busy threads. Every ``send`` lets go of the interpreter lock, and
a thread that computes keeps it for 5 ms each time: one such neighbour turned 25 ms for 1,000 pages
into 5 s (measured; ``sys.setswitchinterval(0.0005)`` brings that to 0.4 s).

What may be lost: nothing that a page could miss unknowingly. Whoever cannot be given the exact
messages that they missed gets the event ``stale``, on which pages fetch themselves anew.
"""

import json
import logging
import re
import resource
import selectors
import socket
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from itertools import groupby, islice
from operator import attrgetter
from typing import Any, Final, Protocol
from urllib.parse import parse_qs, urlsplit

from accelerator.addresses import parse_address, with_neighbours
from accelerator.assets import POLICY

log = logging.getLogger(__name__)


EVENT_STALE: Final = "stale"
COMMENT: Final = b": k\n\n"
#: Given by a page that asks to resume after something that is not an ordering number.
NONSENSE: Final = -1
#: What one turn of the loop does at most of each kind, so that no kind of work starves the others.
ACCEPTS_A_TURN: Final = 128
COMMENTS_A_TURN: Final = 512
#: Buffers given to one ``sendmsg`` (the kernel takes up to 1,024).
BUFFERS_A_SEND: Final = 256
RECEIVE_BYTES: Final = 4_096
#: Bytes after the request that we are patient enough to throw away.
IGNORED_BYTES: Final = 65_536
#: Open files left to the rest of the process (database, logs, mail).
SPARE_FILES: Final = 128
#: Longest single wait of the reader, hence about the longest stop, in seconds.
WAIT_SECONDS: Final = 0.5
LOG_DROPS_SECONDS: Final = 60.0
#: A reading that failed so often in a row is skipped: the pages fetch themselves anew instead.
UNREADABLE_TRIES: Final = 3


@dataclass(frozen=True)
class Message:
    """One message for every open page, rendered once per language."""

    #: Ordering number. Messages that belong together may share one.
    id: int
    #: For example ``request-17`` or ``deed``.
    event: str
    #: Language -> HTML, which may contain newlines.
    data: Mapping[str, str]


class Source(Protocol):
    """Where messages come from. Called from the reader thread only; may raise anything.

    Ordering numbers must become visible in their order: a message that appears after one with a
    greater number has been passed over.
    """

    def latest(self) -> int:
        """The newest ordering number; cheap, because it is asked at every wake-up."""

    def since(self, after: int, limit: int) -> Sequence[Message]:
        """At most ``limit`` messages with ``id > after``, ascending."""


class Wake(Protocol):
    """What tells that something may have changed. Called from the reader thread only."""

    def wait(self, seconds: float) -> bool:
        """True as soon as something may have changed; False after ``seconds`` without."""

    def close(self) -> None:
        """Give back what is held."""


@dataclass(frozen=True)
class HubLimits:
    """How much the hub takes on. Times are in seconds, sizes in bytes."""

    max_subscribers: int = 20_000
    #: Loose, because a whole school may stand behind one address. See `counted_as`.
    per_address: int = 200
    #: Connections that have not asked yet, or were just refused; the oldest gives way.
    max_waiting: int = 4_096
    head_bytes: int = 8_192
    head_seconds: float = 5.0
    #: What may queue up behind a client's first unfinished write before the client is dropped.
    backlog: int = 65_536
    #: Messages kept for those who come back.
    replay: int = 200
    keepalive_seconds: float = 20.0
    #: Kernel send buffer of one client; bounds what 20,000 readers who never read can pin down.
    send_buffer: int = 65_536
    #: The source is asked this often even when the wake stays silent.
    recheck_seconds: float = 5.0
    #: How long a page that knows more than the hub does waits for the hub to catch up.
    catch_up_seconds: float = 1.0


# --- Messages as bytes -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Block:
    """All messages of one ordering number, encoded: the same bytes objects go to every client."""

    id: int
    count: int
    #: One for each language of the hub, in its order.
    wire: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class News:
    """What the reader hands to the loop."""

    blocks: Sequence[Block]
    newest: int
    #: Not None: what went before is not known to us, and this is complete after that number only.
    break_after: int | None = None


def encode_message(event: str, text: str, id: int | None) -> bytes:
    """One message in the format of the wire; nothing in it can start a field of its own."""
    name = event.replace("\r", "").replace("\n", "")
    lines = [f"event: {name}"]
    lines += [f"data: {line}" for line in text.replace("\r", "").split("\n")]
    if id is not None:
        lines.append(f"id: {id}")
    return ("\n".join(lines) + "\n\n").encode()


def encode_blocks(messages: Sequence[Message], languages: Sequence[str]) -> list[Block]:
    """Messages of one number together, in every language.

    Only the last message of a number carries ``id:``. A client cut off between two of them then
    comes back with the number before, and is given all of them.
    """
    groups = (list(group) for _, group in groupby(messages, key=attrgetter("id")))
    return [
        Block(group[0].id, len(group), tuple(_encode_group(group, each, languages[0]) for each in languages))
        for group in groups
    ]


def _encode_group(group: Sequence[Message], language: str, default: str) -> bytes:
    last = len(group) - 1
    return b"".join(
        encode_message(
            message.event,
            message.data[language] if language in message.data else message.data[default],
            message.id if position == last else None,
        )
        for position, message in enumerate(group)
    )


class History:
    """The last messages, whole numbers only, and what can be said about those before them."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._blocks: deque[Block] = deque()
        self._count = 0
        #: Everything after ``floor`` and up to ``newest`` is here.
        self.floor = 0
        self.newest = 0

    def restart(self, floor: int) -> None:
        """Forget everything: only what is added from now on is known, after ``floor``."""
        self._blocks.clear()
        self._count = 0
        self.floor = floor

    def extend(self, blocks: Sequence[Block], newest: int) -> None:
        """Add the blocks up to ``newest``; the oldest give way."""
        self.newest = newest
        self._blocks.extend(blocks)
        self._count += sum(block.count for block in blocks)
        while self._count > self._limit:
            oldest = self._blocks.popleft()
            self._count -= oldest.count
            self.floor = oldest.id

    def missed(self, after: int) -> list[Block] | None:
        """What came after that number, or None when we cannot know."""
        if not self.floor <= after <= self.newest:
            return None
        return [block for block in self._blocks if block.id > after]


# --- Just enough HTTP --------------------------------------------------------------------------


class BadRequestError(Exception):
    """The head is not an HTTP/1 request that we understand."""


@dataclass(frozen=True, slots=True)
class Request:
    """The parts of a request that the hub looks at."""

    method: str
    path: str
    language: str
    #: None: start at now. ``NONSENSE``: asked to resume, but after nothing that could be a number.
    after: int | None
    #: What proxies say of where it came from, the nearest proxy's word last. Anybody can write it.
    forwarded: tuple[str, ...]


_REQUEST_LINE = re.compile(rb"([A-Z]{1,20}) (/[!-~]*) HTTP/1\.[01]")
_HEADER = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):([\t\x20-\x7e\x80-\xff]*)")
_COMMON_HEADERS = (
    "Cache-Control: no-store",
    "Access-Control-Allow-Origin: *",
    "X-Content-Type-Options: nosniff",
    f"Content-Security-Policy: {POLICY}",
    "Connection: close",
)
_STREAM_HEAD = "\r\n".join((
    "HTTP/1.1 200 OK",
    "Content-Type: text/event-stream; charset=utf-8",
    "X-Accel-Buffering: no",
    *_COMMON_HEADERS,
    "\r\n",
)).encode()  # fmt: skip
_ALLOWED = "GET, HEAD, OPTIONS"
_PREFLIGHT_HEADERS = (
    f"Access-Control-Allow-Methods: {_ALLOWED}",
    "Access-Control-Allow-Headers: Last-Event-ID, Cache-Control",
    "Access-Control-Max-Age: 86400",
    f"Allow: {_ALLOWED}",
)


def parse_head(head: bytes) -> Request:
    """The request in these lines (without the empty one). Raises ``BadRequestError``."""
    first, *rest = head.split(b"\r\n")
    line = _REQUEST_LINE.fullmatch(first)
    if line is None:
        raise BadRequestError
    last_event_id = None
    forwarded: list[str] = []
    for each in rest:
        header = _HEADER.fullmatch(each)
        if header is None:
            raise BadRequestError
        name, value = header[1].lower(), header[2].decode("latin-1")
        if name == b"last-event-id":
            last_event_id = value.strip(" \t")
        elif name == b"x-forwarded-for":
            forwarded += value.split(",")
    try:
        target = urlsplit(line[2].decode("ascii"))
        query = parse_qs(target.query, max_num_fields=20)
    except ValueError as error:
        raise BadRequestError from error
    if last_event_id is None:
        # The header wins: on a reconnection the browser repeats the address it started with.
        last_event_id = query.get("last-event-id", [""])[-1]
    language = query.get("lang", [""])[-1]
    after = parse_ordering_number(last_event_id)
    return Request(line[1].decode("ascii"), target.path, language, after, tuple(forwarded))


def parse_ordering_number(text: str) -> int | None:
    """The number to resume after; None for an empty text, ``NONSENSE`` for anything else."""
    if not text:
        return None
    if len(text) > 18 or not text.isascii() or not text.isdigit():
        return NONSENSE
    return int(text)


def build_answer(
    status: HTTPStatus, *, body: bytes | None = None, kind: str = "text/plain", extra: Sequence[str] = (),
    with_body: bool = True,
) -> bytes:  # fmt: skip
    """A whole short answer. ``with_body`` is False for HEAD: the same headers, nothing after."""
    if body is None:
        body = b"" if status is HTTPStatus.NO_CONTENT else f"{status.phrase}\n".encode()
    described = () if status is HTTPStatus.NO_CONTENT else (
        f"Content-Type: {kind}; charset=utf-8",
        f"Content-Length: {len(body)}",
    )  # fmt: skip
    head = (f"HTTP/1.1 {status.value} {status.phrase}", *described, *_COMMON_HEADERS, *extra, "\r\n")
    return "\r\n".join(head).encode() + (body if with_body else b"")


def counted_as(peer: str, forwarded: Sequence[str], trusted_proxies: int) -> str | None:
    """What to count a connection under; None: it is not counted.

    Without proxies a loopback peer is the operator. With them, a peer on this machine or in a private
    network is the nearest proxy, and the client is what the farthest trusted one saw: so many from the
    end, as for pages. Where that is no address, the peer stands for everybody behind it.
    """
    address = parse_address(peer)
    if not trusted_proxies:
        return None if address.is_loopback else with_neighbours(address)
    if address.is_private and len(forwarded) >= trusted_proxies:
        with suppress(ValueError):
            address = parse_address(forwarded[-trusted_proxies])
    return with_neighbours(address)


# --- The reader thread -------------------------------------------------------------------------


class _Reader(threading.Thread):
    """Waits for changes, reads them, and delivers them encoded. Survives whatever the source raises."""

    def __init__(
        self, source: Source, wake: Wake, languages: Sequence[str], limits: HubLimits,
        deliver: Callable[[News], None],
    ) -> None:  # fmt: skip
        super().__init__(name="live-reader", daemon=True)
        self._source = source
        self._wake = wake
        self._languages = languages
        self._limits = limits
        self._deliver = deliver
        self._is_stopping = threading.Event()
        #: Everything up to here was delivered; None before the first reading.
        self._cursor: int | None = None
        self._failures = 0
        self._unreadable = 0

    def stop(self) -> None:
        self._is_stopping.set()

    def run(self) -> None:
        while not self._is_stopping.is_set():
            if self._look():
                self._wait_for_change()
        try:
            self._wake.close()
        except Exception:
            log.warning("the wake-up could not be closed", exc_info=True)

    def _wait_for_change(self) -> None:
        until = time.monotonic() + self._limits.recheck_seconds
        while not self._is_stopping.is_set() and (left := until - time.monotonic()) > 0:
            try:
                if self._wake.wait(min(WAIT_SECONDS, left)):
                    return
            except Exception:
                self._rest_after_failure("the wake-up failed; looking without it")
                return

    def _look(self) -> bool:
        """Read and deliver once; False when that failed (after a rest)."""
        try:
            news = self._read()
        except Exception:
            self._rest_after_failure("the live messages could not be read; trying again")
            return False
        self._failures = 0
        if news is not None:
            self._deliver(news)
        return True

    def _rest_after_failure(self, what: str) -> None:
        if self._failures == 0:
            log.warning(what, exc_info=True)
        self._failures += 1
        self._is_stopping.wait(min(5.0, 0.05 * 2 ** min(self._failures, 10)))

    def _read(self) -> News | None:
        newest = self._source.latest()
        if newest == self._cursor:
            return None
        if self._unreadable >= UNREADABLE_TRIES:
            return self._skip_to(newest)
        if self._cursor is None:
            return self._begin_at(newest)
        if newest < self._cursor:  # another database was put in its place
            return self._skip_to(newest)
        blocks = self._read_blocks(self._cursor)
        if blocks is None:
            return self._skip_to(newest)
        # since() may already see more than latest() did a moment ago.
        self._cursor = max(newest, blocks[-1].id if blocks else newest)
        return News(blocks, self._cursor)

    def _skip_to(self, newest: int) -> News:
        """Give up on what lies between: everyone fetches their page anew."""
        self._unreadable = 0
        self._cursor = newest
        return News((), newest, break_after=newest)

    def _begin_at(self, newest: int) -> News:
        """The first reading: history for those who come back after a restart of the hub.

        Looks back over as many numbers as messages are wanted, and over half as many for as long as
        they hold too many messages. Where numbers have gaps the history is short; that is safe.
        """
        span = self._limits.replay
        while span:
            after = max(0, newest - span)
            blocks = self._read_blocks(after)
            if blocks is not None:
                self._cursor = max(newest, blocks[-1].id if blocks else newest)
                return News(blocks, self._cursor, break_after=after)
            span //= 2
        return self._skip_to(newest)

    def _read_blocks(self, after: int) -> list[Block] | None:
        """Everything after that number, or None when it is more than we replay."""
        try:
            messages = self._source.since(after, self._limits.replay + 1)
            if len(messages) > self._limits.replay:
                return None
            blocks = encode_blocks(messages, self._languages)
        except Exception:
            self._unreadable += 1
            raise
        self._unreadable = 0
        return blocks


# --- The loop ----------------------------------------------------------------------------------


class _Client:
    """One connection. Small, because there are thousands: a queue exists only while one lags."""

    __slots__ = (
        "address", "allowed", "has_moved", "head", "ignored", "language", "peer", "pending", "queue", "sock",
    )  # fmt: skip

    def __init__(self, sock: socket.socket, peer: str) -> None:
        self.sock = sock
        self.peer = peer
        #: What the connection is counted under once it was read; never logged.
        self.address: str | None = None
        #: The request so far; None once it was read.
        self.head: bytearray | None = bytearray()
        self.language = 0
        #: What the kernel did not take yet, and how many bytes that is; None when it took all.
        self.queue: deque[bytes | memoryview] | None = None
        self.pending = 0
        self.allowed = 0
        #: Whether the kernel took anything since the last keep-alive.
        self.has_moved = True
        self.ignored = 0

    @property
    def is_closed(self) -> bool:
        return self.sock.fileno() < 0


class Hub:
    """The server. ``run`` blocks; ``stop`` may come from another thread or a signal handler."""

    def __init__(
        self, source: Source, wake: Wake, *, host: str, port: int, languages: Sequence[str],
        limits: HubLimits | None = None, trusted_proxies: int = 0,
    ) -> None:  # fmt: skip
        """Bind the listener (port 0: any free one). Raises ``OSError`` when the port is taken."""
        if not languages:
            raise ValueError("the hub needs at least one language")
        self._limits = limits or HubLimits()
        self._trusted_proxies = trusted_proxies
        self._languages = tuple(languages)
        self._language_index = {language: index for index, language in enumerate(self._languages)}
        self._history = History(self._limits.replay)
        self._is_ready = False
        self._is_stopping = False
        #: Connections that are still asking, or were refused -> when we stop waiting. Oldest first.
        self._waiting: dict[_Client, float] = {}
        #: Subscribers whose place in the history is not known yet -> (until when, resume after).
        self._parked: dict[_Client, tuple[float, int | None]] = {}
        #: Subscribers -> when the next keep-alive is due. Soonest first.
        self._subscribers: dict[_Client, float] = {}
        self._by_address: Counter[str] = Counter()
        self._max_waiting = self._limits.max_waiting
        self._max_subscribers = self._limits.max_subscribers
        self._dropped = self._dropped_logged = self._refused = 0
        self._drops_logged_at = -LOG_DROPS_SECONDS
        self._accepting_from: float | None = None
        self._inbox: deque[News] = deque()
        self._reader = _Reader(source, wake, self._languages, self._limits, self._deliver)
        self._listener = _listen(host, port, self._limits)
        self._bell, self._bell_rope = socket.socketpair()
        self._bell.setblocking(False)
        self._bell_rope.setblocking(False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ, self._accept)
        self._selector.register(self._bell, selectors.EVENT_READ, self._hear)

    @property
    def address(self) -> tuple[str, int]:
        """Where the hub listens. Raises ``OSError`` after the hub has ended."""
        host, port = self._listener.getsockname()[:2]
        return host, port

    def run(self) -> None:
        """Serve until ``stop``; then close everything. A hub runs once."""
        self._fit_to_open_files()
        log.info("live hub on port %d, up to %d subscribers", self.address[1], self._max_subscribers)
        limits = self._limits
        tick = min(0.25, limits.head_seconds / 4, limits.keepalive_seconds / 4, limits.catch_up_seconds / 4)
        self._reader.start()
        try:
            while not self._is_stopping:
                for key, events in self._selector.select(tick):
                    self._handle(key.data, events)
                self._keep_time(time.monotonic())
        finally:
            self._shut()

    def stop(self) -> None:
        """Make ``run`` return soon. Takes no lock and never blocks; may be called twice."""
        self._is_stopping = True
        self._ring()

    # Between the two threads

    def _deliver(self, news: News) -> None:
        """Called by the reader."""
        self._inbox.append(news)
        self._ring()

    def _ring(self) -> None:
        with suppress(OSError):  # full: it rings already; closed: nobody is left to hear it
            self._bell_rope.send(b"!")

    def _hear(self) -> None:
        with suppress(BlockingIOError):
            self._bell.recv(RECEIVE_BYTES)
        blocks: list[Block] = []
        while self._inbox:
            news = self._inbox.popleft()
            if news.break_after is not None:
                blocks.clear()
                self._history.restart(news.break_after)
                self._broadcast([_stale(news.newest)] * len(self._languages))
            else:
                blocks += news.blocks
            self._history.extend(news.blocks, news.newest)
            self._is_ready = True
        if blocks:
            self._broadcast([_join(blocks, index) for index in range(len(self._languages))])
        self._place_parked(time.monotonic())

    # Turns of the loop

    def _handle(self, data: Any, events: int) -> None:
        if not isinstance(data, _Client):
            data()
            return
        try:
            self._serve(data, events)
        except Exception:
            log.exception("a connection failed and was closed")
            self._close(data)

    def _serve(self, client: _Client, events: int) -> None:
        if events & selectors.EVENT_WRITE and not client.is_closed:
            self._flush(client)
        if events & selectors.EVENT_READ and not client.is_closed:
            self._receive(client)

    def _keep_time(self, now: float) -> None:
        for client in _until(self._waiting, now):
            self._close(client)
        if self._parked:
            self._place_parked(now)
        self._comment(now)
        if self._accepting_from is not None and now >= self._accepting_from:
            self._accepting_from = None
            self._selector.register(self._listener, selectors.EVENT_READ, self._accept)
        if self._dropped > self._dropped_logged and now - self._drops_logged_at >= LOG_DROPS_SECONDS:
            log.info("dropped %d slow readers", self._dropped - self._dropped_logged)
            self._dropped_logged, self._drops_logged_at = self._dropped, now

    def _comment(self, now: float) -> None:
        """A comment to those who heard nothing for a while; farewell to those who take nothing."""
        for client in list(islice(_until(self._subscribers, now), COMMENTS_A_TURN)):
            del self._subscribers[client]
            self._subscribers[client] = now + self._limits.keepalive_seconds
            if client.queue is None:
                self._send(client, COMMENT)
            elif client.has_moved:
                client.has_moved = False
            else:
                self._drop(client)

    # Connections

    def _accept(self) -> None:
        for _ in range(ACCEPTS_A_TURN):
            try:
                sock, peer = self._listener.accept()
            except BlockingIOError:
                return
            except ConnectionError:
                continue  # gone before we came to it
            except OSError:
                # No open files left: a listener that stays readable would spin, so look away a while.
                self._selector.unregister(self._listener)
                self._accepting_from = time.monotonic() + 0.5
                return
            self._admit(sock, peer[0])

    def _admit(self, sock: socket.socket, host: str) -> None:
        sock.setblocking(False)
        client = _Client(sock, host)
        self._selector.register(sock, selectors.EVENT_READ, client)
        self._waiting[client] = time.monotonic() + self._limits.head_seconds
        if len(self._waiting) > self._max_waiting:
            self._close(next(iter(self._waiting)))

    def _receive(self, client: _Client) -> None:
        try:
            data = client.sock.recv(RECEIVE_BYTES)
        except BlockingIOError:
            return
        except OSError as error:
            self._lose(client, error)
            return
        if not data:
            self._close(client)
        elif client.head is not None:
            self._read_head(client, client.head, data)
        else:
            client.ignored += len(data)
            if client.ignored > IGNORED_BYTES:
                self._close(client)

    def _read_head(self, client: _Client, head: bytearray, data: bytes) -> None:
        head += data
        end = head.find(b"\r\n\r\n", max(0, len(head) - len(data) - 3))
        if (len(head) if end < 0 else end) > self._limits.head_bytes:
            self._finish(client, build_answer(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE))
            return
        if end < 0:
            return
        try:
            request = parse_head(bytes(head[:end]))
        except BadRequestError:
            self._finish(client, build_answer(HTTPStatus.BAD_REQUEST))
            return
        client.address = counted_as(client.peer, request.forwarded, self._trusted_proxies)
        self._respond(client, request)

    def _respond(self, client: _Client, request: Request) -> None:
        with_body = request.method != "HEAD"
        if request.path not in {"/live", "/healthz"}:
            self._finish(client, build_answer(HTTPStatus.NOT_FOUND, with_body=with_body))
        elif request.method == "OPTIONS":
            self._finish(client, build_answer(HTTPStatus.NO_CONTENT, extra=_PREFLIGHT_HEADERS))
        elif request.method not in {"GET", "HEAD"}:
            extra = (f"Allow: {_ALLOWED}",)
            self._finish(client, build_answer(HTTPStatus.METHOD_NOT_ALLOWED, extra=extra))
        elif request.path == "/healthz":
            kind, body = "application/json", self._describe()
            self._finish(client, build_answer(HTTPStatus.OK, body=body, kind=kind, with_body=with_body))
        elif self._is_full_for(client):
            self._refused += 1
            extra, status = ("Retry-After: 30",), HTTPStatus.SERVICE_UNAVAILABLE
            self._finish(client, build_answer(status, extra=extra, with_body=with_body))
        elif not with_body:
            self._finish(client, _STREAM_HEAD)
        else:
            self._subscribe(client, request)

    def _finish(self, client: _Client, answer: bytes) -> None:
        """Send a short answer and let the client hang up first.

        Closing with unread bytes would reset the connection and could destroy the answer on its
        way; so the client stays among the waiting until it leaves or its time is over.
        """
        client.head = None
        try:
            client.sock.send(answer)  # shorter than any send buffer
            client.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self._close(client)

    def _close(self, client: _Client) -> None:
        if client.is_closed:
            return
        self._waiting.pop(client, None)
        was_parked = self._parked.pop(client, None) is not None
        was_subscribed = self._subscribers.pop(client, None) is not None
        if client.address is not None and (was_parked or was_subscribed):
            self._by_address[client.address] -= 1
            if not self._by_address[client.address]:
                del self._by_address[client.address]
        self._selector.unregister(client.sock)
        client.sock.close()
        client.queue = None

    # Subscribers

    def _is_full_for(self, client: _Client) -> bool:
        if len(self._subscribers) + len(self._parked) >= self._max_subscribers:
            return True
        return client.address is not None and self._by_address[client.address] >= self._limits.per_address

    def _subscribe(self, client: _Client, request: Request) -> None:
        client.head = None
        client.language = self._language_index.get(request.language, 0)
        if client.address is not None:
            self._by_address[client.address] += 1
        del self._waiting[client]
        now = time.monotonic()
        self._parked[client] = (now + self._limits.catch_up_seconds, request.after)
        self._place_parked(now, (client,))

    def _place_parked(self, now: float, clients: Sequence[_Client] | None = None) -> None:
        """Welcome those whose place in the history is known, or who waited for it long enough.

        A page may have been rendered from a change that the hub is about to read: it knows a
        number from the future, which will be the present in a moment.
        """
        if not self._is_ready:
            return
        for client in tuple(self._parked) if clients is None else clients:
            until, after = self._parked[client]
            if after is not None and after > self._history.newest and now < until:
                continue
            del self._parked[client]
            self._welcome(client, after, now)

    def _welcome(self, client: _Client, after: int | None, now: float) -> None:
        """Start the stream with what was missed.

        The first block is an id without data: no event for the page, but the browser remembers
        it, so that even one who was told nothing yet comes back to the right place.
        """
        newest = self._history.newest
        missed = [] if after is None else self._history.missed(after)
        if missed is None:
            start, wires = newest, [_stale(newest)]
        else:
            start = newest if after is None else after
            wires = [block.wire[client.language] for block in missed]
        greeting = _STREAM_HEAD + f"retry: 3000\n: hello\nid: {start}\n\n".encode()
        self._subscribers[client] = now + self._limits.keepalive_seconds
        self._hold(client, [greeting, *wires])
        self._flush(client)

    def _broadcast(self, wire: Sequence[bytes]) -> None:
        for client in tuple(self._subscribers):
            self._send(client, wire[client.language])

    def _send(self, client: _Client, data: bytes) -> None:
        """Give these bytes to the kernel, or queue them behind what it did not take before."""
        if client.queue is not None:
            client.queue.append(data)
            client.pending += len(data)
            if client.pending > client.allowed:
                self._drop(client)
            return
        try:
            sent = client.sock.send(data)
        except BlockingIOError:
            sent = 0
        except OSError as error:
            self._lose(client, error)
            return
        if sent < len(data):
            self._hold(client, [memoryview(data)[sent:]])
            self._selector.modify(client.sock, selectors.EVENT_READ | selectors.EVENT_WRITE, client)

    def _hold(self, client: _Client, pieces: Sequence[bytes | memoryview]) -> None:
        """Start a queue. The limit counts what comes behind, or a long replay would never get through."""
        client.queue = deque(pieces)
        client.pending = sum(len(piece) for piece in pieces)
        client.allowed = client.pending + self._limits.backlog
        client.has_moved = True

    def _flush(self, client: _Client) -> None:
        """Give the kernel as much of the queue as it takes, and ask to be told when it takes more."""
        queue = client.queue
        while queue:
            try:
                sent = client.sock.sendmsg(list(islice(queue, BUFFERS_A_SEND)))
            except BlockingIOError:
                self._selector.modify(client.sock, selectors.EVENT_READ | selectors.EVENT_WRITE, client)
                return
            except OSError as error:
                self._lose(client, error)
                return
            client.pending -= sent
            client.has_moved = True
            _consume(queue, sent)
        client.queue = None
        self._selector.modify(client.sock, selectors.EVENT_READ, client)

    def _drop(self, client: _Client) -> None:
        self._dropped += 1
        self._close(client)

    def _lose(self, client: _Client, error: OSError) -> None:
        """Close what broke. The kernel may give up on a slow reader before we do: dropped all the same."""
        if isinstance(error, TimeoutError) and client.queue is not None:
            self._drop(client)
        else:
            self._close(client)

    # The whole

    def _describe(self) -> bytes:
        return json.dumps({
            "subscribers": len(self._subscribers) + len(self._parked),
            "latest": self._history.newest,
            "dropped": self._dropped,
            "refused": self._refused,
        }).encode()  # fmt: skip

    def _fit_to_open_files(self) -> None:
        """Raise the soft limit of open files to the hard one, and promise no more than that holds."""
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft == resource.RLIM_INFINITY:
            return
        files = max(2, soft - SPARE_FILES)
        self._max_waiting = max(1, min(self._max_waiting, files // 4))
        self._max_subscribers = min(self._max_subscribers, files - self._max_waiting)

    def _shut(self) -> None:
        self._reader.stop()
        self._listener.close()
        for client in (*self._waiting, *self._parked, *self._subscribers):
            self._close(client)
        self._selector.close()
        self._bell.close()
        self._bell_rope.close()
        self._reader.join(timeout=2 * WAIT_SECONDS + 1)
        if self._reader.is_alive():
            log.warning("the live reader is still busy with the database; it ends with the process")


def _listen(host: str, port: int, limits: HubLimits) -> socket.socket:
    """A listener whose options the accepted sockets inherit (one system call less for each)."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setblocking(False)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, limits.send_buffer)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux: notice the dead after three keep-alives
            patience = int(3_000 * limits.keepalive_seconds)
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, patience)
        listener.bind((host, port))
        listener.listen(4_096)
    except BaseException:
        listener.close()
        raise
    return listener


def _stale(newest: int) -> bytes:
    return encode_message(EVENT_STALE, EVENT_STALE, newest)


def _join(blocks: Sequence[Block], language: int) -> bytes:
    return b"".join(block.wire[language] for block in blocks)


def _until(deadlines: Mapping[_Client, float], now: float) -> list[_Client]:
    """The clients whose time has come, from a mapping with the soonest first."""
    due = []
    for client, deadline in deadlines.items():
        if deadline > now:
            break
        due.append(client)
    return due


def _consume(queue: deque[bytes | memoryview], sent: int) -> None:
    """Take so many bytes from the front of the queue; what is left of a piece stays, not copied."""
    while queue and len(queue[0]) <= sent:
        sent -= len(queue.popleft())
    if sent:
        queue[0] = memoryview(queue[0])[sent:]
