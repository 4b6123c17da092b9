"""A mail server of our own, on 127.0.0.1, that can be slow or refuse for a while."""

import asyncio
import email
import threading
from typing import Any

from aiosmtpd.smtp import SMTP


class Mailbox:
    """Receives mail while the block lasts; ``refusing`` makes it answer "not now"."""

    def __init__(self, *, delay: float = 0.0) -> None:
        self.delay = delay
        self.refusing = False
        self.messages: list[email.message.Message] = []
        self.recipients: list[str] = []
        self.port = 0
        self._ready = threading.Event()

    @property
    def subjects(self) -> list[str]:
        return [str(message["Subject"]) for message in self.messages]

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 (aiosmtpd's name)
        if self.refusing:
            return "451 Not now, please try again"
        await asyncio.sleep(self.delay)
        self.messages.append(email.message_from_bytes(envelope.content))
        self.recipients.extend(envelope.rcpt_tos)
        return "250 Taken"

    def __enter__(self) -> "Mailbox":
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        create = self._loop.create_server(lambda: SMTP(self, hostname="mail.test", loop=self._loop), "127.0.0.1", 0)
        server = self._loop.run_until_complete(create)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        try:
            self._loop.run_forever()
        finally:
            server.close()
            for task in asyncio.all_tasks(self._loop):
                task.cancel()
            self._loop.run_until_complete(asyncio.sleep(0))
            self._loop.run_until_complete(server.wait_closed())
            self._loop.close()
