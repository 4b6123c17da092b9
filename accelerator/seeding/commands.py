"""``flask seed``: fill an empty database with made-up rows, to measure with."""

from datetime import datetime

import click
from sqlalchemy import Table, func, insert, select, update
from sqlalchemy.orm import Session

from accelerator.accounts import passwords
from accelerator.accounts.models import CoordinatorRegion, User
from accelerator.board.models import Claim, ClaimState, HelpRequest
from accelerator.clock import utcnow
from accelerator.deeds.models import Deed
from accelerator.deeds.transitions import add_to_totals
from accelerator.demonstration.marker import leave_mark
from accelerator.extensions import db
from accelerator.integrity.models import IntegrityEvent, IntegrityHead
from accelerator.migrations.commands import with_tables
from accelerator.reference import places
from accelerator.seeding.rows import COORDINATOR_ID, SIZES, Batch, Rows, Size, make_coordinator, make_volunteers

PASSWORD = "adal-jurek-2026"  # noqa: S105 (made-up people; a production start refuses this database)
USERS_AT_ONCE = 5_000


@click.command()
@click.argument("name", metavar="SIZE", type=click.Choice(list(SIZES)))
@with_tables
def seed(name: str) -> None:
    """Fill an empty database with made-up rows of the given SIZE. An interrupted run is taken up again."""
    size = SIZES[name]
    check(size)
    at = begin(size, at=utcnow())
    add_volunteers(size, at)
    add_batches(size, at)
    finish()
    click.echo(
        f"{size.name}: {size.volunteers:,} volunteers, {size.requests:,} requests ({size.open:,} open), "
        f"{size.deeds:,} deeds. Sign in as {size.coordinator_email} or volunteer1@example.org "
        f"(to volunteer200) with {PASSWORD}"
    )


def check(size: Size) -> None:
    """Refuse a database that holds anything but reference data or an earlier run of the same size."""
    first = db.read.scalars(select(User).order_by(User.id).limit(1)).first()
    anything = first or any(db.read.scalars(select(model.id).limit(1)).first() for model in (HelpRequest, Deed))
    if anything and (first is None or first.email != size.coordinator_email):
        raise click.ClickException("This database is not empty. Seed a fresh one: INSTANCE_PATH=/tmp/seeded")


def begin(size: Size, *, at: datetime) -> datetime:
    """The mark and the coordinator; the moment that all rows count from (that of the first run)."""
    begun = db.read.get(User, COORDINATOR_ID)
    if begun:
        return begun.created_at
    at = at.replace(microsecond=0)
    with db.transaction() as session:
        leave_mark(session)
        person = make_coordinator(size, passwords.hash_password(PASSWORD), at)
        session.execute(insert(User), [person])
        tops = [code for code, region in places(session).regions.items() if region.parent_code is None]
        session.add_all(CoordinatorRegion(user_id=COORDINATOR_ID, region_code=code) for code in tops)
    return at


def add_volunteers(size: Size, at: datetime) -> None:
    done = db.read.scalars(select(func.max(User.id))).one() - COORDINATOR_ID
    password_hash = db.read.get_one(User, COORDINATOR_ID).password_hash
    with click.progressbar(length=size.volunteers, label="Volunteers") as bar:
        bar.update(done)
        for start in range(done + 1, size.volunteers + 1, USERS_AT_ONCE):
            numbers = range(start, min(start + USERS_AT_ONCE, size.volunteers + 1))
            with db.transaction() as session:
                add_rows(session, User.__table__, list(make_volunteers(size, numbers, password_hash, at)))
            bar.update(len(numbers))


def add_batches(size: Size, at: datetime) -> None:
    """Batch by batch, each in one transaction: what is there tells which comes next."""
    done = (db.read.scalars(select(func.max(Deed.id))).one() or 0) // size.batch
    with click.progressbar(length=size.batches, label="Requests, deeds") as bar:
        bar.update(done)
        for number in range(done, size.batches):
            with db.transaction() as session:
                add_batch(session, size, number, at)
            bar.update(1)


def add_batch(session: Session, size: Size, number: int, at: datetime) -> None:
    next_claim_id = (session.scalars(select(func.max(Claim.id))).one() or 0) + 1
    batch = Batch(size, number, at, places(session), next_claim_id).fill()
    add_rows(session, HelpRequest.__table__, batch.requests)
    add_rows(session, Claim.__table__, batch.claims)
    add_rows(session, Deed.__table__, batch.deeds)
    for day, region in batch.day_deeds.keys() | batch.day_minutes.keys():
        key = (day, region)
        add_to_totals(region, day, deeds=batch.day_deeds[key], minutes=batch.day_minutes[key])
    seq = session.scalars(select(IntegrityHead.seq).with_for_update()).one()
    add_rows(session, IntegrityEvent.__table__, batch.event_rows(seq))
    session.execute(update(IntegrityHead).values(seq=seq + len(batch.events)))


def add_rows(session: Session, table: object, rows: Rows) -> None:
    assert isinstance(table, Table)  # noqa: S101 (what a mapped class has)
    if rows:
        session.execute(insert(table), rows)


def finish() -> None:
    """Credit the volunteers' hours, and let PostgreSQL number new rows after ours. Safe to repeat."""
    hours = (
        select(func.coalesce(func.sum(Claim.minutes), 0))
        .where(Claim.user_id == User.id, Claim.state == ClaimState.CONFIRMED.value)
        .scalar_subquery()
    )
    with db.transaction() as session:
        session.execute(update(User).values(confirmed_minutes=hours).execution_options(synchronize_session=False))
        if session.get_bind().dialect.name == "postgresql":
            for model in (User, HelpRequest, Claim, Deed):
                sequence = func.pg_get_serial_sequence(model.__tablename__, "id")
                session.execute(select(func.setval(sequence, select(func.max(model.id)).scalar_subquery())))
