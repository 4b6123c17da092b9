"""Plain makers of rows. Each commits, needs an application context, and returns the new id."""

import json
from datetime import datetime, timedelta

from sqlalchemy import select

from accelerator.board.models import HelpRequest, RequestStatus, Timing
from accelerator.board.search import normalise
from accelerator.board.transitions import due_at
from accelerator.clock import utcnow
from accelerator.codes import make_code
from accelerator.deeds import transitions as deeds
from accelerator.deeds.models import Deed, DeedStatus, Level
from accelerator.extensions import db, vault
from accelerator.help.contact import Contact, seal_contact
from accelerator.help.models import Channel, Requester
from accelerator.integrity.record import SYSTEM, EventType, record
from accelerator.questionnaire.models import QuestionnaireVersion

MEDEU = "KZ-75/medeu"


def make_request(
    *,
    title: str = "Bring bread to a neighbour",
    story: str = "Second floor, no lift. The shop is around the corner.",
    briefing: str = "Meet at the chess tables.",
    locale: str = "en",
    kind: str = "errands",
    region: str = "KZ-75",
    district: str | None = MEDEU,
    timing: Timing = Timing.ANY,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    minutes: int = 30,
    capacity: int = 1,
    needs: int = 0,
    min_age: int = 0,
    status: RequestStatus = RequestStatus.OPEN,
    for_person: bool = False,
    created_by: int | None = None,
) -> int:
    now = utcnow()
    if starts_at and timing is Timing.ANY:
        timing = Timing.AT
    if starts_at and ends_at is None:
        ends_at = starts_at + timedelta(minutes=minutes)
    request = HelpRequest(
        title=title,
        story=story,
        briefing=briefing,
        locale=locale,
        kind_code=kind,
        region_code=region,
        district_code=district,
        timing=timing.value,
        starts_at=starts_at,
        ends_at=ends_at,
        due_at=due_at(timing.value, starts_at, ends_at, at=now),
        minutes=minutes,
        capacity=capacity,
        needs=needs,
        min_age=min_age,
        status=status.value,
        outcome="fulfilled" if status is RequestStatus.CLOSED else None,
        for_person=for_person,
        search_text=normalise(f"{title} {story}"),
        created_by_id=created_by,
        created_at=now,
        published_at=None if status is RequestStatus.RECEIVED else now,
    )
    with db.transaction() as session:
        session.add(request)
        session.flush()
        record(session, EventType.REQUEST_PUBLISHED, f"request:{request.id}", by=SYSTEM, at=now)
        return request.id


def make_deed(
    *,
    title: str = "Cleaned the spring",
    story: str = "Four bags of rubbish.",
    doer_name: str = "Ben",
    user_id: int | None = None,
    region: str = "KZ-75",
    status: DeedStatus = DeedStatus.PUBLISHED,
    level: Level = Level.WITNESSED,
    published_at: datetime | None = None,
    locale: str = "en",
) -> int:
    now = utcnow()
    is_published = status is DeedStatus.PUBLISHED
    deed = Deed(
        title=title,
        story=story,
        doer_name=doer_name,
        user_id=user_id,
        locale=locale,
        kind_code="springs",
        region_code=region,
        happened_at=now,
        minutes=60,
        level=level.value,
        status=status.value,
        created_at=now,
        published_at=(published_at or now) if is_published else None,
    )
    with db.transaction() as session:
        session.add(deed)
        session.flush()
        if is_published:
            deeds.count(deed, +1)
        record(session, EventType.DEED_PUBLISHED, f"deed:{deed.id}", by=SYSTEM, at=now)
        return deed.id


NEWEST_VERSION = (
    select(QuestionnaireVersion)
    .where(QuestionnaireVersion.published_at.is_not(None))
    .order_by(QuestionnaireVersion.id.desc())
    .limit(1)
)


def make_requester(
    *,
    contact: Contact | None = None,
    answers: dict[str, object] | None = None,
    channel: Channel = Channel.WEB,
    locale: str = "ru",
    created_by: int | None = None,
    request_id: int | None = None,
) -> tuple[int, str]:
    """Somebody who asked for help, for this request if one is given: (the new id, the tracking code)."""
    now, code, key_name = utcnow(), make_code(), vault.keys.create()
    with db.transaction() as session:
        version = session.scalars(NEWEST_VERSION).first()
        if version is None:
            version = QuestionnaireVersion(body="{}", body_hash=bytes(32), created_at=now, published_at=now)
            session.add(version)
            session.flush()
        requester = Requester(
            channel=channel.value,
            locale=locale,
            version_id=version.id,
            key_name=key_name,
            code_hash=vault.fingerprint("code", code),
            pair_hash=vault.fingerprint("pair", code),
            sent_key=vault.fingerprint("form", code),
            consent_version=version.id,
            consent_hash=bytes(32),
            consent_channel=channel.value,
            consent_at=now,
            created_by_id=created_by,
            created_at=now,
        )
        session.add(requester)
        session.flush()
        seal_contact(requester, contact or Contact(name="Apa Bota", phone="+77011234567", street="Abay", door="12, 4"))
        text = json.dumps(answers or {"words": "Please bring bread."}, ensure_ascii=False)
        requester.sealed_answers = vault.seal(key_name, text, requester, "sealed_answers")
        if request_id:
            session.get_one(HelpRequest, request_id).requester_id = requester.id
        return requester.id, code
