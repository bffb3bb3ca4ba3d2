"""Several syncs on one account: each gets its share, however much another has to do.

In virtual time against a vendor that counts exactly. A share is a part of the calls
that the account allows beside the reserve: of three that call at once, a third.
"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from integrations.models import BudgetWindow, Connection
from integrations.quotas.budget import BudgetGate, BudgetSpent, subject_of
from integrations.quotas.sharing import Party
from integrations.registry import spec
from tests.integrations.helpers import make_connection, make_grant
from tests.integrations.parties import Caller, party_times
from tests.integrations.test_budget import Clock, calls_until_spent

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC).timestamp()
KINDS = ["highlevel", "zoho_invoice"]
SMALL, BIG = 40, 100_000


@pytest.fixture
def zoho(db: None) -> Connection:
    return make_connection(make_grant("zoho_invoice"), time_zone="America/New_York")


def shares(kind, big_lane, small_lane):
    """Return the share of the account that each of two small syncs got, which come
    while a big one has been calling for more than a minute."""
    connection = make_connection(make_grant(kind))
    BudgetWindow.objects.create(
        subject=subject_of(connection), window="day", limit=10_000_000
    )
    small = [Caller(SMALL, small_lane, begins=at) for at in (70.0, 71.0)]
    vendor = party_times(connection, Caller(BIG, big_lane), small, start=NOON)
    assert not vendor.refusals
    burst = spec(kind).limits[0]
    allowed = burst.calls * 0.9 / burst.seconds
    return [each.calls / each.seconds / allowed for each in small]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("lane", ["backfill", "poll", "webhook"])
def test_small_syncs_get_their_share_beside_a_big_one_of_their_lane(kind, lane):
    got = shares(kind, lane, lane)

    print(kind, lane, [f"{share:.2f}" for share in got])
    # all may have to wait until the window that the big one has filled is free again
    assert min(got) >= 0.2


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", KINDS)
def test_polls_of_small_syncs_are_not_held_up_by_an_import(kind):
    assert min(shares(kind, "backfill", "poll")) >= 0.4


def test_an_import_leaves_the_other_syncs_of_the_account_a_part_of_the_day(zoho):
    clock = Clock()
    big = Party("sync 1", ["sync 2", "sync 3"])
    import_gate = BudgetGate(zoho, "backfill", clock=clock, party=big)
    small = BudgetGate(
        zoho, "poll", clock=clock, party=Party("sync 2", ["sync 1", "sync 3"])
    )

    made = spend_the_day(import_gate, clock)
    import_gate.close()

    assert made == 800  # of 1,000: the reserve, and a twentieth for each of two others
    assert spend_the_day(small, clock) == 50


def test_what_another_sync_has_used_is_not_kept_for_it_twice(zoho):
    clock = Clock()
    small = BudgetGate(zoho, "poll", clock=clock, party=Party("sync 2"))
    for _ in range(30):
        small.before_call()
        small.call_ended()
        clock.now += 1
    small.close()
    clock.now += 60

    big = BudgetGate(zoho, "poll", clock=clock, party=Party("sync 1", ["sync 2"]))

    assert spend_the_day(big, clock) == 1000 - 100 - 30 - 20


def test_work_that_somebody_waits_for_is_not_held_up_by_what_is_kept(zoho):
    clock = Clock()
    big = Party("sync 1", ["sync 2"])
    polls = BudgetGate(zoho, "poll", clock=clock, party=big)
    spend_the_day(polls, clock)
    polls.close()

    notice = BudgetGate(zoho, "webhook", clock=clock, party=big)

    assert spend_the_day(notice, clock) == 50 + 50  # the part, half of the reserve


def test_the_parts_of_many_syncs_are_less_than_a_third_of_the_day(zoho):
    clock = Clock()
    many = Party("sync 1", [f"sync {number}" for number in range(2, 52)])

    made = spend_the_day(BudgetGate(zoho, "poll", clock=clock, party=many), clock)

    assert made == 1000 - 100 - 300


def spend_the_day(gate, clock):
    """Make calls until the day's are spent, going on when a minute is full."""
    total = 0
    while True:
        made, error = calls_until_spent(gate)
        total += made
        assert isinstance(error, BudgetSpent)
        if error.window == "day":
            return total
        clock.now += error.retry_after
