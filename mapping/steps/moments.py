"""Days: written as people of the other side do, and read again. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from mapping.steps.base import Setting, Step

# the names are what a chain says; the parts stand in this order, as numbers
FORMS: Mapping[str, str] = {
    "day_month_year": "%d/%m/%Y",
    "month_day_year": "%m/%d/%Y",
    "dotted": "%d.%m.%Y",
    "iso": "%Y-%m-%d",
    "compact": "%Y%m%d",
}


def write_date(value: Any, step: Step, setting: Setting) -> Any:
    """Write a day in a form that people use. Of a moment, the day it names itself."""
    day = _day(value)
    form = FORMS.get(str(step.get("form")), FORMS["day_month_year"])
    if day is None:
        return value
    return day.strftime(form.replace("%Y", f"{day.year:04}"))  # some systems do not pad


def read_date(value: Any, step: Step, setting: Setting) -> Any:
    """Read a day that is written in a form, as 2026-03-01. The inverse of `write_date`."""
    if not isinstance(value, str):
        return value
    form = FORMS.get(str(step.get("form")), FORMS["day_month_year"])
    try:
        return datetime.strptime(value.strip(), form).date().isoformat()
    except ValueError:
        return value


def _day(value: Any) -> date | None:
    if not isinstance(value, str) or len(value.strip()) < 10:
        return None
    try:
        return datetime.fromisoformat(value.strip()).date()
    except ValueError:
        return None
