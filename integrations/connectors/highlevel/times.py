"""HighLevel's dates and times in one form: ISO 8601 in UTC, days as YYYY-MM-DD."""

from __future__ import annotations

import re
from datetime import UTC, datetime, tzinfo

from integrations.connectors.base import JSONValue

DATE = re.compile(r"\d{4}-\d{2}-\d{2}(?=$|[T ])")


def time_of(raw: JSONValue, zone: tzinfo = UTC) -> datetime | None:
    """Return a moment: ISO 8601 as documented, or milliseconds as in some answers.

    A time without a zone is one of `zone`: a contact's appointments come so (§6.5).
    """
    if isinstance(raw, str) and raw.isdecimal():
        raw = int(raw)
    try:
        if isinstance(raw, int | float) and not isinstance(raw, bool):
            return datetime.fromtimestamp(raw / 1000, UTC)
        moment = datetime.fromisoformat(raw) if isinstance(raw, str) else None
    except (ValueError, OverflowError, OSError):
        return None
    if moment is None or moment.tzinfo:
        return moment
    return moment.replace(tzinfo=zone)


def iso(moment: datetime) -> str:
    """Return a moment as HighLevel writes it: 2021-07-02T05:18:26.704Z."""
    text = moment.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def moment_text(raw: JSONValue, zone: tzinfo = UTC) -> str:
    """Return a moment in one form, as it came when it cannot be read."""
    moment = time_of(raw, zone)
    return iso(moment) if moment else str(raw)


def milliseconds(moment: datetime) -> int:
    """Return a moment as milliseconds since 1970, as the list of events takes it."""
    return round(moment.timestamp() * 1000)


def date_of(raw: JSONValue) -> str:
    """Return a day: as text, a time at midnight (create answers so) or milliseconds."""
    moment = None if isinstance(raw, str) else time_of(raw)
    if moment is not None:
        return moment.date().isoformat()
    found = DATE.match(str(raw))
    return found.group() if found else str(raw)
