"""``flask users``: accounts and roles, for the operator."""

import secrets

import click

from accelerator.accounts import queries, transitions
from accelerator.accounts.forms import tidy_email
from accelerator.accounts.models import AgeGroup, Right, Role, User
from accelerator.clock import utcnow
from accelerator.extensions import db
from accelerator.migrations.commands import with_tables
from accelerator.reference import places


@click.group()
def users() -> None:
    """Accounts and roles."""


@users.command("add")
@click.argument("email")
@click.argument("name")
@click.option("--password", help="Left out: one is made and shown once.")
@with_tables
def add_user(email: str, name: str, password: str | None) -> None:
    """Add an account, so that it can be given a role."""
    chosen = password or secrets.token_urlsafe(12)
    if len(chosen) < 10:
        raise click.ClickException("The password needs 10 characters or more.")
    with db.transaction() as session:
        if queries.find_by_email(session, tidy_email(email)):
            raise click.ClickException(f"{email} has an account already.")
        transitions.register(
            email=tidy_email(email),
            password=chosen,
            name=name,
            locale=db.settings.default_language,
            region_code=None,
            district_code=None,
            age_group=AgeGroup.ADULT.value,
            capabilities=0,
            at=utcnow(),
        )
    click.echo(f"Added {email}." + ("" if password else f" Password, shown this once: {chosen}"))


@users.command("role")
@click.argument("email")
@click.argument("role", type=click.Choice([role.value for role in Role]))
@click.option("--region", "regions", multiple=True, help="A region of a coordinator; may be given several times.")
@with_tables
def set_role(email: str, role: str, regions: tuple[str, ...]) -> None:
    """Make somebody a coordinator, auditor, admin, or a volunteer again."""
    for code in regions:
        check_region(code)
    if role == Role.COORDINATOR and not regions:
        raise click.ClickException("A coordinator works in regions: add --region KZ-75 (or another).")
    with db.transaction():
        transitions.grant_role(find_or_fail(email), Role(role), list(regions), at=utcnow())
    click.echo(f"{email} is {role} now{' in ' + ', '.join(regions) if regions else ''}.")


def check_region(code: str) -> None:
    region = places(db.read).regions.get(code)
    if region is None:
        raise click.ClickException(f"No such region: {code}. See: flask --app wsgi regions list")
    if region.parent_code:
        raise click.ClickException(f"{code} is a district. Coordinators work in regions: --region {region.parent_code}")


@users.command("allow")
@click.argument("email")
@click.argument("right", type=click.Choice([right.value for right in Right]))
@with_tables
def allow(email: str, right: str) -> None:
    """Give a coordinator a right: "questionnaire" (change what people in need are asked)."""
    with db.transaction():
        user = find_or_fail(email)
        if user.role != Role.COORDINATOR:
            raise click.ClickException(f"{email} is no coordinator. First: flask --app wsgi users role")
        transitions.set_right(user, Right(right), allowed=True, at=utcnow())
    click.echo(f"{email} has the right: {right}.")


@users.command("forbid")
@click.argument("email")
@click.argument("right", type=click.Choice([right.value for right in Right]))
@with_tables
def forbid(email: str, right: str) -> None:
    """Take a right away again; it holds from the next page that they open."""
    with db.transaction():
        transitions.set_right(find_or_fail(email), Right(right), allowed=False, at=utcnow())
    click.echo(f"{email} no longer has the right: {right}.")


def find_or_fail(email: str) -> User:
    user = queries.find_by_email(db.session, tidy_email(email))
    if user is None:
        raise click.ClickException(f"{email} has no account. Let them register, or: flask --app wsgi users add")
    return user
