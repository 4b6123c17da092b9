"""``flask retention``: what is kept no longer, shown or done at once; the background process does it daily."""

import click

from accelerator.clock import utcnow
from accelerator.help import retention as rules
from accelerator.migrations.commands import with_tables


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
