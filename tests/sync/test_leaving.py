"""Merges at a vendor, and people who leave the scope of a sync, in whole runs."""

from __future__ import annotations

from django.test import Client

from sandbox.highlevel import service as highlevel
from sync.models import PendingDelete, RecordLink
from tests.sync.test_choosing import highlevel_add, zoho_add
from tests.sync.test_deletes import ANNA, at_zoho, hear, leave, link_of, live, policy
from tests.sync.world import World

__all__ = ["live"]  # a fixture

# --- merged at the vendor ---------------------------------------------------------------


def test_a_link_moves_to_the_survivor_of_a_merge(live: World, client: Client) -> None:
    link = link_of(live)
    survivor = highlevel_add(
        live, firstName="Anna", lastName="Berg", phone="020 7946 0958"
    )
    live.run(trigger="schedule", scope="dirty")
    leave(live)
    highlevel_add(live, survivor, email=ANNA["email"])

    hear(live, client)

    link.refresh_from_db()
    assert link.left.remote_id == survivor
    assert (link.tombstone, live.lists()) == ("", {"in_sync": 2})
    assert "+442079460958" in str(live.store.get("zoho.contact", link.right.remote_id))


def test_of_two_linked_people_who_are_merged_none_is_deleted(
    live: World, client: Client
) -> None:
    other = highlevel_add(
        live, firstName="Anna", lastName="Berg", phone="020 7946 0958"
    )
    zoho_add(
        live,
        contact_name="Anna",
        contact_persons=[{"first_name": "Anna", "phone": "+442079460958"}],
    )
    live.run(trigger="schedule", scope="dirty")
    assert RecordLink.objects.filter(left__remote_id=other).exists()
    link = RecordLink.objects.get(left__values__email=ANNA["email"])
    context = live.app.extensions["context"]
    highlevel.contact_delete(context, link.left.remote_id)
    highlevel_add(live, other, email=ANNA["email"])

    hear(live, client)

    assert PendingDelete.objects.get().code == "delete_merged"
    assert len(at_zoho(live)) == 3


# --- leaving the scope ------------------------------------------------------------------


ONLY_MALMO = {"contact": {"left": {"field": "city", "op": "equals", "value": "Malmö"}}}


def scoped(world: World, leaving: str) -> str:
    """Only people in Malmö take part; Anna has moved there, and moves away again."""
    left = link_of(world).left.remote_id
    for name in ("Anna", "Bob"):
        highlevel_add(world, link_of(world, name).left.remote_id, city="Malmö")
    policy(world, "ignore", filters=ONLY_MALMO, leaving=leaving)
    world.run(trigger="schedule", scope="dirty")
    assert world.lists() == {"in_sync": 2}
    highlevel_add(world, left, city="Lund")
    world.run(trigger="schedule", scope="dirty")
    return left


def test_who_leaves_is_kept(live: World) -> None:
    scoped(live, "keep")
    assert live.lists() == {"in_sync": 1, "excluded": 1}
    assert RecordLink.objects.count() == 2


def test_who_leaves_is_unlinked_and_taken_up_again(live: World) -> None:
    left = scoped(live, "unlink")
    assert live.lists() == {"in_sync": 1, "excluded": 2}
    assert RecordLink.objects.count() == 1
    live.run(trigger="schedule", scope="dirty")
    assert live.lists() == {"in_sync": 1, "excluded": 2}
    assert at_zoho(live) == ["Anna Berg", "Bob Holm"]

    highlevel_add(live, left, city="Malmö")
    live.run(trigger="schedule", scope="dirty")

    assert live.lists() == {"in_sync": 2}


def test_who_leaves_is_archived(live: World) -> None:
    scoped(live, "archive")
    assert at_zoho(live) == ["Bob Holm"]
    live.sent.clear()
    live.run()
    assert live.writes() == []
