"""What the features use: seal a field of a row with its person's key, open it, destroy the key.

No other module encrypts, decrypts or hashes anything private.
"""

import hmac
import logging
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any

from sqlalchemy import event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, SessionTransaction

from accelerator.config import Settings
from accelerator.vault.files import KeysDamaged, refuse_open
from accelerator.vault.keys import KeyStore
from accelerator.vault.sealing import seal, unseal

log = logging.getLogger(__name__)


class Vault:
    """The keys of one instance."""

    keys: KeyStore

    def init_app(self, settings: Settings) -> None:
        refuse_open(settings.keys_path)
        self.keys = KeyStore(settings.keys_path)
        self.__dict__.pop("_secret", None)

    def seal(self, key_name: str, text: str, row: Any, column: str) -> bytes:
        """``text`` for this column of this row (which has its number already), with the key of that name."""
        return seal(self.keys.get(key_name), text.encode(), place_of(row, column))

    def open(self, key_name: str, sealed: bytes, row: Any, column: str) -> str:
        """What was sealed there. Raises `KeyGone` after erasure, `Unreadable` when somebody changed it."""
        return unseal(self.keys.get(key_name), sealed, place_of(row, column)).decode()

    def seal_for_browser(self, token: str, text: str, place: str) -> bytes:
        """``text`` that only whoever holds ``token`` (a browser, by its cookie) makes readable again."""
        return seal(self._derive("browser", token), text.encode(), place)

    def open_for_browser(self, token: str, sealed: bytes, place: str) -> str:
        """What was sealed for this browser. Raises `Unreadable`."""
        return unseal(self._derive("browser", token), sealed, place).decode()

    def fingerprint(self, purpose: str, value: str) -> bytes:
        """A keyed hash to find ``value`` again without keeping it (32 bytes); each purpose has its own."""
        return self._derive(purpose, value)

    def destroy_after_commit(self, session: Session, key_name: str) -> None:
        """Destroy a key once this transaction is on the disk, and not at all when it is rolled back.

        The daily sweep finds the key if we are killed before, or if the file of keys cannot be written just then.
        """

        def destroy() -> None:
            try:
                self.keys.destroy([key_name])
            except (SQLAlchemyError, OSError, KeysDamaged) as error:
                log.warning("A key was not destroyed yet (%s); the daily sweep will do it", type(error).__name__)

        after_commit(session, destroy)

    @cached_property
    def _secret(self) -> bytes:
        return self.keys.lookup_secret()

    def _derive(self, purpose: str, value: str) -> bytes:
        return hmac.digest(self._secret, f"{purpose}\x00{value}".encode(), "sha256")


def after_commit(session: Session, then: Callable[[], None]) -> None:
    """Call ``then`` once, when the transaction commits as a whole; never when it, or our savepoint, is rolled back.

    SQLAlchemy tells of the commit of a savepoint too, and keeps listeners beyond the transaction.
    """
    ours = list(enclosing(session.get_nested_transaction() or session.get_transaction() or session.begin()))
    is_over = False

    def committed(session: Session) -> None:
        nonlocal is_over
        if not is_over and not session.in_nested_transaction():
            is_over = True
            then()

    def rolled_back(_session: Session, which: SessionTransaction) -> None:
        nonlocal is_over
        is_over = is_over or any(which is transaction for transaction in ours)

    event.listen(session, "after_commit", committed)
    event.listen(session, "after_soft_rollback", rolled_back)


def enclosing(transaction: SessionTransaction | None) -> Iterator[SessionTransaction]:
    """A transaction and those around it."""
    while transaction is not None:
        yield transaction
        transaction = transaction.parent


def place_of(row: Any, column: str) -> str:
    """Where a sealed text belongs: moved to another row or column, it does not open."""
    return f"{row.__tablename__}|{row.id}|{column}"
