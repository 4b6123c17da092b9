"""Real processes on 127.0.0.1: the web server, the bare baseline, the background process; their CPU time and memory."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from accelerator.config import ROOT, Settings
from accelerator.running.commands import background_command, web_command

HOST = "127.0.0.1"
START_SECONDS = 30.0
HELLO = "tests.bench.hello:app"


@dataclass(frozen=True)
class Memory:
    """Bytes: the proportional share of each process (PSS), summed; and what only they have (USS)."""

    pss: int
    uss: int


class Server:
    """Some processes that were started together, and the port that they answer on."""

    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self.port = port
        self._process = psutil.Process(process.pid)

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def tree(self) -> list[psutil.Process]:
        return [self._process, *self._process.children(recursive=True)]

    def cpu(self) -> float:
        """Seconds of user and system time of all processes so far."""
        total = 0.0
        for process in self.tree():
            times = process.cpu_times()
            total += times.user + times.system
        return total

    def memory(self) -> Memory:
        full = [process.memory_full_info() for process in self.tree()]
        return Memory(sum(each.pss for each in full), sum(each.uss for each in full))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def environment(instance: Path, **changes: str) -> dict[str, str]:
    """What our processes see: the instance and nothing of the caller's own settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AOG_") and name != "DATABASE_URL"}
    return kept | {
        "INSTANCE_PATH": str(instance),
        "HOST": HOST,
        "PORT": str(free_port()),
        "LIVE_PORT": str(free_port()),
        "AOG_MODE": "demonstration",
    } | changes  # fmt: skip


@contextmanager
def running_web(instance: Path, **changes: str) -> Iterator[Server]:
    """The web server over ``instance``, as ``flask serve`` starts it."""
    env = environment(instance, **changes)
    with _running(web_command(Settings.from_env(env)), env, "/healthz", "PORT") as server:
        yield server


@contextmanager
def running_hello(instance: Path) -> Iterator[Server]:
    """Bare Flask on the same server with the same settings."""
    env = environment(instance)
    command = [*web_command(Settings.from_env(env))[:-1], HELLO]
    with _running(command, env, "/", "PORT") as server:
        yield server


@contextmanager
def running_background(instance: Path) -> Iterator[Server]:
    env = environment(instance)
    with _running(background_command(), env, "/healthz", "LIVE_PORT") as server:
        yield server


@contextmanager
def running_everything(instance: Path) -> Iterator[Server]:
    """``flask serve`` itself: the supervisor, the web server and the background process."""
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "serve"]
    with _running(command, environment(instance), "/healthz", "PORT") as server:
        yield server


@contextmanager
def _running(command: list[str], env: dict[str, str], path: str, port_name: str) -> Iterator[Server]:
    process = subprocess.Popen(command, cwd=ROOT, env=env, start_new_session=True)
    server = Server(process, int(env[port_name]))
    try:
        _wait_until_up(process, f"{server.url}{path}")
        yield server
    finally:
        _stop(process)


def _wait_until_up(process: subprocess.Popen[bytes], url: str) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args!r} ended with {process.returncode}")
        with suppress(OSError), urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 (our own server)
            if answer.status == 200:
                return
        time.sleep(0.1)
    raise TimeoutError(f"{url} did not answer within {START_SECONDS} s")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        for child in psutil.Process(process.pid).children(recursive=True):
            child.kill()
        process.kill()
        process.wait()
