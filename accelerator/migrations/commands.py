"""``flask database``: bring the tables to the shape that this version of the code needs.

`accelerator.migrations.steps` is imported where a command runs, because the web workers import this module.
"""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import click
from flask.cli import with_appcontext

P = ParamSpec("P")
T = TypeVar("T")


@click.group()
def database() -> None:
    """The database's shape."""


@database.command("upgrade")
@with_appcontext
def upgrade_command() -> None:
    """Create or upgrade the tables, and add the built-in regions, kinds of help and questionnaire."""
    from accelerator.migrations import steps

    steps.upgrade()
    click.echo("The database is up to date.")


@database.command("revision")
@click.argument("message")
@with_appcontext
def revision_command(message: str) -> None:
    """Write a migration from the difference between models and database (for developers)."""
    from accelerator.migrations import steps

    steps.revise(message)


def with_tables(command: Callable[P, T]) -> Callable[P, T]:
    """The application's context for a command, and tables to work on: made where there are none yet.

    Older tables are left alone: a server of the older version may be running on them.
    """

    @with_appcontext
    @wraps(command)
    def prepared(*args: P.args, **kwargs: P.kwargs) -> T:
        from accelerator.migrations import steps

        if steps.find_revision() is None:
            steps.upgrade()
        elif not steps.is_current():
            raise click.ClickException(
                "The database has the shape of another version. Start the service again, which brings it up to "
                "date, or stop it and run: flask --app wsgi database upgrade"
            )
        return command(*args, **kwargs)

    return prepared
