"""Schedules: when a sync polls, and what that costs of the day's quota."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Any

from croniter import CroniterBadDateError, croniter

from crosswalk.clock import now
from crosswalk.errors import ConfigError
from integrations.connectors.base import ConnectorSpec, local_zone
from sync.setup.pollcost import day_limit, idle_cost

MANUAL = "manual"
MINUTES_A_DAY = 24 * 60
MAX_MINUTES = 31 * MINUTES_A_DAY
POLL_SHARE = 0.30  # of the day's quota that polls alone may use
DAYS = (
    *("monday", "tuesday", "wednesday", "thursday"),
    *("friday", "saturday", "sunday"),
)
FORMS = (
    "must be manual, {every_minutes: N}, {daily: 03:00}, {weekly: {day: monday, at: "
    "03:00}} or {cron: “0 3 * * *”}"
)
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_CRON = re.compile(r"[\w*,/#-]+( [\w*,/#-]+){4}")


CONTACTS = ("contact",)


@dataclass(frozen=True, slots=True)
class DayQuota:
    """The daily limit that polls use most of, and the calls of one poll."""

    label: str
    calls: int
    poll: int

    @property
    def polls(self) -> float:
        """Polls a day that stay within the share of polls."""
        return self.calls * POLL_SHARE / self.poll


def schedule_check(
    schedule: Any,
    specs: Sequence[ConnectorSpec],
    object_types: Sequence[str] = CONTACTS,
) -> Any:
    """Return a schedule in its stored form, for the object types that it polls.

    Raises ConfigError when it cannot be understood, never comes due, or when its
    polls alone would use too much of a day's quota (with the arithmetic).
    """
    if schedule == MANUAL:
        return MANUAL
    if not isinstance(schedule, dict) or len(schedule) != 1:
        raise ConfigError(FORMS, path="schedule")
    checked: dict[str, Any]
    if "every_minutes" in schedule:
        checked = {"every_minutes": _minutes(schedule["every_minutes"])}
    elif "cron" in schedule:
        checked = {"cron": _cron(schedule["cron"])}
    elif "daily" in schedule:
        checked = {"daily": _clock(schedule["daily"], "schedule.daily")}
    elif "weekly" in schedule:
        checked = {"weekly": _weekly(schedule["weekly"])}
    else:
        raise ConfigError(FORMS, path="schedule")
    _must_be_affordable(checked, specs, object_types)
    return checked


def polls_a_day(schedule: Any) -> float:
    """Return how often a schedule polls on a day it polls at all."""
    if isinstance(schedule, dict) and "every_minutes" in schedule:
        return MINUTES_A_DAY / float(schedule["every_minutes"])
    if isinstance(schedule, dict) and "cron" in schedule:
        fields, _ = croniter.expand(schedule["cron"])
        minutes = 60 if fields[0] == ["*"] else len(fields[0])
        hours = 24 if fields[1] == ["*"] else len(fields[1])
        return minutes * hours
    return 1 if is_clocked(schedule) else 0


def is_clocked(schedule: Any) -> bool:
    """Whether a schedule goes by the clock of the workspace's zone."""
    keys = ("daily", "weekly", "cron")
    return isinstance(schedule, dict) and any(key in schedule for key in keys)


def next_moment(schedule: Any, zone: str, moment: datetime) -> datetime | None:
    """Return the first slot after a moment, None when there is none by itself.

    Slots missed meanwhile are not made up one by one: they are one poll.
    """
    if isinstance(schedule, dict) and "every_minutes" in schedule:
        return moment + timedelta(minutes=schedule["every_minutes"])
    if isinstance(schedule, dict) and "cron" in schedule:
        return _cron_slot(schedule["cron"], local_zone(zone), moment)
    if isinstance(schedule, dict) and "daily" in schedule:
        return _clock_slot(schedule["daily"], DAYS, local_zone(zone), moment)
    if isinstance(schedule, dict) and "weekly" in schedule:
        day, at = schedule["weekly"]["day"], schedule["weekly"]["at"]
        return _clock_slot(at, (day,), local_zone(zone), moment)
    return None


def _clock_slot(
    at: str, days: Collection[str], zone: tzinfo, moment: datetime
) -> datetime:
    """Return the first time after a moment that a clock shows `at` on one of the days.

    Once a day, also when clocks change: a time that is skipped comes as much later as
    they were put forward, one that comes twice counts the first time.
    """
    clock = time.fromisoformat(at)
    today = moment.astimezone(zone).date()
    slots = (
        datetime.combine(day, clock, tzinfo=zone).astimezone(UTC)
        for day in (today + timedelta(days=n) for n in range(9))
        if DAYS[day.weekday()] in days
    )
    return next(slot for slot in slots if slot > moment)


def _cron_slot(text: str, zone: tzinfo, moment: datetime) -> datetime:
    """Return the next slot. In the hour that comes twice, set times count once."""
    is_set = not any(part.startswith("*") for part in text.split()[:2])
    slots = croniter(text, moment.astimezone(zone))
    while True:
        slot: datetime = slots.get_next(datetime)
        if not (is_set and slot.astimezone(UTC).astimezone(zone).fold):
            return slot.astimezone(UTC)


def _minutes(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ConfigError("must be a whole number", path="schedule.every_minutes")
    if not 1 <= value <= MAX_MINUTES:
        raise ConfigError(
            f"must be from 1 to {MAX_MINUTES} minutes", path="schedule.every_minutes"
        )
    return value


def _clock(value: Any, path: str) -> str:
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        raise ConfigError("must be a time of day, as in 03:00", path=path)
    return value


def _weekly(value: Any) -> dict[str, str]:
    if not isinstance(value, dict) or value.keys() != {"day", "at"}:
        raise ConfigError("must be {day: monday, at: 03:00}", path="schedule.weekly")
    if value["day"] not in DAYS:
        raise ConfigError(
            f"must be one of {', '.join(DAYS)}", path="schedule.weekly.day"
        )
    return {"day": value["day"], "at": _clock(value["at"], "schedule.weekly.at")}


def _cron(value: Any) -> str:
    text = " ".join(value.split()) if isinstance(value, str) else ""
    # five fields only: croniter would also take seconds, years and random slots
    if not _CRON.fullmatch(text) or not croniter.is_valid(text) or _is_random(text):
        raise ConfigError(
            "must be a cron expression of five fields, as in “0 3 * * *”: minute, "
            "hour, day of month, month, day of week",
            path="schedule.cron",
        )
    try:
        croniter(text, now()).get_next(datetime)
    except CroniterBadDateError as exc:
        raise ConfigError(
            f"“{text}” never comes due; choose a date that exists",
            path="schedule.cron",
        ) from exc
    return text


def _is_random(text: str) -> bool:
    return any(part[0] in "rRhH" for part in text.split())


def _must_be_affordable(
    schedule: Any, specs: Sequence[ConnectorSpec], object_types: Sequence[str]
) -> None:
    quota = _scarcest(specs, object_types)
    polls = polls_a_day(schedule)
    if quota is None or polls <= quota.polls:
        return
    fewest = math.ceil(MINUTES_A_DAY / quota.polls)
    key, every = next(iter(schedule.items()))
    what = f"“{every}”" if key == "cron" else f"Every {every} minute{'s'[: every > 1]}"
    raise ConfigError(
        f"{what} is {polls:,.0f} polls a day, at {_calls(quota.poll)} a side "
        f"{polls * quota.poll / quota.calls:.0%} of the {quota.calls:,} calls that "
        f"{quota.label} "
        f"allows a day. Polls may use {POLL_SHARE:.0%} at most: poll every {fewest} "
        "minutes or less often",
        path=f"schedule.{key}",
    )


def _calls(number: int) -> str:
    return "one call" if number == 1 else f"{number} calls"


def _scarcest(
    specs: Sequence[ConnectorSpec], object_types: Sequence[str]
) -> DayQuota | None:
    """Return the quota that allows the fewest polls; None without a daily limit."""
    quotas = [
        DayQuota(spec.label, limit, max(1, idle_cost(spec, object_types).poll))
        for spec in specs
        if (limit := day_limit(spec)) is not None
    ]
    return min(quotas, key=lambda quota: quota.polls, default=None)
