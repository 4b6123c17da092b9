"""A wire between a browser and the server that a test can cut: a SOCKS5 proxy, as much of it as Chromium asks."""

import socket
import struct
import threading
from contextlib import suppress
from types import TracebackType

CHUNK = 65536


class Relay:
    """``browse(proxy=relay.proxy)`` sends a browser through it."""

    def __init__(self) -> None:
        self._door = socket.create_server(("127.0.0.1", 0))
        self._open: dict[int, list[socket.socket]] = {}
        self._cut: set[int] = set()
        self._lock = threading.Lock()
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def proxy(self) -> dict[str, str]:
        return {"server": f"socks5://127.0.0.1:{self._door.getsockname()[1]}"}

    def cut(self, port: int) -> None:
        """End all connections to ``port`` and let no new ones through."""
        with self._lock:
            self._cut.add(port)
            for end in self._open.pop(port, []):
                hang_up(end)

    def mend(self, port: int) -> None:
        self._cut.discard(port)

    def __enter__(self) -> "Relay":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        hang_up(self._door)
        for port in list(self._open):
            self.cut(port)

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._door.accept()
                threading.Thread(target=self._connect, args=(near,), daemon=True).start()

    def _connect(self, near: socket.socket) -> None:
        try:
            port = greet(near)
            if port in self._cut:
                raise ConnectionRefusedError
            far = socket.create_connection(("127.0.0.1", port))
        except OSError:
            hang_up(near)
            return
        near.sendall(b"\x05\x00\x00\x01" + bytes(6))
        with self._lock:
            self._open.setdefault(port, []).extend((near, far))
        threading.Thread(target=pump, args=(near, far), daemon=True).start()
        pump(far, near)


def greet(near: socket.socket) -> int:
    """The opening of SOCKS5; the port that the browser wants. The host is always this machine."""
    _, methods = receive(near, 2)
    receive(near, methods)
    near.sendall(b"\x05\x00")
    *_, kind = receive(near, 4)
    receive(near, {1: 4, 4: 16}.get(kind) or receive(near, 1)[0])
    return int(struct.unpack("!H", receive(near, 2))[0])


def receive(near: socket.socket, size: int) -> bytes:
    data = near.recv(size, socket.MSG_WAITALL)
    if len(data) < size:
        raise ConnectionResetError
    return data


def pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(CHUNK):
            target.sendall(data)
    hang_up(source)
    hang_up(target)


def hang_up(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()
