"""What has an hour of its own is started two hours before it at the earliest, and told of once it has begun."""

from datetime import datetime, timedelta

import pytest
from flask import Flask

from accelerator.board import transitions as board
from accelerator.board.models import ClaimState, Timing
from accelerator.clock import utcnow
from accelerator.errors import NotAllowed
from accelerator.extensions import db
from tests.cast import Cast, viewer_of
from tests.factories import make_request
from tests.site import Site, text_of
from tests.steps import claim_now, report, take

REPORT = {"hours": "0", "minutes": "30", "credit": "name"}


def start(request_id: int, cast: Cast, at: datetime) -> None:
    with db.transaction():
        board.start(request_id, by=viewer_of(cast.ben), at=at)


@pytest.mark.parametrize("timing", [Timing.AT, Timing.REPEATING])
def test_the_transitions_wait_for_the_hour(context: Flask, cast: Cast, timing: Timing) -> None:
    hour = utcnow() + timedelta(days=2)
    request_id = make_request(starts_at=hour, timing=timing)
    claim_id = take(request_id, cast.ben)
    with pytest.raises(NotAllowed, match="too_early"):
        start(request_id, cast, hour - timedelta(hours=2, seconds=1))
    with pytest.raises(NotAllowed, match="too_early"):
        report(request_id, cast.ben, at=hour - timedelta(seconds=1))
    assert claim_now(claim_id).state == ClaimState.CLAIMED
    start(request_id, cast, hour - timedelta(hours=2))
    assert claim_now(claim_id).state == ClaimState.STARTED
    with pytest.raises(NotAllowed, match="too_early"):
        report(request_id, cast.ben, at=hour - timedelta(seconds=1))
    report(request_id, cast.ben, at=hour)
    assert claim_now(claim_id).state == ClaimState.REPORTED


def test_a_deadline_is_no_hour(context: Flask, cast: Cast) -> None:
    for until in (None, utcnow() + timedelta(days=5)):
        request_id = make_request(timing=Timing.BY if until else Timing.ANY, ends_at=until)
        take(request_id, cast.ben)
        start(request_id, cast, utcnow())
        report(request_id, cast.ben)


def test_the_page_says_when_instead_of_offering_it(context: Flask, site: Site, cast: Cast) -> None:
    request_id = make_request(starts_at=utcnow() + timedelta(days=30))
    take(request_id, cast.ben)
    ben = site.as_(cast.ben)
    text = text_of(ben.get(f"/requests/{request_id}"))
    assert "You can start from" in text
    assert "I have started" not in text
    assert "It is done" not in text
    assert "It has not begun yet" in text_of(ben.post(f"/requests/{request_id}/start", status=409))
    for answer in (
        ben.get(f"/requests/{request_id}/report", status=303),
        ben.post(f"/requests/{request_id}/report", REPORT, 303),
    ):
        assert "You can start from" in text_of(ben.follow(answer))


def test_on_the_way_one_can_start_and_not_yet_tell(context: Flask, site: Site, cast: Cast) -> None:
    request_id = make_request(starts_at=utcnow() + timedelta(minutes=90))
    take(request_id, cast.ben)
    ben = site.as_(cast.ben)
    page = ben.follow(ben.press(ben.get(f"/requests/{request_id}"), "I have started", 303))
    assert "You can tell of it from" in text_of(page)
    assert "It is done" not in text_of(page)
