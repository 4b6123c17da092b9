"""``flask regions``: places where the product works."""

import re
from zoneinfo import available_timezones

import click
from sqlalchemy import select

from accelerator.clock import utcnow
from accelerator.extensions import db
from accelerator.integrity.record import SYSTEM, EventType, record
from accelerator.migrations.commands import with_tables
from accelerator.regions.models import Region

#: From the short numbers of towns (109) to the longest that there are (E.164).
DIGITS = range(3, 16)
#: As ISO 3166-2 writes a region, and within it a district by name.
CODE = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?(/[a-z0-9-]{1,30})?")


@click.group()
def regions() -> None:
    """Regions and districts."""


@regions.command("list")
@with_tables
def list_regions() -> None:
    """Show every region and its desk telephone."""
    for region in db.read.scalars(select(Region).where(Region.parent_code.is_(None)).order_by(Region.code)):
        click.echo(f"{region.code:8} {region.name_en:28} {region.timezone:18} {region.desk_phone}")


@regions.command("save")
@click.argument("code")
@click.option("--parent", help="Code of the region that this district lies in.")
@click.option("--kk", "name_kk", required=True, help="Name in Kazakh.")
@click.option("--ru", "name_ru", required=True, help="Name in Russian.")
@click.option("--en", "name_en", required=True, help="Name in English.")
@click.option("--timezone", default="Asia/Almaty", show_default=True)
@with_tables
def save_region(code: str, parent: str | None, name_kk: str, name_ru: str, name_en: str, timezone: str) -> None:
    """Add a region or district, or change the one with this code."""
    if timezone not in available_timezones():
        raise click.ClickException(f"There is no time zone {timezone}. Write it as Asia/Almaty.")
    if not CODE.fullmatch(code):
        raise click.ClickException(f"“{code}” is no code. Write it as KZ-75, a district as KZ-75/medeu.")
    with db.transaction() as session:
        if parent and session.get(Region, parent) is None:
            raise click.ClickException(f"There is no region {parent}. See: flask --app wsgi regions list")
        if code.rpartition("/")[0] != (parent or ""):
            raise click.ClickException("A district of KZ-75 has a code like KZ-75/medeu, and --parent KZ-75.")
        region = session.get(Region, code) or Region(code=code)
        region.parent_code, region.timezone = parent, timezone
        region.name_kk, region.name_ru, region.name_en = name_kk, name_ru, name_en
        session.add(region)
        session.flush()
        record(session, EventType.REGION_SAVED, f"region:{code}", by=SYSTEM, at=utcnow())
    click.echo(f"Saved {code}.")


@regions.command("phone")
@click.argument("code")
@click.argument("phone")
@with_tables
def set_phone(code: str, phone: str) -> None:
    """Set the coordinators' telephone of a region, as people should see it: "+7 727 000 00 00", "109"."""
    if sum(sign.isdecimal() for sign in phone) not in DIGITS:
        raise click.ClickException(f"“{phone}” cannot be dialled. Write it as +7 727 000 00 00, or a short one as 109.")
    with db.transaction() as session:
        region = session.get(Region, code)
        if region is None:
            raise click.ClickException(f"There is no region {code}. See: flask --app wsgi regions list")
        region.desk_phone = phone
        record(session, EventType.REGION_SAVED, f"region:{code}", by=SYSTEM, at=utcnow())
    click.echo(f"{code}: {phone}")
