"""The real processes on free ports of 127.0.0.1, and a light client that sends many prepared requests at once."""

import hmac
import os
import selectors
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlencode

import psutil

from accelerator.accounts.viewer import hash_token
from accelerator.config import ROOT, Settings
from accelerator.running.commands import background_command, web_command
from tests.databases import SECRET, make_settings

PATIENCE = 60.0
T = TypeVar("T")


def eventually(look: Callable[[], T], *, within: float = PATIENCE, what: str = "it") -> T:
    """The first truthy answer of ``look``; fails when there is none in time."""
    until = time.monotonic() + within
    while not (found := look()):
        assert time.monotonic() < until, f"{what} did not happen within {within:g} s"
        time.sleep(0.02)
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# --- Requests and answers ----------------------------------------------------------------------


@dataclass(frozen=True)
class Answer:
    """What came back. ``status`` 0: the connection ended without an answer."""

    status: int
    headers: Mapping[str, str]
    body: str
    seconds: float


@dataclass(frozen=True)
class Browser:
    """The cookies of one person (or, with an empty session, of one visitor) and the token that fits them."""

    session: str = ""
    visit: str = ""

    @property
    def csrf_token(self) -> str:
        """As `accelerator.security` makes it, masked with zeros."""
        owner = hash_token(self.session) if self.session else self.visit.encode()
        return (bytes(16) + hmac.digest(SECRET.encode(), b"csrf:" + owner, "sha256")[:16]).hex()

    @property
    def cookies(self) -> str:
        return f"session={self.session}" if self.session else f"visit={self.visit}"

    def get(self, path: str) -> bytes:
        return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {self.cookies}\r\nConnection: close\r\n\r\n".encode()

    def post(self, path: str, **fields: str | int) -> bytes:
        """A POST as htmx would send it."""
        body = urlencode(fields)
        lines = (
            f"POST {path} HTTP/1.1",
            "Host: 127.0.0.1",
            f"Cookie: {self.cookies}",
            f"X-CSRF-Token: {self.csrf_token}",
            "Sec-Fetch-Site: same-origin",
            "HX-Request: true",
            "Content-Type: application/x-www-form-urlencoded",
            f"Content-Length: {len(body)}",
            "Connection: close",
            "",
            body,
        )
        return "\r\n".join(lines).encode()


@dataclass
class _Call:
    """One request on its way."""

    at: int
    request: bytes
    began: float = 0.0
    received: bytearray = field(default_factory=bytearray)


def fire(port: int, requests: Sequence[bytes], *, timeout: float = 40.0) -> list[Answer]:
    """Send all requests at once, each on a connection of its own, and collect the answers in their order.

    Every connection stands before the first byte is sent, so that the server finds all of them waiting.
    """
    answers = [Answer(0, {}, "", timeout)] * len(requests)
    with selectors.DefaultSelector() as selector:
        socks = [socket.create_connection(("127.0.0.1", port), timeout=timeout) for _ in requests]
        for at, (sock, request) in enumerate(zip(socks, requests, strict=True)):
            call = _Call(at, request, began=time.monotonic())
            with suppress(ConnectionError):
                sock.sendall(request)
            sock.setblocking(False)
            selector.register(sock, selectors.EVENT_READ, call)
        until = time.monotonic() + timeout
        while selector.get_map() and (left := until - time.monotonic()) > 0:
            for key, _ in selector.select(left):
                if _receive(key.fileobj, key.data):  # type: ignore[arg-type]
                    selector.unregister(key.fileobj)
                    answers[key.data.at] = _parse(key.data)
        for sock in socks:
            sock.close()
    return answers


def _receive(sock: socket.socket, call: _Call) -> bool:
    """Read what is there; True at the end of the answer."""
    try:
        data = sock.recv(65_536)
    except BlockingIOError:
        return False
    except ConnectionError:
        return True
    call.received += data
    return not data


def _parse(call: _Call) -> Answer:
    head, end, body = bytes(call.received).partition(b"\r\n\r\n")
    seconds = time.monotonic() - call.began
    if not end:
        return Answer(0, {}, "", seconds)
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    if int(headers.get("content-length", len(body))) > len(body):
        return Answer(0, {}, "", seconds)  # cut off in the middle
    return Answer(int(first.split(" ")[1]), headers, body.decode("utf-8", "replace"), seconds)


def ask(port: int, request: bytes, *, timeout: float = 40.0) -> Answer:
    """One request alone."""
    return fire(port, [request], timeout=timeout)[0]


def p99(answers: Sequence[Answer]) -> float:
    """Milliseconds within which 99 of 100 answers came."""
    times = sorted(answer.seconds for answer in answers)
    return 1000 * times[min(len(times) - 1, len(times) * 99 // 100)]


# --- Processes ---------------------------------------------------------------------------------


@dataclass
class Servers:
    """The web server, and the background process when it is wanted; logs are files in the instance folder."""

    settings: Settings
    environ: dict[str, str]
    web: subprocess.Popen[bytes] | None = None
    background: subprocess.Popen[bytes] | None = None

    @property
    def port(self) -> int:
        return self.settings.port

    @property
    def live_port(self) -> int:
        return self.settings.live_port

    def start_web(self) -> None:
        self.web = self.start(web_command(self.settings), "web.log")
        eventually(lambda: is_healthy(self.port), what="the web server's start")
        eventually(lambda: all(worker.num_threads() > 2 for worker in self.workers()), what="the start of all workers")

    def start_background(self) -> None:
        self.background = self.start(background_command(), "background.log")
        eventually(lambda: is_healthy(self.live_port), what="the background process's start")

    def start(self, command: Sequence[str], log: str) -> subprocess.Popen[bytes]:
        self.settings.instance_path.mkdir(parents=True, exist_ok=True)
        with (self.settings.instance_path / log).open("ab") as file:
            return subprocess.Popen(command, cwd=ROOT, env=self.environ, stdout=file, stderr=file)

    def log(self, name: str = "web.log") -> str:
        return (self.settings.instance_path / name).read_text("utf-8", "replace")

    def workers(self) -> list[psutil.Process]:
        """The web server's worker processes, the oldest first."""
        assert self.web is not None
        found = []
        for child in psutil.Process(self.web.pid).children():
            with suppress(psutil.NoSuchProcess):
                if "resource_tracker" not in " ".join(child.cmdline()) and child.status() != psutil.STATUS_ZOMBIE:
                    found.append(child)
        return sorted(found, key=lambda child: child.create_time())

    def stop(self) -> None:
        for process in (self.web, self.background):
            stop(process)
        self.web = self.background = None


def stop(process: subprocess.Popen[bytes] | None, *, signum: int = signal.SIGTERM) -> int | None:
    """End a process of ours by its own pid, its children with it, and return its exit status."""
    if process is None:
        return None
    family = []
    with suppress(psutil.NoSuchProcess):
        family = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signum)
    try:
        process.wait(25)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(5)
    for child in family:  # of a server that was killed and could not take them along
        with suppress(psutil.NoSuchProcess):
            child.kill()
    return process.returncode


def is_healthy(port: int) -> bool:
    try:
        return ask(port, Browser(visit="health").get("/healthz"), timeout=10).status == 200
    except OSError:
        return False


def environment(folder: Path, url: str | None, **more: str) -> dict[str, str]:
    """The environment of the processes: nothing of ours but what is named here."""
    inherited = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "TMPDIR")}
    return {
        **inherited,
        "INSTANCE_PATH": str(folder),
        "SECRET_KEY": SECRET,
        "AOG_LANGUAGE": "en",
        "AOG_WORKERS": "2",
        "HOST": "127.0.0.1",
        "PORT": str(free_port()),
        "LIVE_PORT": str(free_port()),
        **({"DATABASE_URL": url} if url else {}),
        **more,
    }


def prepare(folder: Path, url: str | None, **more: str) -> Servers:
    """Servers that are not started yet, for the database at ``url`` (`None`: SQLite in ``folder``)."""
    environ = environment(folder, url, **more)
    own = {name: value for name, value in environ.items() if name.startswith("AOG_") or name in OWN_NAMES}
    return Servers(make_settings(folder, url, **own), environ)


OWN_NAMES = ("HOST", "PORT", "LIVE_PORT")


@contextmanager
def running(folder: Path, url: str | None, *, background: bool = False, **more: str) -> Iterator[Servers]:
    """The web workers (and the background process) until the end of the block."""
    servers = prepare(folder, url, **more)
    try:
        servers.start_web()
        if background:
            servers.start_background()
        yield servers
    finally:
        servers.stop()
