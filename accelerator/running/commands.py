"""``flask serve`` and ``flask background``."""

import json
import logging
import os
import sys
from typing import NoReturn

import click
from flask import current_app
from flask.cli import with_appcontext

from accelerator.config import ROOT, Settings
from accelerator.extensions import db
from accelerator.running import background as background_process
from accelerator.running import checks, supervisor


@click.command()
@with_appcontext
def serve() -> None:
    """Start the web server and the background process; Ctrl-C stops both."""
    from accelerator.migrations import steps

    settings: Settings = current_app.config["SETTINGS"]
    try:
        checks.check_start(settings)
        steps.upgrade()
        checks.check_region(settings.default_region)
        checks.check_keys()
    except checks.CannotStart as refused:
        raise click.ClickException(str(refused)) from None
    if settings.is_demonstration:
        from accelerator.demonstration.commands import fill_if_empty

        fill_if_empty(click.echo)
    if settings.consent_gap:
        click.echo(settings.consent_gap, err=True)
    if said := checks.warning(settings):
        click.echo(said, err=True)
    become_supervisor([web_command(settings), background_command()], settings)


def become_supervisor(commands: list[list[str]], settings: Settings) -> NoReturn:
    """Go on as the small process that watches over ``commands``: same number, a tenth of the memory."""
    db.dispose()
    sys.stdout.flush()
    sys.stderr.flush()
    os.chdir(ROOT)
    sentence = f"Serving {settings.site_url} - Ctrl-C stops it."
    os.execv(sys.executable, [sys.executable, "-P", supervisor.__file__, sentence, json.dumps(commands)])


def web_command(settings: Settings) -> list[str]:
    """granian: one worker a core; two threads suffice for SQLite, PostgreSQL wants more to wait with."""
    return [
        sys.executable, "-m", "granian", "--interface", "wsgi",
        "--host", settings.host, "--port", str(settings.port),
        "--workers", str(settings.workers),
        "--blocking-threads", "2" if settings.is_sqlite else "6",
        # A worker that is told to stop while it starts does not hear it.
        "--workers-kill-timeout", "10",
        "--respawn-failed-workers", "--no-access-log", "--log-level", "warning",
        "wsgi:app",
    ]  # fmt: skip


def background_command() -> list[str]:
    return [sys.executable, "-m", "flask", "--app", "wsgi", "background"]


@click.command()
@with_appcontext
def background() -> None:
    """Run the live stream, the outbox and the tidying (one process; ``serve`` starts it for you)."""
    from accelerator.migrations import steps

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    if not steps.is_current():
        raise click.ClickException("The database is not up to date. Run: flask --app wsgi database upgrade")
    try:
        checks.check_keys()
    except checks.CannotStart as refused:
        raise click.ClickException(str(refused)) from None
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    background_process.run(app, current_app.config["SETTINGS"])
