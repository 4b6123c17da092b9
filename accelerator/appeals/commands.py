"""``flask appeals``: the auditors' key pair, and the way of sealed reports from this server to their machine."""

import json
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from flask.cli import with_appcontext
from nacl.public import PrivateKey
from sqlalchemy import select
from sqlalchemy.orm import Session

from accelerator.appeals.models import Appeal, AppealEntry, SealedPhoto
from accelerator.appeals.opening import PRIVATE_NAME, CannotOpen, open_lines, read_private, write_private
from accelerator.appeals.photos import read_sealed
from accelerator.appeals.sealing import text_of_key
from accelerator.extensions import db

BATCH = 200
Row = dict[str, Any]


@click.group()
def appeals() -> None:
    """Sealed reports: keys, export, opening."""


@appeals.command("keypair")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@with_appcontext
def make_keypair(folder: Path) -> None:
    """Make the auditors' keys: the private one as a file in FOLDER, the public one to be set as AOG_AUDITORS_KEY.

    Run it on the auditors' own machine. The private key must never come to the server.
    """
    target, instance = folder.resolve(), db.settings.instance_path
    for ours in (instance, db.settings.keys_path):
        if target == ours or ours in target.parents:
            raise click.ClickException(
                f"{folder} belongs to the server's own data: whoever runs the server could read every report. "
                "Choose a folder on a medium that the auditors take with them, better still another machine."
            )
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path, key = folder / PRIVATE_NAME, PrivateKey.generate()
    try:
        write_private(path, key)
    except FileExistsError as error:
        raise click.ClickException(f"{path} is there already. Reports sealed to it would be lost: move it.") from error
    click.echo(f"Private key: {path}. Make two copies, keep them offline, and let nobody else read them.")
    click.echo("Set on the server, then start it again:")
    click.echo(f"AOG_AUDITORS_KEY={text_of_key(bytes(key.public_key))}")


@appeals.command("export-sealed")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@with_appcontext
def export_sealed(file: Path) -> None:
    """Write all sealed reports, their threads and photos to FILE, for the auditors to take along.

    Nobody reads anything in it without their private key.
    """
    lines = 0
    with file.open("w", encoding="utf-8") as out:
        for line in sealed_lines(db.read):
            out.write(f"{json.dumps(line)}\n")
            lines += 1
    click.echo(f"{lines} envelopes in {file}.")


@appeals.command("open")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--key", required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--photos", type=click.Path(file_okay=False, path_type=Path), help="Write photos into this folder.")
def open_sealed(file: Path, key: Path, photos: Path | None) -> None:
    """Open an export on the auditors' own machine. It needs no database; see also appeals/opening.py."""
    try:
        private = read_private(key)
    except CannotOpen as error:
        raise click.ClickException(str(error)) from error
    with file.open(encoding="utf-8") as lines:
        for text in open_lines(lines, private, photos):
            click.echo(text)


def sealed_lines(session: Session) -> Iterator[Row]:
    """Everything that is sealed for the auditors, appeal by appeal."""
    last = 0
    while rows := _batch(session, last):
        for appeal in rows:
            yield from _lines_of(session, appeal)
        last = rows[-1].id


def _batch(session: Session, after: int) -> list[Appeal]:
    query = select(Appeal).where(Appeal.for_auditors, Appeal.id > after).order_by(Appeal.id).limit(BATCH)
    return list(session.scalars(query.execution_options(populate_existing=True)))


def _lines_of(session: Session, appeal: Appeal) -> Iterator[Row]:
    if appeal.sealed_text:
        yield _line(appeal, "report", 0, appeal.created_at, appeal.sealed_text)
    entries = select(AppealEntry).where(AppealEntry.appeal_id == appeal.id).order_by(AppealEntry.id)
    for entry in session.scalars(entries):
        if entry.sealed:
            yield _line(appeal, entry.kind, entry.id, entry.created_at, entry.sealed)
    photos = select(SealedPhoto).where(SealedPhoto.appeal_id == appeal.id).order_by(SealedPhoto.key)
    for number, photo in enumerate(session.scalars(photos), 1):
        yield _line(appeal, "photo", number, appeal.created_at, read_sealed(photo.key))


def _line(appeal: Appeal, part: str, number: int, at: Any, box: bytes) -> Row:
    return {
        "v": 1,
        "appeal": appeal.id,
        "part": part,
        "number": number,
        "at": at.strftime("%Y-%m-%dT%H:%MZ"),
        "due": appeal.due_on.isoformat(),
        "box": b64encode(box).decode(),
    }
