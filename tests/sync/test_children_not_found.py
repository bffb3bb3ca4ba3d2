"""Children that a system says it has not: a mistake, a merge, or their end."""

from __future__ import annotations

import pytest
from django.test import Client

from integrations.models import RemoteRecord
from integrations.selectors import webhook_url
from sandbox.highlevel import service as highlevel
from sandbox.zoho import desk as zoho
from sync.jobs import drain_inbox
from sync.setup.saving import sync_go_live
from synclog.models import SyncRun
from tests.sync.childworld import (
    BO,
    a_day_later,
    at_zoho,
    call,
    carry,
    comments,
    mirrored,
    note,
    note_moved,
    notes,
    person,
    units,
)
from tests.sync.test_appointments import book
from tests.sync.test_live import hand_over
from tests.sync.world import World

POLL = {"trigger": SyncRun.Trigger.SCHEDULE, "scope": "dirty"}


def not_found(world: World, match: str, system: str = "highlevel") -> None:
    """Have a system say of the next thing asked for that it is not there."""
    fault = {"system": system, "match": match, "fault": "404"}
    world.switch(fail_next=[fault])


def told(world: World, client: Client) -> None:
    """Take in the notices that were sent."""
    hand_over(client, world.arrivals())
    drain_inbox()


def test_a_mistaken_not_found_of_a_customers_comments_deletes_no_note(
    empty_world: World, anna: str
) -> None:
    mirrored(empty_world)
    note(empty_world, anna, "One.")
    note(empty_world, anna, "Two.")
    empty_world.run()
    a_day_later()
    not_found(empty_world, "GET .*/comments", "zoho")

    empty_world.run(**POLL)
    empty_world.run(**POLL)

    assert notes(empty_world) == ["One.", "Two."]
    assert [name for name, _ in units(empty_world, "note")] == ["in_sync"] * 2


def test_the_end_of_a_customer_takes_no_note(empty_world: World, anna: str) -> None:
    """Anna's customer is merged into Bo's at Zoho Invoice, and nobody tells of it."""
    mirrored(empty_world)
    person(empty_world, **BO)
    note(empty_world, anna, "One.")
    empty_world.run()
    empty_world.run(**POLL)
    there = at_zoho(empty_world, anna)
    zoho.contact_delete(empty_world.app.extensions["context"], there)
    a_day_later()

    empty_world.run(**POLL)

    assert notes(empty_world) == ["One."]
    assert RemoteRecord.objects.get(remote_id=there).gone_proof == "read"


@pytest.mark.parametrize("policy", ["mirror", "ignore"])
def test_notes_live_on_under_who_remains_of_a_merge(
    empty_world: World, anna: str, policy: str
) -> None:
    """Anna is merged into Bo at HighLevel: her note is his from then on."""
    empty_world.sync.delete_policy = policy
    empty_world.sync.save()
    bo = person(empty_world, **BO)
    note_id = note(empty_world, anna, "Was Anna's.")
    for options in ({}, {}, POLL):
        empty_world.run(**options)
    note_moved(empty_world, note_id, bo)
    highlevel.contact_delete(empty_world.app.extensions["context"], anna)

    for options in (POLL, POLL, {"trigger": SyncRun.Trigger.RECONCILE}, {}):
        a_day_later()
        empty_world.run(**options)

    row = RemoteRecord.objects.get(remote_id=note_id)
    assert (row.gone_at, row.parent_id) == (None, bo)
    assert notes(empty_world) == ["Was Anna's."]


@pytest.mark.parametrize("policy", ["mirror", "ignore"])
def test_a_note_that_was_not_found_once_goes_on(
    empty_world: World, anna: str, client: Client, policy: str
) -> None:
    empty_world.sync.delete_policy = policy
    empty_world.sync.save()
    note_id = note(empty_world, anna, "Monday.")
    empty_world.run()
    sync_go_live(sync=empty_world.sync, actor=None, tested=True)
    empty_world.run(**POLL)
    empty_world.notify(webhook_url)
    path = f"/contacts/{anna}/notes/{note_id}"
    call(empty_world, "PUT", path, body="Tuesday.")
    not_found(empty_world, f"GET .*/{note_id}$")
    told(empty_world, client)
    assert RemoteRecord.objects.get(remote_id=note_id).gone_at is not None
    call(empty_world, "PUT", path, body="Wednesday.")

    a_day_later()
    empty_world.run(**POLL)

    assert comments(empty_world) == ["Wednesday."]


def test_an_appointment_that_was_not_found_once_goes_on(
    empty_world: World, client: Client
) -> None:
    mirrored(empty_world)
    carry(empty_world, "appointment", "left_to_right")
    booked = book(empty_world, person(empty_world))
    empty_world.run()
    sync_go_live(sync=empty_world.sync, actor=None, tested=True)
    empty_world.run(**POLL)
    empty_world.notify(webhook_url)
    path = f"/calendars/events/appointments/{booked}"
    call(empty_world, "PUT", path, appointmentStatus="showed")
    not_found(empty_world, f"GET .*/{booked}$")
    told(empty_world, client)
    assert RemoteRecord.objects.get(remote_id=booked).gone_at is not None
    call(empty_world, "PUT", path, appointmentStatus="cancelled")

    empty_world.run()

    [said] = comments(empty_world)
    assert "cancelled" in said
