"""Budgets: never more calls than allowed, in any interval, from any number of threads."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from django.db import connection as db_connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crosswalk.errors import RateLimited
from integrations.connectors.base import RateSnapshot
from integrations.models import BudgetWindow, Connection
from integrations.quotas.budget import BudgetGate, BudgetSpent, subject_of
from integrations.quotas.windows import standing, windows
from tests.integrations.helpers import make_connection, make_grant

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC).timestamp()


class Clock:
    """A clock that is told the time."""

    def __init__(self, now: float = NOON) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def highlevel(db: None) -> Connection:
    return make_connection(make_grant())


@pytest.fixture
def zoho(db: None) -> Connection:
    return make_connection(make_grant("zoho_invoice"), time_zone="America/New_York")


def calls_until_spent(gate: BudgetGate) -> tuple[int, BudgetSpent]:
    made = 0
    while True:
        try:
            gate.before_call()
        except BudgetSpent as error:
            return made, error
        gate.call_ended()
        made += 1


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(st.floats(0, 1.5), min_size=50, max_size=300))
def test_no_interval_ever_holds_more_calls_than_the_limit(highlevel, pauses):
    BudgetWindow.objects.all().delete()
    clock, started = Clock(), []
    gates = [BudgetGate(highlevel, "poll", clock=clock) for _ in range(3)]

    for number, pause in enumerate(pauses * 3):
        clock.now += pause / 10
        try:
            gates[number % 3].before_call()
        except BudgetSpent as error:
            clock.now += min(error.retry_after, 2)
        else:
            started.append(clock.now)

    for first in started:
        assert sum(first <= moment < first + 10 for moment in started) <= 100


def test_a_full_window_says_when_it_has_room_again(highlevel):
    clock = Clock()
    gate = BudgetGate(highlevel, "poll", clock=clock)

    made, error = calls_until_spent(gate)

    assert made == 90
    assert error.window == "10s"
    assert 9 < error.retry_after <= 11
    clock.now += error.retry_after + 0.01
    gate.before_call()


def test_the_steady_rate_is_near_the_limit(highlevel):
    clock, made = Clock(), 0
    gate = BudgetGate(highlevel, "poll", clock=clock)

    while clock.now < NOON + 100:
        try:
            gate.before_call()
            made += 1
        except BudgetSpent as error:
            clock.now += error.retry_after

    assert made >= 800  # of 900


def test_a_day_leaves_a_reserve_by_lane(zoho):
    day = BudgetWindow.objects.create
    day(
        subject=subject_of(zoho),
        window="day",
        limit=1000,
        used=900,
        buckets=[[NOON - 60, 900]],
        resets_at=datetime.fromtimestamp(NOON + 3600, UTC),
    )
    clock = Clock()

    for lane, room in (("poll", 0), ("backfill", 0), ("person", 50), ("webhook", 0)):
        made, error = calls_until_spent(BudgetGate(zoho, lane, clock=clock))
        assert (lane, made) == (lane, room)
        assert (lane, error.window, error.retry_after) == (lane, "day", 3600)
    assert error.retry_after == 3600


def test_a_day_starts_again_at_the_accounts_midnight(zoho):
    BudgetGate(zoho, "poll", clock=Clock()).before_call()

    row = BudgetWindow.objects.get(window="day")

    assert row.resets_at == datetime(2026, 11, 22, 5, tzinfo=UTC)


def test_unused_permits_come_back(highlevel):
    gate = BudgetGate(highlevel, "poll", clock=Clock())
    for _ in range(8):
        gate.before_call()

    gate.close()

    used = dict(BudgetWindow.objects.values_list("window", "used"))
    assert used == {"10s": 8, "day": 8}


def test_a_smaller_announced_limit_is_believed_at_once(highlevel):
    clock = Clock()
    gate = BudgetGate(highlevel, "poll", clock=clock)

    made = 0
    while made < 100:
        try:
            gate.before_call()
        except BudgetSpent:
            break
        made += 1
        gate.after_call([RateSnapshot("10s", 25, 25 - made)])

    assert 20 <= made <= 25


def test_calls_of_others_and_a_negative_rest_are_believed(zoho):
    clock = Clock()
    gate = BudgetGate(zoho, "person", clock=clock)
    gate.before_call()
    clock.now += 1

    gate.after_call([RateSnapshot("day", 1000, -80, resets_in=600.0)])
    clock.now += 5

    with pytest.raises(BudgetSpent) as caught:
        gate.before_call()
    assert caught.value.window == "day"
    assert caught.value.retry_after == pytest.approx(595, abs=1)


def test_a_refusal_stops_everybody_for_as_long_as_asked(highlevel):
    clock = Clock()
    gate, other = (BudgetGate(highlevel, "poll", clock=clock) for _ in range(2))
    gate.before_call()

    gate.refused(RateLimited("slow down", retry_after=7, window="burst"))

    with pytest.raises(BudgetSpent) as caught:
        other.before_call()
    assert caught.value.retry_after == pytest.approx(7)


def test_our_own_refusal_blocks_nothing(highlevel):
    gate = BudgetGate(highlevel, "poll", clock=Clock())

    gate.refused(BudgetSpent("spent", retry_after=9, window="10s"))

    gate.before_call()


def test_headers_cost_no_query_while_they_say_nothing_new(
    highlevel, django_assert_num_queries
):
    gate = BudgetGate(highlevel, "poll", clock=Clock())
    for _ in range(4):
        gate.before_call()

    with django_assert_num_queries(0):
        gate.after_call([RateSnapshot("10s", 100, 99)])


def test_quota_subjects_follow_how_vendors_count(highlevel, zoho):
    assert subject_of(highlevel) == "highlevel:app-1:acc1"
    assert subject_of(zoho) == "zoho_invoice:acc1"
    zoho.grant.site = "sandbox"
    assert subject_of(zoho) == "zoho_invoice:acc1@sandbox"


def test_windows_tell_what_is_used_and_kept(zoho):
    shown = {window["window"]: window for window in windows(zoho)}

    assert shown["day"]["limit"] == 1000
    assert shown["day"]["used"] == 0
    assert shown["day"]["reserve"] == 100
    assert shown["minute"]["resets_at"] is None


@pytest.mark.django_db(transaction=True)
def test_many_threads_never_oversell():
    connection = make_connection(make_grant())
    clock, made, lock = Clock(), [], threading.Lock()

    def work(_number: int) -> None:
        gate = BudgetGate(connection, "poll", clock=clock)
        try:
            count, _error = calls_until_spent(gate)
            with lock:
                made.append(count)
        finally:
            gate.close()
            db_connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))

    assert sum(made) == 90


# --- leases ---------------------------------------------------------------------------


def die(gate: BudgetGate) -> None:
    """Let a gate's process be dead, its lease unsettled."""
    for row in BudgetWindow.objects.all():
        held = row.claims["leases"].pop(gate.owner)
        dead = gate.owner.replace(f"|{os.getpid()}|", "|999999999|")
        row.claims["leases"][dead] = held
        row.save()


def leased_many(connection: Connection, clock: Clock) -> BudgetGate:
    """Return a gate that holds ten permits of which it used two."""
    gate = BudgetGate(connection, "poll", clock=clock)
    for _ in range(17):  # batches of 1, 2, 4, 8, then two of ten
        gate.before_call()
    assert gate._permits.left == 8
    return gate


def test_permits_of_a_dead_process_count_until_the_vendor_says_otherwise(highlevel):
    clock = Clock()
    die(leased_many(highlevel, clock))
    other = BudgetGate(highlevel, "poll", clock=clock)

    clock.now += 60
    other.before_call()
    day = {w["window"]: w["used"] for w in shown(highlevel, clock)}["day"]
    assert day == 15 + 10 + 1  # used or not, who knows

    clock.now += 60
    other.after_call([RateSnapshot("day", 200_000, 200_000 - 18)])
    other.close()

    day = {w["window"]: w["used"] for w in shown(highlevel, clock)}["day"]
    assert day == 18  # fifteen settled, two of the dead, one of ours


def test_a_header_from_just_after_a_death_frees_nothing(highlevel):
    clock = Clock()
    die(leased_many(highlevel, clock))
    other = BudgetGate(highlevel, "poll", clock=clock)
    clock.now += 1
    other.before_call()

    other.after_call([RateSnapshot("day", 200_000, 200_000 - 16)])
    other.close()

    assert {w["window"]: w["used"] for w in shown(highlevel, clock)}["day"] == 26


def test_permits_of_a_dead_process_never_overspend_a_burst(highlevel):
    clock, started = Clock(), []
    gate = leased_many(highlevel, clock)
    started += [clock.now] * (17 + 8)  # all it held, used a moment before it died
    die(gate)
    other = BudgetGate(highlevel, "poll", clock=clock)

    while clock.now < NOON + 25:
        try:
            other.before_call()
            started.append(clock.now)
        except BudgetSpent as error:
            clock.now += error.retry_after

    for first in started:
        assert sum(first <= moment < first + 10 for moment in started) <= 90


def test_a_call_made_late_counts_from_when_it_was_made(highlevel):
    clock = Clock()
    gate = BudgetGate(highlevel, "poll", clock=clock)
    gate.before_call()
    gate.before_call()  # a lease of two
    clock.now += 0.4
    gate.before_call()
    gate.close()

    row = BudgetWindow.objects.get(window="10s")

    assert sorted(calls for _at, calls in row.buckets) == [1, 2]
    assert row.claims.get("leases", {}) == {}


# --- waiting --------------------------------------------------------------------------


def test_a_short_wait_is_waited_for_with_nothing_held(highlevel):
    clock, naps = Clock(), []

    def sleep(seconds: float) -> None:
        naps.append(seconds)
        clock.now += seconds

    gate = BudgetGate(
        highlevel, "poll", clock=clock, sleep=sleep, patience=lambda: 15.0
    )
    for _ in range(91):
        gate.before_call()

    assert 9.5 < sum(naps) < 11
    assert max(naps) <= 1.0


def test_a_wait_beyond_the_patience_is_left_to_the_caller(highlevel):
    clock = Clock()
    gate = BudgetGate(
        highlevel, "poll", clock=clock, sleep=pytest.fail, patience=lambda: 5.0
    )

    made, error = calls_until_spent(gate)

    assert made == 90
    assert error.retry_after > 5


def test_a_day_used_up_to_the_reserve_goes_on_after_midnight(zoho):
    clock = Clock()
    naps: list[float] = []

    def sleep(seconds: float) -> None:
        naps.append(seconds)
        clock.now += seconds

    gate = BudgetGate(zoho, "backfill", clock=clock, sleep=sleep, patience=lambda: 60.0)
    made, error = calls_until_spent(gate)
    gate.close()

    assert made == 900
    assert error.window == "day"
    midnight = datetime(2026, 11, 22, 5, tzinfo=UTC).timestamp()
    assert clock.now + error.retry_after == pytest.approx(midnight)

    clock.now = midnight + 1
    gate.before_call()
    assert shown(zoho, clock)[1]["used"] == 1


def test_the_sandbox_with_published_limits_is_believed_after_one_refusal(zoho):
    zoho.grant.site = "sandbox"
    zoho.grant.save()
    clock = Clock()
    gate = BudgetGate(zoho, "poll", clock=clock)
    gate.before_call()
    gate.call_ended()

    gate.refused(RateLimited("slow down", retry_after=60, window="minute"))

    assert BudgetWindow.objects.get(window="minute").limit == 100


def shown(connection: Connection, clock: Clock) -> list[dict[str, object]]:
    return [each.shown() for each in standing(connection, clock.now)]
