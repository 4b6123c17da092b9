"""Finding requests by words: case and ё do not matter, beginnings of words are enough.

Both databases index the same normalised copy (``help_requests.search_text``): SQLite in an FTS5 table that
triggers keep to what is open, PostgreSQL in a GIN index over open rows (see the first migration).
"""

import re
import unicodedata

from sqlalchemy import ColumnElement, Select, func, literal_column, select, table, text
from sqlalchemy.orm import Session
from sqlalchemy.sql import column

from accelerator.board.models import HelpRequest
from accelerator.config import LANGUAGES
from accelerator.reference import Places

MAX_WORDS = 8
#: Requests that are sorted as quickly as a page of the board is read.
FEW = 200
WORD = re.compile(r"\w+")
_index = table("request_search", column("rowid"))


def normalise(text_: str) -> str:
    """The form in which texts and queries are compared: composed, case-folded, ё as е (й stays)."""
    return unicodedata.normalize("NFC", text_).casefold().replace("ё", "е")


def search_text_of(request: HelpRequest, known: Places) -> str:
    """What a request is found by: its title and story, its region and district in every language."""
    codes = [code for code in (request.region_code, request.district_code) if code]
    names = [known.name(code, language) for code in codes for language in LANGUAGES]
    return normalise(" ".join([request.title, request.story, *names]))


def words_of(query: str) -> tuple[str, ...]:
    """The first words of a query, normalised."""
    return tuple(WORD.findall(normalise(query))[:MAX_WORDS])


def found_by(words: tuple[str, ...]) -> Select[int]:
    """The numbers of open requests with these words (SQLite)."""
    query = " ".join(f'"{word}"*' for word in words)
    return select(_index.c.rowid).where(text("request_search MATCH :words").bindparams(words=query))


def are_rare(words: tuple[str, ...], session: Session) -> bool:
    """Whether it costs less to sort all that have the words than to look for them along the board.

    PostgreSQL knows this from its statistics. SQLite has none for such an index and would always read the board
    from its beginning, to the end where a word stands three times.
    """
    if session.get_bind().dialect.name != "sqlite":
        return False
    return len(session.scalars(found_by(words).limit(FEW + 1)).all()) <= FEW


def matches(words: tuple[str, ...], dialect: str) -> ColumnElement[bool]:
    """The condition that an open request has, for each word, one that begins like it."""
    if dialect == "sqlite":
        return HelpRequest.id.in_(found_by(words))
    query = " & ".join(f"{word}:*" for word in words)
    document = func.to_tsvector(literal_column("'simple'"), HelpRequest.search_text)
    return document.bool_op("@@")(func.to_tsquery(literal_column("'simple'"), query))
