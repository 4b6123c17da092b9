"""``flask retention``: what is kept no longer, shown or done at once; the background process does it daily.

``flask askers erase``: for whoever takes their consent back by telephone, as the consent says they may.
"""

import click

from accelerator.board.models import HelpRequest
from accelerator.clock import utcnow
from accelerator.extensions import db
from accelerator.help import retention as rules
from accelerator.help import transitions
from accelerator.help.models import Requester
from accelerator.migrations.commands import with_tables


@click.group()
def askers() -> None:
    """People who asked for help, without an account."""


@askers.command("erase")
@click.argument("request_number", type=int)
@click.confirmation_option(prompt="Everything that we know of this person goes, for ever. Have they asked for it?")
@with_tables
def erase_command(request_number: int) -> None:
    """Erase whoever asked in this request, as behind their own code. It can be repeated."""
    with db.transaction() as session:
        request = session.get(HelpRequest, request_number)
        asker = session.get(Requester, request.requester_id) if request and request.requester_id else None
        if asker is None:
            raise click.ClickException(f"Nobody in particular asked in request {request_number}.")
        transitions.erase(asker.id, by=asker, at=utcnow())
    click.echo(f"Erased whoever asked in request {request_number}; their open requests are closed.")


@click.group()
def retention() -> None:
    """Erasing what is kept no longer."""


@retention.command("run")
@click.option("--dry-run", is_flag=True, help="Say what would go, and change nothing.")
@with_tables
def run_command(dry_run: bool) -> None:
    """Erase what is due. It can be stopped and repeated."""
    if dry_run:
        for words, count in rules.count_due(at=utcnow()):
            click.echo(f"{count:>7}  {words}")
        return
    failed: list[str] = []
    with click.progressbar(rules.CHORES, label="Erasing what is due") as chores:
        done = {chore.words: try_chore(chore, failed) for chore in chores}
    for words, count in done.items():
        click.echo(f"{count:>7}  {words}")
    if failed:
        raise click.ClickException("Not done: " + "; ".join(failed))


def try_chore(chore: rules.Chore, failed: list[str]) -> int:
    """One rule that fails does not hold up the others."""
    try:
        return rules.run_chore(chore, utcnow())
    except Exception as error:
        failed.append(f"{chore.words} ({type(error).__name__})")
        return 0
