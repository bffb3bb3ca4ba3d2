"""Calls by day and operation: counted by the gate, written in batches."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest

from crosswalk.clock import now
from integrations.models import CallCount, Connection
from integrations.quotas.budget import BudgetGate
from integrations.quotas.callcounts import calls_add, calls_by_day, day_of
from sync.running.pruning import LOG_DAYS, prune
from tests.integrations.helpers import make_connection, make_grant


@pytest.fixture
def zoho(db: None) -> Connection:
    return make_connection(make_grant("zoho_invoice"), time_zone="America/New_York")


def test_a_call_counts_on_the_day_of_its_account():
    late = datetime(2026, 11, 22, 4, 30, tzinfo=UTC).timestamp()

    assert day_of(late, "America/New_York") == date(2026, 11, 21)


def test_the_gate_counts_by_operation_and_writes_once(zoho, django_assert_num_queries):
    gate = BudgetGate(zoho, "poll")
    gate.before_call("list contacts")
    for _ in range(3):
        gate.before_call("get contact")
    assert not CallCount.objects.exists()

    gate.close()

    today = calls_by_day(zoho, days=1)[0]
    assert today.calls == 4
    assert today.operations == [("get contact", 3), ("list contacts", 1)]


def test_two_gates_add_up(zoho):
    day = day_of(now().timestamp(), zoho.time_zone)

    for _ in range(2):
        calls_add(zoho.pk, Counter({(day, "get contact"): 3}))

    assert calls_by_day(zoho, days=1)[0].calls == 6


def test_days_without_a_call_are_there_too_oldest_first(zoho):
    today = day_of(now().timestamp(), zoho.time_zone)
    calls_add(zoho.pk, Counter({(today - timedelta(days=2), "get contact"): 5}))

    found = calls_by_day(zoho, days=4)

    assert [each.calls for each in found] == [0, 5, 0, 0]
    assert found[-1].day == today


def test_counts_of_another_connection_are_not_shown(zoho):
    other = make_connection(zoho.grant, name="Other", account_id="acc2")
    day = day_of(now().timestamp(), zoho.time_zone)
    calls_add(other.pk, Counter({(day, "get contact"): 5}))

    assert sum(each.calls for each in calls_by_day(zoho)) == 0


def test_counts_are_kept_as_long_as_the_log(zoho):
    day = now().date()
    old, new = day - timedelta(days=LOG_DAYS + 2), day - timedelta(days=LOG_DAYS - 2)
    calls_add(zoho.pk, Counter({(old, "a"): 1, (new, "a"): 1}))

    prune()

    assert [row.day for row in CallCount.objects.all()] == [new]


@pytest.mark.django_db(transaction=True)
def test_counts_of_a_connection_deleted_meanwhile_are_dropped():
    connection = make_connection()
    pk = connection.pk
    connection.delete()

    calls_add(pk, Counter({(now().date(), "get contact"): 1}))

    assert not CallCount.objects.exists()
