"""Schedules: their arithmetic, and when they come due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from crosswalk.clock import now
from crosswalk.errors import ConfigError
from integrations import registry
from sync.jobs import tick
from sync.models import Sync
from sync.services import run_request
from sync.setup.schedules import next_moment, polls_a_day, schedule_check
from sync.setup.sentences import delay_words, schedule_words
from synclog.models import SyncRun
from tests.sync.rows import live_sync
from workspaces.models import Workspace

SPECS = [registry.spec("highlevel"), registry.spec("zoho_invoice")]


@pytest.mark.parametrize(
    "schedule",
    [
        "manual",
        {"every_minutes": 5},
        {"every_minutes": 1440},
        {"cron": "0 3 * * *"},
        {"cron": "*/5 * * * mon-fri"},
        {"daily": "03:00"},
        {"daily": "23:59"},
        {"weekly": {"day": "sunday", "at": "00:00"}},
    ],
)
def test_it_takes_what_the_quota_can_bear(schedule):
    assert schedule_check(schedule, SPECS) == schedule


def test_it_refuses_four_minutes_with_the_sums():
    with pytest.raises(ConfigError) as refused:
        schedule_check({"every_minutes": 4}, SPECS)

    assert refused.value.path == "schedule.every_minutes"
    for word in ("360 polls", "36%", "1,000", "Zoho Invoice", "30%", "5 minutes"):
        assert word in refused.value.message


def test_it_counts_the_polls_of_a_cron_expression():
    assert polls_a_day({"cron": "*/5 8-17 * * *"}) == 120

    with pytest.raises(ConfigError, match="1,440 polls"):
        schedule_check({"cron": "* * 1 * *"}, SPECS)


def test_systems_without_a_daily_limit_may_be_polled_each_minute():
    assert schedule_check({"every_minutes": 1}, [SPECS[0]]) == {"every_minutes": 1}


@pytest.mark.parametrize(
    "schedule",
    [
        {},
        None,
        "hourly",
        {"every_minutes": 0},
        {"every_minutes": True},
        {"every_minutes": "5"},
        {"every_minutes": 99_999_999},
        {"cron": "0 3 * *"},
        {"cron": "0 0 3 * * *"},
        {"cron": "R 3 * * *"},
        {"cron": "0 0 30 2 *"},
        {"cron": "@daily"},
        {"cron": "61 * * * *"},
        {"cron": 5},
        {"every_minutes": 5, "cron": "0 3 * * *"},
        {"daily": "3:00"},
        {"daily": "24:00"},
        {"daily": "03:00:00"},
        {"daily": 180},
        {"weekly": "monday"},
        {"weekly": {"day": "monday"}},
        {"weekly": {"day": "Montag", "at": "03:00"}},
        {"weekly": {"day": "monday", "at": "3 am"}},
        {"weekly": {"day": "monday", "at": "03:00", "and": "friday"}},
    ],
)
def test_it_refuses_what_is_no_schedule(schedule):
    with pytest.raises(ConfigError) as refused:
        schedule_check(schedule, SPECS)

    assert refused.value.path.startswith("schedule")


def test_a_cron_slot_is_of_the_workspace_s_zone():
    evening = datetime(2026, 7, 1, 20, 0, tzinfo=UTC)

    slot = next_moment({"cron": "0 3 * * *"}, "Europe/London", evening)

    assert slot == datetime(2026, 7, 2, 2, 0, tzinfo=UTC)


def test_missed_slots_are_one_poll():
    late = datetime(2026, 7, 1, 20, 0, 1, tzinfo=UTC)

    assert next_moment({"every_minutes": 5}, "UTC", late) == late.replace(minute=5)
    assert next_moment("manual", "UTC", late) is None


# --- clocks that change -----------------------------------------------------------------

NEW_YORK = "America/New_York"
SPRING = datetime(2026, 3, 7, 12, tzinfo=UTC)  # 02:00 to 03:00 is skipped on the 8th
AUTUMN = datetime(2026, 10, 31, 12, tzinfo=UTC)  # 01:00 to 02:00 comes twice on the 1st


def slots(schedule: Any, start: datetime, count: int = 3) -> list[str]:
    """Return the next slots as the clocks of New York show them."""
    found, moment = [], start
    for _ in range(count):
        following = next_moment(schedule, NEW_YORK, moment)
        assert following is not None
        assert following > moment
        moment = following
        found.append(f"{moment:%d %H:%M}")  # of UTC: unmistakable
    return found


@pytest.mark.parametrize(
    ("at", "start", "expected"),
    [
        ("03:30", SPRING, ["08 07:30", "09 07:30", "10 07:30"]),
        ("02:30", SPRING, ["08 07:30", "09 06:30", "10 06:30"]),  # skipped: 03:30
        ("01:30", AUTUMN, ["01 05:30", "02 06:30", "03 06:30"]),  # the first of two
        ("03:30", AUTUMN, ["01 08:30", "02 08:30", "03 08:30"]),
    ],
)
def test_a_daily_slot_comes_once_each_day(
    at: str, start: datetime, expected: list[str]
) -> None:
    assert slots({"daily": at}, start) == expected


def test_a_weekly_slot_keeps_its_time_of_day() -> None:
    weekly = {"weekly": {"day": "sunday", "at": "02:30"}}

    assert slots(weekly, SPRING) == ["08 07:30", "15 06:30", "22 06:30"]
    assert slots(weekly, AUTUMN) == ["01 07:30", "08 07:30", "15 07:30"]


def test_set_times_of_a_cron_come_once_and_intervals_go_on() -> None:
    assert slots({"cron": "30 1 * * *"}, AUTUMN) == ["01 05:30", "02 06:30", "03 06:30"]
    night = datetime(2026, 11, 1, 5, 10, tzinfo=UTC)
    every = ["01 05:30", "01 06:00", "01 06:30"]
    assert slots({"cron": "*/30 * * * *"}, night) == every
    assert slots({"cron": "30 2 * * *"}, SPRING, 2) == ["08 07:00", "09 06:30"]


@pytest.mark.parametrize("start", [SPRING, AUTUMN])
def test_a_slot_is_never_asked_for_twice_in_a_year(start: datetime) -> None:
    moment, seen = start, set()
    for _ in range(365):
        following = next_moment({"daily": "02:30"}, NEW_YORK, moment)
        assert following is not None
        seen.add(following.date())
        moment = following
    assert len(seen) == 365


# --- slots that are missed ----------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.usefixtures("busy_vendors")
@pytest.mark.parametrize(
    "schedule",
    [
        {"daily": "03:00"},
        {"weekly": {"day": "monday", "at": "03:00"}},
        {"cron": "0 3 * * *"},
        {"every_minutes": 60},
    ],
)
def test_after_days_of_downtime_missed_slots_are_one_run(
    workspace: Workspace, schedule: Any
) -> None:
    start = datetime(2026, 6, 3, 12, tzinfo=UTC)
    with time_machine.travel(start, tick=False):
        sync = live_sync(workspace, schedule=schedule)
        first = next_moment(schedule, sync.workspace.time_zone, now())
        Sync.objects.update(next_poll_at=first)
        tick()
        assert not SyncRun.objects.exists()  # not due yet
    with time_machine.travel(start + timedelta(days=20), tick=False):
        for _ in range(3):
            tick()
        sync.refresh_from_db()

        assert SyncRun.objects.count() == 1
        assert sync.next_poll_at is not None
        assert now() < sync.next_poll_at <= now() + timedelta(days=7)


@pytest.mark.django_db
@pytest.mark.usefixtures("busy_vendors")
def test_a_slot_during_another_run_comes_after_it(workspace: Workspace) -> None:
    night = datetime(2026, 6, 3, 3, tzinfo=UTC)
    with time_machine.travel(night, tick=False) as clock:
        sync = live_sync(workspace, schedule={"daily": "03:00"})
        Sync.objects.update(next_poll_at=night)
        long_one = run_request(sync=sync, mode="live", trigger="command")
        for _ in range(3):
            tick()
            clock.shift(timedelta(minutes=5))
        assert SyncRun.objects.count() == 1

        SyncRun.objects.filter(pk=long_one.pk).update(state="completed", next_at=None)
        for _ in range(3):
            tick()
            clock.shift(timedelta(minutes=5))

    assert SyncRun.objects.filter(trigger="schedule").count() == 1
    sync.refresh_from_db()
    zone = sync.workspace.time_zone
    assert sync.next_poll_at == next_moment(sync.schedule, zone, night)


@pytest.mark.django_db
@pytest.mark.usefixtures("busy_vendors")
def test_our_clock_put_back_silences_no_polls(workspace: Workspace) -> None:
    start = datetime(2026, 6, 3, 12, tzinfo=UTC)
    with time_machine.travel(start + timedelta(days=2), tick=False):
        live_sync(workspace, schedule={"every_minutes": 5})
        Sync.objects.update(next_poll_at=now())
        tick()
        SyncRun.objects.update(state="completed", next_at=None)

    with time_machine.travel(start, tick=False) as clock:
        tick()
        assert SyncRun.objects.count() == 2
        assert Sync.objects.get().next_poll_at == start + timedelta(minutes=5)
        SyncRun.objects.update(state="completed", next_at=None)
        clock.shift(timedelta(minutes=4))
        tick()

    assert SyncRun.objects.count() == 2


@pytest.mark.django_db
@pytest.mark.usefixtures("busy_vendors")
@pytest.mark.parametrize(
    ("schedule", "ahead"),
    [
        ({"every_minutes": 15}, timedelta(minutes=15)),
        ({"every_minutes": 5}, timedelta(minutes=6)),  # set by a host a little ahead
        ({"weekly": {"day": "monday", "at": "03:00"}}, timedelta(days=7)),
    ],
)
def test_a_slot_that_is_not_due_is_waited_for(
    workspace: Workspace, schedule: Any, ahead: timedelta
) -> None:
    live_sync(workspace, schedule=schedule)
    Sync.objects.update(next_poll_at=now() + ahead)

    tick()

    assert not SyncRun.objects.exists()


# --- words ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("schedule", "words", "delay"),
    [
        ({"daily": "03:00"}, "Every day at 03:00", "every day at 03:00"),
        (
            {"weekly": {"day": "monday", "at": "22:15"}},
            "Every Monday at 22:15",
            "every Monday at 22:15",
        ),
        ("manual", "Only when you start it", "when you start it"),
    ],
)
def test_it_is_said_in_words(schedule: Any, words: str, delay: str) -> None:
    assert schedule_words(schedule) == words
    assert delay_words(schedule, False) == delay
