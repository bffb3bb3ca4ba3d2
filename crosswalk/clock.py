"""The clock: the one place that asks what time it is, and that lets time pass."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime


def now() -> datetime:
    """Return the current time, aware, in UTC."""
    return datetime.now(UTC)


def pause(seconds: float, until: threading.Event | None = None) -> None:
    """Sleep, no longer than until an event.

    What waits inside the product waits here, so that a test can let time fly.
    """
    if until is None:
        time.sleep(seconds)
    else:
        until.wait(seconds)


def iso(moment: datetime | None) -> str | None:
    """Return a moment as ISO 8601 in UTC with a Z, as all our JSON shows times."""
    if moment is None:
        return None
    return (
        moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    )
