"""Alembic's entry: our metadata, a connection given by `accelerator.migrations.commands`."""

from typing import Literal

from alembic import context

from accelerator import limits as _limits
from accelerator import mail as _mail
from accelerator.accounts import models as _accounts
from accelerator.appeals import models as _appeals
from accelerator.board import models as _board
from accelerator.database import Base, UTCDateTime
from accelerator.deeds import models as _deeds
from accelerator.demonstration import marker as _marker
from accelerator.desk.queue import models as _desk
from accelerator.help import models as _help
from accelerator.integrity import models as _integrity
from accelerator.questionnaire import models as _questionnaire
from accelerator.regions import models as _regions

#: Imported so that their tables are known.
MODELS = (
    _accounts, _appeals, _board, _deeds, _desk, _help, _integrity, _questionnaire, _regions, _limits, _mail, _marker,
)  # fmt: skip


def include_name(name: str | None, type_: str, _parents: object) -> bool:
    """The search index of SQLite is made by hand in the migrations, not by a model."""
    return not (type_ == "table" and str(name).startswith("request_search")) and name != "ix_help_requests_search"


def render_item(type_: str, item: object, _context: object) -> str | Literal[False]:
    if type_ == "type" and isinstance(item, UTCDateTime):
        return "sa.DateTime(timezone=True)"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    include_name=include_name,
    render_item=render_item,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
