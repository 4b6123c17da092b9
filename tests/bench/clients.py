"""A hundred browsers that press the same button at the same moment: small HTTP clients on raw sockets."""

import asyncio
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass

from tests.bench.servers import HOST

TOKEN = re.compile(rb'"X-CSRF-Token": "([0-9a-f]+)"')
#: What a phone's browser sends along with every claim.
BROWSER_HEADERS = (
    "Accept: */*\r\nAccept-Encoding: gzip, deflate\r\nAccept-Language: ru-RU,ru;q=0.9,en;q=0.8\r\n"
    "Connection: keep-alive\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    "HX-Request: true\r\nSec-Fetch-Site: same-origin\r\n"
    "User-Agent: Mozilla/5.0 (Linux; Android 14; Pixel 7) AppleWebKit/537.36 Chrome/156.0 Mobile Safari/537.36\r\n"
)


@dataclass(frozen=True)
class Answer:
    """One answered request; sizes in bytes, head and body together."""

    status: int
    milliseconds: float
    sent: int
    received: int


class Person:
    """A signed-in volunteer with an open connection."""

    def __init__(self, port: int, session: str) -> None:
        self._port = port
        self._session = session
        self._token = b""

    async def arrive(self) -> None:
        """Connect, open the board, and find the token on it."""
        self._reader, self._writer = await asyncio.open_connection(HOST, self._port)
        head = f"GET /requests HTTP/1.1\r\nHost: {HOST}:{self._port}\r\nCookie: session={self._session}\r\n\r\n"
        self._writer.write(head.encode())
        _, body = await self._read()
        found = TOKEN.search(body)
        if not found:
            raise ValueError("the board showed no token: the session was not accepted")
        self._token = found[1]

    async def claim(self, request_id: int) -> Answer:
        body = b""
        head = (
            f"POST /requests/{request_id}/claim HTTP/1.1\r\nHost: {HOST}:{self._port}\r\n{BROWSER_HEADERS}"
            f"Origin: http://{HOST}:{self._port}\r\nReferer: http://{HOST}:{self._port}/requests\r\n"
            f"Cookie: session={self._session}\r\nX-CSRF-Token: {self._token.decode()}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        ).encode()
        begun = time.perf_counter()
        self._writer.write(head + body)
        received, answer = await self._read()
        return Answer(int(received.split(b" ", 2)[1]), 1000 * (time.perf_counter() - begun), len(head + body),
                      len(received) + len(answer))  # fmt: skip

    async def _read(self) -> tuple[bytes, bytes]:
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: (\d+)", head)
        return head, await self._reader.readexactly(int(length[1]) if length else 0)

    def leave(self) -> None:
        self._writer.close()


def race(port: int, sessions: Sequence[str], request_id: int) -> list[Answer]:
    """Everybody claims the same request at once."""

    async def run() -> list[Answer]:
        people = await gather(port, sessions)
        answers = await asyncio.gather(*(person.claim(request_id) for person in people))
        for person in people:
            person.leave()
        return list(answers)

    return asyncio.run(run())


def claim_all(port: int, sessions: Sequence[str], request_ids: Sequence[int]) -> tuple[list[Answer], float]:
    """Everybody claims one request after the other, each request once; the answers and the seconds it took."""

    async def run() -> tuple[list[Answer], float]:
        people = await gather(port, sessions)
        begun = time.perf_counter()
        shares = [request_ids[number :: len(people)] for number in range(len(people))]
        found = await asyncio.gather(*(work(person, share) for person, share in zip(people, shares, strict=True)))
        seconds = time.perf_counter() - begun
        for person in people:
            person.leave()
        return [answer for answers in found for answer in answers], seconds

    async def work(person: Person, share: Sequence[int]) -> list[Answer]:
        return [await person.claim(request_id) for request_id in share]

    return asyncio.run(run())


async def gather(port: int, sessions: Sequence[str]) -> list[Person]:
    people = [Person(port, session) for session in sessions]
    for person in people:  # one by one: arriving is not what is measured
        await person.arrive()
    return people
