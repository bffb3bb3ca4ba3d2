"""Moments in time zones: the day and the hour that people there call it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from mapping.steps.base import Setting, Step
from mapping.steps.declare import Option, Transform

FORMS: Mapping[str, str] = {
    "day_month_year": "%d/%m/%Y %H:%M",
    "month_day_year": "%m/%d/%Y %H:%M",
    "dotted": "%d.%m.%Y %H:%M",
    "iso": "%Y-%m-%d %H:%M",
}


def to_zone(value: Any, step: Step, setting: Setting) -> Any:
    """Write a moment with the day and hour it has in a zone; it stays the same moment.

    What names no hour, or no zone of its own, is no moment and stays as it came.
    """
    moment = _moment(value)
    if moment is None or moment.tzinfo is None:
        return value
    return _isoformat(moment, _zone(step), value)


def from_zone(value: Any, step: Step, setting: Setting) -> Any:
    """Read a date with an hour as one of a zone, and write that moment in UTC."""
    moment = _moment(value)
    if moment is None:
        return value
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=_zone(step))
    return _isoformat(moment, UTC, value)


def write_moment(value: Any, step: Step, setting: Setting) -> Any:
    """Write a date with its hour in a form that people use; seconds are left out."""
    moment = _moment(value)
    if moment is None:
        return value
    form = _form(step).replace("%Y", f"{moment.year:04}")  # some systems do not pad
    return moment.strftime(form)


def read_moment(value: Any, step: Step, setting: Setting) -> Any:
    """Read a date with an hour in a form, as 2026-03-01T23:59:00."""
    if not isinstance(value, str):
        return value
    try:
        return datetime.strptime(value.strip(), _form(step)).isoformat()
    except ValueError:
        return value


def zone_problem(text: str) -> str:
    """Return why a text names no time zone, "" when it does."""
    is_known = text in available_timezones()
    return "" if is_known else "must be a time zone, as in Europe/London"


def _moment(value: Any) -> datetime | None:
    """Return a date with an hour, in the zone it names itself if any."""
    if not isinstance(value, str) or len(value.strip()) <= len("2026-03-01"):
        return None
    try:
        return datetime.fromisoformat(value.strip())
    except ValueError:
        return None


def _isoformat(moment: datetime, zone: Any, otherwise: Any) -> Any:
    try:
        return moment.astimezone(zone).isoformat()
    except OverflowError:  # of the year 1 or 9999
        return otherwise


def _zone(step: Step) -> ZoneInfo:
    return ZoneInfo(str(step.get("zone") or "UTC"))


def _form(step: Step) -> str:
    return FORMS.get(str(step.get("form")), FORMS["day_month_year"])


_ZONE = Option(
    "Time zone", "text", needed=True, check=zone_problem, example="Europe/London"
)
_FORM = Option(
    "Form",
    choices={
        "day_month_year": "31/12/2026 23:59",
        "month_day_year": "12/31/2026 23:59",
        "dotted": "31.12.2026 23:59",
        "iso": "2026-12-31 23:59",
    },
)
TRANSFORMS = {
    "to_zone": Transform(
        to_zone, "Time in a zone", {"zone": _ZONE}, inverse="from_zone"
    ),
    "from_zone": Transform(
        from_zone, "Time of a zone, in UTC", {"zone": _ZONE}, inverse="to_zone"
    ),
    "write_moment": Transform(
        write_moment,
        "Date with time to text",
        {"form": _FORM},
        inverse="read_moment",
    ),
    "read_moment": Transform(
        read_moment,
        "Text to date with time",
        {"form": _FORM},
        inverse="write_moment",
    ),
}
