"""Deletes in doubt: whom a read alone did not find, and pairs that come back."""

from __future__ import annotations

import pytest
from django.test import Client

from crosswalk.clock import now
from integrations.models import RemoteRecord
from sandbox.highlevel import service as highlevel
from sandbox.zoho import desk
from sync.jobs import drain_inbox
from sync.models import InboxEvent, SyncRecord
from synclog.models import SyncRun
from tests.sync.test_deletes import (
    anna_and_bob,
    at_zoho,
    compare,
    hear,
    leave,
    link_of,
)
from tests.sync.test_live import hand_over
from tests.sync.world import World


@pytest.fixture
def live(empty_world: World) -> World:
    return anna_and_bob(empty_world)


def blind(live: World, *systems: str, times: int = 1) -> None:
    """Have HighLevel, or others, not find a contact by its id, though it is there."""
    fault = {"match": "GET .*/contacts/[^/]+$", "fault": "404", "times": times}
    named = systems or ("highlevel",)
    live.switch(fail_next=[{**fault, "system": system} for system in named])


def edited(live: World) -> None:
    """Change Anna at HighLevel, which a notice tells of."""
    context = live.app.extensions["context"]
    remote_id = link_of(live).left.remote_id
    highlevel.contact_save(context, remote_id, {"lastName": "Bergson"})


def gone_told(live: World) -> None:
    """Have a notice wait that says that Anna was deleted at HighLevel."""
    InboxEvent.objects.create(
        connection=live.left,
        event_type="ContactDelete",
        object_type="contact",
        record_id=link_of(live).left.remote_id,
        is_delete=True,
        body="{}",
        next_at=now(),
    )


def test_one_not_found_removes_nobody(live: World, client: Client) -> None:
    edited(live)
    blind(live)

    run = hear(live, client)

    assert (run.state, run.counts["delete"]) == ("completed", 0)
    assert link_of(live).left.gone_proof == RemoteRecord.Proof.READ
    unit = SyncRecord.objects.get(reason_code="gone_unsure")
    assert unit.list == "excluded"
    assert unit.reason.startswith("Not found at HighLevel, which may be a mistake")
    assert at_zoho(live) == ["Anna Berg", "Bob Holm"]

    live.run(trigger=SyncRun.Trigger.SCHEDULE, scope="dirty")
    compare(live)

    assert not SyncRecord.objects.filter(reason_code="gone_unsure").exists()
    assert link_of(live).right.values["last_name"] == "Bergson"


def test_the_notice_of_a_delete_proves_what_a_read_left_in_doubt(
    live: World, client: Client
) -> None:
    """An edit and a delete in close succession: the read after the first finds nobody
    any more, and the second is told of later."""
    edited(live)
    edit = live.arrivals()
    leave(live)
    delete = live.arrivals()
    hand_over(client, edit)
    drain_inbox()
    assert at_zoho(live) == ["Anna Berg", "Bob Holm"]

    hand_over(client, delete)
    drain_inbox()

    assert at_zoho(live) == ["Bob Holm"]
    assert link_of(live).left.gone_proof == RemoteRecord.Proof.NOTICE
    live.sent.clear()
    gone_told(live)
    drain_inbox()
    assert live.sent == []  # told once more it is no news


def test_a_notice_of_a_delete_brings_back_whom_its_read_finds(
    live: World, client: Client
) -> None:
    edited(live)
    blind(live)
    hear(live, client)
    assert link_of(live).left.gone_proof == RemoteRecord.Proof.READ

    gone_told(live)
    drain_inbox()

    assert link_of(live).left.gone_at is None
    assert link_of(live).right.values["last_name"] == "Bergson"


def test_whom_a_listing_lacks_too_is_gone(live: World, client: Client) -> None:
    edited(live)
    arrivals = live.arrivals()
    leave(live)
    live.arrivals()  # the notice of the delete is lost
    hand_over(client, arrivals)
    drain_inbox()
    assert at_zoho(live) == ["Anna Berg", "Bob Holm"]

    run = compare(live)

    assert (run.state, run.counts["delete"]) == ("completed", 1)
    assert at_zoho(live) == ["Bob Holm"]
    assert sum(run.calls.values()) == sum(run.minimum_calls.values())


def test_whom_a_listing_shows_is_not_gone_though_reads_say_so(
    live: World, client: Client
) -> None:
    edited(live)
    blind(live, times=2)
    hear(live, client)

    compare(live)  # the read of who is listed though gone fails again

    assert at_zoho(live) == ["Anna Berg", "Bob Holm"]
    assert link_of(live).left.gone_proof == RemoteRecord.Proof.READ
    compare(live)
    assert link_of(live).left.gone_at is None


def test_two_whom_single_reads_did_not_find_are_a_pair_again_once_they_are_listed(
    live: World, client: Client
) -> None:
    link = link_of(live)
    edited(live)
    context = live.app.extensions["context"]
    desk.contact_save(context, link.right.remote_id, {"phone": "020 7946 0958"})
    blind(live, "highlevel", "zoho")
    hear(live, client)
    assert link_of(live).tombstone == "gone"

    compare(live)

    link.refresh_from_db()
    assert (link.tombstone, link.tombstoned_at) == ("", None)
    assert link.right.values["last_name"] == "Bergson"  # with its base: both edits flow
    assert link.left.values["phone"] == "+442079460958"
    assert live.lists() == {"in_sync": 2}


def test_a_mirrored_pair_is_one_again_when_both_are_restored(
    live: World, client: Client
) -> None:
    link = link_of(live)
    kept = dict(live.store.get("zoho.contact", link.right.remote_id))
    leave(live)
    hear(live, client)
    link.refresh_from_db()
    assert link.tombstone == "deleted"
    live.sent.clear()

    highlevel.contact_restore(live.app.extensions["context"], link.left.remote_id)
    live.store.put("zoho.contact", link.right.remote_id, kept)
    compare(live)

    link.refresh_from_db()
    assert link.tombstone == ""
    assert live.lists() == {"in_sync": 2}
    assert live.writes() == []
