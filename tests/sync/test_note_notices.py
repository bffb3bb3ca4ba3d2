"""Notices of notes: what they bring at once, and what of them costs nothing."""

from __future__ import annotations

import pytest
from django.test import Client

from integrations.models import RemoteRecord
from integrations.selectors import webhook_url
from sandbox.zoho import history
from sandbox.zoho import service as zoho
from sync.jobs import drain_inbox
from sync.models import InboxEvent
from sync.setup.saving import sync_go_live
from tests.sync.childworld import (
    BO,
    at_zoho,
    call,
    carry,
    comment,
    comments,
    note,
    notes,
    person,
    units,
)
from tests.sync.test_live import hand_over
from tests.sync.world import ORG, World


@pytest.fixture
def live(empty_world: World) -> World:
    """A live sync that carries notes, whose systems send notices."""
    carry(empty_world, "note")
    person(empty_world)
    empty_world.run()
    sync_go_live(sync=empty_world.sync, actor=None, tested=True)
    empty_world.notify(webhook_url)
    empty_world.sent.clear()
    return empty_world


def anna(world: World) -> str:
    found = RemoteRecord.objects.get(connection=world.left, object_type="contact")
    return found.remote_id


def heard(world: World, client: Client) -> list[str]:
    """Take in what was sent; return the calls made for it."""
    hand_over(client, world.arrivals())
    world.sent.clear()
    drain_inbox()
    return [f"{r.method} {r.url.path.rpartition('/')[2]}" for r in world.sent]


def test_a_note_arrives_by_notice_and_costs_two_calls(
    live: World, client: Client
) -> None:
    note_id = note(live, anna(live), "Called.")

    assert heard(live, client) == [f"GET {note_id}", "POST comments"]
    assert comments(live) == ["Called."]


def test_notes_for_somebody_who_was_deleted_silently_fail_at_no_run(
    live: World, client: Client
) -> None:
    there = at_zoho(live, anna(live))
    organization = live.store.get("zoho.organization", ORG)
    zoho.contact_delete(live.app.extensions["context"], organization, there)
    made = [note(live, anna(live), text) for text in ("Second.", "Third.")]
    notices = [r for r in live.arrivals() if b'"NoteCreate"' in r.content]
    hand_over(client, notices)  # Zoho Invoice told nobody of the delete
    live.sent.clear()

    drain_inbox()

    customer = RemoteRecord.objects.get(remote_id=there)
    assert customer.gone_at is not None
    calls = [f"{r.method} {r.url.path.rpartition('/')[2]}" for r in live.sent]
    looks = [f"GET {each}" for each in made]
    # one look at the customer for all of them
    assert sorted(calls) == sorted([*looks, *["POST comments"] * 2, f"GET {there}"])
    assert {name for name, _ in units(live, "note")} == {"excluded"}
    run = live.run(scope="dirty", trigger="schedule")
    assert run.counts["failed"] == 0
    assert not {name for name, _ in units(live, "note")} & {"failing", "waiting"}


def test_a_note_brings_its_unknown_person_along(live: World, client: Client) -> None:
    note(live, person(live, **BO), "Met at the fair.")
    arrived = [r for r in live.arrivals() if b'"NoteCreate"' in r.content]
    hand_over(client, arrived)

    drain_inbox()

    assert len(arrived) == 1
    assert comments(live) == ["Met at the fair."]
    assert len(live.store.all("zoho.contact")) == 2


def test_the_echo_of_our_own_note_costs_no_call(live: World, client: Client) -> None:
    comment(live, at_zoho(live, anna(live)), "Paid today.")
    live.run()
    assert notes(live) == ["Paid today."]

    assert heard(live, client) == []
    assert not InboxEvent.objects.filter(next_at__isnull=False).exists()


def test_a_deleted_note_leaves_its_comment_unless_the_sync_follows(
    live: World, client: Client
) -> None:
    note_id = note(live, anna(live), "Called.")
    heard(live, client)
    call(live, "DELETE", f"/contacts/{anna(live)}/notes/{note_id}")
    heard(live, client)
    assert comments(live) == ["Called."]

    live.sync.delete_policy = "mirror"
    live.sync.save()
    run = live.run()

    assert (run.counts["delete"], comments(live)) == (1, [])


def test_a_comment_that_somebody_deleted_stays_deleted_when_its_note_is_edited(
    live: World, client: Client
) -> None:
    note_id = note(live, anna(live), "Calls on Monday.")
    heard(live, client)
    (made,) = [e for e in live.store.all(history.KIND) if not e["operation"]]
    live.store.delete(history.KIND, made["comment_id"])  # no notice tells of it
    path = f"/contacts/{anna(live)}/notes/{note_id}"
    call(live, "PUT", path, body="Calls on Tuesday.")

    assert heard(live, client) == [f"GET {note_id}", "GET comments"]

    assert comments(live) == []
    gone = "Deleted at Zoho Invoice just now: the next run decides what follows."
    assert units(live, "note") == [("excluded", gone)]
    live.sync.refresh_from_db()
    live.run(trigger="schedule", scope="dirty")
    assert comments(live) == []
    stays = (
        "Deleted at Zoho Invoice. This sync ignores deletes, so the other side stays."
    )
    assert units(live, "note") == [("excluded", stays)]
