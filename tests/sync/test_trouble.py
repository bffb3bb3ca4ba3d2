"""When a side is down, slow, spent or no longer ours: the run says so and goes on."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from crosswalk.clock import now
from crosswalk.crypto import decrypt
from crosswalk.errors import ConfigError
from integrations.models import BudgetWindow, Connection
from integrations.services import connection_add_token
from sandbox.context import Context
from sandbox.highlevel import service as highlevel
from sandbox.highlevel.grants import ACCESS
from sandbox.highlevel.grants import _key as token_key
from sandbox.highlevel.oauth import issue_location_token
from sync.applying.refusals import NAMES
from sync.choices.approving import plan_approve
from sync.jobs import tick
from sync.models import SyncRecord
from sync.running.execution import run_slice
from sync.running.pruning import prune
from sync.running.regained import syncs_regained
from sync.services import run_cancel, run_request
from sync.setup.saving import sync_go_live
from synclog.models import LogEntry, SyncRun
from tests.sync.world import World

PEOPLE = [
    {"firstName": f"Person{n}", "lastName": "Berg", "email": f"p{n}@example.com"}
    for n in range(6)
]


def fault(world: World, system: str, match: str, kind: str, times: int = 1) -> None:
    """Have the next matching calls fail."""
    world.switch(
        fail_next=[
            {
                "system": system,
                "match": match,
                "fault": kind,
                "times": times,
                "seconds": 0,
            }
        ]
    )


def fill(world: World) -> None:
    context: Context = world.app.extensions["context"]
    for person in PEOPLE:
        highlevel.contact_save(context, None, person)


def test_a_create_whose_answer_is_lost_is_not_made_twice(empty_world: World) -> None:
    fill(empty_world)
    fault(empty_world, "zoho", "POST .*/contacts$", "commit_then_timeout")

    run = empty_world.run()

    assert run.state == SyncRun.State.COMPLETED
    assert run.counts["create"] == 6
    assert len(empty_world.store.all("zoho.contact")) == 6


def test_a_create_answered_500_after_it_was_done_is_found(empty_world: World) -> None:
    fill(empty_world)
    fault(empty_world, "zoho", "POST .*/contacts$", "commit_then_500", times=3)

    run = empty_world.run()

    assert run.counts["create"] == 6
    assert len(empty_world.store.all("zoho.contact")) == 6


def test_a_429_makes_the_run_wait_and_go_on(empty_world: World) -> None:
    fill(empty_world)
    fault(empty_world, "zoho", "POST .*/contacts$", "429")

    run = empty_world.run()
    assert run.state == SyncRun.State.WAITING
    assert run.next_at is not None
    assert run.reason

    BudgetWindow.objects.update(blocked_until=None)
    run = empty_world.work(run)

    assert run.state == SyncRun.State.COMPLETED
    assert run.counts["create"] == 6
    assert len(empty_world.store.all("zoho.contact")) == 6


def test_a_side_that_is_down_makes_the_run_wait_longer_each_time(
    empty_world: World,
) -> None:
    fault(empty_world, "highlevel", "POST .*/search", "html503", times=50)

    run = empty_world.run()
    first = run.next_at
    run = empty_world.work(run)

    assert run.state == SyncRun.State.WAITING
    assert first is not None
    assert run.next_at is not None
    assert run.checkpoint["troubles"] == 2


def test_a_token_removed_at_highlevel_asks_to_reconnect(empty_world: World) -> None:
    token = decrypt(empty_world.left.grant.credentials)["token"]
    empty_world.store.delete(ACCESS, token_key(token))

    run = empty_world.run()

    assert run.state == SyncRun.State.FAILED
    empty_world.left.refresh_from_db()
    assert empty_world.left.health == Connection.Health.NEEDS_RECONNECT
    assert "HighLevel" in empty_world.left.health_reason
    empty_world.right.refresh_from_db()
    assert empty_world.right.health == Connection.Health.ACTIVE


def test_one_refused_record_does_not_stop_the_others(empty_world: World) -> None:
    fill(empty_world)
    empty_world.switch(
        fail_next=[
            {
                "system": "zoho",
                "match": "POST .*/contacts$",
                "fault": "500",
                "times": 3,
            }
        ]
    )

    run = empty_world.run()

    assert run.counts["create"] + run.counts["failed"] == 6
    made = len(empty_world.store.all("zoho.contact"))
    assert made == run.counts["create"]
    failed = LogEntry.objects.filter(run=run, outcome="failed")
    assert all(entry.error_message for entry in failed)

    again = empty_world.run()
    assert again.state == SyncRun.State.COMPLETED
    assert len(empty_world.store.all("zoho.contact")) == 6
    assert Connection.objects.filter(health="active").count() == 2


def test_a_failing_record_rests_before_polls_try_it_again(empty_world: World) -> None:
    context: Context = empty_world.app.extensions["context"]
    highlevel.contact_save(context, None, PEOPLE[0])
    fault(empty_world, "zoho", "POST .*/contacts$", "500", times=3)
    empty_world.run()
    assert empty_world.lists() == {"failing": 1}
    empty_world.sent.clear()

    empty_world.run(trigger=SyncRun.Trigger.SCHEDULE, scope="dirty")
    assert empty_world.writes() == []

    SyncRecord.objects.update(retry_at=None)
    empty_world.run(trigger=SyncRun.Trigger.SCHEDULE, scope="dirty")
    assert empty_world.lists() == {"in_sync": 1}


def test_approving_a_plan_applies_it_and_counts_every_unit(empty_world: World) -> None:
    fill(empty_world)
    test = empty_world.run("test")
    assert test.plan is not None
    context: Context = empty_world.app.extensions["context"]
    moved = highlevel.contact_list(empty_world.store, "Person3")[0]
    highlevel.contact_save(context, moved["id"], {"lastName": "Holm"})

    run = empty_world.work(plan_approve(plan=test.plan, actor=None))

    assert run.state == SyncRun.State.COMPLETED
    assert run.counts["create"] == 6
    names = str(empty_world.store.all("zoho.contact"))
    assert "Holm" in names
    entry = LogEntry.objects.get(run=run, label__contains="Person3")
    assert entry.trace[0][0] == "planned again"
    empty_world.sync.refresh_from_db()
    assert empty_world.sync.state == "live"


def test_a_plan_is_approved_once(empty_world: World) -> None:
    fill(empty_world)
    test = empty_world.run("test")
    assert test.plan is not None
    empty_world.work(plan_approve(plan=test.plan, actor=None))

    with pytest.raises(ConfigError, match="out of date"):
        plan_approve(plan=test.plan, actor=None)


def test_a_stopped_run_writes_no_further(empty_world: World) -> None:
    fill(empty_world)
    run = run_request(sync=empty_world.sync, mode="live", trigger="manual")

    assert run_cancel(run=run, actor=None)

    run.refresh_from_db()
    assert run.state == SyncRun.State.CANCELLED
    assert run_slice(run.pk) is None
    assert empty_world.writes() == []


def test_old_rows_are_deleted_at_their_term(empty_world: World) -> None:
    fill(empty_world)
    run = empty_world.run()
    SyncRun.objects.update(finished_at=now() - timedelta(days=91))
    LogEntry.objects.update(at=now() - timedelta(days=91))

    assert prune().gone > 6

    assert not LogEntry.objects.filter(run=run).exists()
    assert SyncRecord.objects.count() == 6


def test_after_a_long_wait_both_sides_are_read_again(empty_world: World) -> None:
    fill(empty_world)
    fault(empty_world, "zoho", "POST .*/contacts$", "429")
    queued = empty_world.store.get("switches", "all")["fail_next"]
    empty_world.switch(fail_next=[{**queued[0], "headers": {"Retry-After": "3600"}}])
    run = empty_world.run()
    assert run.state == SyncRun.State.WAITING
    context: Context = empty_world.app.extensions["context"]
    late = highlevel.contact_list(empty_world.store, "Person5")[0]
    highlevel.contact_save(context, late["id"], {"lastName": "Holm"})

    BudgetWindow.objects.update(blocked_until=None)
    with time_machine.travel(now() + timedelta(hours=1)):
        run = empty_world.work(run)

    assert run.state == SyncRun.State.COMPLETED
    assert run.counts["create"] == 6
    assert "Holm" in str(empty_world.store.all("zoho.contact"))


def test_a_name_that_is_taken_again_and_again_fails_instead_of_going_on_for_ever(
    empty_world: World,
) -> None:
    context: Context = empty_world.app.extensions["context"]
    highlevel.contact_save(context, None, PEOPLE[0])
    taken = {"code": 3062, "message": "already exists"}
    create = {"system": "zoho", "match": "POST .*/contacts$", "times": 0}
    empty_world.switch(fail_next=[{**create, "fault": "400", "body": taken}])

    empty_world.run()

    record = SyncRecord.objects.get()
    assert (record.list, record.reason_code) == ("failing", "name_taken")
    assert len(empty_world.writes()) == NAMES


# --- after a connection is connected again ----------------------------------------------


def lose_highlevel(world: World) -> SyncRun:
    """Go live, and have HighLevel accept our token no longer."""
    sync_go_live(sync=world.sync, actor=None, tested=True)
    token = decrypt(world.left.grant.credentials)["token"]
    world.store.delete(ACCESS, token_key(token))
    return world.run(trigger=SyncRun.Trigger.SCHEDULE, scope="dirty")


def test_what_waited_for_a_connection_goes_on_as_soon_as_it_is_back(
    empty_world: World,
) -> None:
    failed = lose_highlevel(empty_world)
    assert failed.state == SyncRun.State.FAILED
    assert not syncs_regained().exists()

    connection_add_token(
        workspace=empty_world.workspace,
        kind="highlevel",
        name="",
        account_id=empty_world.left.account_id,
        token=issue_location_token(empty_world.store),
        site="sandbox",
    )
    assert [sync.pk for sync in syncs_regained()] == [empty_world.sync.pk]

    tick()
    run = empty_world.work(SyncRun.objects.latest("pk"))
    assert run.pk != failed.pk
    assert run.state == SyncRun.State.COMPLETED
    assert not syncs_regained().exists()


@pytest.mark.parametrize("state", ["paused", "draft"])
def test_a_sync_that_is_not_live_is_not_started_by_a_connection(
    empty_world: World, state: str
) -> None:
    lose_highlevel(empty_world)
    Connection.objects.update(health="active", health_at=now())
    empty_world.sync.refresh_from_db()
    assert syncs_regained().exists()

    empty_world.sync.state = state
    empty_world.sync.save()

    assert not syncs_regained().exists()
