"""Schedules: when a sync polls, and what that costs of the day's quota."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from croniter import CroniterBadDateError, croniter

from crosswalk.clock import now
from crosswalk.errors import ConfigError
from integrations.connectors.base import ConnectorSpec, local_zone
from sync.pollcost import day_limit, idle_cost

MANUAL = "manual"
MINUTES_A_DAY = 24 * 60
MAX_MINUTES = 31 * MINUTES_A_DAY
POLL_SHARE = 0.30  # of the day's quota that polls alone may use
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
        raise ConfigError(
            "must be manual, {every_minutes: N} or {cron: “…”}", path="schedule"
        )
    checked: dict[str, Any]
    if "every_minutes" in schedule:
        checked = {"every_minutes": _minutes(schedule["every_minutes"])}
    elif "cron" in schedule:
        checked = {"cron": _cron(schedule["cron"])}
    else:
        raise ConfigError(
            "must be manual, {every_minutes: N} or {cron: “…”}", path="schedule"
        )
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
    return 0


def next_moment(schedule: Any, zone: str, moment: datetime) -> datetime | None:
    """Return the first slot after a moment, None when there is none by itself.

    Slots missed meanwhile are not made up one by one: they are one poll.
    """
    if isinstance(schedule, dict) and "every_minutes" in schedule:
        return moment + timedelta(minutes=schedule["every_minutes"])
    if isinstance(schedule, dict) and "cron" in schedule:
        start = moment.astimezone(local_zone(zone))
        slot: datetime = croniter(schedule["cron"], start).get_next(datetime)
        return slot.astimezone(UTC)
    return None


def _minutes(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ConfigError("must be a whole number", path="schedule.every_minutes")
    if not 1 <= value <= MAX_MINUTES:
        raise ConfigError(
            f"must be from 1 to {MAX_MINUTES} minutes", path="schedule.every_minutes"
        )
    return value


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
