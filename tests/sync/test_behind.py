"""What people decide while a run is under way comes after it, and none of it is lost."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from crosswalk.errors import ConfigError
from sync.choices.choosing import conflict_resolve
from sync.choices.pairing import match_accept, match_refuse
from sync.choices.reconsidering import match_unlink
from sync.jobs import work_run
from sync.models import KeptApart, RecordLink, Sync, SyncRecord
from sync.running.execution import run_slice
from sync.selectors import active_runs
from sync.services import RunActive, run_active, run_cancel, run_request
from sync.setup.saving import sync_go_live, sync_pause
from sync.telling.runstory import title
from synclog.models import SyncRun
from tests.sync.rows import live_sync, run_make
from tests.sync.test_choosing import (
    candidate,
    conflict,
    highlevel_add,
    review,
    value,
    zoho_add,
)
from tests.sync.test_lanes import SlowCreates, backfill, slow
from tests.sync.test_queue import conflicts_make
from tests.sync.world import World
from workspaces.models import Workspace

__all__ = ["conflict", "review", "slow"]  # fixtures


@pytest.fixture
def sync(workspace: Workspace) -> Sync:
    return live_sync(workspace)


def left_wins(record: SyncRecord, actor: Any = None) -> SyncRun:
    return conflict_resolve(record=record, winners={0: "left"}, actor=actor)


def under_way(sync: Sync) -> SyncRun:
    return run_request(sync=sync, mode="live", trigger="command")


def test_a_decision_waits_for_the_run_and_is_carried_out(
    empty_world: World, conflict: SyncRecord
) -> None:
    first = under_way(empty_world.sync)

    run = left_wins(conflict)

    assert (run.state, run.is_aside) == ("waiting", True)
    assert run.reason == f"Comes after run {first.pk}."
    assert title(run).endswith("waits")
    assert run_active(empty_world.sync, "live") == first
    empty_world.work(first)
    run.refresh_from_db()
    assert (run.state, run.is_aside, run.reason) == ("queued", False, "")
    assert empty_world.work(run).counts["update"] == 1
    assert value(empty_world, "right", "company_name") == "Left"


def test_what_is_decided_till_then_goes_in_one_run(sync: Sync) -> None:
    one, two = conflicts_make(sync, 2)
    run_make(sync, "running")

    assert left_wins(one) == left_wins(two)

    run = SyncRun.objects.get(is_aside=True)
    assert run.targets == [*one.rows, *two.rows]
    assert set(run.checkpoint["choices"]) == {str(one.left_id), str(two.left_id)}


def test_each_has_their_own_run(sync: Sync, owner: Any) -> None:
    one, two = conflicts_make(sync, 2)
    run_make(sync, "running")

    mine, others = left_wins(one, actor=owner), left_wins(two)

    assert mine != others
    assert mine.requested_by == owner


def test_one_run_has_so_many(sync: Sync, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sync.services.MOST_BEHIND", 4)
    run_make(sync, "running")

    runs = [left_wins(record) for record in conflicts_make(sync, 5)]

    assert len(set(runs)) == 2
    assert [len(runs[n].targets) for n in (0, 3, 4)] == [1, 4, 1]


def test_they_go_on_one_after_the_other(sync: Sync, owner: Any, editor: Any) -> None:
    one, two = conflicts_make(sync, 2)
    runs = [
        run_make(sync, "queued"),
        left_wins(one, actor=owner),
        left_wins(two, actor=editor),
    ]

    for each in runs:
        assert run_active(sync, "live") == each
        each.refresh_from_db()
        assert not each.is_aside
        run_cancel(run=each, actor=None)

    assert run_active(sync, "live") is None


def test_stopping_one_that_waits_frees_no_other(
    sync: Sync, owner: Any, editor: Any
) -> None:
    one, two = conflicts_make(sync, 2)
    first = run_make(sync, "running")
    mine, others = left_wins(one, actor=owner), left_wins(two, actor=editor)

    run_cancel(run=mine, actor=None)

    assert run_active(sync, "live") == first
    others.refresh_from_db()
    assert (others.state, others.is_aside) == ("waiting", True)


def test_it_does_not_begin_before_its_time(sync: Sync) -> None:
    run_make(sync, "running")
    run = left_wins(*conflicts_make(sync, 1))

    assert run_slice(run.pk, early=True) is None

    run.refresh_from_db()
    assert (run.state, run.started_at) == ("waiting", None)


def test_its_page_says_what_it_waits_for(sync: Sync, as_owner: Client) -> None:
    first = run_make(sync, "running")
    run = left_wins(*conflicts_make(sync, 1))

    said = f"Comes after run {first.pk}."
    page = as_owner.get(f"/w/acme/runs/{run.pk}/").content.decode()
    assert f"{said} It begins when that has ended." in page
    assert said in as_owner.get("/w/acme/runs/").content.decode()


def test_the_one_at_work_is_told_of_not_the_one_behind(sync: Sync) -> None:
    first = run_make(sync, "running")
    left_wins(*conflicts_make(sync, 1))

    assert active_runs([sync]) == {sync.pk: first}


def test_of_a_sync_that_was_paused_it_is_asked_again(
    empty_world: World, conflict: SyncRecord
) -> None:
    first = under_way(empty_world.sync)
    run = left_wins(conflict)
    sync_pause(sync=empty_world.sync, actor=None)

    run_cancel(run=first, actor=None)

    run.refresh_from_db()
    assert (run.state, run.next_at) == ("cancelled", None)
    assert "Decide again" in run.reason
    assert SyncRecord.objects.get().list == "conflict"


def test_nobody_else_is_written_while_the_first_people_wait_to_be_looked_at(
    empty_world: World, conflict: SyncRecord
) -> None:
    canary = {"units": [], "most": 1}
    first = run_request(
        sync=empty_world.sync, mode="live", trigger="command", canary=canary
    )
    run = left_wins(conflict)

    empty_world.work(first)

    run.refresh_from_db()
    empty_world.sync.refresh_from_db()
    assert (empty_world.sync.state, run.state) == ("paused", "cancelled")


def test_one_asked_for_as_the_other_ends_goes_on_at_once(
    sync: Sync, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = run_make(sync)  # it was under way when somebody looked
    monkeypatch.setattr("sync.services.run_active", lambda sync, mode: ended)

    run = left_wins(*conflicts_make(sync, 1))

    assert (run.state, run.is_aside, run.reason_code) == ("queued", False, "")


def test_a_long_run_lets_it_go_between_two_of_its_slices(slow: World) -> None:
    record = SyncRecord.objects.get(list="in_sync")
    long = backfill(slow)
    record.list, record.detail = (
        "conflict",
        {
            "conflicts": [
                {
                    "left": "companyName",
                    "right": "company_name",
                    "left_value": None,
                    "right_value": None,
                }
            ]
        },
    )
    record.save()
    run = left_wins(record)

    work_run(long.pk)

    run.refresh_from_db()
    long.refresh_from_db()
    assert (run.state, run.is_aside, long.is_aside) == ("queued", False, True)
    work_run(run.pk)
    long.refresh_from_db()
    assert (long.state, long.is_aside) == ("queued", False)
    SlowCreates.clock.now = 0
    assert slow.work(long).counts["create"] == 3
    assert len(slow.store.all("zoho.contact")) == 4


def test_who_is_who_waits_too_and_nothing_is_created_meanwhile(
    empty_world: World, review: SyncRecord
) -> None:
    first = under_way(empty_world.sync)

    run = match_accept(record=review, candidate=candidate(review), actor=None)

    assert not RecordLink.objects.exists()  # the other may just be writing about them
    empty_world.work(first)
    run.refresh_from_db()
    run = empty_world.work(run)
    assert run.state == "completed"
    link = RecordLink.objects.get()
    assert (link.how, link.left_id) == ("person", review.left_id)
    assert "who" not in run.checkpoint


def test_two_people_are_kept_apart_when_its_turn_comes(
    empty_world: World, review: SyncRecord, owner: Any
) -> None:
    first = under_way(empty_world.sync)
    run = match_refuse(record=review, actor=owner)
    assert not KeptApart.objects.exists()

    empty_world.work(first)
    run.refresh_from_db()
    empty_world.work(run)

    assert KeptApart.objects.get().said_by == owner
    assert RecordLink.objects.get().left_id == review.left_id


def test_what_was_settled_meanwhile_is_passed_over(
    empty_world: World, review: SyncRecord
) -> None:
    first = under_way(empty_world.sync)
    run = match_accept(record=review, candidate=candidate(review), actor=None)
    assert review.left is not None
    highlevel_add(empty_world, review.left.remote_id, email="adam@example.com")
    empty_world.work(first)
    link = RecordLink.objects.get(left=review.left_id)  # nobody to be asked any more
    assert link.how != "person"

    run.refresh_from_db()
    assert empty_world.work(run).state == "completed"

    assert RecordLink.objects.get(left=review.left_id) == link


def test_who_is_linked_already_is_refused_at_once(
    empty_world: World, review: SyncRecord
) -> None:
    them = candidate(review)
    zoho_add(empty_world, contact_name="Other")
    first = under_way(empty_world.sync)
    RecordLink.objects.create(
        sync=empty_world.sync,
        object_type="contact",
        left_id=review.left_id,
        right_id=them,
    )

    with pytest.raises(ConfigError, match="linked to somebody else"):
        match_accept(record=review, candidate=them, actor=None)

    assert SyncRun.objects.filter(state="queued").get() == first


def test_taking_back_waits_for_no_run(empty_world: World, review: SyncRecord) -> None:
    run = match_accept(record=review, candidate=candidate(review), actor=None)
    empty_world.work(run)
    sync_go_live(sync=empty_world.sync, actor=None, tested=True)
    under_way(empty_world.sync)

    with pytest.raises(RunActive):
        match_unlink(link=RecordLink.objects.get(), is_open=False, actor=None)

    assert RecordLink.objects.filter(how="person").count() == 1
