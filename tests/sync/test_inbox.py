"""The inbox in a run: one record that fails is put off, and the others are read."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from crosswalk.clock import now
from integrations.models import Connection, RemoteRecord
from sandbox.highlevel import service as highlevel
from sync.inbox.waiting import LADDER, inbox_syncs, owner_of, replay
from sync.jobs import drain_inbox
from sync.models import HookMeter, InboxEvent
from sync.reading.hookmeter import meter_poll
from sync.setup.saving import sync_go_live
from synclog.models import SyncRun
from tests.sync.rows import live_sync, remote, run_make
from tests.sync.world import World
from workspaces.models import Workspace

REFUSED = "commit_then_422"  # whatever is read


def save(world: World, contact: str | None = None, **fields: str) -> str:
    context = world.app.extensions["context"]
    return str(highlevel.contact_save(context, contact, fields)["id"])


@pytest.fixture
def live(empty_world: World) -> World:
    """A live sync of two people, both linked."""
    for name in ("anna", "bert"):
        save(empty_world, firstName=name, email=f"{name}@example.com")
    empty_world.run()
    sync_go_live(sync=empty_world.sync, actor=None, tested=True)
    Connection.objects.update(webhook_seen_at=now())
    empty_world.left.refresh_from_db()
    empty_world.sent.clear()
    return empty_world


def ids(world: World) -> list[str]:
    rows = RemoteRecord.objects.filter(connection=world.left).order_by("pk")
    return list(rows.values_list("remote_id", flat=True))


def told(world: World, record_id: str, **fields: Any) -> InboxEvent:
    """A stored delivery that says nothing but which record changed."""
    given = {"event_type": "ContactUpdate", "object_type": "contact", "body": "{}"}
    given |= {"connection": world.left, "record_id": record_id, "next_at": now()}
    return InboxEvent.objects.create(**{**given, **fields})


def refuse(world: World, record_id: str, fault: str, times: int = 9) -> None:
    """Have HighLevel answer the next reads of a record with a fault."""
    rule = {"system": "highlevel", "match": f"GET {record_id}", "fault": fault}
    rule["times"] = times
    world.switch(fail_next=[rule])


def reads(world: World) -> list[str]:
    return [r.url.path for r in world.sent if r.method == "GET"]


def at_zoho(world: World) -> str:
    return str(world.store.all("zoho.contact"))


def test_many_deliveries_of_one_record_cost_one_read(live: World) -> None:
    anna, _ = ids(live)
    save(live, anna, lastName="Berg")
    events = [told(live, anna) for _ in range(5)]

    drain_inbox()

    assert len([path for path in reads(live) if path.endswith(anna)]) == 1
    assert "Berg" in at_zoho(live)
    done = InboxEvent.objects.filter(pk__in=[e.pk for e in events])
    assert set(done.values_list("outcome", "lease_owner")) == {("read", "")}


def test_one_that_is_refused_is_put_off_and_the_other_is_read(live: World) -> None:
    anna, bert = ids(live)
    save(live, bert, lastName="Lund")
    bad, good = told(live, anna), told(live, bert)
    refuse(live, anna, REFUSED)

    drain_inbox()

    later = InboxEvent.objects.get(pk=bad.pk)
    assert (later.outcome, later.attempts, later.lease_owner) == ("", 1, "")
    assert later.error
    assert later.next_at is not None
    assert later.next_at > now()
    good.refresh_from_db()
    assert good.outcome == "read"
    assert "Lund" in at_zoho(live)


@pytest.mark.usefixtures("no_waiting")
def test_once_a_system_does_not_answer_the_others_lose_no_try(live: World) -> None:
    anna, bert = ids(live)
    first, second = told(live, anna), told(live, bert)
    refuse(live, anna, "500")

    drain_inbox()

    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.attempts, second.attempts) == (1, 0)
    assert first.next_at > second.next_at > now()
    assert [path for path in reads(live) if path.endswith(bert)] == []


def test_what_was_put_off_is_read_when_its_time_comes(live: World) -> None:
    anna, _ = ids(live)
    save(live, anna, lastName="Berg")
    event = told(live, anna)
    refuse(live, anna, REFUSED)
    drain_inbox()
    live.switch(fail_next=[])

    InboxEvent.objects.filter(pk=event.pk).update(next_at=now())
    drain_inbox()

    event.refresh_from_db()
    assert (event.outcome, event.error) == ("read", "")
    assert "Berg" in at_zoho(live)


def test_after_the_last_try_it_stays_failed_until_it_is_replayed(live: World) -> None:
    anna, _ = ids(live)
    event = told(live, anna, attempts=len(LADDER))
    refuse(live, anna, REFUSED)

    drain_inbox()

    event.refresh_from_db()
    assert (event.outcome, event.next_at) == ("failed", None)
    assert event.error
    assert inbox_syncs() == []
    assert replay(InboxEvent.objects.filter(pk=event.pk)) == 1
    assert inbox_syncs() == [live.sync]


def test_deletions_are_read_one_by_one_however_many_wait(live: World) -> None:
    anna, bert = ids(live)
    context = live.app.extensions["context"]
    highlevel.contact_delete(context, bert)
    for number in range(30):
        told(live, f"nobody{number:014d}")
    told(live, anna)
    told(live, bert, is_delete=True, event_type="ContactDelete")

    drain_inbox()

    row = RemoteRecord.objects.get(connection=live.left, remote_id=bert)
    assert row.gone_at is not None
    assert not InboxEvent.objects.filter(next_at__isnull=False).exists()
    assert len([p for p in reads(live) if "nobody" in p]) == 0


def test_a_run_that_was_stopped_gives_back_what_it_had_taken(live: World) -> None:
    run = run_make(live.sync, "cancelled")
    event = told(live, ids(live)[0], lease_owner=owner_of(run), attempts=1)

    inbox_syncs()

    event.refresh_from_db()
    assert event.lease_owner == ""
    assert event.next_at is not None


def test_a_run_under_way_keeps_what_it_has_taken(live: World) -> None:
    run = run_make(live.sync, "running")
    event = told(live, ids(live)[0], lease_owner=owner_of(run), attempts=1)

    assert inbox_syncs() == []

    event.refresh_from_db()
    assert event.lease_owner == owner_of(run)


def test_deliveries_wait_while_a_connection_needs_reconnecting(live: World) -> None:
    event = told(live, ids(live)[0])
    live.right.health = Connection.Health.NEEDS_RECONNECT
    live.right.save()

    assert inbox_syncs() == []
    event.refresh_from_db()
    assert event.next_at is not None
    Connection.objects.update(health=Connection.Health.ACTIVE)
    assert inbox_syncs() == [live.sync]


@pytest.mark.parametrize(
    ("side", "object_type", "outcome"),
    [("left", "task", "not synced"), ("other", "contact", "no live sync")],
)
def test_what_nobody_reads_is_closed(
    workspace: Workspace, side: str, object_type: str, outcome: str
) -> None:
    sync = live_sync(workspace)
    if side == "other":
        sync.state = "paused"
        sync.save()
    event = InboxEvent.objects.create(
        connection=sync.left,
        event_type="x",
        object_type=object_type,
        record_id="1",
        body="{}",
        next_at=now(),
    )

    assert inbox_syncs() == []

    event.refresh_from_db()
    assert (event.outcome, event.next_at) == (outcome, None)


# --- the meter --------------------------------------------------------------------------


def meter(world: World) -> tuple[int, int]:
    row = HookMeter.objects.filter(connection=world.left).first()
    return (row.heard, row.missed) if row else (0, 0)


def test_a_change_that_a_delivery_told_of_is_heard(live: World) -> None:
    anna, _ = ids(live)
    save(live, anna, lastName="Berg")
    told(live, anna)

    drain_inbox()
    live.run(trigger=SyncRun.Trigger.SCHEDULE, scope="dirty")

    assert meter(live) == (1, 0)


def test_an_echo_of_our_own_write_is_neither(live: World) -> None:
    anna, _ = ids(live)
    told(live, anna)

    drain_inbox()
    live.run(trigger=SyncRun.Trigger.SCHEDULE, scope="dirty")

    assert meter(live) == (0, 0)


def poll_found(workspace: Workspace, minutes_old: float, **fields: Any) -> Any:
    """Judge one changed record of a poll; return its meter."""
    sync = live_sync(workspace)
    sync.left.webhook_seen_at = fields.pop("seen_at", now())
    row = remote(sync, "left", 1)
    row.modified_at = now() - timedelta(minutes=minutes_old)
    if fields.pop("was_told", False):
        InboxEvent.objects.create(
            connection=sync.left,
            event_type="x",
            object_type="contact",
            record_id=row.remote_id,
            body="{}",
        )
    meter_poll(sync.left, "contact", [row], now() - timedelta(minutes=5))
    found = HookMeter.objects.filter(connection=sync.left).first()
    return (found.heard, found.missed) if found else None


@pytest.mark.parametrize(
    ("minutes_old", "fields", "judged"),
    [
        (3, {}, (0, 1)),
        (3, {"was_told": True}, (1, 0)),
        (0.1, {}, None),  # its delivery may still come
        (3, {"seen_at": None}, None),  # this connection receives nothing
    ],
)
def test_a_change_that_only_the_poll_found_is_missed(
    workspace: Workspace, minutes_old: float, fields: dict[str, Any], judged: Any
) -> None:
    assert poll_found(workspace, minutes_old, **fields) == judged
