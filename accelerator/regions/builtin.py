"""The regions and kinds of help that every new database starts with."""

import csv

from sqlalchemy import select
from sqlalchemy.orm import Session

from accelerator.board.models import HelpKind
from accelerator.reference import HERE, forget_places, load_kinds
from accelerator.regions.models import Region


def load_reference(session: Session) -> None:
    """Write the built-in regions and kinds that are not in the tables yet. The caller commits."""
    known = set(session.scalars(select(Region.code)))
    with (HERE / "regions-kz.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["code"] not in known:
                parent = None if row["parent"] == "KZ" else row["parent"]
                session.add(
                    Region(
                        code=row["code"],
                        parent_code=parent,
                        name_kk=row["kk"],
                        name_ru=row["ru"],
                        name_en=row["en"],
                    )
                )
                session.flush()
    kinds = set(session.scalars(select(HelpKind.code)))
    for position, kind in enumerate(load_kinds()):
        if kind["code"] not in kinds:
            session.add(
                HelpKind(
                    code=kind["code"],
                    position=position,
                    name_kk=kind["kk"],
                    name_ru=kind["ru"],
                    name_en=kind["en"],
                    min_age=kind["min_age"],
                )
            )
    session.flush()
    forget_places()
