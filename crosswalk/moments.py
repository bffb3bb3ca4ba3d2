"""Moments in words: relative up to a day, then a date."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)


def exact(moment: datetime, zone: ZoneInfo) -> str:
    """Return a moment to the second, with its zone: "14 Nov 2026, 16:20:05 (…)"."""
    local = moment.astimezone(zone)
    return f"{local.day} {local:%b %Y, %H:%M:%S} ({zone.key})"


def span(seconds: float) -> str:
    """Return a span in its largest unit: "12 s", "5 min", "3 h"."""
    if seconds < 60:
        return f"{int(seconds)} s"
    if seconds < 3600:
        return f"{int(seconds // 60)} min"
    return f"{int(seconds // 3600)} h"


def relative(moment: datetime, now: datetime, zone: ZoneInfo) -> str:
    """Return "12 s ago", "in 5 min", "Yesterday 09:41" or "14 Nov 2026"."""
    past = now - moment
    if abs(past) < timedelta(seconds=5):
        return "just now"
    if abs(past) < DAY:
        words = span(abs(past).total_seconds())
        return f"{words} ago" if past > timedelta(0) else f"in {words}"
    return _date(moment.astimezone(zone), now.astimezone(zone).date())


def _date(local: datetime, today: date) -> str:
    days = (today - local.date()).days
    if days == 1:
        return f"Yesterday {local:%H:%M}"
    if days == -1:
        return f"Tomorrow {local:%H:%M}"
    year = "" if local.year == today.year else f" {local.year}"
    return f"{local.day} {local:%b}{year}"
