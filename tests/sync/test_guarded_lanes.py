"""A mass change that notices tell of while a backfill is under way."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from sync.jobs import work_run
from sync.models import RecordLink, Sync
from sync.setup.saving import sync_go_live
from synclog.models import SyncRun
from tests.sync.test_inbox import told
from tests.sync.test_lanes import SlowCreates, backfill, save
from tests.sync.world import World

PEOPLE = 30


@pytest.fixture
def slow(empty_world: World, settings: Any, monkeypatch: pytest.MonkeyPatch) -> World:
    """A live sync of thirty linked people; eight more are to be created, slowly."""
    for number in range(PEOPLE):
        save(empty_world, f"Person{number}x", companyName=f"Company {number}")
    empty_world.run()
    sync_go_live(sync=empty_world.sync, actor=None, tested=True)
    for number in range(8):
        save(empty_world, f"New{number}x")
    settings.TRANSPORT_FACTORY = lambda: SlowCreates(empty_world.app, empty_world.sent)
    clock = SimpleNamespace(monotonic=lambda: SlowCreates.clock.now)
    monkeypatch.setattr("sync.context.time", clock)
    return empty_world


def test_a_mass_change_during_a_backfill_is_stopped(slow: World) -> None:
    long = backfill(slow)
    for number in range(PEOPLE):
        told(slow, save(slow, f"Person{number}x", companyName="The same"))
    while Sync.objects.get().state == Sync.State.LIVE and long.is_active:
        work_run(long.pk)
        for short in SyncRun.objects.filter(trigger="webhook", state="queued"):
            work_run(short.pk)
        long.refresh_from_db()

    links = RecordLink.objects.select_related("right")
    same = sum(link.right.values["company_name"] == "The same" for link in links)
    assert same <= PEOPLE * 40 // 100
    assert Sync.objects.get().state == Sync.State.PAUSED
    assert (long.is_active, long.is_paused) == (True, True)
