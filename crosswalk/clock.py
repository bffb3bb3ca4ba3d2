"""The clock: the one place that asks what time it is, and that lets time pass."""

from __future__ import annotations

import time
from datetime import UTC, datetime


def now() -> datetime:
    """Return the current time, aware, in UTC."""
    return datetime.now(UTC)


def pause(seconds: float) -> None:
    """Sleep. What waits inside the product waits here, so that a test can let time fly."""
    time.sleep(seconds)


def iso(moment: datetime | None) -> str | None:
    """Return a moment as ISO 8601 in UTC with a Z, as all our JSON shows times."""
    if moment is None:
        return None
    return (
        moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    )
