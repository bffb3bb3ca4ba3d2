"""When a long run is through, as its page says it; and which lane a run takes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crosswalk.clock import now
from integrations.models import BudgetWindow
from integrations.quotas.budget import subject_of
from sync.context import lane_of
from sync.models import Plan
from sync.telling.outlook import calls_left, finish_words
from synclog.models import SyncRun
from tests.sync.rows import live_sync, run_make


@pytest.fixture
def sync(workspace):
    return live_sync(workspace)


def backfill(sync, state="waiting", **more):
    plan = Plan.objects.create(
        workspace=sync.workspace,
        sync=sync,
        read_at=now(),
        calls={sync.right.name: 2000},
    )
    more.setdefault("phase", "write")
    return run_make(sync, state, plan=plan, total_units=2000, **more)


def test_a_waiting_backfill_says_when_it_is_through(sync):
    run = backfill(sync)

    words = finish_words(run, done=100)

    assert words.startswith("The import finishes ")
    assert words.endswith(".")


def test_a_quota_used_up_today_moves_the_end(sync):
    run = backfill(sync)
    BudgetWindow.objects.create(
        subject=subject_of(sync.right),
        window="day",
        limit=1000,
        used=1000,
        buckets=[[now().timestamp(), 1000]],
        resets_at=now() + timedelta(hours=20),
    )

    assert finish_words(run, done=1990).startswith("The import finishes ")
    assert finish_words(run, done=2000) == ""


def test_work_that_ends_soon_is_left_to_the_pace_of_the_run(sync):
    assert finish_words(backfill(sync), done=1990) == ""


@pytest.mark.parametrize("changes", [{"state": "completed"}, {"phase": "read"}])
def test_nothing_is_said_of_a_run_that_has_ended_or_still_reads(sync, changes):
    assert finish_words(backfill(sync, **changes), done=100) == ""


def test_without_a_plan_what_was_done_tells_what_the_rest_costs(sync):
    name = sync.right.name
    run = run_make(
        sync,
        "waiting",
        phase="write",
        total_units=1000,
        operations={f"{name}: create contact": 300, f"{name}: list contacts": 9},
    )

    assert calls_left(run, name, 200) == 1200
    assert calls_left(run, name, 3) == 0
    assert calls_left(run, sync.left.name, 200) == 0


def test_the_page_of_a_waiting_backfill_shows_it(as_owner, sync):
    run = backfill(sync)

    page = as_owner.get(f"/w/acme/runs/{run.pk}/").content.decode()

    assert "The import finishes " in page


@pytest.mark.parametrize(
    ("mode", "trigger", "scope", "lane"),
    [
        ("live", "webhook", "dirty", "webhook"),
        ("live", "retry", "records", "person"),
        ("live", "manual", "records", "person"),
        ("live", "command", "dirty", "person"),
        ("test", "manual", "all", "person"),
        ("live", "schedule", "dirty", "poll"),
        ("live", "command", "all", "backfill"),
        ("live", "schedule", "all", "backfill"),
    ],
)
def test_a_runs_lane_follows_who_waits_for_it(mode, trigger, scope, lane):
    assert lane_of(SyncRun(mode=mode, trigger=trigger, scope=scope)) == lane


def test_a_run_that_applies_a_plan_is_a_backfill(sync):
    run = backfill(sync, trigger="go_live", scope="records")

    assert lane_of(run) == "backfill"
