"""The one place where the product asks what time it is, so that tests can set it."""

from datetime import UTC, datetime


def utcnow() -> datetime:
    """The present moment, aware, in UTC. Read once per request and passed down as ``at``."""
    return datetime.now(UTC)
