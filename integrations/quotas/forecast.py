"""Forecasts of the quota: how long it lasts at this pace, when work is through."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from crosswalk.clock import now
from integrations import registry
from integrations.models import Connection
from integrations.quotas.quota import pace_of
from integrations.quotas.windows import Standing, standing

LABELS = {"10s": "In any 10 seconds", "minute": "In any minute", "day": "Today"}
CALM, WARN = "ok", "wait"  # tones of crosswalk.states
LONGEST_DAYS = 400  # beyond, a forecast says nothing


@dataclass(frozen=True, slots=True)
class WindowForecast:
    """One quota window and where it leads, in words. Times are aware.

    `empties_at` is when it is used up to the reserve at this pace, None when it lasts
    until it starts again; `tone` is "ok", or "wait" when something is to be known.
    """

    window: str
    label: str
    limit: int
    used: int
    reserve: int
    resets_at: datetime | None
    empties_at: datetime | None
    sentence: str
    tone: str

    @property
    def left(self) -> int:
        """Calls that Crosswalk itself may still make."""
        return max(0, self.limit - self.reserve - self.used)


def quota_forecast(
    connection: Connection, at: datetime | None = None
) -> list[WindowForecast]:
    """Return each window of a connection's quota with its forecast, shortest first.

    Times in the sentences are of the current time zone, the workspace's on pages.
    """
    moment = at or now()
    return [
        _burst(connection, each, moment)
        if each.limit.resets == "sliding"
        else _day(connection, each, moment)
        for each in standing(connection, moment.timestamp())
    ]


def finish_forecast(
    remaining_calls: int, connection: Connection, at: datetime | None = None
) -> datetime | None:
    """Return when so many more calls are made if the work has the quota to itself.

    It keeps to the burst limit and the reserve, uses what is left today and then whole
    days; None when the limits allow no call at all or it takes longer than a year.
    """
    moment = at or now()
    found = standing(connection, moment.timestamp())
    pace = _calls_a_second(found)
    day = next((each for each in found if each.limit.window == "day"), None)
    moment = max([moment, *_pauses(found)])
    if pace <= 0:
        return None
    if day is None or remaining_calls <= day.left:
        return moment + timedelta(seconds=remaining_calls / pace)
    whole = day.row.limit - day.reserve
    if whole <= 0 or day.row.resets_at is None:
        return None
    days, rest = divmod(remaining_calls - max(0, day.left) - 1, whole)
    if days > LONGEST_DAYS:
        return None
    start = max(moment, _resets_later(day, days))
    return start + timedelta(seconds=(rest + 1) / pace)


def moment_words(moment: datetime, at: datetime) -> str:
    """Return "21:40", "tomorrow 03:10" or "24 Nov 03:10" in the current zone."""
    local, here = timezone.localtime(moment), timezone.localtime(at)
    days = (local.date() - here.date()).days
    if days == 0:
        return f"{local:%H:%M}"
    return f"tomorrow {local:%H:%M}" if days == 1 else f"{local.day} {local:%b %H:%M}"


def _burst(connection: Connection, each: Standing, at: datetime) -> WindowForecast:
    pause = each.row.blocked_until
    if pause and pause > at:
        sentence = _pause_words(connection, pause, at)
    else:
        sentence = "It fills and empties all the time; calls wait for it by themselves."
    return _forecast(each, None, sentence, WARN if pause and pause > at else CALM)


def _day(connection: Connection, each: Standing, at: datetime) -> WindowForecast:
    row, ends = each.row, each.row.resets_at
    if row.blocked_until and row.blocked_until > at:
        words = _pause_words(connection, row.blocked_until, at)
        return _forecast(each, row.blocked_until, words, WARN)
    if each.left <= 0:
        again = f" It starts again {moment_words(ends, at)}." if ends else ""
        words = f"The day's quota is used up to the reserve.{again}"
        return _forecast(each, at, words, WARN)
    pace = pace_of(row, at.timestamp())
    empties = at + timedelta(hours=each.left / pace) if pace > 0 else None
    if empties is not None and ends is not None and empties < ends:
        words = f"At this pace the day's quota lasts until {moment_words(empties, at)}."
        return _forecast(each, empties, words, WARN)
    return _forecast(each, None, f"{each.left:,} calls are left for today.", CALM)


def _forecast(
    each: Standing, empties_at: datetime | None, sentence: str, tone: str
) -> WindowForecast:
    shown: dict[str, Any] = each.shown()
    window = shown.pop("window")
    return WindowForecast(
        window=window,
        label=LABELS.get(window, window),
        empties_at=empties_at,
        sentence=sentence,
        tone=tone,
        **shown,
    )


def _pause_words(connection: Connection, until: datetime, at: datetime) -> str:
    label = registry.spec(connection.kind).label
    return f"{label} asked for a pause until {moment_words(until, at)}."


def _calls_a_second(found: list[Standing]) -> float:
    paces = [
        (each.row.limit - each.reserve) / each.limit.seconds
        for each in found
        if each.limit.resets == "sliding"
    ]
    return min(paces, default=0.0)


def _pauses(found: list[Standing]) -> list[datetime]:
    return [each.row.blocked_until for each in found if each.row.blocked_until]


def _resets_later(day: Standing, days: int) -> datetime:
    """Return the reset that comes so many days after the next one."""
    assert day.row.resets_at is not None  # noqa: S101 - looked at by the caller
    return day.row.resets_at + timedelta(days=days)
