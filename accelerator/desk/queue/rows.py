"""Rows of the queue: why something is here, what and where it is, and its next step."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Any

from flask_babel import gettext

from accelerator import formatting, policy
from accelerator.accounts.viewer import Viewer
from accelerator.appeals.models import Appeal
from accelerator.appeals.words import kind_label
from accelerator.board.models import Claim, ClaimState, HelpRequest, Timing
from accelerator.deeds.cards import CardPhoto, look_at_words, make_photos
from accelerator.deeds.models import Deed, Photo
from accelerator.desk.cases.words import call_outcome_label, heading
from accelerator.desk.queue.queries import Talk
from accelerator.desk.queue.reasons import Reason
from accelerator.help.models import CallOutcome
from accelerator.i18n import current_language
from accelerator.reference import Places
from accelerator.screening.looking import Look
from accelerator.working_days import add_working_days

#: Until when somebody who asks is called.
CALL_WITHIN = 2


@dataclass(frozen=True)
class Action:
    """The next step: a link, or a form with one button. ``key`` is its key on the keyboard."""

    label: str
    url: str
    key: str = ""
    icon: str = ""
    posts: bool = False
    #: Hidden fields of the form.
    fields: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class QueueRow:
    """One thing that waits."""

    id: str
    reason: str
    why: str
    title: str
    locale: str
    href: str
    place: str
    #: When help is needed, or how long it took.
    when: str
    kind_label: str
    kind_code: str
    action: Action | None
    is_late: bool = False
    #: The claim that can be ticked, to confirm many at once.
    tick: int = 0
    #: A volunteer's or a reader's words.
    told: str = ""
    #: What a coordinator asked about a report, and what came back; the desk alone reads both.
    asked: str = ""
    answer: str = ""
    #: Why there is no button where one would be looked for.
    note: str = ""
    #: Where another form goes: ask back, hide.
    other: str = ""
    #: What came with the words; shown small, so that nobody publishes it unseen.
    photos: list[CardPhoto] = field(default_factory=list)
    #: What was found in a deed's words that everyone would read.
    look: Look | None = None
    #: The number of the request or deed behind it: shown once, under the hottest reason.
    about: str = ""
    #: Of a promise: the request that it belongs to.
    within: str = ""


def reason_label(reason: str) -> str:
    return {
        Reason.URGENT: gettext("To verify at once"),
        Reason.VERIFY: gettext("To verify"),
        Reason.SOON: gettext("Soon, and nobody comes"),
        Reason.UNCLAIMED: gettext("Nobody for two days"),
        Reason.REPORTED: gettext("To confirm"),
        Reason.DISPUTED: gettext("To clear up"),
        Reason.WORD: gettext("Words from people"),
        Reason.PUBLISH: gettext("To publish"),
        Reason.DEED: gettext("Deeds to publish"),
        Reason.APPEAL: gettext("Appeals"),
        Reason.REPORT: gettext("Reported by readers"),
        Reason.ENDED: gettext("Time has passed"),
    }[Reason(reason)]


class RowMaker:
    """Makes rows for one reader at one moment."""

    def __init__(self, viewer: Viewer, known: Places, now: datetime) -> None:
        self.viewer = viewer
        self.known = known
        self.now = now
        self.language = current_language()

    def of_request(self, reason: Reason, row: HelpRequest) -> QueueRow:
        case = f"/desk/requests/{row.id}"
        if reason is Reason.SOON:
            why = self._soon(row)
            action = Action(gettext("Find somebody"), f"{case}#assign", "o", "people")
        elif reason is Reason.UNCLAIMED:
            since = self._moment(row.published_at or row.created_at, row.region_code)
            why = gettext("On the board since %(when)s, nobody has taken it", when=since)
            action = Action(gettext("Find somebody"), f"{case}#assign", "o", "people")
        elif reason is Reason.ENDED:
            why = self._ended(row)
            action = Action(gettext("Settle"), f"{case}#claims-title", "o")
        else:
            why, label = self._to_publish(row)
            action = Action(label, case, "o")
        return self._about_request(reason, row, f"case-{reason}-{row.id}", why, action)

    def before_board(self, reason: Reason, row: HelpRequest, *, talk: Talk | None) -> QueueRow:
        """A request that is not on the board yet, and how the talk about it stands since it came to the desk."""
        if talk and talk.call.created_at < row.created_at:
            talk = None
        if talk and talk.call.outcome == CallOutcome.NOT_NEEDED:
            return self._not_needed(reason, row, talk)
        if reason is Reason.PUBLISH:
            return self.of_request(reason, row)
        why, is_late = self._needed_already(row) if reason is Reason.URGENT else self._call_by(row)
        if talk:
            called, outcome = self._called(row, talk), call_outcome_label(talk.call.outcome)
            why = gettext("%(why)s. Last call (%(when)s): %(outcome)s", why=why, when=called, outcome=outcome)
        action = Action(gettext("Call and verify"), f"/desk/requests/{row.id}#call", "v", "phone")
        return self._about_request(reason, row, f"case-{reason}-{row.id}", why, action, is_late=is_late)

    def _not_needed(self, reason: Reason, row: HelpRequest, talk: Talk) -> QueueRow:
        """To be closed, unless they have thought better of it."""
        case, called = f"/desk/requests/{row.id}", self._called(row, talk)
        why = gettext("They said on the phone (%(when)s) that help is no longer needed: close it", when=called)
        action = Action(gettext("Close"), f"{case}#close", "o")
        if talk.has_written_since:
            why = gettext("They said on the phone (%(when)s) that nothing is needed, and wrote since", when=called)
            action = Action(gettext("Read and answer"), f"{case}#talk", "o", "bubble")
        return self._about_request(reason, row, f"case-{reason}-{row.id}", why, action)

    def _called(self, row: HelpRequest, talk: Talk) -> str:
        return self._moment(talk.call.created_at, row.region_code)

    def _ended(self, row: HelpRequest) -> str:
        if not row.taken:
            return gettext(
                "Its time was %(when)s and nobody came: give it a new time, or close it", when=self._due(row)
            )
        if row.timing == Timing.ANY:
            return gettext("Nothing more is to come: settle what is left and close it")
        return gettext("Its time was %(when)s: settle the promises and close it", when=self._due(row))

    def _to_publish(self, row: HelpRequest) -> tuple[str, str]:
        """What is missing until it is on the board, and the button that leads there."""
        bar = policy.publish_bar(self.viewer, row)
        if bar == "no_words":
            return gettext("Verified: write the public text"), gettext("Write the public text")
        if bar == "four_eyes" and self.viewer.is_coordinator:
            return gettext("Yours: another coordinator publishes it"), gettext("Look at it")
        return gettext("Written, not published yet"), gettext("Look and publish")

    def _needed_already(self, row: HelpRequest) -> tuple[str, bool]:
        """It cannot wait for the call that was promised."""
        return gettext("New, and needed already: %(when)s", when=self._due(row)), True

    def _call_by(self, row: HelpRequest) -> tuple[str, bool]:
        """What was promised to the person: a call within two working days."""
        zone = self.known.zone(row.region_code)
        by = add_working_days(row.created_at.astimezone(zone).date(), CALL_WITHIN)
        is_late = self.now.astimezone(zone).date() > by
        day = formatting.day(datetime.combine(by, time(12), zone), self.now, zone)
        if is_late:
            return gettext("Overdue: we promised a call by %(day)s", day=day), True
        return gettext("New: we promised a call by %(day)s", day=day), False

    def _soon(self, row: HelpRequest) -> str:
        if row.timing == Timing.BY:
            return gettext("Needed until %(when)s, and nobody comes yet", when=self._due(row))
        return gettext("Begins %(when)s, and nobody comes yet", when=self._due(row))

    def of_claim(
        self, reason: Reason, claim: Claim, row: HelpRequest, name: str, *, photos: Sequence[Photo], has_words: bool
    ) -> QueueRow:
        who = name or gettext("Someone who has left")
        since = self._moment(claim.reported_at or claim.created_at, row.region_code)
        may = policy.can_settle(self.viewer, claim, row) and not has_words
        case = f"/desk/requests/{row.id}#claim-{claim.id}"
        own = policy.waits_for_another(self.viewer, claim, row)
        if reason is Reason.DISPUTED:
            why = gettext("Being cleared up with %(name)s, who reported %(when)s", name=who, when=since)
            action = Action(gettext("Look at it") if own else gettext("Clear it up"), case, "o")
        elif claim.is_vouched or claim.credit is None:
            why = gettext("%(name)s has not told of it. The helped person says: they came", name=who)
            action = self._confirm(claim, row) if may else Action(gettext("Look at it"), case, "o")
        else:
            took = formatting.duration(claim.minutes or row.minutes)
            why = gettext("%(name)s reported %(duration)s, %(when)s", name=who, duration=took, when=since)
            if claim.helped_said_at:
                why = gettext("%(report)s. The helped person says: they came", report=why)
            if has_words:
                why = gettext("%(report)s. The person wrote as well: read it first", report=why)
            action = self._confirm(claim, row) if may else Action(gettext("Look at it"), case, "o")
        is_one = claim.state == ClaimState.REPORTED and may
        return self._about_request(
            reason, row, f"claim-{claim.id}", why, action, about=f"claim:{claim.id}", href=case, told=claim.word,
            tick=claim.id if is_one else 0, other=f"/desk/claims/{claim.id}/dispute" if is_one else "",
            within=f"request:{row.id}", photos=photos,
            asked=claim.reason if self.viewer.is_coordinator else "",
            answer=claim.answer if self.viewer.is_coordinator else "",
            note=gettext("This is your own: another coordinator confirms it.") if own else "",
        )  # fmt: skip

    def _confirm(self, claim: Claim, row: HelpRequest) -> Action:
        hours, minutes = divmod(claim.minutes or row.minutes, 60)
        fields = (("seen", claim.state), ("hours", str(hours)), ("minutes", str(minutes)))
        return Action(gettext("Confirm"), f"/desk/claims/{claim.id}/confirm", "c", "check", posts=True, fields=fields)

    def of_word(self, entry: Any, row: HelpRequest) -> QueueRow:
        since = formatting.ago(entry.created_at, self.now, self.known.zone(row.region_code))
        why = gettext("The person wrote to you: %(when)s", when=since)
        action = Action(gettext("Read and answer"), f"/desk/requests/{row.id}#talk", "o", "bubble")
        return self._about_request(Reason.WORD, row, f"word-{entry.id}", why, action)

    def of_deed(self, deed: Deed, *, photos: Sequence[Photo]) -> QueueRow:
        since = formatting.ago(deed.created_at, self.now, self.known.zone(deed.region_code))
        may = policy.can_moderate(self.viewer, deed)
        publish = Action(gettext("Publish"), f"/desk/deeds/{deed.id}/publish", "p", "check", posts=True)
        return self._about_deed(
            Reason.DEED, deed, f"deed-{deed.id}", gettext("Told by its doer: %(when)s", when=since),
            publish if may else None, told=deed.story, other=f"/desk/deeds/{deed.id}/hide" if may else "",
            look=look_at_words(deed), photos=photos,
        )  # fmt: skip

    def of_report(self, report: Any, deed: Deed, reason_words: str, *, photos: Sequence[Photo]) -> QueueRow:
        may = policy.can_moderate(self.viewer, deed)
        keep = Action(gettext("Looked at, it stays"), f"/desk/deeds/{deed.id}/keep", "k", "check", posts=True)
        return self._about_deed(
            Reason.REPORT, deed, f"report-{report.id}", gettext("A reader says: %(what)s", what=reason_words),
            keep if may else None, told=report.note, other=f"/desk/deeds/{deed.id}/hide" if may else "",
            photos=photos,
        )  # fmt: skip

    def of_appeal(self, appeal: Appeal) -> QueueRow:
        zone = self.known.zone(appeal.region_code)
        is_late = self.now.astimezone(zone).date() > appeal.due_on
        day = formatting.day(datetime.combine(appeal.due_on, time(12), zone), self.now, zone)
        href = f"/desk/appeals/{appeal.id}"
        due = gettext("Overdue: the answer was due by %(day)s", day=day)
        if not is_late:
            due = gettext("To be answered by %(day)s", day=day)
        return QueueRow(
            id=f"appeal-{appeal.id}",
            reason=Reason.APPEAL.value,
            why=gettext("The sender has written. %(due)s", due=due) if appeal.unread else due,
            title=gettext("Appeal %(number)s", number=appeal.id),
            locale=self.language,
            href=href,
            place=self.known.place(appeal.region_code, None, self.language),
            when="",
            kind_label=kind_label(appeal.kind),
            kind_code="",
            action=Action(gettext("Read and answer"), href, "o", "bubble"),
            is_late=is_late,
            about=f"appeal:{appeal.id}",
        )

    def _about_request(
        self, reason: Reason, row: HelpRequest, id: str, why: str, action: Action, *, is_late: bool = False,
        href: str = "", tick: int = 0, told: str = "", other: str = "", about: str = "",
        within: str = "", photos: Sequence[Photo] = (), asked: str = "", answer: str = "", note: str = "",
    ) -> QueueRow:  # fmt: skip
        zone = self.known.zone(row.region_code)
        kind = self.known.kind(row.kind_code, self.language)
        title, locale = heading(row, kind, self.viewer)
        return QueueRow(
            id=id,
            reason=reason.value,
            why=why,
            title=title,
            locale=locale,
            href=href or f"/desk/requests/{row.id}",
            place=self.known.place(row.region_code, row.district_code, self.language),
            when=formatting.when(row.timing, row.starts_at, row.ends_at, self.now, zone),
            kind_label=kind,
            kind_code=row.kind_code,
            action=action if self.viewer.is_coordinator else None,
            is_late=is_late,
            tick=tick,
            told=told,
            asked=asked,
            answer=answer,
            note=note,
            other=other,
            photos=make_photos(photos),
            about=about or f"request:{row.id}",
            within=within,
        )

    def _about_deed(
        self, reason: Reason, deed: Deed, id: str, why: str, action: Action | None, *, told: str, other: str,
        look: Look | None = None, photos: Sequence[Photo] = (),
    ) -> QueueRow:  # fmt: skip
        zone = self.known.zone(deed.region_code)
        return QueueRow(
            id=id,
            reason=reason.value,
            why=why,
            title=deed.title,
            locale=deed.locale,
            href=f"/deeds/{deed.id}",
            place=self.known.place(deed.region_code, deed.district_code, self.language),
            when=f"{formatting.day(deed.happened_at, self.now, zone)} · {formatting.duration(deed.minutes)}",
            kind_label=self.known.kind(deed.kind_code, self.language),
            kind_code=deed.kind_code,
            action=action,
            is_late=reason is Reason.REPORT,
            told=told,
            other=other,
            photos=make_photos(photos),
            look=look,
            about=f"{reason}:{id}",
        )

    def _moment(self, moment: datetime, region: str) -> str:
        return formatting.day_and_time(moment, self.now, self.known.zone(region))

    def _due(self, row: HelpRequest) -> str:
        return self._moment(row.due_at, row.region_code)
