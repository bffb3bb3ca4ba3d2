"""The intake: many requests, one commit; each is answered for its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import OperationalError, connection

from crosswalk.clock import now
from integrations.models import Connection
from sync.inbox import intake as intake_module
from sync.inbox.hookroutes import Routes
from sync.inbox.intake import Count, Intake, Parcel, Waker, batch_write
from sync.models import HookCount, InboxEvent
from tests.config.rows import pair_make
from workspaces.models import Workspace


def event(connection: Connection, number: int = 1, **fields: Any) -> InboxEvent:
    given = {"connection": connection, "event_type": "x", "object_type": "contact"}
    given |= {"record_id": str(number), "body": "{}", "next_at": now()}
    return InboxEvent(**{**given, **fields})


@pytest.fixture
def zoho(workspace: Workspace) -> Connection:
    return pair_make(workspace)[1]


def put(*events: InboxEvent) -> None:
    batch = [Parcel([each]) for each in events]
    batch_write(batch)
    assert not [parcel.error for parcel in batch if parcel.error]


def test_the_same_delivery_in_one_batch_is_kept_once(zoho: Connection) -> None:
    put(event(zoho, delivery_id="a"), event(zoho, delivery_id="a"))
    put(event(zoho, delivery_id="a"))

    assert InboxEvent.objects.count() == 1


def test_without_an_id_they_join_the_one_that_waits(zoho: Connection) -> None:
    put(event(zoho, values={"a": 1}), event(zoho, values={"a": 2}))
    put(event(zoho, values={"a": 3}, body="newest"))

    row = InboxEvent.objects.get()
    assert (row.repeats, row.values, row.body) == (2, {"a": 3}, "newest")


@pytest.mark.parametrize(
    "earlier",
    [
        {"lease_owner": "run 7", "attempts": 1},  # being read at this moment
        {"next_at": None, "outcome": "read"},
        {"is_delete": True},
        {"record_id": "2"},
        {"delivery_id": "a"},
    ],
)
def test_they_join_no_other(zoho: Connection, earlier: dict[str, Any]) -> None:
    event(zoho, **earlier).save()

    put(event(zoho))

    assert InboxEvent.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_one_that_cannot_be_stored_spoils_nothing(zoho: Connection) -> None:
    gone = InboxEvent(connection_id=zoho.pk + 999, event_type="x", body="")
    good, bad = Parcel([event(zoho, 1)]), Parcel([gone])

    batch_write([good, bad])

    assert good.error is None
    assert bad.error is not None
    assert InboxEvent.objects.get().record_id == "1"


def test_counts_of_a_batch_add_up_and_the_last_one_is_noted(zoho: Connection) -> None:
    for words in ("one", "two"):
        batch_write([Parcel(counts=[Count("crm", "refused 401", "", words)] * 3)])

    row = HookCount.objects.get()
    assert (row.count, row.last_words) == (6, "two")
    assert row.last_at is not None


def test_it_is_noted_when_a_connection_was_heard_of(zoho: Connection) -> None:
    batch_write([Parcel(seen=[zoho.pk])])

    zoho.refresh_from_db()
    assert zoho.webhook_seen_at is not None


# --- many at once -----------------------------------------------------------------------


def offered(count: int, write: Callable[[Any], None]) -> tuple[list[int], list[Any]]:
    """Put parcels from many threads; return sizes of batches, and what was raised."""
    sizes: list[int] = []

    def noted(batch: list[Parcel]) -> None:
        sizes.append(len(batch))
        write(batch)

    intake = Intake(wake=lambda: None)
    original, intake_module.batch_write = intake_module.batch_write, noted
    try:
        with ThreadPoolExecutor(count) as pool:
            tasks = [pool.submit(intake.put, Parcel()) for _ in range(count)]
            return sizes, [task.exception(timeout=10) for task in tasks]
    finally:
        intake_module.batch_write = original


def test_requests_that_wait_share_a_commit_and_all_return() -> None:
    sizes, raised = offered(20, lambda batch: time.sleep(0.05))

    assert sum(sizes) == 20
    assert len(sizes) < 10
    assert set(raised) == {None}


def test_each_request_of_a_failed_commit_hears_of_it() -> None:
    def fail(batch: list[Parcel]) -> None:
        time.sleep(0.01)
        for parcel in batch:
            parcel.error = OperationalError("away")

    _, raised = offered(12, fail)

    assert {type(error) for error in raised} == {OperationalError}


@pytest.mark.django_db(transaction=True)
def test_threads_store_each_delivery_once(workspace: Workspace) -> None:
    left, right = pair_make(workspace)
    woken = []
    intake = Intake(wake=lambda: woken.append(1))

    def put_many(start: int) -> None:
        try:
            for number in range(start, start + 20):
                intake.put(Parcel([event(left, number, delivery_id=str(number))]))
                intake.put(Parcel([event(right, number)]))
        finally:
            connection.close()

    threads = [threading.Thread(target=put_many, args=(n * 10,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    # ranges overlap by half: each id once, each record without an id at least once
    assert InboxEvent.objects.filter(connection=left).count() == 50
    others = InboxEvent.objects.filter(connection=right)
    assert others.values("record_id").distinct().count() == 50
    assert sum(row.repeats + 1 for row in others) == 80
    assert woken


# --- waking and routes ------------------------------------------------------------------


def test_a_worker_is_woken_at_once_and_once_more_for_the_rest() -> None:
    woken: list[float] = []
    waker = Waker(lambda: woken.append(time.monotonic()), seconds=0.2)

    for _ in range(50):
        waker()
    first = len(woken)
    time.sleep(0.5)

    assert first == 1
    assert len(woken) == 2


def test_routes_are_remembered_for_a_moment_but_not_that_there_is_none(
    workspace: Workspace, django_assert_num_queries: Any
) -> None:
    routes = Routes(seconds=60)
    assert routes.of_account("highlevel", "vendor", "loc1") == []
    left, right = pair_make(workspace)

    found = routes.of_account("highlevel", "vendor", "loc1")
    token = routes.of_token(right.webhook_token)
    with django_assert_num_queries(0):
        again = routes.of_account("highlevel", "vendor", "loc1")
        same = routes.of_token(right.webhook_token)

    assert [route.pk for route in found] == [left.pk]
    assert (again, same) == (found, token)
    assert routes.of_token(right.webhook_token[:6] + "x" * 26) is None
