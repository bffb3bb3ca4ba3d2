"""Steps on dates and times: reading and writing forms, changing zones. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from mapping.steps.base import Setting, Step

FORMS: Mapping[str, str] = {
    "iso": "%Y-%m-%d",
    "day_month_year": "%d/%m/%Y",
    "month_day_year": "%m/%d/%Y",
    "dotted": "%d.%m.%Y",
    "long": "%d %B %Y",
    "compact": "%Y%m%d",
}
_LOOSE = ("%d %b %Y", "%d %B %Y", "%B %d, %Y", "%b %d, %Y")


def write_date(value: Any, step: Step, setting: Setting) -> Any:
    """Write a day in a form that people of the other side use."""
    day = _day(value)
    form = FORMS.get(str(step.get("form")), FORMS["iso"])
    return value if day is None else day.strftime(form)


def read_date(value: Any, step: Step, setting: Setting) -> Any:
    """Read a day that is written in a form; also one that leaves no doubt."""
    if not isinstance(value, str):
        return value
    text = value.strip()
    for form in (FORMS.get(str(step.get("form")), ""), "%Y-%m-%d", *_LOOSE):
        try:
            return datetime.strptime(text, form).date().isoformat() if form else value
        except ValueError:
            continue
    return value


def zone(value: Any, step: Step, setting: Setting) -> Any:
    """Say a moment in another time zone; it stays the same moment.

    A time without a zone is taken to be of the zone it comes from.
    """
    if not isinstance(value, str) or "T" not in value and ":" not in value:
        return value
    try:
        moment = datetime.fromisoformat(value.strip().replace("Z", "+00:00"))
        there = ZoneInfo(str(step.get("to") or "UTC"))
        here = ZoneInfo(str(step.get("from") or "UTC"))
    except (ValueError, ZoneInfoNotFoundError):
        return value
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=here)
    return moment.astimezone(there).isoformat(timespec="seconds")


def shift_days(value: Any, step: Step, setting: Setting) -> Any:
    """Move a day by a number of days: a reminder a week before it ends."""
    day = _day(value)
    try:
        days = int(step.get("days") or 0)
        return value if day is None else (day + timedelta(days=days)).date().isoformat()
    except (ValueError, OverflowError):
        return value


def _day(value: Any) -> datetime | None:
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return datetime.fromtimestamp(value / 1000, UTC)
        except (ValueError, OverflowError, OSError):
            return None
    if not isinstance(value, str):
        return None
    try:
        return datetime.fromisoformat(value.strip().replace("Z", "+00:00"))
    except ValueError:
        return None
