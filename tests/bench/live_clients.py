"""Thousands of open live pages in one process: how long until a change has reached all of them?

    python -m tests.bench.live_clients --clients 5000 --messages 5
        starts a hub of its own in another process, over a SQLite file in a temporary folder, commits
        one message of about 1 KB at a time, and reports delays and the hub's memory and CPU time.
        --silent 500 adds connections that never ask; --slow 50 adds readers that never read.

    python -m tests.bench.live_clients --port 8001 --clients 1000 --messages 5
        subscribes to a hub that runs already, waits until every client has so many messages (which
        somebody else must cause), and reports how long after the first arrival each one came.

Only ever talks to 127.0.0.1, ends by itself, and closes what it opened.
"""

import argparse
import math
import multiprocessing
import resource
import select
import socket
import sqlite3
import struct
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import psutil

from accelerator.live.hub import Hub, HubLimits, Message
from accelerator.live.wake import SqliteWake

LOCALHOST = "127.0.0.1"
LANGUAGES = ("kk", "ru", "en")
CONNECTS_AT_ONCE = 256
OPEN_SECONDS = 30.0
#: Close by reset: thousands of ports would wait for a minute after each run otherwise.
_NO_LINGER = struct.pack("ii", 1, 0)


@dataclass(frozen=True)
class Measurement:
    """Delays from the change to each client, in milliseconds, and how many messages came in all."""

    p50_ms: float
    p95_ms: float
    max_ms: float
    received: int


class Subscribers:
    """So many open streams, read by one epoll loop."""

    def __init__(self, host: str, port: int) -> None:
        """Raises ``ValueError`` for any address but 127.0.0.1."""
        if host != LOCALHOST:
            raise ValueError(f"this load goes to {LOCALHOST} only, not to {host}")
        self._peer = (host, port)
        self._epoll = select.epoll()
        self._sockets: dict[int, socket.socket] = {}
        self._rests: dict[int, bytes] = {}

    def open(self, count: int, timeout: float = OPEN_SECONDS) -> None:
        """Connect and wait for every greeting. Raises ``TimeoutError``, ``ConnectionError``."""
        until = time.monotonic() + timeout
        greeted = asked = 0
        while greeted < count:
            while asked < count and asked - greeted < CONNECTS_AT_ONCE:
                self._connect(asked)
                asked += 1
            for number, events in self._epoll.poll(0.1, CONNECTS_AT_ONCE):
                greeted += self._ask(number, events)
            if time.monotonic() > until:
                raise TimeoutError(f"{greeted} of {count} streams were open after {timeout} s")

    def collect(self, expect: int, timeout: float) -> dict[int, list[float]]:
        """Read until each client has ``expect`` messages: their arrivals (``perf_counter`` seconds)."""
        until = time.monotonic() + timeout
        arrivals: dict[int, list[float]] = {number: [] for number in self._sockets}
        missing = len(arrivals) * expect
        while missing > 0 and (left := until - time.monotonic()) > 0:
            for number, _ in self._epoll.poll(min(left, 0.1), 1_024):
                found = self._read(number)
                arrivals[number] += [time.perf_counter()] * found
                missing -= found
        return arrivals

    def close(self) -> None:
        for sock in self._sockets.values():
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
            sock.close()
        self._sockets.clear()
        self._epoll.close()

    def _connect(self, position: int) -> None:
        sock = socket.socket()
        self._sockets[sock.fileno()] = sock
        self._rests[sock.fileno()] = LANGUAGES[position % len(LANGUAGES)].encode()
        sock.setblocking(False)
        with suppress(BlockingIOError):
            sock.connect(self._peer)
        self._epoll.register(sock, select.EPOLLOUT)

    def _ask(self, number: int, events: int) -> bool:
        """Take the next step of opening; True when the greeting came."""
        sock = self._sockets[number]
        if events & select.EPOLLOUT:
            sock.send(b"GET /live?lang=%s HTTP/1.1\r\nHost: localhost\r\n\r\n" % self._rests[number])
            self._rests[number] = b""
            self._epoll.modify(sock, select.EPOLLIN)
            return False
        self._rests[number] += sock.recv(65_536)
        head, _, rest = self._rests[number].partition(b"\r\n\r\n")
        if b"\n\n" not in rest:
            if not head.startswith(b"HTTP/1.1 200 "[: len(head)]) or not head:
                raise ConnectionError("the hub refused a stream")
            return False
        self._rests[number] = rest.partition(b"\n\n")[2]
        return True

    def _read(self, number: int) -> int:
        """How many whole messages (not comments) this client has just received."""
        try:
            data = self._sockets[number].recv(65_536)
        except OSError:
            data = b""
        if not data:
            self._epoll.unregister(number)
            return 0
        *blocks, self._rests[number] = (self._rests[number] + data).split(b"\n\n")
        return sum(block.startswith(b"event: ") for block in blocks)


def measure(
    host: str, port: int, clients: int, on_ready: Callable[[], None], expect: int, timeout: float
) -> Measurement:
    """Open ``clients`` streams, call ``on_ready`` once, and wait for ``expect`` messages on each.

    ``on_ready`` causes the messages; delays count from the moment before it is called, so they
    include the commit. ``timeout`` is in seconds, for the messages (opening has its own).
    ``received`` is ``clients * expect`` when nobody missed any. Raises ``ValueError`` for a host
    that is not 127.0.0.1, ``TimeoutError`` or ``ConnectionError`` when the streams do not open.
    """
    raise_open_files()
    with closing(Subscribers(host, port)) as subscribers:
        subscribers.open(clients)
        return _measure_change(subscribers, on_ready, expect, timeout)


def _measure_change(subscribers: Subscribers, on_ready: Callable[[], None], expect: int, timeout: float) -> Measurement:
    started = time.perf_counter()
    on_ready()
    arrivals = subscribers.collect(expect, timeout)
    return summarize([moment - started for moments in arrivals.values() for moment in moments])


def summarize(delays: Sequence[float]) -> Measurement:
    """Percentiles (nearest rank) of delays in seconds; NaN when there are none."""
    if not delays:
        return Measurement(math.nan, math.nan, math.nan, 0)
    ordered = [1_000 * delay for delay in sorted(delays)]

    def at(share: float) -> float:
        return round(ordered[max(0, math.ceil(share * len(ordered)) - 1)], 1)

    return Measurement(at(0.5), at(0.95), at(1.0), len(ordered))


def raise_open_files() -> None:
    """Allow this process as many open files as it may have."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


# --- A hub of our own --------------------------------------------------------------------------


class DemoSource:
    """Messages from the table that ``create_demo`` makes; the same HTML in every language."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None

    def latest(self) -> int:
        (newest,) = self._db().execute("SELECT coalesce(max(id), 0) FROM message").fetchone()
        return int(newest)

    def since(self, after: int, limit: int) -> list[Message]:
        rows = self._db().execute("SELECT id, html FROM message WHERE id > ? ORDER BY id LIMIT ?", (after, limit))
        return [Message(id, "deed", dict.fromkeys(LANGUAGES, html)) for id, html in rows]

    def _db(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = sqlite3.connect(self._path, isolation_level=None)
        return self._connection


def create_demo(path: str) -> sqlite3.Connection:
    """The database of ``DemoSource``, and a connection that commits at once."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("CREATE TABLE message (id INTEGER PRIMARY KEY, html TEXT NOT NULL)")
    return connection


def _serve_demo(path: str, interval: float, pipe: Connection) -> None:
    wake = SqliteWake(path, sqlite3.connect, interval=interval)
    hub = Hub(DemoSource(path), wake, host=LOCALHOST, port=0, languages=LANGUAGES, limits=HubLimits())
    pipe.send(hub.address[1])
    hub.run()


@contextmanager
def running_demo(path: str, interval: float) -> Iterator[tuple[int, psutil.Process]]:
    """A hub in a process of its own: its port, and the process to look at."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve_demo, args=(path, interval, theirs), daemon=True)
    process.start()
    try:
        if not ours.poll(10):
            raise TimeoutError("the hub did not start within 10 s")
        yield ours.recv(), psutil.Process(process.pid)
    finally:
        process.terminate()
        process.join(5)


def _connect_quiet(port: int, count: int, request: bytes) -> list[socket.socket]:
    """Connections that send this much and then neither send nor read anything any more."""
    quiet = []
    for _ in range(count):
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        sock.connect((LOCALHOST, port))
        sock.send(request)
        quiet.append(sock)
    return quiet


def run_own(clients: int, messages: int, interval: float, silent: int, slow: int) -> None:
    """Measure a hub of our own and print a line for each message, then memory and CPU time."""
    html = "<article>" + "қайырымдылық " * 40 + "</article>"  # about 1 KB in UTF-8
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "live.sqlite")
        with closing(create_demo(path)) as connection, running_demo(path, interval) as (port, hub):

            def publish() -> None:
                connection.execute("INSERT INTO message (html) VALUES (?)", (html,))

            measure(LOCALHOST, port, 10, publish, 1, 10)  # warm up
            empty = _memory_of(hub)
            quiet = _connect_quiet(port, slow, b"GET /live HTTP/1.1\r\nHost: localhost\r\n\r\n")
            with closing(Subscribers(LOCALHOST, port)) as subscribers:
                started = time.perf_counter()
                subscribers.open(clients)
                _say(f"{clients} streams opened in {time.perf_counter() - started:.2f} s")
                open_memory = _memory_of(hub)
                quiet += _connect_quiet(port, silent, b"GET /li")
                cpu = _cpu_of(hub)
                for position in range(messages):
                    time.sleep(0.1 + position * 0.618 * interval % interval)  # out of step with the wake-ups
                    _say(str(_measure_change(subscribers, publish, 1, 20)))
                cpu = _cpu_of(hub) - cpu
                used = (_memory_of(hub) - empty) / clients
                _say(f"memory: {empty / 1e6:.1f} MB without clients, then {used / 1e3:.2f} KB a client "
                     f"({(open_memory - empty) / clients / 1e3:.2f} before the first message)")  # fmt: skip
                _say(f"CPU: {1_000 * cpu / messages:.1f} ms a message")
            for sock in quiet:
                sock.close()


def run_listening(port: int, clients: int, messages: int, timeout: float) -> None:
    """Subscribe to a running hub and print how far apart the clients got each message."""
    with closing(Subscribers(LOCALHOST, port)) as subscribers:
        subscribers.open(clients)
        _say(f"{clients} streams are open; waiting for {messages} messages")
        arrivals = list(subscribers.collect(messages, timeout).values())
    for position in range(messages):
        moments = [each[position] for each in arrivals if len(each) > position]
        _say(str(summarize([moment - min(moments) for moment in moments])))


def _memory_of(process: psutil.Process) -> int:
    """Private memory in bytes: what would come back if the process ended."""
    return int(process.memory_full_info().uss)


def _cpu_of(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--port", type=int, help="a hub that runs already; without: one of our own")
    parser.add_argument("--clients", type=int, default=1_000)
    parser.add_argument("--messages", type=int, default=5)
    parser.add_argument("--timeout", type=float, default=60.0, help="seconds (with --port)")
    parser.add_argument("--interval", type=float, default=0.05, help="seconds between looks (own hub)")
    parser.add_argument("--silent", type=int, default=0, help="connections that never finish asking (own hub)")
    parser.add_argument("--slow", type=int, default=0, help="subscribers that never read (own hub)")
    options = parser.parse_args()
    raise_open_files()
    if options.port:
        run_listening(options.port, options.clients, options.messages, options.timeout)
    else:
        run_own(options.clients, options.messages, options.interval, options.silent, options.slow)


if __name__ == "__main__":
    main()
