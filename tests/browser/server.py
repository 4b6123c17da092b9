"""The real processes, as ``make run`` starts them, on free ports and with a folder of their own."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from accelerator.config import PREFIX, ROOT, Settings

START_SECONDS = 90.0


def free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        return one.getsockname()[1], other.getsockname()[1]


class Server:
    """``flask serve`` with the demonstration's data. Nothing else uses its folder or its ports."""

    def __init__(self, folder: Path, **environ: str) -> None:
        self.folder = folder
        self.port, self.live_port = free_ports()
        self.url = f"http://127.0.0.1:{self.port}"
        self.live_url = f"http://127.0.0.1:{self.live_port}"
        self.environ = {
            "INSTANCE_PATH": str(folder / "instance"),
            "PORT": str(self.port),
            "LIVE_PORT": str(self.live_port),
            "AOG_MODE": "demonstration",
            "AOG_WORKERS": "1",
            **environ,
        }
        self.settings = Settings.from_env(self.environ)

    def start(self) -> None:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        with (self.folder / "server.log").open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "flask", "--app", "wsgi", "serve"],
                cwd=ROOT,
                env=inherited | self.environ,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self._wait_until_up()

    def _wait_until_up(self) -> None:
        until = time.monotonic() + START_SECONDS
        while not (is_up(f"{self.url}/healthz") and is_up(f"{self.live_url}/healthz")):
            assert self.process.poll() is None, f"the server ended:\n{self.log()}"
            assert time.monotonic() < until, f"the server did not start in {START_SECONDS} s:\n{self.log()}"
            time.sleep(0.1)

    def stop(self) -> None:
        """End the supervisor that was started here; it ends its two children."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)

    def log(self) -> str:
        return (self.folder / "server.log").read_text(errors="replace")[-4000:]


def is_up(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 (our own server)
            return bool(answer.status == 200)
    except OSError:
        return False
