"""``flask keys``: rotate, check and tidy the keys of people's contacts; what to do after a restore or a loss."""

from collections import Counter
from pathlib import Path

import click
from flask.cli import with_appcontext
from sqlalchemy import select

from accelerator.appeals import transitions as appeals
from accelerator.appeals.models import Appeal
from accelerator.clock import utcnow
from accelerator.extensions import db, vault
from accelerator.help.models import Requester
from accelerator.help.transitions import erase
from accelerator.integrity.record import SYSTEM
from accelerator.migrations.commands import with_tables
from accelerator.vault import rows
from accelerator.vault.files import KeysDamaged


class KeysGroup(click.Group):
    """Commands that tell of missing and damaged files in a sentence."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except (KeysDamaged, rows.TooManyUnneeded) as refused:
            raise click.ClickException(str(refused)) from None


@click.group(cls=KeysGroup)
def keys() -> None:
    """Keys of people's contacts."""


@keys.command("rotate")
@with_appcontext
def rotate() -> None:
    """Wrap every key with a new master key and forget the old one. It can be stopped at any moment and repeated."""
    total, before = vault.keys.count(), 0
    with click.progressbar(length=total, label="Wrapping keys anew") as bar:
        for done in vault.keys.rotate():
            bar.update(done - before)
            before = done
    click.echo(f"{before} keys are wrapped with a new master key; the old one is gone. Back the keys up now.")


@keys.command("backup")
@click.argument("folder", type=click.Path(path_type=Path))
@with_appcontext
def back_up(folder: Path) -> None:
    """Copy the keys of this moment into a new FOLDER, while the server runs."""
    if folder.exists():
        raise click.ClickException(f"{folder} is there already; each backup gets a folder of its own.")
    vault.keys.back_up(folder)
    click.echo(f"{vault.keys.count()} keys are in {folder}. Keep it apart from the database's backup, for 14 days.")


@keys.command("check")
@with_tables
def check() -> None:
    """Open every sealed field once and say how many do not open; exit 1 when there is one."""
    found: Counter[str] = Counter()
    with click.progressbar(length=rows.count_sealed_rows(db.read), label="Opening what is sealed") as bar:
        for tally in rows.open_all(db.read, vault.keys):
            found += tally
            bar.update(tally["rows"])
    unneeded = len(rows.list_unneeded(db.read, vault.keys, at=utcnow()))
    click.echo(f"{found['rows']} rows: {found['opened']} fields open.")
    click.echo(f"{unneeded} keys of {vault.keys.count()} belong to nobody (older than a day; the daily sweep's work).")
    if found["gone"] or found["unreadable"]:
        raise click.ClickException(
            f"{found['gone']} fields have no key, {found['unreadable']} do not open. Are these the keys of this "
            "database? After restoring an older database run: flask --app wsgi keys forget-erased"
        )


@keys.command("sweep")
@click.option("--dry-run", is_flag=True, help="Count them only.")
@click.option("--all", "is_sure", is_flag=True, help="Also when they are suspiciously many.")
@with_tables
def sweep(dry_run: bool, is_sure: bool) -> None:
    """Destroy the keys that belong to nobody and are older than a day."""
    if dry_run:
        click.echo(f"{len(rows.list_unneeded(db.read, vault.keys, at=utcnow()))} keys belong to nobody.")
        return
    click.echo(f"{rows.sweep(db.read, vault.keys, at=utcnow(), is_sure=is_sure)} keys destroyed.")


@keys.command("forget-erased")
@click.argument("log", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@with_tables
def forget_erased(log: Path | None) -> None:
    """After a restore: destroy again every key that LOG names, and erase the people whose rows came back.

    LOG is the newest copy of erased.log; left out, the one beside the keys. It can be stopped and repeated.
    """
    path = log or vault.keys.erased_log
    if not path.exists():
        click.echo("No key was ever destroyed here: there is no erased.log beside the keys.")
        return
    back = vault.keys.forget_erased(path)
    names = {*vault.keys.list_erased(path), *vault.keys.list_erased()}
    people = find_with_keys(Requester, names)
    letters = find_with_keys(Appeal, names)
    with click.progressbar(people, label="Erasing again") as again:
        for requester_id in again:
            with db.transaction():
                erase(requester_id, by=SYSTEM, at=utcnow())
    for appeal_id in letters:
        with db.transaction() as session:
            appeals.erase(session, session.get_one(Appeal, appeal_id), at=utcnow())
    click.echo(
        f"{len(back)} keys that had come back are destroyed again; {len(people)} people and {len(letters)} appeals are "
        "erased again."
    )


def find_with_keys(table: type[Requester] | type[Appeal], names: set[str]) -> list[int]:
    """Rows that name one of these keys."""
    named = select(table.id, table.key_name).where(table.key_name.is_not(None))
    return [row.id for row in db.read.execute(named) if row.key_name in names]


@keys.command("accept-loss")
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_tables
def accept_loss(yes: bool) -> None:
    """Begin with new keys although the old ones are lost: what they locked stays unreadable for ever."""
    if vault.keys.is_whole:
        raise click.ClickException("The keys are here; nothing is lost. Look with: flask --app wsgi keys check")
    lost = rows.count_sealed_rows(db.read)
    if not yes:
        click.confirm(f"{lost} rows may become unreadable for ever, and no tracking code may work. Go on?", abort=True)
    vault.keys.begin_anew()
    click.echo("New keys are made; damaged files are kept beside them. What is left: flask --app wsgi keys check")
