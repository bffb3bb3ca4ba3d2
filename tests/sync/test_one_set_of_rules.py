"""A run goes by one set of rules: those it began with, or those its plan was made by."""

from __future__ import annotations

from typing import Any

import pytest

from crosswalk.errors import ConfigError
from mapping.services import mapping_publish, mapping_save
from sync.applying import writing
from sync.choices.approving import plan_approve
from sync.context import SliceOver
from sync.deciding import units
from sync.models import Plan, RecordLink, Sync
from sync.running import execution, planning
from sync.running.execution import run_slice
from sync.services import RunActive, run_cancel, run_request
from sync.setup.saving import SETTINGS, sync_go_live, sync_pause, sync_resume, sync_save
from synclog.models import SyncRun
from tests.sync.test_choosing import highlevel_add
from tests.sync.test_deletes import leave, link_of
from tests.sync.world import World

EMAIL = {"left": "email", "right": "email"}


def poll(world: World) -> SyncRun:
    return world.run(scope="dirty", trigger="schedule")


def publish(world: World, *lines: dict[str, Any]) -> None:
    saved = mapping_save(
        sync=world.sync,
        object_type="contact",
        direction="both",
        lines=lines,
        actor=None,
    )
    mapping_publish(mapping=saved, actor=None)


@pytest.fixture
def crowd(empty_world: World) -> World:
    world = empty_world
    for number in range(30):
        highlevel_add(
            world,
            firstName=f"Person{number}",
            email=f"person{number}@example.com",
            companyName=f"Company {number}",
        )
    world.run()
    sync_go_live(sync=world.sync, actor=None, tested=True)
    world.sync.refresh_from_db()
    world.run()
    world.sent.clear()
    return world


def settings_save(world: World, **changes: Any) -> None:
    """Change rules of the sync as its page does."""
    sync = Sync.objects.get()
    names = {"delete": "delete_policy"}
    kept = {name: getattr(sync, names.get(name, name)) for name in SETTINGS}
    sync_save(
        workspace=world.workspace,
        name=sync.name,
        left=sync.left,
        right=sync.right,
        actor=None,
        **{**kept, **changes},
    )


def websites(world: World) -> None:
    for link in RecordLink.objects.select_related("left").order_by("pk"):
        highlevel_add(world, link.left.remote_id, website="https://new.example")


def swap(world: World) -> None:
    """Publish a mapping that writes websites over everybody's company at Zoho."""
    Sync.objects.update(first_merge="left", conflict="left")
    publish(
        world,
        EMAIL,
        {"left": "website", "right": "company_name", "direction": "left_to_right"},
    )


def companies(world: World) -> set[str]:
    rows = RecordLink.objects.select_related("right")
    return {row.right.values["company_name"] for row in rows}


def test_an_approved_plan_is_carried_out_by_the_rules_it_was_made_by(
    crowd: World,
) -> None:
    """Approved: 30 websites. Then, before or between its slices, a mapping is published."""
    Sync.objects.update(first_merge="left", conflict="left")
    websites(crowd)
    test = crowd.run("test")
    assert (test.counts["update"], test.plan is not None) == (30, True)
    run = plan_approve(plan=test.plan, actor=None)

    swap(crowd)
    crowd.work(run)

    assert "https://new.example" not in companies(crowd)


def test_an_approved_plan_removes_nobody_it_did_not_show(crowd: World) -> None:
    for number in range(10):
        leave(crowd, f"Person{number}")
    crowd.run(trigger=SyncRun.Trigger.RECONCILE, scope="dirty")
    link = link_of(crowd, "Person20")
    highlevel_add(crowd, link.left.remote_id, website="https://new.example")
    test = crowd.run("test")
    assert (test.counts["delete"], test.counts["update"]) == (0, 1)
    run = plan_approve(plan=test.plan, actor=None)

    settings_save(crowd, delete="mirror")
    done = crowd.work(run)

    assert done.counts["delete"] == 0


def test_a_mapping_published_between_two_slices_ends_the_run_and_the_next_is_guarded(
    crowd: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    websites(crowd)
    stop_once(monkeypatch, 1, lambda: swap(crowd))

    ended, following = poll(crowd), poll(crowd)

    assert (ended.state, ended.reason_code) == ("cancelled", "rules_changed")
    assert following.reason_code == "guard"
    assert "https://new.example" not in companies(crowd)


def stop_once(
    monkeypatch: pytest.MonkeyPatch, chunk_number: int, meanwhile: Any = lambda: None
) -> None:
    """End the first slice before a chunk of a run is written."""
    chunk, begun = writing._chunk, []

    def once(context: Any, source: Any, some: Any) -> None:
        begun.append(1)
        if len(begun) == chunk_number:
            meanwhile()
            raise SliceOver
        chunk(context, source, some)

    monkeypatch.setattr(writing, "_chunk", once)


def half_written(crowd: World, monkeypatch: pytest.MonkeyPatch) -> SyncRun:
    """Return the run of an approved plan of thirty changes, five of them written."""
    websites(crowd)
    test = crowd.run("test")
    assert test.plan is not None
    run = plan_approve(plan=test.plan, actor=None)
    monkeypatch.setattr(units, "CHUNK", 5)
    stop_once(monkeypatch, 2)
    run_slice(run.pk, seconds=600, early=True)
    run.refresh_from_db()
    crowd.sent.clear()
    return run


def test_a_paused_sync_writes_nothing_more_and_goes_on_where_it_was(
    crowd: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = half_written(crowd, monkeypatch)

    sync_pause(sync=crowd.sync, actor=None)
    run.refresh_from_db()
    assert (run.is_paused, run.next_at) == (True, None)
    assert run.reason == "Paused with its sync."
    run_slice(run.pk, seconds=600, early=True)
    assert crowd.writes() == []

    sync_resume(sync=crowd.sync, actor=None)
    done = crowd.work(SyncRun.objects.get(pk=run.pk))
    assert (done.state, done.counts["update"]) == ("completed", 30)
    assert len(crowd.writes()) == 25


def test_a_run_that_rests_is_told_to_who_would_start_another(
    crowd: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = half_written(crowd, monkeypatch)
    sync_pause(sync=crowd.sync, actor=None)

    with pytest.raises(RunActive) as caught:
        run_request(sync=crowd.sync, mode="live", trigger="manual")

    words = caught.value.words("Approve")
    assert words == (
        f"Run {run.pk} rests and keeps its place. Resume it or stop it. Approve when it "
        "has ended."
    )


def test_what_is_asked_for_of_a_paused_sync_is_done(crowd: World) -> None:
    websites(crowd)
    sync_pause(sync=crowd.sync, actor=None)
    test = crowd.run("test")
    assert test.plan is not None

    run = plan_approve(plan=test.plan, actor=None, only=[first_unit(test.plan)])

    assert crowd.work(run).counts["update"] == 1


def first_unit(plan: Plan) -> str:
    change = plan.changes.first()
    assert change is not None
    return change.unit


def test_a_first_import_that_is_stopped_does_not_go_on_by_a_poll(
    empty_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(10):
        highlevel_add(empty_world, email=f"person{number}@example.com")
    test = empty_world.run("test")
    assert test.plan is not None
    run = plan_approve(plan=test.plan, actor=None)
    monkeypatch.setattr(units, "CHUNK", 5)
    stop_once(monkeypatch, 2)
    run_slice(run.pk, seconds=600, early=True)

    run_cancel(run=SyncRun.objects.get(pk=run.pk), actor=None)

    sync = Sync.objects.get()
    assert (sync.state, sync.next_poll_at) == (Sync.State.PAUSED, None)
    assert "stopped before it was through" in sync.paused_reason


def test_a_test_of_two_rules_ends_without_a_plan_to_approve(
    crowd: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    websites(crowd)
    test = run_request(sync=crowd.sync, mode="test", trigger="manual")
    with monkeypatch.context() as patched:
        patched.setattr(planning, "_store", slice_over)
        run_slice(test.pk, seconds=600, early=True)

    settings_save(crowd, conflict="left")
    test = crowd.work(SyncRun.objects.get(pk=test.pk))

    assert (test.state, test.reason_code) == ("cancelled", "rules_changed")
    assert not Plan.objects.filter(sync=crowd.sync, state=Plan.State.READY).exists()


def slice_over(*_: Any) -> None:
    raise SliceOver


def test_a_mapping_published_while_a_test_reads_ends_its_plan(
    crowd: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The test decides by the mapping it began with; approved, the new one is written."""
    Sync.objects.update(first_merge="left", conflict="left")
    websites(crowd)
    read = execution._read

    def reading(context: Any) -> None:
        read(context)
        swap(crowd)  # another process

    monkeypatch.setattr(execution, "_read", reading)
    test = crowd.run("test")
    monkeypatch.undo()
    assert test.plan is not None
    shown = test.plan.changes.values_list("changes", flat=True)
    assert {c["right"] for row in shown for c in row if c["action"] == "write"} == {
        "website"
    }

    with pytest.raises(ConfigError, match="out of date"):
        plan_approve(plan=test.plan, actor=None)
