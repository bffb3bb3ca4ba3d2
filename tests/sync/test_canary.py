"""Canary: the first people of a plan are written, then the sync rests and asks."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import httpx
import pytest
from django.core.management import CommandError, call_command
from flask import Flask

from config.importsyncs import _state_import
from crosswalk.clock import now
from crosswalk.errors import ConfigError
from sandbox.context import Context
from sandbox.highlevel import service as highlevel
from sync.choices.approving import plan_approve
from sync.choices.goingon import canary_go_on
from sync.choices.undoing import undo_request
from sync.inbox.waiting import inbox_syncs
from sync.jobs import tick
from sync.models import InboxEvent, Plan, Sync
from sync.running.execution import run_slice
from sync.running.pruning import prune
from sync.services import run_cancel
from sync.setup.saving import sync_resume, sync_save
from synclog.models import LogEntry, SyncRun
from tests.sync.world import World

PEOPLE, FIRST = 8, 3


@pytest.fixture
def tested(empty_world: World) -> World:
    """A tested sync: eight people at HighLevel are to be created at Zoho."""
    context: Context = empty_world.app.extensions["context"]
    for number in range(PEOPLE):
        fields = {"firstName": f"Person{number}", "email": f"p{number}@example.com"}
        highlevel.contact_save(context, None, fields)
    empty_world.run("test")
    return empty_world


def approve(world: World, first: int | None = FIRST) -> SyncRun:
    plan = Plan.objects.filter(sync=world.sync).latest("pk")
    run = world.work(plan_approve(plan=plan, actor=None, first=first))
    world.sync.refresh_from_db()
    return run


def go_on(world: World) -> SyncRun:
    run = world.work(canary_go_on(sync=world.sync, actor=None))
    world.sync.refresh_from_db()
    return run


def created(world: World) -> int:
    return len(world.store.all("zoho.contact"))


def test_the_first_are_written_and_the_sync_rests(tested: World) -> None:
    run = approve(tested)

    assert (run.state, run.counts["create"], created(tested)) == ("completed", 3, 3)
    assert sum(run.counts.values()) == FIRST
    assert LogEntry.objects.filter(run=run).count() == FIRST
    sync = tested.sync
    assert (sync.state, sync.canary_id) == (Sync.State.PAUSED, run.pk)
    assert sync.paused_reason == "The first 3 are written. Look at them, then go on."


def test_the_guard_of_the_sync_says_how_many(tested: World) -> None:
    tested.sync.guards = {"canary": 2}
    tested.sync.save()

    assert approve(tested, first=None).counts["create"] == 2


def test_while_it_rests_nothing_flows(tested: World) -> None:
    approve(tested)
    event = InboxEvent.objects.create(
        connection=tested.left,
        event_type="ContactUpdate",
        object_type="contact",
        body="{}",
        next_at=now(),
    )

    tick()

    assert inbox_syncs() == []
    event.refresh_from_db()
    assert event.next_at is not None  # it waits; nobody has closed it
    assert tested.sync.next_poll_at is None
    with pytest.raises(ConfigError, match="rest waits for you"):
        sync_resume(sync=tested.sync, actor=None)
    _state_import(tested.sync, "live")  # a file imported again lets nothing through
    tested.sync.refresh_from_db()
    assert tested.sync.state == Sync.State.PAUSED


def test_going_on_writes_the_rest_of_the_plan(tested: World) -> None:
    approve(tested)

    run = go_on(tested)

    assert (run.counts["create"], run.counts["unchanged"]) == (PEOPLE - FIRST, 0)
    assert created(tested) == PEOPLE
    assert (tested.sync.state, tested.sync.canary_id) == (Sync.State.LIVE, None)
    with pytest.raises(ConfigError):
        canary_go_on(sync=tested.sync, actor=None)


def test_other_rules_need_another_test(tested: World) -> None:
    approve(tested)
    tested.sync.conflict = "ask"
    tested.sync.save()

    with pytest.raises(ConfigError, match="Test again"):
        canary_go_on(sync=tested.sync, actor=None)

    tested.run("test")
    assert approve(tested, first=0).counts["create"] == PEOPLE - FIRST
    assert (tested.sync.state, tested.sync.canary_id) == (Sync.State.LIVE, None)


def test_the_first_can_be_undone_while_it_rests(tested: World) -> None:
    run = approve(tested)

    test = tested.work(undo_request(run=run, actor=None))

    assert sum(test.counts.values()) == FIRST


def test_a_plan_of_a_few_is_carried_out_whole(tested: World) -> None:
    assert approve(tested, first=PEOPLE).counts["create"] == PEOPLE
    assert tested.sync.state == Sync.State.LIVE


def test_a_draft_stays_a_draft(tested: World) -> None:
    plan = Plan.objects.latest("pk")
    tested.work(plan_approve(plan=plan, actor=None, go_live=False, first=FIRST))
    tested.sync.refresh_from_db()

    assert tested.sync.state == Sync.State.TESTED
    assert go_on(tested).counts["create"] == PEOPLE - FIRST
    assert tested.sync.state == Sync.State.TESTED


def test_stopped_before_it_began_it_rests_too(tested: World) -> None:
    plan = Plan.objects.latest("pk")
    run = plan_approve(plan=plan, actor=None, first=FIRST)

    run_cancel(run=run, actor=None)

    tested.sync.refresh_from_db()
    assert (tested.sync.state, tested.sync.canary_id) == (Sync.State.PAUSED, run.pk)
    assert "did not get through" in tested.sync.paused_reason
    assert go_on(tested).counts["create"] == PEOPLE


def test_its_run_is_kept_while_it_rests(tested: World) -> None:
    run = approve(tested)
    SyncRun.objects.filter(pk=run.pk).update(
        finished_at=run.created_at.replace(year=2020)
    )

    prune()

    assert SyncRun.objects.filter(pk=run.pk).exists()


def test_the_command_goes_on_with_the_same_plan(tested: World) -> None:
    tested.sync.guards = {"canary": FIRST}
    tested.sync.save()
    test = str(SyncRun.objects.get(mode="test").pk)

    def command(*more: str) -> Any:
        out = StringIO()
        call_command(
            "crosswalk_sync", "Contacts", "--live", *more, "--json", stdout=out
        )
        return json.loads(out.getvalue())

    first = command("--plan", test)
    assert (first["outcome"], sum(first["counts"].values())) == ("completed", FIRST)
    with pytest.raises(CommandError, match="go on with --plan"):
        command()
    rest = command("--plan", test)
    assert rest["counts"]["create"] == PEOPLE - FIRST
    assert command()["counts"]["create"] == 0


# --- killed ---------------------------------------------------------------------------


class Killed(BaseException):
    """Stands for kill -9: what the process had not stored is gone."""


class Deadly(httpx.BaseTransport):
    """Ends the process at the given create, before or after it was done."""

    def __init__(self, app: Flask, at: int, *, done: bool) -> None:
        self.inner = httpx.WSGITransport(app=app)
        self.left, self.done = at, done

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.rstrip("/")
        if request.method == "POST" and path.endswith("/contacts"):
            self.left -= 1
            if not self.left and not self.done:
                raise Killed
        answer = self.inner.handle_request(request)
        if not self.left:
            raise Killed
        return answer


@pytest.mark.parametrize("at", [1, 2, 3])
@pytest.mark.parametrize("done", [True, False])
def test_a_killed_one_writes_these_and_nobody_else(
    tested: World, settings: Any, at: int, done: bool
) -> None:
    plan = Plan.objects.latest("pk")
    run = plan_approve(plan=plan, actor=None, first=FIRST)
    kept, deadly = settings.TRANSPORT_FACTORY, Deadly(tested.app, at, done=done)
    settings.TRANSPORT_FACTORY = lambda: deadly
    with pytest.raises(Killed):
        run_slice(run.pk, early=True)
    settings.TRANSPORT_FACTORY = kept
    SyncRun.objects.filter(pk=run.pk).update(lease_owner="", lease_until=None)

    ended = tested.work(SyncRun.objects.get(pk=run.pk))

    assert (ended.state, created(tested)) == ("completed", FIRST)
    assert LogEntry.objects.filter(run=run).count() == FIRST
    tested.sync.refresh_from_db()
    assert tested.sync.canary_id == run.pk
    assert go_on(tested).counts["create"] == PEOPLE - FIRST
    assert created(tested) == PEOPLE


def test_settings_keep_the_number(tested: World) -> None:
    sync = tested.sync
    kept = {
        "match": sync.match,
        "first_merge": sync.first_merge,
        "conflict": sync.conflict,
        "delete": sync.delete_policy,
        "history": sync.history,
        "schedule": sync.schedule,
    }

    def save(canary: int) -> Sync:
        return sync_save(
            workspace=tested.workspace,
            name=sync.name,
            left=tested.left,
            right=tested.right,
            actor=None,
            guards={"canary": canary},
            **kept,
        )

    assert save(1000).guards == {"canary": 1000}
    with pytest.raises(ConfigError, match="from 0 to 1,000"):
        save(1001)
