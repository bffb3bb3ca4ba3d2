"""A long run steps aside for what has just arrived, between two of its slices."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from sandbox.highlevel import service as highlevel
from sync.jobs import tick, work_run
from sync.models import InboxEvent, RecordLink
from sync.running.execution import run_slice
from sync.running.lanes import step_aside
from sync.services import run_cancel, run_request
from sync.setup.saving import sync_go_live
from synclog.models import LogEntry, SyncRun
from tests.sync.test_choosing import highlevel_add, zoho_add
from tests.sync.test_inbox import told
from tests.sync.world import CountingTransport, World

NEW = "+447911100001"


class SlowCreates(CountingTransport):
    """Takes the whole slice for each create."""

    clock = SimpleNamespace(now=0.0)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST" and request.url.path.endswith("/contacts"):
            self.clock.now += 100
        return super().handle_request(request)


@pytest.fixture
def slow(empty_world: World, settings: Any, monkeypatch: pytest.MonkeyPatch) -> World:
    """A live sync with Anna linked, and three people still to be created at Zoho."""
    save(empty_world, "Anna")
    empty_world.run()
    sync_go_live(sync=empty_world.sync, actor=None, tested=True)
    for name in ("Bert", "Carl", "Dora"):
        save(empty_world, name)
    empty_world.sent.clear()
    settings.TRANSPORT_FACTORY = lambda: SlowCreates(empty_world.app, empty_world.sent)
    clock = SimpleNamespace(monotonic=lambda: SlowCreates.clock.now)
    monkeypatch.setattr("sync.context.time", clock)
    return empty_world


def save(world: World, name: str, **fields: str) -> str:
    context = world.app.extensions["context"]
    values = {"firstName": name, "email": f"{name}@x.example", **fields}
    found = highlevel.contact_list(world.store, name)
    record = found[0]["id"] if found else None
    return str(highlevel.contact_save(context, record, values)["id"])


def backfill(world: World) -> SyncRun:
    """A backfill that has written one of its people, and whose slice is over."""
    run = run_request(sync=world.sync, mode="live", trigger="command")
    worked = run_slice(run.pk, early=True)
    assert worked is not None
    assert (worked.state, worked.phase) == ("queued", "write")
    return worked


def anna_changes(world: World) -> None:
    """Anna's phone is edited, and a notice tells of it."""
    told(world, save(world, "Anna", phone=NEW))


def zoho_writes(world: World) -> list[str]:
    return [w.split(" ")[0] for w in world.writes() if "/zoho/" in w]


def test_what_arrives_is_written_before_the_next_slice(slow: World) -> None:
    long = backfill(slow)
    anna_changes(slow)

    work_run(long.pk)  # another slice: one more create, then it steps aside
    short = SyncRun.objects.get(trigger="webhook")
    work_run(short.pk)

    assert zoho_writes(slow) == ["POST", "POST", "PUT"]
    assert NEW in str(slow.store.all("zoho.contact"))
    assert LogEntry.objects.get(run=short).outcome == "update"
    long.refresh_from_db()
    assert (long.state, long.is_aside) == (SyncRun.State.QUEUED, False)


def test_the_long_run_ends_as_it_would_have(slow: World) -> None:
    long = backfill(slow)
    anna_changes(slow)
    while long.is_active:
        work_run(long.pk)
        for short in SyncRun.objects.filter(trigger="webhook", state="queued"):
            work_run(short.pk)
        long.refresh_from_db()

    assert long.counts["create"] == 3
    assert len(slow.store.all("zoho.contact")) == 4
    assert slow.lists() == {"in_sync": 4}
    assert not InboxEvent.objects.filter(next_at__isnull=False).exists()


def test_it_has_a_slice_to_itself_before_it_steps_aside_again(slow: World) -> None:
    long = backfill(slow)
    anna_changes(slow)
    work_run(long.pk)
    anna_changes(slow)
    work_run(SyncRun.objects.get(trigger="webhook").pk)
    told(slow, save(slow, "Anna", phone="+447911100009"))

    tick()

    assert not SyncRun.objects.filter(trigger="webhook", state="queued").exists()


def test_without_cause_it_goes_on(slow: World) -> None:
    assert step_aside(backfill(slow)) is None


def test_stopping_the_short_run_brings_the_long_one_back(slow: World) -> None:
    long = backfill(slow)
    anna_changes(slow)
    short = step_aside(long)
    assert short is not None

    run_cancel(run=short, actor=None)

    long.refresh_from_db()
    assert (long.state, long.is_aside) == (SyncRun.State.QUEUED, False)


def test_one_that_nobody_told_looks_itself(slow: World) -> None:
    long = backfill(slow)
    anna_changes(slow)
    short = step_aside(long)
    assert short is not None

    assert run_slice(long.pk, early=True) is None  # the short one is still under way
    SyncRun.objects.filter(pk=short.pk).update(state="failed", next_at=None)
    worked = run_slice(long.pk, early=True)

    assert worked is not None
    assert not worked.is_aside


def test_the_first_look_at_both_sides_is_not_interrupted(empty_world: World) -> None:
    """Before that, who is on the other side is not known."""
    sync_go_live(sync=empty_world.sync, actor=None, tested=True)
    told(empty_world, save(empty_world, "Anna"))
    run = run_request(sync=empty_world.sync, mode="live", trigger="command")

    assert step_aside(run) is None


def test_whom_somebody_else_has_taken_meanwhile_is_not_linked_again(
    slow: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.deciding.units.CHUNK", 1)
    slow.switch(put_refuses_duplicates=False)
    phone = "+14155550123"
    other = {"first_name": "Else", "last_name": "Berg", "email": "other@x.example"}
    zoho_add(slow, contact_name="E. Berg", contact_persons=[{**other, "phone": phone}])
    save(slow, "Else", lastName="Berg", phone=phone, email="e@x.example")
    long = backfill(slow)
    came = highlevel_add(
        slow, firstName="Else", lastName="Carr", email="other@x.example", phone=NEW
    )
    told(slow, came)
    work_run(long.pk)  # another slice: one more create, then it steps aside
    short = SyncRun.objects.get(trigger="webhook")
    work_run(short.pk)

    while long.is_active:
        work_run(long.pk)
        long.refresh_from_db()

    assert (long.state, long.counts["failed"]) == ("completed", 0)
    assert RecordLink.objects.get(left__remote_id=came).right.label == "E. Berg"
    assert sum(slow.lists().values()) == 6
