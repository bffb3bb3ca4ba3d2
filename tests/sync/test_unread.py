"""One record that cannot be read keeps nobody else waiting, and is not written over."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from integrations.models import RemoteRecord
from mapping.defaults import default_field_maps
from mapping.models import Mapping
from mapping.services import mapping_publish, mapping_save
from sandbox.highlevel import service as highlevel
from sandbox.zoho import desk as zoho
from sync.models import RecordLink, SyncRecord
from sync.reading.unread import DOWN, RESTS
from synclog.models import SyncRun
from tests.sync.test_choosing import highlevel_add, zoho_add
from tests.sync.test_live import make_live
from tests.sync.world import World

TOWN = {"left": "city", "right": "billing_address.city"}  # no list of Zoho shows it


@pytest.fixture
def time() -> Iterator[Any]:
    with time_machine.travel("2026-03-02T09:00:00Z", tick=True) as traveller:
        yield traveller


@pytest.fixture
def pair(empty_world: World, time: Any) -> World:
    """A live sync of Anna and Bob, linked, that maps the town and has read it."""
    world = make_live(empty_world)
    add(world, firstName="Bob", email="bob@x.example", city="Leeds")
    poll(world)
    lines = [*default_field_maps("highlevel", "zoho_invoice", "contact"), TOWN]
    mapping_save(
        sync=world.sync,
        object_type="contact",
        direction="both",
        lines=lines,
        actor=None,
    )
    mapping_publish(mapping=Mapping.objects.get(sync=world.sync), actor=None)
    poll(world)
    poll(world)
    time.shift(timedelta(minutes=20))
    world.sent.clear()
    return world


def add(world: World, **values: str) -> None:
    highlevel.contact_save(world.app.extensions["context"], None, values)


def poll(world: World) -> SyncRun:
    return world.run(trigger=SyncRun.Trigger.SCHEDULE, scope="dirty")


def of(name: str) -> RecordLink:
    return RecordLink.objects.get(left__values__firstName=name)


def unreadable(
    world: World, path: str, fault: str = "500", system: str = "zoho"
) -> None:
    body = {"code": 9999, "message": "odd"}
    match = f"GET .*/contacts/{path}$"
    always = {"system": system, "match": match, "fault": fault, "times": 10_000}
    world.switch(fail_next=[{**always, "body": body}])


def reads(world: World, remote_id: str) -> int:
    """Return how often a record was asked for by itself since the last time."""
    found = [
        request
        for request in world.sent
        if request.method == "GET" and request.url.path.endswith(remote_id)
    ]
    world.sent.clear()
    return len(found)


@pytest.mark.usefixtures("no_waiting")
@pytest.mark.parametrize("fault", ["500", "400"])
def test_the_others_are_written_and_the_run_says_who_was_not_read(
    pair: World, fault: str
) -> None:
    bob = of("Bob").right.remote_id
    unreadable(pair, bob, fault)
    zoho_add(pair, bob, notes="Changed")
    highlevel_add(pair, of("Anna").left.remote_id, lastName="Hill")

    run = poll(pair)

    assert "Hill" in str(pair.store.all("zoho.contact"))
    assert run.state == SyncRun.State.COMPLETED_WITH_FAILURES
    assert run.reason.startswith("Bob could not be read at Zoho Invoice: ")
    assert not run.is_quiet


@pytest.mark.usefixtures("no_waiting")
def test_it_rests_before_it_is_tried_again(pair: World, time: Any) -> None:
    bob = of("Bob").right.remote_id
    unreadable(pair, bob)
    zoho_add(pair, bob, notes="Changed")
    poll(pair)
    assert reads(pair, bob)

    assert poll(pair).state == SyncRun.State.COMPLETED
    assert not reads(pair, bob)

    time.shift(timedelta(seconds=RESTS[0] + 1))
    poll(pair)
    assert reads(pair, bob)


@pytest.mark.usefixtures("no_waiting")
def test_what_was_not_read_is_not_written_over(pair: World, time: Any) -> None:
    """Both have edited the town; at Zoho nobody can see to what."""
    bob = of("Bob")
    unreadable(pair, bob.right.remote_id)
    highlevel_add(pair, bob.left.remote_id, city="York", lastName="Lind")
    zoho_add(pair, bob.right.remote_id, billing_address={"city": "Hull"})

    poll(pair)

    (there,) = [c for c in pair.store.all("zoho.contact") if "Bob" in str(c)]
    assert there["billing_address"]["city"] == "Hull"
    assert "Lind" in str(there)  # the list showed nobody had touched the name
    pair.switch(fail_next=[])
    time.shift(timedelta(seconds=RESTS[0] + 1))
    poll(pair)
    unit = SyncRecord.objects.get(left=bob.left_id)
    (asked,) = unit.detail["conflicts"]
    assert (asked["left_value"], asked["right_value"]) == ("York", "Hull")


@pytest.mark.usefixtures("no_waiting")
def test_somebody_new_who_cannot_be_read_is_not_made_across(
    pair: World, time: Any
) -> None:
    values = {"first_name": "Cy", "contact_name": "Cy", "email": "cy@x.example"}
    made = zoho.contact_save(pair.app.extensions["context"], None, values)
    unreadable(pair, made["contact_id"])

    poll(pair)
    poll(pair)

    assert "cy@x.example" not in str(pair.store.all("highlevel_contact"))
    held = SyncRecord.objects.get(label__contains="Cy")
    assert (held.list, held.reason_code) == ("failing", "unread")
    pair.switch(fail_next=[])
    time.shift(timedelta(seconds=RESTS[0] + 1))
    poll(pair)
    assert "cy@x.example" in str(pair.store.all("highlevel_contact"))


@pytest.mark.usefixtures("no_waiting")
def test_who_is_missing_and_cannot_be_read_does_not_count_as_gone(pair: World) -> None:
    bob = of("Bob").left.remote_id
    highlevel.contact_delete(pair.app.extensions["context"], bob)
    unreadable(pair, bob, system="highlevel")
    zoho_add(pair, of("Anna").right.remote_id, contact_name="Anna Hill")

    run = pair.run(trigger=SyncRun.Trigger.RECONCILE, scope="dirty")

    assert run.reason.startswith("Bob could not be read at HighLevel: ")
    assert RemoteRecord.objects.get(remote_id=bob).gone_at is None


@pytest.mark.usefixtures("no_waiting")
def test_when_several_in_a_row_fail_the_system_is_down(pair: World) -> None:
    for number in range(DOWN):
        zoho_add(pair, None, contact_name=f"P{number}", email=f"p{number}@x.example")
    unreadable(pair, "[0-9]+")

    run = poll(pair)

    assert (run.state, run.reason_code) == ("waiting", "remote_unavailable")
    assert "passed_over" not in run.checkpoint
    assert not SyncRecord.objects.filter(list="failing").exists()
