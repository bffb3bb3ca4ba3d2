"""Forecasts: how long a day's quota lasts, and when much work is through."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from integrations.models import BudgetWindow, Connection
from integrations.quotas.budget import subject_of, windows
from integrations.quotas.forecast import finish_forecast, moment_words, quota_forecast
from integrations.quotas.quota import count_calls, pace_of, roll
from integrations.registry import spec
from tests.integrations.helpers import make_connection, make_grant

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)  # 7:00 in New York
MIDNIGHT = datetime(2026, 11, 22, 5, tzinfo=UTC)
DAY = spec("zoho_invoice").limits[1]


@pytest.fixture
def zoho(db: None) -> Connection:
    return make_connection(make_grant("zoho_invoice"), time_zone="America/New_York")


def used(connection: Connection, calls: int, *, within_minutes: int = 60) -> None:
    """Count calls of today, evenly within the last minutes before noon."""
    row = BudgetWindow(subject=subject_of(connection), window="day", limit=1000)
    start = NOON.timestamp() - within_minutes * 60
    roll(row, DAY, start, connection.time_zone)
    for number in range(calls):
        count_calls(row, DAY, 1, start + number * within_minutes * 60 / calls)
    row.save()


def day_of(connection: Connection):
    return quota_forecast(connection, NOON)[-1]


def test_an_untouched_quota_is_calm(zoho):
    minute, day = quota_forecast(zoho, NOON)

    assert (minute.window, minute.label, minute.tone) == (
        "minute",
        "In any minute",
        "ok",
    )
    assert (day.limit, day.used, day.reserve, day.left) == (1000, 0, 100, 900)
    assert day.resets_at == MIDNIGHT
    assert (day.empties_at, day.tone) == (None, "ok")
    assert day.sentence == "900 calls are left for today."


def test_a_pace_that_empties_the_day_says_until_when(zoho):
    used(zoho, 300)

    day = day_of(zoho)

    assert day.empties_at is not None
    assert abs(day.empties_at - NOON - timedelta(hours=2)) < timedelta(minutes=2)
    assert day.tone == "wait"
    with timezone.override("Europe/Berlin"):
        assert day_of(zoho).sentence.startswith(
            "At this pace the day's quota lasts until 1"
        )


def test_the_times_of_a_sentence_are_of_the_viewers_zone(zoho):
    with timezone.override("Europe/Berlin"):
        assert moment_words(NOON, NOON) == "13:00"
        assert moment_words(NOON + timedelta(hours=14), NOON) == "tomorrow 03:00"
        assert moment_words(NOON + timedelta(days=3), NOON) == "24 Nov 13:00"


def test_a_pace_that_lasts_is_calm(zoho):
    used(zoho, 30)

    assert day_of(zoho).tone == "ok"


def test_an_import_that_has_ended_threatens_nothing(zoho):
    used(zoho, 500)

    later = quota_forecast(zoho, NOON + timedelta(hours=2))[-1]

    assert (later.used, later.empties_at, later.tone) == (500, None, "ok")


def test_the_pace_is_that_of_the_last_hour(zoho):
    used(zoho, 600, within_minutes=180)
    row = BudgetWindow.objects.get(window="day")

    assert pace_of(row, NOON.timestamp()) == pytest.approx(200, rel=0.1)


def test_a_quota_used_up_to_the_reserve_says_when_it_starts_again(zoho):
    used(zoho, 900)

    day = day_of(zoho)

    assert day.tone == "wait"
    assert day.sentence == (
        "The day's quota is used up to the reserve. It starts again tomorrow 05:00."
    )


def test_a_pause_the_vendor_asked_for_is_said(zoho):
    used(zoho, 10)
    BudgetWindow.objects.update(blocked_until=NOON + timedelta(minutes=5))

    day = day_of(zoho)

    assert day.sentence == "Zoho Invoice asked for a pause until 12:05."


def test_a_larger_reserve_of_any_connection_that_shares_the_quota_counts(zoho):
    other = make_grant("zoho_invoice")
    make_connection(other, name="Twin", options={"reserve_percent": 25})

    assert day_of(zoho).reserve == 250
    assert {w["window"]: w["reserve"] for w in windows(zoho)} == {
        "minute": 25,
        "day": 250,
    }


@pytest.mark.parametrize(
    ("chosen", "reserve"),
    [(0, 0), (50, 500), (99, 500), (-3, 0), ("20", 100), (True, 100), (None, 100)],
)
def test_a_reserve_is_from_none_to_half(zoho, chosen, reserve):
    zoho.options = {"reserve_percent": chosen}
    zoho.save()

    assert day_of(zoho).reserve == reserve


def test_work_that_fits_today_ends_by_the_burst_limit(zoho):
    assert finish_forecast(90, zoho, NOON) == NOON + timedelta(minutes=1)


def test_work_that_does_not_fit_goes_on_after_midnight(zoho):
    used(zoho, 800)

    done = finish_forecast(100 + 90, zoho, NOON)

    assert done == MIDNIGHT + timedelta(minutes=1)


def test_work_of_days_takes_whole_days(zoho):
    done = finish_forecast(900 + 900 + 900 + 90, zoho, NOON)

    assert done == MIDNIGHT + timedelta(days=2, minutes=1)


def test_work_without_end_has_no_forecast(zoho):
    assert finish_forecast(10_000_000, zoho, NOON) is None
