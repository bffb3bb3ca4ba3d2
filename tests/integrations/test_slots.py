"""Slots: never more calls at once than a vendor allows, in all processes together."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
from django.db import connection as db_connection
from django.db import connections

from crosswalk.clock import now
from integrations.models import BudgetWindow, CallSlot, Connection
from integrations.quotas.budget import BudgetGate, BudgetSpent, subject_of
from integrations.quotas.slots import AFTERLIFE, HAND_ON_SECONDS, LONGEST_CALL, Slots
from tests.integrations.helpers import make_connection, make_grant

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC).timestamp()
FORK = multiprocessing.get_context("fork")


@pytest.fixture
def zoho(db: None) -> Connection:
    return make_connection(make_grant("zoho_invoice"))


def slots(lane: str = "webhook", count: int = 2, at: float = NOON) -> Slots:
    return Slots("zoho_invoice:acc1", count, lane, lambda: at)


def test_no_more_are_given_than_there_are(db):
    held = [slots().take() for _ in range(3)]

    assert [bool(name) for name in held] == [True, True, False]


def test_a_slot_given_back_is_free(db):
    one = slots()
    names = [one.take(), one.take()]

    one.give_back(names[0])

    assert slots().take()
    assert not slots().take()


def test_one_slot_is_left_to_work_that_somebody_waits_for(db):
    assert slots("backfill").take()

    assert not slots("backfill").take()
    assert slots("webhook").take()


def test_a_slot_is_given_back_by_its_holder_alone(db):
    mine = slots(count=1).take()
    later = slots(count=1, at=NOON + LONGEST_CALL.total_seconds())
    theirs = later.take()

    slots(count=1).give_back(mine)

    assert theirs
    assert not later.take()


def test_a_slot_of_a_dead_process_is_free_when_its_call_must_be_over(db):
    pid = FORK.Process(target=lambda: None)
    pid.start()
    pid.join()
    name = slots(count=1).take()
    dead = name.replace(f"|{os.getpid()}|", f"|{pid.pid}|")
    CallSlot.objects.update(owner=dead)

    assert not slots(count=1, at=NOON + AFTERLIFE.total_seconds() - 1).take()
    assert slots(count=1, at=NOON + AFTERLIFE.total_seconds()).take()


def test_a_call_that_is_refused_a_permit_holds_no_slot(zoho):
    BudgetWindow.objects.create(
        subject=subject_of(zoho),
        window="minute",
        limit=100,
        blocked_until=now() + timedelta(minutes=1),
    )
    gate = BudgetGate(zoho, "webhook")

    with pytest.raises(BudgetSpent):
        gate.before_call()

    assert not CallSlot.objects.exclude(owner="").exists()


def test_a_call_that_broke_gives_its_slot_back(zoho):
    from integrations.http import Api
    from integrations.session import PlainDialect

    class Token:
        def token(self):
            return "t"

    def breaks(request):
        raise httpx.ReadTimeout("gone", request=request)

    api: Any = Api(
        client=httpx.Client(transport=httpx.MockTransport(breaks)),
        root="http://localhost",
        credentials=Token(),
        dialect=PlainDialect("Zoho Invoice"),
        gate=BudgetGate(zoho, "person"),
        sleep=lambda seconds: None,
    )

    with pytest.raises(Exception, match="did not answer"):
        api.call("GET", "/", operation="get contact")

    assert CallSlot.objects.exists()
    assert not CallSlot.objects.exclude(owner="").exists()


def test_a_vendor_without_such_a_limit_costs_no_slot(db):
    gate = BudgetGate(make_connection(make_grant()), "poll")

    gate.before_call()
    gate.call_ended()

    assert not CallSlot.objects.exists()


# --- from call to call of one process ---------------------------------------------------


def waiting(one: Slots) -> tuple[threading.Thread, list[str]]:
    """Start a thread that waits for a slot; return it, and what it is handed."""
    found: list[str] = []
    is_there = threading.Event()

    def sleep(seconds: float, until: threading.Event) -> None:
        is_there.set()
        until.wait(seconds)

    thread = threading.Thread(target=lambda: found.append(one.wait(5.0, sleep)))
    thread.start()
    assert is_there.wait(5)
    return thread, found


def test_a_slot_is_handed_to_who_waits_without_a_statement(
    db, django_assert_num_queries
):
    one = slots(count=1)
    name = one.take()
    thread, found = waiting(one)

    with django_assert_num_queries(0):
        one.give_back(name)
        thread.join(5)

    assert found == [name]
    assert not slots(count=1).take()  # it is held still


def test_after_a_while_other_processes_have_their_chance(db):
    moment = [NOON]
    one = Slots("zoho_invoice:acc1", 1, "webhook", lambda: moment[0])
    name = one.take()
    thread, found = waiting(one)
    moment[0] += HAND_ON_SECONDS

    one.give_back(name)

    assert slots(count=1).take()
    thread.join(10)
    assert found == [""]


def test_slots_are_kept_for_calls_that_start_at_once(db, django_assert_num_queries):
    one = slots(count=2)
    names = [one.take(), one.take()]
    one.keep(1)

    one.give_back(names[0])
    one.give_back(names[1])  # one is enough

    assert CallSlot.objects.filter(owner="").count() == 1
    with django_assert_num_queries(0):
        assert one.take() == names[0]
        one.give_back(names[0])
    one.keep(0)
    assert not CallSlot.objects.exclude(owner="").exists()


def test_who_waits_in_vain_is_handed_nothing_later(db):
    one = slots(count=1)
    name = one.take()

    assert one.wait(0.01, lambda seconds, until: until.wait(seconds)) == ""

    one.give_back(name)
    assert slots(count=1).take()


# --- with processes -------------------------------------------------------------------


class Counting(BaseHTTPRequestHandler):
    """Counts the calls that are under way."""

    lock = threading.Lock()
    inside = most = total = 0

    def do_GET(self) -> None:
        kind = type(self)
        with kind.lock:
            kind.inside += 1
            kind.total += 1
            kind.most = max(kind.most, kind.inside)
        time.sleep(0.1)
        with kind.lock:
            kind.inside -= 1
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *args: Any) -> None: ...


@pytest.fixture
def server():
    handler = type("Fresh", (Counting,), {"lock": threading.Lock()})
    made = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=made.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{made.server_port}/", handler
    made.shutdown()
    made.server_close()


def caller(connection: Connection, url: str, calls: int, started: Any = None) -> None:
    """Make calls in a process of its own, as fast as the gate lets it."""
    for each in connections.all():
        each.connection = None  # the parent's own, not to be used or closed here
    gate = BudgetGate(connection, "person", patience=lambda: 60.0)
    for _ in range(calls):
        gate.before_call("get contact")
        if started is not None:
            started.set()
        httpx.get(url)
        gate.call_ended()
    gate.close()
    db_connection.close()
    os._exit(0)


@pytest.mark.django_db(transaction=True)
def test_eight_processes_are_never_more_than_five_at_once(server):
    url, counted = server
    connection = make_connection(make_grant("zoho_invoice"))
    db_connection.close()

    workers = [FORK.Process(target=caller, args=(connection, url, 8)) for _ in range(8)]
    for each in workers:
        each.start()
    for each in workers:
        each.join(120)

    assert [each.exitcode for each in workers] == [0] * 8
    assert counted.total == 64
    assert 3 <= counted.most <= 5
    assert not CallSlot.objects.exclude(owner="").exists()
    used = dict(BudgetWindow.objects.values_list("window", "used"))
    assert used["day"] == 64


@pytest.mark.django_db(transaction=True)
def test_permits_and_slots_of_a_killed_process_are_told_apart_and_come_back(server):
    url, counted = server
    connection = make_connection(make_grant("zoho_invoice"))
    db_connection.close()
    started = FORK.Event()
    victim = FORK.Process(target=caller, args=(connection, url, 50, started))
    victim.start()
    assert started.wait(60)
    while counted.total < 12:  # by then it leases several permits at once
        time.sleep(0.01)

    assert victim.pid
    os.kill(victim.pid, signal.SIGKILL)
    victim.join(60)

    really = counted.total
    later = time.time() + 60
    gate = BudgetGate(connection, "person", clock=lambda: later)
    gate.before_call()  # the slot is free again, the window has room
    gate.call_ended()
    gate.close()
    day = BudgetWindow.objects.get(window="day")
    lost = day.claims.get("lost", [0])[0]
    assert really + 1 <= day.used + lost <= really + 1 + 20


@pytest.mark.django_db(transaction=True)
def test_a_notice_goes_first_while_other_processes_backfill():
    connection = make_connection(make_grant())
    db_connection.close()
    stop, made = FORK.Event(), FORK.Value("i", 0)

    def backfill() -> None:
        for each in connections.all():
            each.connection = None
        gate = BudgetGate(connection, "backfill", patience=lambda: 60.0)
        while not stop.is_set():
            gate.before_call("create contact")
            with made.get_lock():
                made.value += 1
            gate.call_ended()
        gate.close()
        db_connection.close()
        os._exit(0)

    others = [FORK.Process(target=backfill) for _ in range(3)]
    for each in others:
        each.start()
    waited = []
    gate = BudgetGate(connection, "webhook", patience=lambda: 60.0)
    for _ in range(6):
        time.sleep(1.0)
        began = time.monotonic()
        gate.before_call("update contact")
        waited.append(time.monotonic() - began)
        gate.call_ended()
    stop.set()
    for each in others:
        each.join(60)
    gate.close()

    assert sorted(waited)[len(waited) // 2] < 1.0
    assert made.value > 20
