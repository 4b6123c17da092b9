"""Why something stands in the queue, in the order of what burns."""

import enum


class Reason(enum.StrEnum):
    """What burns, the hottest first."""

    URGENT = "urgent"
    VERIFY = "verify"
    SOON = "soon"
    UNCLAIMED = "unclaimed"
    REPORTED = "reported"
    DISPUTED = "disputed"
    WORD = "word"
    PUBLISH = "publish"
    DEED = "deed"
    APPEAL = "appeal"
    REPORT = "report"
    ENDED = "ended"


REASONS = tuple(reason.value for reason in Reason)
