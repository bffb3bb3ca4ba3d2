"""Turns: webhook before person before poll before backfill, and nobody for ever."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from integrations.models import BudgetWindow, Connection
from integrations.quotas.budget import BudgetGate, BudgetSpent, subject_of
from integrations.quotas.turns import STARVED_SECONDS
from tests.integrations.helpers import make_connection, make_grant
from tests.integrations.test_budget import Clock, calls_until_spent
from tests.integrations.virtualtime import VirtualTime

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC).timestamp()
LANES = ["webhook", "person", "poll", "backfill"]


@pytest.fixture
def highlevel(db: None) -> Connection:
    return make_connection(make_grant())


@pytest.fixture
def clock() -> Clock:
    return Clock(NOON)


def full(connection: Connection, calls: int = 100) -> None:
    """Fill the burst window: calls a tenth of a second apart, up to now."""
    gate = BudgetGate(connection, "poll", clock=lambda: NOON)
    BudgetWindow.objects.create(
        subject=gate.subject,
        window="10s",
        limit=100,
        used=calls,
        buckets=[[NOON - (calls - n) / 10 + 0.05, 1] for n in range(calls)],
    )


def asks(connection: Connection, lane: str, clock: Clock) -> bool:
    """Ask for one call; whether it was allowed."""
    gate = BudgetGate(connection, lane, clock=clock)
    try:
        gate.before_call()
    except BudgetSpent:
        return False
    gate.close()
    return True


@pytest.mark.parametrize(
    ("first", "later"),
    [
        ("webhook", "person"),
        ("webhook", "backfill"),
        ("person", "poll"),
        ("poll", "backfill"),
    ],
)
def test_while_a_lane_waits_those_after_it_get_nothing(highlevel, clock, first, later):
    full(highlevel)
    assert not asks(highlevel, first, clock)
    clock.now += 2.0  # room for both

    assert not asks(highlevel, later, clock)
    assert asks(highlevel, first, clock)
    assert asks(highlevel, later, clock)


def test_a_lane_does_not_wait_for_those_after_it(highlevel, clock):
    full(highlevel)
    assert not asks(highlevel, "backfill", clock)
    clock.now += 2.0

    assert asks(highlevel, "webhook", clock)


def test_a_lane_that_asks_no_more_holds_nobody_up(highlevel, clock):
    full(highlevel)
    assert not asks(highlevel, "webhook", clock)

    clock.now += 9.0

    assert asks(highlevel, "backfill", clock)


def worker(connection, lane, time, until, made, *, every=0.0):
    """Return a worker that calls as a lane until a moment and notes when it could."""
    gate = BudgetGate(
        connection, lane, clock=time, sleep=time.sleep, patience=lambda: 100.0
    )

    def work() -> None:
        while time() < until:
            asked = time()
            gate.before_call()
            made.append((time(), time() - asked))
            time.sleep(max(every, 0.25))
            gate.call_ended()
        gate.close()

    return work


@pytest.mark.django_db(transaction=True)
def test_nobody_waits_for_ever():
    connection, time = make_connection(make_grant()), VirtualTime(NOON)
    urgent, late = [], []
    works = [worker(connection, "webhook", time, NOON + 35, urgent) for _ in range(4)]
    works.append(worker(connection, "backfill", time, NOON + 35, late))

    time.run(works)

    assert len(urgent) > 250
    assert len(late) >= 2
    assert max(waited for _at, waited in late) <= STARVED_SECONDS + 3


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["highlevel", "zoho_invoice"])
def test_a_notice_is_written_within_a_second_during_a_backfill(kind):
    connection, time = make_connection(make_grant(kind)), VirtualTime(NOON)
    BudgetWindow.objects.create(
        subject=subject_of(connection), window="day", limit=1_000_000
    )
    notices, backfill = [], []
    works = [
        worker(connection, "backfill", time, NOON + 70, backfill) for _ in range(4)
    ]
    works.append(worker(connection, "webhook", time, NOON + 70, notices, every=10.0))

    time.run(works)

    assert len(notices) >= 6
    assert max(waited for _at, waited in notices) < 1.0
    assert len(backfill) > 70


def test_a_small_import_is_not_spread(highlevel, clock):
    gate = BudgetGate(highlevel, "backfill", clock=clock)

    made, error = calls_until_spent(gate)

    assert made == 46  # half a window of ninety, and the one that is due
    assert error.retry_after < 0.3


def test_what_a_backfill_did_not_use_is_due_again(highlevel, clock):
    gate = BudgetGate(highlevel, "backfill", clock=clock)
    gate._waiting = 10
    gate.before_call()
    gate.close()

    made, _error = calls_until_spent(BudgetGate(highlevel, "backfill", clock=clock))
    assert made == 45
