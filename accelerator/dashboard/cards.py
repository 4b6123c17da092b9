"""What a person has done, as one list: confirmed tasks and deeds they told of, each once."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from accelerator.board.models import Claim, HelpRequest
from accelerator.deeds.headline import headline
from accelerator.deeds.models import Deed
from accelerator.formatting import claim_state_label, deed_status_label, duration


@dataclass(frozen=True)
class Done:
    """One line of the list."""

    at: datetime
    href: str
    title: str
    locale: str
    minutes: str
    status: str


def list_done(
    confirmed: Iterable[tuple[Claim, HelpRequest, Deed | None]], told: Iterable[Deed], most: int = 20
) -> list[Done]:
    """The newest first. A confirmed task leads to its deed, or to the request when its doer wanted none."""
    tasks = [of_deed(deed, claim) if deed else of_task(claim, request) for claim, request, deed in confirmed]
    return sorted([*tasks, *map(of_deed, told)], key=lambda done: done.at, reverse=True)[:most]


def of_task(claim: Claim, request: HelpRequest) -> Done:
    return Done(
        at=claim.settled_at or claim.created_at,
        href=f"/requests/{request.id}",
        title=request.title,
        locale=request.locale,
        minutes=duration(claim.minutes or 0),
        status=claim_state_label(claim.state),
    )


def of_deed(deed: Deed, claim: Claim | None = None) -> Done:
    return Done(
        at=(claim.settled_at if claim else None) or deed.created_at,
        href=f"/deeds/{deed.id}",
        title=headline(deed).title if deed.story else deed.title,
        locale=deed.locale,
        minutes=duration(deed.minutes),
        status=deed_status_label(deed.status),
    )
