"""Schedules: their arithmetic, and when they come due."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from crosswalk.errors import ConfigError
from integrations import registry
from sync.schedules import next_moment, polls_a_day, schedule_check

SPECS = [registry.spec("highlevel"), registry.spec("zoho_invoice")]


@pytest.mark.parametrize(
    "schedule",
    [
        "manual",
        {"every_minutes": 5},
        {"every_minutes": 1440},
        {"cron": "0 3 * * *"},
        {"cron": "*/5 * * * mon-fri"},
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
