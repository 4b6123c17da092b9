"""The operator's commands: ``flask --app wsgi …``. Each can be repeated; long work shows progress."""

import click
from flask import Flask

from accelerator.accounts.commands import users
from accelerator.appeals.commands import appeals
from accelerator.board.importing.commands import import_requests
from accelerator.deeds.commands import totals
from accelerator.demonstration.commands import demonstration
from accelerator.help.commands import askers, retention
from accelerator.migrations.commands import database
from accelerator.regions.commands import regions
from accelerator.running.commands import background, serve
from accelerator.seeding.commands import seed
from accelerator.vault.commands import keys


def init_app(app: Flask) -> None:
    commands: tuple[click.Command, ...] = (
        serve,
        background,
        database,
        users,
        regions,
        appeals,
        import_requests,
        totals,
        keys,
        askers,
        retention,
        demonstration,
        seed,
    )
    for command in commands:
        app.cli.add_command(command)
