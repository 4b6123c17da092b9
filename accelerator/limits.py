"""How often something may be tried: counted in the database, so that all processes share one count."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import String, delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from accelerator.database import Base
from accelerator.extensions import vault


@dataclass(frozen=True)
class Limit:
    """At most ``times`` within each window of ``per`` (fixed windows, counted from the epoch)."""

    name: str
    times: int
    per: timedelta


# Addresses are shared by whole schools behind one router, so limits by address are loose. There are none for the
# whole site: whoever used one up would close the portal for everybody.
#: One account from one address. Tries from elsewhere do not lock anybody out of their own account ...
LOGIN_BY_PAIR = Limit("login-pair", 10, timedelta(hours=1))
#: ... until there are so many that somebody guesses from many places.
LOGIN_BY_ACCOUNT = Limit("login-account", 100, timedelta(hours=1))
#: Only failures count: a whole class signs in from one address.
LOGIN_BY_ADDRESS = Limit("login-address", 20, timedelta(hours=1))
REGISTER_BY_ADDRESS = Limit("register-address", 60, timedelta(hours=1))
RESET_BY_PAIR = Limit("reset-pair", 3, timedelta(hours=1))
RESET_BY_ACCOUNT = Limit("reset-account", 10, timedelta(hours=1))
RESET_BY_ADDRESS = Limit("reset-address", 20, timedelta(hours=1))
UPLOADS_BY_PERSON = Limit("uploads-person", 40, timedelta(hours=1))
TELL_BY_PERSON = Limit("tell-person", 10, timedelta(hours=1))
REPORT_BY_READER = Limit("report-reader", 10, timedelta(hours=1))
THANKS_BY_ADDRESS = Limit("thanks-address", 200, timedelta(hours=1))
#: Requests for help that were sent; pressing twice counts once.
HELP_BY_ADDRESS = Limit("help-address", 10, timedelta(hours=1))
#: Tracking codes that nobody has; a slip of the pen is caught by the check symbol and does not count.
CODE_BY_ADDRESS = Limit("code-address", 10, timedelta(hours=1))
APPEAL_BY_ADDRESS = Limit("appeal-address", 20, timedelta(hours=1))
WORDS_BY_APPEAL = Limit("words-appeal", 20, timedelta(hours=1))
#: Looks at people's contacts; another look at the same one within the hour is recorded and not counted.
CONTACTS_BY_VOLUNTEER = Limit("contacts-volunteer", 20, timedelta(days=1))
#: A coordinator verifies by telephone all day long; the limit only stops somebody who collects numbers.
CONTACTS_BY_COORDINATOR = Limit("contacts-coordinator", 200, timedelta(days=1))
#: Wrong spoken pairs of one volunteer for one person: after these only the coordinator decides.
PAIR_BY_VOLUNTEER = Limit("pair-volunteer", 5, timedelta(days=30))
WORDS_BY_REQUESTER = Limit("words-requester", 20, timedelta(hours=1))


class LimitCount(Base):
    """How often one key was used in one window. Keys are made of addresses: a keyed hash stands for them."""

    __tablename__ = "limit_counts"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    window_ends_at: Mapped[datetime] = mapped_column(primary_key=True, index=True)
    count: Mapped[int]


def spend(session: Session, limit: Limit, key: str, *, at: datetime, amount: int = 1) -> bool:
    """Count ``amount`` tries of ``key``; False when that is more than the limit allows.

    Where a refused try shall count, the caller commits also when the answer is False.
    """
    seconds = int(limit.per.total_seconds())
    ends_at = datetime.fromtimestamp((int(at.timestamp()) // seconds + 1) * seconds, at.tzinfo)
    insert = (sqlite if session.get_bind().dialect.name == "sqlite" else postgresql).insert(LimitCount)
    count = session.execute(
        insert.values(key=vault.fingerprint(f"limit-{limit.name}", key).hex(), window_ends_at=ends_at, count=amount)
        .on_conflict_do_update(index_elements=["key", "window_ends_at"], set_={"count": LimitCount.count + amount})
        .returning(LimitCount.count)
    ).scalar_one()
    return int(count) <= limit.times


def forget_old(session: Session, *, at: datetime) -> None:
    """Delete the counts of windows that are over."""
    session.execute(delete(LimitCount).where(LimitCount.window_ends_at < at))
