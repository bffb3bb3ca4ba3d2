"""Deletes in whole runs: proved, decided by policy, carried out once, and undone by
nothing that lags."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from integrations.connectors.base import Record
from integrations.connectors.zoho_invoice.connector import ZohoInvoice
from integrations.mirroring.mirror import record_store, records_store
from integrations.models import RemoteRecord
from integrations.selectors import webhook_url
from sandbox.highlevel import service as highlevel
from sandbox.zoho import service as zoho
from sync.choices.approving import plan_approve
from sync.jobs import drain_inbox
from sync.models import PendingDelete, RecordLink, SyncRecord
from sync.setup.saving import sync_go_live, sync_resume
from synclog.models import LogEntry, SyncRun
from tests.sync.test_choosing import highlevel_add, zoho_add
from tests.sync.test_live import hand_over
from tests.sync.world import ORG, World

ANNA = {"firstName": "Anna", "lastName": "Berg", "email": "anna@example.com"}
BOB = {"firstName": "Bob", "lastName": "Holm", "email": "bob@example.com"}


@pytest.fixture
def live(empty_world: World) -> World:
    return anna_and_bob(empty_world)


def anna_and_bob(world: World) -> World:
    """Anna and Bob, linked and live; deletes are mirrored."""
    highlevel_add(world, **ANNA)
    highlevel_add(world, **BOB)
    policy(world, "mirror")
    world.run()
    sync_go_live(sync=world.sync, actor=None, tested=True)
    world.sync.refresh_from_db()
    world.notify(webhook_url)
    world.sent.clear()
    return world


def policy(world: World, delete: str, **more: Any) -> None:
    for key, value in {"delete_policy": delete, **more}.items():
        setattr(world.sync, key, value)
    world.sync.save()


def link_of(world: World, name: str = "Anna") -> RecordLink:
    return RecordLink.objects.select_related("left", "right").get(
        sync=world.sync, left__values__firstName=name
    )


def leave(world: World, name: str = "Anna") -> None:
    """Delete somebody at HighLevel."""
    context = world.app.extensions["context"]
    highlevel.contact_delete(context, link_of(world, name).left.remote_id)


def leave_zoho(world: World, remote_id: str) -> None:
    context = world.app.extensions["context"]
    organization = world.store.get("zoho.organization", ORG)
    zoho.contact_delete(context, organization, remote_id)


def hear(world: World, client: Client) -> SyncRun:
    """Take up what the systems tell of."""
    hand_over(client, world.arrivals())
    drain_inbox()
    return SyncRun.objects.latest("pk")


def compare(world: World) -> SyncRun:
    return world.run(trigger=SyncRun.Trigger.RECONCILE, scope="dirty")


def at_zoho(world: World) -> list[str]:
    return sorted(
        each["contact_name"]
        for each in world.store.all("zoho.contact")
        if each["status"] == "active"
    )


# --- proof ------------------------------------------------------------------------------


def test_a_notice_is_confirmed_by_a_read_and_mirrored(
    live: World, client: Client
) -> None:
    leave(live)

    run = hear(live, client)

    assert (run.state, run.counts["delete"]) == ("completed", 1)
    assert at_zoho(live) == ["Bob Holm"]
    assert [call.split()[0] for call in live.writes()] == ["DELETE"]
    entry = LogEntry.objects.get(outcome="delete")
    assert (entry.side, entry.reason_code) == ("right", "mirrored")
    assert "a notice said so, and a read confirmed it" in str(entry.trace)
    assert SyncRecord.objects.count() == 1


def test_a_false_notice_of_a_delete_changes_nothing(
    live: World, client: Client
) -> None:
    leave(live)
    arrivals = live.arrivals()
    highlevel.contact_restore(
        live.app.extensions["context"], link_of(live).left.remote_id
    )

    hand_over(client, arrivals)
    drain_inbox()

    assert at_zoho(live) == ["Anna Berg", "Bob Holm"]


def test_a_poll_alone_proves_nothing(live: World) -> None:
    leave(live)

    live.run(trigger=SyncRun.Trigger.SCHEDULE, scope="dirty")

    assert at_zoho(live) == ["Anna Berg", "Bob Holm"]


def test_a_complete_listing_and_a_read_prove_it(live: World) -> None:
    leave(live)
    live.run(trigger=SyncRun.Trigger.SCHEDULE, scope="dirty")

    run = compare(live)

    assert (run.state, run.counts["delete"]) == ("completed", 1)
    assert at_zoho(live) == ["Bob Holm"]
    assert run.calls == run.minimum_calls == {"GHL": 2, "Zoho": 2}
    assert live.run().counts["delete"] == 0


def test_whom_a_listing_hides_is_read_and_stays(
    live: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Zoho's numbered pages skip a row when somebody before it is deleted meanwhile."""
    hidden = link_of(live).right
    listed = ZohoInvoice.list_page

    def without_anna(self: Any, *args: Any) -> Any:
        page = listed(self, *args)
        rows = [row for row in page.records if row.id != hidden.remote_id]
        return type(page)(rows, page.next)

    monkeypatch.setattr(ZohoInvoice, "list_page", without_anna)
    run = compare(live)

    hidden.refresh_from_db()
    assert (run.counts["delete"], hidden.gone_at) == (0, None)
    assert run.calls == {"GHL": 1, "Zoho": 2}


def test_the_echo_of_our_own_delete_changes_nothing(
    live: World, client: Client
) -> None:
    leave(live)
    hear(live, client)
    live.sent.clear()

    echo = hear(live, client)

    assert (echo.is_quiet, live.writes(), live.lists()) == (True, [], {"in_sync": 1})
    assert live.run(trigger="schedule", scope="dirty").counts["create"] == 0


def test_a_listing_that_lags_brings_nobody_back(live: World, client: Client) -> None:
    gone = link_of(live).left
    leave(live)
    hear(live, client)
    lagging = Record(gone.remote_id, dict(gone.values), "list", gone.modified_at)
    records_store(live.left, "contact", [lagging])

    gone.refresh_from_db()
    assert gone.gone_at is not None


def test_who_is_met_gone_while_being_written_is_decided_by_the_next_run(
    live: World,
) -> None:
    live.run(trigger="schedule", scope="dirty")  # the first one lists everybody
    link = link_of(live)
    highlevel_add(live, link.left.remote_id, lastName="Bergström")
    leave_zoho(live, link.right.remote_id)

    run = live.run(trigger="schedule", scope="dirty")
    assert (run.counts["excluded"], run.counts["update"]) == (1, 0)

    run = live.run(trigger="schedule", scope="dirty")
    assert (run.counts["review"], run.counts["delete"]) == (1, 0)
    pending = PendingDelete.objects.get()
    assert (pending.code, pending.at) == ("delete_edited", "left")


# --- policies ---------------------------------------------------------------------------


def test_ignored_deletes_leave_the_other_side(live: World, client: Client) -> None:
    policy(live, "ignore")
    leave(live)

    hear(live, client)

    assert at_zoho(live) == ["Anna Berg", "Bob Holm"]
    assert "ignores deletes" in SyncRecord.objects.get(list="excluded").reason


def test_archiving_makes_a_customer_inactive_and_rests(
    live: World, client: Client
) -> None:
    policy(live, "archive")
    leave(live)

    run = hear(live, client)
    hear(live, client)  # the echo

    assert run.counts["delete"] == 1
    assert at_zoho(live) == ["Bob Holm"]
    assert link_of(live).tombstone == "archived"
    record = SyncRecord.objects.get(list="excluded")
    assert record.reason == ("Deleted at HighLevel, so it is archived at Zoho Invoice.")
    live.sent.clear()
    again = live.run()
    assert (again.counts["excluded"], live.writes()) == (1, [])


def test_archiving_tags_a_contact(live: World, client: Client) -> None:
    policy(live, "archive")
    leave_zoho(live, link_of(live).right.remote_id)

    run = compare(live)

    assert run.counts["delete"] == 1
    assert link_of(live).tombstone == "tagged"
    assert live.writes()[-1].endswith(f"/{link_of(live).left.remote_id}/tags")
    assert live.run().counts["excluded"] == 1
    assert at_zoho(live) == ["Bob Holm"]


def test_a_customer_with_transactions_ends_inactive_and_the_log_says_so(
    live: World, client: Client
) -> None:
    contact = link_of(live).right.remote_id
    row = live.store.get("zoho.contact", contact)
    live.store.put("zoho.contact", contact, {**row, "has_transaction": True})
    leave(live)

    hear(live, client)

    entry = LogEntry.objects.get(outcome="delete")
    assert "because it has transactions: it was archived" in entry.reason
    assert link_of(live).tombstone == "archived"


def test_whoever_was_edited_since_is_asked_about(live: World, client: Client) -> None:
    zoho_add(live, link_of(live).right.remote_id, company_name="Berg & Co")
    leave(live)

    run = hear(live, client)

    assert (run.counts["delete"], run.counts["review"]) == (0, 1)
    assert PendingDelete.objects.get().code == "delete_edited"
    assert at_zoho(live) == ["Anna Berg", "Bob Holm"]


def test_the_question_is_over_when_the_person_is_back(
    live: World, client: Client
) -> None:
    policy(live, "ask")
    leave(live)
    hear(live, client)
    assert PendingDelete.objects.get().at == "right"
    left = link_of(live).left.remote_id

    highlevel.contact_restore(live.app.extensions["context"], left)
    compare(live)

    assert not PendingDelete.objects.exists()
    assert live.lists() == {"in_sync": 2}


def test_the_question_is_over_when_the_other_is_deleted_too(
    live: World, client: Client
) -> None:
    policy(live, "ask")
    leave(live)
    hear(live, client)

    leave_zoho(live, link_of(live).right.remote_id)
    compare(live)

    assert not PendingDelete.objects.exists()
    assert live.lists() == {"in_sync": 1}
    assert live.run().counts["unchanged"] == 1


# --- coming back ------------------------------------------------------------------------


def test_who_comes_back_after_a_mirrored_delete_is_created_again(
    live: World, client: Client
) -> None:
    left = link_of(live).left.remote_id
    leave(live)
    hear(live, client)

    highlevel.contact_restore(live.app.extensions["context"], left)
    run = compare(live)

    assert run.counts["create"] == 1
    assert at_zoho(live) == ["Anna Berg", "Bob Holm"]
    assert live.lists() == {"in_sync": 2}


def test_who_comes_back_after_an_archive_waits_for_the_archived(
    live: World, client: Client
) -> None:
    policy(live, "archive")
    link = link_of(live)
    leave(live)
    hear(live, client)

    highlevel.contact_restore(live.app.extensions["context"], link.left.remote_id)
    compare(live)
    assert "make it active there" in SyncRecord.objects.get(list="excluded").reason

    live.app.extensions["context"].clock.advance(1)  # Zoho tells times to the second
    organization = live.store.get("zoho.organization", ORG)
    zoho.contact_mark(
        live.app.extensions["context"], organization, link.right.remote_id, "active"
    )
    compare(live)
    assert live.lists() == {"in_sync": 2}
    assert link_of(live).tombstone == ""


# --- the guard --------------------------------------------------------------------------


def crowd(world: World, count: int) -> list[str]:
    names = [f"Person{number}" for number in range(count)]
    for name in names:
        highlevel_add(world, firstName=name, email=f"{name}@example.com".lower())
    world.run()
    return names


def test_many_deletes_at_once_wait_for_a_person_and_the_rest_goes_on(
    live: World,
) -> None:
    names = crowd(live, 8)
    for name in names[:5]:
        leave(live, name)
    highlevel_add(live, link_of(live).left.remote_id, lastName="Bergström")

    run = compare(live)

    assert (run.counts["delete"], run.counts["review"]) == (0, 5)
    assert run.counts["update"] == 1
    assert set(PendingDelete.objects.values_list("code", flat=True)) == {"delete_guard"}
    assert live.run(scope="dirty").counts["delete"] == 0  # nor by the next run


def test_an_approved_plan_passes_the_guard(live: World) -> None:
    names = crowd(live, 8)
    for name in names[:5]:
        leave(live, name)
    compare(live)

    test = live.run("test")
    assert (test.counts["delete"], test.plan is not None) == (5, True)
    assert test.plan is not None
    assert test.plan.calls["Zoho"] == 10  # each is looked at first
    run = live.work(plan_approve(plan=test.plan, actor=None))

    assert run.counts["delete"] == 5
    assert not PendingDelete.objects.exists()


def test_few_deletes_pass_until_they_are_many_within_an_hour(live: World) -> None:
    names = crowd(live, 8)
    for name in names[:4]:
        leave(live, name)
    assert compare(live).counts["delete"] == 4

    leave(live, names[4])

    run = compare(live)
    assert (run.counts["delete"], run.counts["review"]) == (0, 1)


# --- a listing that is not believed -----------------------------------------------------


def test_a_far_shorter_listing_is_not_believed_until_a_person_says_so(
    live: World,
) -> None:
    names = crowd(live, 20)
    for name in names[:15]:
        leave(live, name)
    live.sent.clear()

    run = compare(live)

    assert (run.state, run.reason_code) == ("failed", "listing_doubted")
    assert "listed only 7 of the 22 people" in run.reason
    assert len(live.sent) <= 4  # nobody was looked up
    live.sync.refresh_from_db()
    assert (live.sync.state, live.sync.paused_reason) == ("paused", run.reason)
    assert not RemoteRecord.objects.filter(gone_at__isnull=False).exists()

    sync_resume(sync=live.sync, actor=None)
    live.sync.refresh_from_db()
    assert compare(live).counts["review"] == 15


# --- back ------------------------------------------------------------------------------


def test_a_detail_read_brings_a_record_back(live: World, client: Client) -> None:
    leave(live)
    hear(live, client)
    row = link_of(live).left
    record_store(live.left, "contact", Record(row.remote_id, row.values, "detail"))

    row.refresh_from_db()
    assert (row.gone_at, row.gone_proof) == (None, "")
