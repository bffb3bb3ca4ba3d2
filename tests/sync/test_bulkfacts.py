"""Person fields of many customers are written without a read for each."""

from __future__ import annotations

from collections import Counter
from typing import Any

import httpx
import pytest

from integrations.connectors.base import Record
from integrations.mirroring.facts import facts_store
from integrations.models import RemoteRecord
from sandbox.context import Context
from sandbox.highlevel import service as highlevel
from sync.models import RecordLink
from synclog.models import SyncRun
from tests.sync.world import World

PERSONS = "/invoice/v3/contacts/contactpersons"


def reads(world: World) -> Counter[str]:
    """Return the reads sent to Zoho so far: of one customer, and of all persons."""
    paths = [r.url.path for r in world.sent if r.method == "GET"]
    kinds = Counter[str]()
    for path in paths:
        if path.endswith(PERSONS):
            kinds["bulk"] += 1
        elif "/invoice/v3/contacts/" in path:
            kinds["one"] += 1
    return kinds


def persons_written(world: World) -> int:
    return len([w for w in world.writes() if w.startswith("PUT") and PERSONS in w])


def test_a_first_sync_learns_the_primary_persons_in_bulk(world: World) -> None:
    before = persons(world)

    run = world.run()

    found, after = reads(world), persons(world)
    assert run.state == SyncRun.State.COMPLETED
    assert persons_written(world) > 10
    assert 1 <= found["bulk"] <= 3
    assert found["one"] == 0
    for name, calls in run.calls.items():
        assert calls <= 1.02 * run.minimum_calls[name]
    # nobody is lost, and nobody else's person is written
    assert all(before[contact].keys() <= after[contact].keys() for contact in before)
    for link in RecordLink.objects.select_related("right"):
        row = link.right
        contact = world.store.get("zoho.contact", row.remote_id)
        primary = after[row.remote_id].get(contact["primary_contact_id"], {})
        assert (primary.get("email") or None) == row.values["email"]


def persons(world: World) -> dict[str, dict[str, Any]]:
    """Return the persons of every customer, as the sandbox holds them."""
    return {
        contact["contact_id"]: {p["contact_person_id"]: p for p in contact["persons"]}
        for contact in world.store.all("zoho.contact")
    }


@pytest.fixture
def small(empty_world: World) -> World:
    """A world with three linked people, as it is after its first sync."""
    context: Context = empty_world.app.extensions["context"]
    for name in ("Anna", "Bo", "Cleo"):
        person = {"firstName": name, "email": f"{name}@example.com"}
        highlevel.contact_save(context, None, person)
    empty_world.run()
    empty_world.sent.clear()
    return empty_world


def edit(world: World, count: int) -> None:
    """Change phones at the left while nobody knows the persons at the right."""
    RemoteRecord.objects.filter(connection=world.right).update(facts={})
    context: Context = world.app.extensions["context"]
    for number, link in enumerate(RecordLink.objects.order_by("pk")[:count]):
        phone = {"phone": f"+44207946095{number}"}
        highlevel.contact_save(context, link.left.remote_id, phone)


@pytest.mark.parametrize(("changes", "sent"), [(1, {"one": 1}), (3, {"bulk": 1})])
def test_the_bulk_read_is_made_where_it_is_fewer_calls(
    small: World, changes: int, sent: dict[str, int]
) -> None:
    edit(small, changes)

    run = small.run()

    assert run.state == SyncRun.State.COMPLETED
    assert persons_written(small) == changes
    assert reads(small) == sent
    for name, calls in run.calls.items():
        assert calls == run.minimum_calls[name]


@pytest.mark.usefixtures("no_waiting")
def test_a_bulk_read_that_fails_is_made_once_the_run_goes_on(small: World) -> None:
    edit(small, 3)
    fault = {"system": "zoho", "match": "GET .*/contactpersons", "fault": "500"}
    small.switch(fail_next=[fault | {"times": 3, "seconds": 0}])

    run = small.run()
    waited = run.state
    run = small.work(run)

    assert waited == SyncRun.State.WAITING
    assert run.state == SyncRun.State.COMPLETED
    assert persons_written(small) == 3
    assert reads(small)["one"] == 0


def test_facts_change_neither_values_nor_versions(small: World) -> None:
    row = RemoteRecord.objects.filter(connection=small.right).latest("pk")
    told = Record(row.remote_id, {}, "list", facts={"primary_person": "1"})
    unknown = Record("no such record", {}, "list", facts={"primary_person": "2"})

    held = facts_store(small.right, "contact", [told, unknown])

    now = RemoteRecord.objects.get(pk=row.pk)
    assert held == {row.remote_id: {**row.facts, "primary_person": "1"}}
    assert (now.values, now.version, now.label) == (row.values, row.version, row.label)
    assert now.facts == held[row.remote_id]


def test_another_workspaces_records_are_left_alone(small: World) -> None:
    row = RemoteRecord.objects.filter(connection=small.right).latest("pk")
    told = Record(row.remote_id, {}, "list", facts={"primary_person": "1"})

    assert facts_store(small.left, "contact", [told]) == {}


@pytest.mark.parametrize("status", [404, 405, 400])
def test_where_there_is_no_bulk_read_each_is_read_on_its_own(
    small: World, settings: Any, status: int
) -> None:
    edit(small, 3)
    inner = settings.TRANSPORT_FACTORY()

    def without(request: httpx.Request) -> httpx.Response:
        if request.method == "GET" and request.url.path.endswith(PERSONS):
            body = {"code": 37, "message": "The HTTP method is not allowed."}
            return httpx.Response(status, json=body)
        return inner.handle_request(request)

    settings.TRANSPORT_FACTORY = lambda: httpx.MockTransport(without)

    run = small.run()

    assert (run.state, run.counts["failed"]) == (SyncRun.State.COMPLETED, 0)
    assert persons_written(small) == 3
    assert reads(small)["one"] == 3
