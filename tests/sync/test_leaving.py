"""Merges at a vendor, and people who leave the scope of a sync, in whole runs."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from django.test import Client

from sandbox.highlevel import service as highlevel
from sync.models import Intent, PendingDelete, RecordLink
from sync.running.execution import run_slice
from sync.services import run_request
from synclog.models import LogEntry, SyncRun
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


# --- killed in the middle ---------------------------------------------------------------


class Killed(BaseException):
    """Stands for kill -9: what the process had not stored is gone."""


class Deadly(httpx.BaseTransport):
    """Lets Zoho delete somebody, then ends the process before the answer."""

    def __init__(self, world: World) -> None:
        self.inner = httpx.WSGITransport(app=world.app)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self.inner.handle_request(request)
        if request.method == "DELETE":
            raise Killed
        return answer


def test_a_delete_whose_answer_nobody_got_is_found_and_done_once(
    live: World, settings: Any
) -> None:
    leave(live)
    kept = settings.TRANSPORT_FACTORY
    settings.TRANSPORT_FACTORY = lambda: Deadly(live)
    run = run_request(sync=live.sync, mode="live", trigger="reconcile", scope="dirty")
    with pytest.raises(Killed):
        run_slice(run.pk, early=True)
    settings.TRANSPORT_FACTORY = kept
    SyncRun.objects.filter(pk=run.pk).update(lease_owner="", lease_until=None)
    assert Intent.objects.get(state="pending").removes == "delete"
    live.sent.clear()

    done = live.work(SyncRun.objects.get(pk=run.pk))

    assert (done.state, done.counts["delete"]) == ("completed", 1)
    assert live.writes() == []
    assert LogEntry.objects.filter(outcome="delete").count() == 1
    assert live.lists() == {"in_sync": 1}
    assert RecordLink.objects.get(left__gone_at__isnull=False).tombstone == "deleted"
