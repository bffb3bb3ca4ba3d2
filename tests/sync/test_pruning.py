"""Pruning: in small transactions with rests between, a slice at a time."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest

from crosswalk.clock import now
from sync.jobs import prune_terms
from sync.models import Intent, Plan, PlannedChange
from sync.running import pruning
from sync.running.pruning import Pruning, prune
from synclog.models import LogEntry, SyncRun
from tests.sync.rows import entry_make, live_sync, run_make, unit

OLD = timedelta(days=120)


@pytest.fixture
def sync(workspace):
    return live_sync(workspace)


@pytest.fixture
def run(sync):
    """A run of long ago with seven entries and an intent."""
    run = run_make(sync)
    for number in range(7):
        entry_make(run, unit(sync, "in_sync", number))
    Intent.objects.create(
        run=run, sync=sync, connection=sync.right, object_type="contact", unit="l1"
    )
    LogEntry.objects.update(at=now() - OLD)
    SyncRun.objects.filter(pk=run.pk).update(finished_at=now() - OLD, state="completed")
    return run


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(pruning, "BATCH", 3)
    monkeypatch.setattr(pruning, "REST_SECONDS", 0.0)


def test_between_two_batches_it_rests_as_long_as_the_first_took(run, small):
    rests: list[float] = []
    left: list[int] = []

    def rest(seconds: float) -> None:
        rests.append(seconds)
        left.append(LogEntry.objects.count())

    slice_ = Pruning(until=time.monotonic() + 60, rest=rest)
    slice_.delete(LogEntry.objects.filter(run=run))

    assert left == [4, 1]  # none after the last
    assert all(seconds > 0 for seconds in rests)
    assert (slice_.gone, slice_.is_done) == (7, True)


def test_a_slice_ends_when_its_time_is_up_and_the_next_goes_on(run, small):
    first = prune(seconds=-1.0)

    assert (first.gone, first.is_done) == (3, False)
    assert SyncRun.objects.filter(pk=run.pk).exists()
    second = prune()
    assert (second.gone, second.is_done) == (4 + 1 + 1, True)  # intent, run
    assert not SyncRun.objects.filter(pk=run.pk).exists()


def test_the_worker_goes_on_until_all_is_done(run, small, monkeypatch):
    monkeypatch.setattr(pruning, "SLICE_SECONDS", -1.0)
    monkeypatch.setattr("sync.jobs.prune", lambda: prune(seconds=-1.0))

    prune_terms()  # the queue of the tests works at once

    assert not LogEntry.objects.exists()
    assert not SyncRun.objects.filter(pk=run.pk).exists()


def test_a_run_stays_as_long_as_the_term_of_its_entries(run):
    young = LogEntry.objects.latest("pk")
    LogEntry.objects.filter(pk=young.pk).update(at=now())

    prune()

    assert list(LogEntry.objects.all()) == [young]
    assert SyncRun.objects.filter(pk=run.pk).exists()


def test_a_plan_goes_after_its_changes(sync, workspace, small):
    plans = [
        Plan.objects.create(workspace=workspace, sync=sync, read_at=now())
        for _ in range(5)
    ]
    for plan in plans:
        for number in range(4):
            PlannedChange.objects.create(
                plan=plan, object_type="contact", unit=f"l{number}", outcome="create"
            )
    Plan.objects.update(created_at=now() - OLD)

    slice_ = prune()

    assert slice_.gone == 2 * 4 + 2
    assert set(Plan.objects.all()) == set(plans[2:])  # the last three are kept
    assert PlannedChange.objects.count() == 3 * 4


def test_what_was_written_is_forgotten_once(run, small):
    LogEntry.objects.update(at=now())
    SyncRun.objects.update(finished_at=now())
    intent = Intent.objects.get()
    Intent.objects.filter(pk=intent.pk).update(
        values={"phone": "1"}, settled_at=now() - timedelta(days=30)
    )

    assert prune().gone == 1
    assert prune().gone == 0
    intent.refresh_from_db()
    assert intent.values == {}
