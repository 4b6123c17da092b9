"""What the database holds that only the vault's keys open: whether it still opens, and which keys nothing needs.

Tables are known by their columns: ``key_name`` names a key, and columns of bytes that begin with ``sealed`` are what
it locks, in the same row or in a row that points to it.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, LargeBinary, Select, Table, func, or_, select
from sqlalchemy.orm import Session

from accelerator.database import Base
from accelerator.vault.files import KeysDamaged
from accelerator.vault.keys import KeyGone, KeyStore
from accelerator.vault.sealing import Unreadable, unseal

BATCH = 500
#: A key is made a moment before the row that needs it; after this time it has none.
YOUNG = timedelta(days=1)
#: More unneeded keys than this, and more than this part of all, look like the wrong database, not like erasures.
FEW = 50
PART = 0.1


class TooManyUnneeded(Exception):
    """So many keys without a row that the database is probably the wrong one; ``count`` were found so far."""

    def __init__(self, count: int) -> None:
        super().__init__(
            f"{count} keys or more belong to no row of this database. That looks like the wrong database or an old "
            "one, so none was destroyed. If it is right: flask --app wsgi keys sweep --all"
        )
        self.count = count


@dataclass(frozen=True)
class Sealed:
    """A table with sealed columns, and where the name of their key stands."""

    table: Table
    key_name: Column[Any]
    columns: tuple[Column[Any], ...]

    def rows(self, after: int) -> "Select[Any]":
        """A batch of rows that hold something: id, key name, each sealed column."""
        query = select(self.table.c.id, self.key_name, *self.columns).where(
            self.table.c.id > after, self.key_name.is_not(None), or_(*(c.is_not(None) for c in self.columns))
        )
        if self.key_name.table is not self.table:
            query = query.join_from(self.table, self.key_name.table)
        return query.order_by(self.table.c.id).limit(BATCH)


def key_names() -> list[Column[Any]]:
    """Every column that names a key."""
    return [table.c.key_name for table in Base.metadata.sorted_tables if "key_name" in table.c]


def sealed_tables() -> list[Sealed]:
    """Every table that the keys of the vault lock; drafts, which a browser's cookie locks, are none."""
    found = []
    for table in Base.metadata.sorted_tables:
        columns = tuple(c for c in table.c if c.name.startswith("sealed") and isinstance(c.type, LargeBinary))
        key_name = find_key_name(table)
        if columns and key_name is not None and "id" in table.c:
            found.append(Sealed(table, key_name, columns))
    return found


def find_key_name(table: Table) -> Column[Any] | None:
    if "key_name" in table.c:
        return table.c.key_name
    pointed = {key.column.table for key in table.foreign_keys if "key_name" in key.column.table.c}
    return pointed.pop().c.key_name if len(pointed) == 1 else None


def has_sealed_rows(session: Session) -> bool:
    return any(session.execute(select(name).where(name.is_not(None)).limit(1)).first() for name in key_names())


def count_sealed_rows(session: Session) -> int:
    return sum(
        session.execute(
            select(func.count()).select_from(found.table).where(or_(*(c.is_not(None) for c in found.columns)))
        ).scalar_one()
        for found in sealed_tables()
    )


def open_all(session: Session, keys: KeyStore) -> Iterator[Counter[str]]:
    """Open every sealed field; yields for each batch how many rows, and fields ``opened``, ``unreadable``, ``gone``."""
    for found in sealed_tables():
        after = 0
        while rows := session.execute(found.rows(after)).all():
            tally: Counter[str] = Counter(rows=len(rows))
            for number, name, *fields in rows:
                for column, sealed in zip(found.columns, fields, strict=True):
                    if sealed is not None:
                        tally[try_to_open(keys, name, bytes(sealed), f"{found.table.name}|{number}|{column.name}")] += 1
            yield tally
            after = rows[-1].id


def try_to_open(keys: KeyStore, name: str, sealed: bytes, place: str) -> str:
    try:
        unseal(keys.get(name), sealed, place)
    except KeyGone:
        return "gone"
    except (Unreadable, KeysDamaged):
        return "unreadable"
    return "opened"


def list_unneeded(session: Session, keys: KeyStore, *, at: datetime, most: int | None = None) -> list[str]:
    """Keys older than a day that no row names: left by a kill between erasing a row and destroying its key.

    Raises `TooManyUnneeded` when there are more than ``most``.
    """
    than, after, found = int((at - YOUNG).timestamp()), "", list[str]()
    while names := keys.list_older(than, after=after):
        needed = {
            name for column in key_names() for name in session.scalars(select(column).where(column.in_(names))).all()
        }
        found += [name for name in names if name not in needed]
        if most is not None and len(found) > most:
            raise TooManyUnneeded(len(found))
        after = names[-1]
    return found


def sweep(session: Session, keys: KeyStore, *, at: datetime, is_sure: bool = False) -> int:
    """Destroy the keys that nothing needs; returns how many. ``is_sure``: however many they are."""
    most = None if is_sure else max(FEW, int(keys.count() * PART))
    return sum(map(keys.destroy, batched(list_unneeded(session, keys, at=at, most=most))))


def batched(names: list[str]) -> Iterator[list[str]]:
    """Short transactions: whoever asks for help meanwhile needs the file too."""
    return (names[start : start + BATCH] for start in range(0, len(names), BATCH))
