"""The nightly comparison: when it is due, what it finds, when it is skipped."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from config.commandline import UsageError
from crosswalk.clock import now
from integrations.models import Connection, RemoteRecord
from sandbox.highlevel import service as highlevel
from sync.jobs import tick
from sync.models import RecordLink, Sync
from sync.running import reconciling
from sync.running.reconciling import reconciliations_due, too_dear
from sync.services import run_request
from sync.setup.nights import next_night
from sync.setup.saving import sync_go_live, sync_pause
from synclog.models import SyncRun
from tests.sync.rows import live_sync
from tests.sync.test_choosing import highlevel_add
from tests.sync.world import World
from workspaces.models import Workspace

# --- nights -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "moment", "night"),
    [
        ("UTC", "2026-11-21T12:00", "2026-11-22T01:37"),
        ("UTC", "2026-11-21T01:36", "2026-11-21T01:37"),
        ("UTC", "2026-11-21T01:37", "2026-11-22T01:37"),
        ("Europe/London", "2026-07-01T12:00", "2026-07-02T00:37"),
        ("Asia/Tokyo", "2026-11-21T12:00", "2026-11-21T16:37"),
        ("Europe/Berlin", "2026-10-24T12:00", "2026-10-24T23:37"),
        ("Europe/Berlin", "2026-10-25T12:00", "2026-10-26T00:37"),
    ],
)
def test_the_next_night(zone: str, moment: str, night: str) -> None:
    at = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    wanted = datetime.fromisoformat(night).replace(tzinfo=UTC)
    assert next_night(1, zone, at) == wanted


def test_each_sync_has_a_minute_of_its_own() -> None:
    moment = datetime(2026, 11, 21, 12, tzinfo=UTC)
    nights = {next_night(number, "UTC", moment) for number in range(240)}
    assert len(nights) == 240
    assert {night.hour for night in nights} == {1, 2, 3, 4}


# --- when -------------------------------------------------------------------------------


def due(sync: Sync, **more: Any) -> Sync:
    changes = {"next_reconcile_at": now() - timedelta(days=3), **more}
    Sync.objects.filter(pk=sync.pk).update(**changes)
    sync.refresh_from_db()
    return sync


@pytest.mark.usefixtures("busy_vendors")
def test_missed_nights_are_one(workspace: Workspace) -> None:
    sync = due(live_sync(workspace))

    tick()
    tick()

    run = SyncRun.objects.get()
    assert (run.trigger, run.scope, run.mode) == ("reconcile", "dirty", "live")
    sync.refresh_from_db()
    assert sync.next_reconcile_at is not None
    assert sync.next_reconcile_at > now()


def test_it_comes_after_the_run_that_is_under_way(workspace: Workspace) -> None:
    sync = due(live_sync(workspace))
    run_request(sync=sync, mode="live", trigger="schedule", scope="dirty")

    assert reconciliations_due() == []

    sync.refresh_from_db()
    assert sync.next_reconcile_at is not None
    assert sync.next_reconcile_at - now() <= reconciling.LATER


def test_only_live_syncs_with_a_schedule_compare(workspace: Workspace) -> None:
    sync = live_sync(workspace)
    assert sync.next_reconcile_at is not None
    sync_pause(sync=sync, actor=None)
    due(sync)
    assert reconciliations_due() == []

    due(sync, state="live", schedule="manual", next_reconcile_at=None)
    assert reconciliations_due() == []
    sync.refresh_from_db()
    assert sync.next_reconcile_at is None


def test_it_is_skipped_with_a_reason_when_it_costs_too_much(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, as_owner: Client
) -> None:
    sync = due(live_sync(workspace))
    day = {"window": "day", "limit": 1000, "used": 898, "reserve": 100}
    monkeypatch.setattr(reconciling, "windows", lambda connection: [day])

    assert reconciliations_due() == []

    sync.refresh_from_db()
    assert "more than 30% of the 2 left of that day" in sync.reconcile_note
    page = as_owner.get(f"/w/{workspace.slug}/syncs/{sync.pk}/").content.decode()
    assert sync.reconcile_note in page
    monkeypatch.setattr(reconciling, "windows", lambda connection: [])
    assert too_dear(sync) == ""


# --- what it finds ----------------------------------------------------------------------


@pytest.fixture
def live(empty_world: World) -> World:
    """Three linked people, live, at rest."""
    for name in ("Anna", "Bob", "Cleo"):
        highlevel_add(empty_world, firstName=name, email=f"{name}@example.com")
    empty_world.run()
    sync_go_live(sync=empty_world.sync, actor=None, tested=True)
    empty_world.run(trigger="schedule", scope="dirty")
    return empty_world


def test_drift_names_what_nobody_told_of(live: World, as_owner: Client) -> None:
    context = live.app.extensions["context"]
    links = RecordLink.objects.select_related("left")
    anna, bob = (links.get(left__values__firstName=name) for name in ("Anna", "Bob"))
    highlevel.contact_delete(context, anna.left.remote_id)
    # Bob's company was changed, and no poll will show it: they ask for what is later
    stale = {**bob.left.values, "companyName": "Lost & Co"}
    RemoteRecord.objects.filter(pk=bob.left_id).update(values=stale)
    connection = Connection.objects.get(pk=live.left.pk)
    connection.cursors["contact"]["modified"] = (now() + timedelta(hours=1)).isoformat()
    connection.save(update_fields=["cursors"])

    run = live.run(trigger="reconcile", scope="dirty")

    assert (run.state, run.is_quiet) == ("completed", False)
    assert run.drift["left"]["delete"] == 1
    assert ["delete", "Anna", anna.left.remote_id] in run.drift["left"]["who"]
    assert run.drift["left"]["change"] == 1
    assert run.drift["right"] == {"change": 0, "create": 0, "delete": 0, "who": []}
    page = as_owner.get(f"/w/{live.workspace.slug}/runs/{run.pk}/").content.decode()
    assert "What nobody had told of" in page
    assert "told of everything" in page


def test_what_the_next_poll_would_tell_is_no_drift(live: World) -> None:
    link = RecordLink.objects.select_related("left").first()
    assert link is not None
    highlevel_add(live, link.left.remote_id, companyName="Fresh & Co")
    highlevel_add(live, firstName="Dora", email="dora@example.com")

    run = live.run(trigger="reconcile", scope="dirty")

    assert run.counts["create"] == 1
    assert run.drift["left"]["who"] == []


def test_it_costs_its_pages_and_polls_go_on_as_before(live: World) -> None:
    run = live.run(trigger="reconcile", scope="dirty")
    assert run.calls == run.minimum_calls == {"GHL": 1, "Zoho": 1}

    poll = live.run(trigger="schedule", scope="dirty")
    assert (poll.calls, poll.is_quiet) == ({"GHL": 1, "Zoho": 1}, True)


def test_the_command_line_compares_everything(live: World) -> None:
    call_command("crosswalk_sync", "Contacts", "--live", "--reconcile")

    run = SyncRun.objects.latest("pk")
    assert (run.trigger, run.state) == ("reconcile", "completed")
    with pytest.raises(UsageError, match="goes with --live"):
        call_command("crosswalk_sync", "Contacts", "--test", "--reconcile")


def test_an_editor_compares_everything_now(
    workspace: Workspace, client: Client, editor: Any, viewer: Any
) -> None:
    sync = live_sync(workspace)
    url = f"/w/{workspace.slug}/syncs/{sync.pk}/compare/"
    client.force_login(viewer)
    assert client.post(url).status_code == 403
    client.force_login(editor)

    client.post(url)

    run = SyncRun.objects.get()
    assert (run.trigger, run.requested_by) == ("reconcile", editor)
