"""The loop breaker in whole runs: rules at both vendors that change a name back."""

from __future__ import annotations

from typing import Any

import pytest

from crosswalk.errors import ConfigError
from integrations.models import RemoteRecord
from sync.choices.holding import loop_release
from sync.models import RecordLink, SyncRecord
from sync.setup.saving import sync_pause
from synclog.models import SyncRun
from tests.sync.test_choosing import highlevel_add, value, zoho_add
from tests.sync.world import World
from workspaces.models import AuditEvent


def poll(world: World) -> SyncRun:
    return world.run(scope="dirty", trigger="schedule")


def automations_answer(world: World) -> None:
    """HighLevel writes companies in capitals, Zoho in small letters, one at a time."""
    left = RemoteRecord.objects.get(connection=world.left).remote_id
    right = RemoteRecord.objects.get(connection=world.right).remote_id
    there = world.store.get("highlevel_contact", left)["companyName"]
    if there != there.upper():
        highlevel_add(world, left, companyName=there.upper())
        return
    there = world.store.get("zoho.contact", right)["company_name"]
    if there != there.lower():
        zoho_add(world, right, company_name=there.lower())


def loop(world: World, most: int = 12) -> int:
    """Let them answer each other until the pair is frozen; return the updates made."""
    updates = 0
    for _ in range(most):
        automations_answer(world)
        run = poll(world)
        updates += run.counts["update"]
        if SyncRecord.objects.filter(sync=world.sync, list="review").exists():
            break
    return updates


def test_it_is_frozen_and_says_what_to_do(live: World) -> None:
    assert loop(live) < 8

    record = SyncRecord.objects.get(list="review")
    assert record.reason_code == "loop"
    assert "HighLevel says “ACME”, Zoho Invoice says “acme”" in record.reason
    live.sent.clear()
    automations_answer(live)
    for _ in range(2):
        assert poll(live).counts["review"] == 1
    live.run()
    assert live.writes() == []


def test_a_test_of_the_sync_shows_it_and_freezes_nothing(live: World) -> None:
    loop(live)
    RecordLink.objects.update(frozen={})

    test = live.run("test")

    assert test.counts["review"] == 1
    assert RecordLink.objects.get().frozen == {}


def test_released_it_counts_anew(live: World) -> None:
    loop(live)
    record = SyncRecord.objects.get(list="review")

    run = loop_release(record=record, actor=None)

    assert run is not None
    assert live.work(run).counts["update"] == 1
    assert SyncRecord.objects.get().list == "in_sync"
    assert AuditEvent.objects.filter(action="loop.released").exists()
    assert loop(live) > 3  # the rules are still there: it is frozen again, later
    assert SyncRecord.objects.get().reason_code == "loop"


@pytest.mark.parametrize(("winner", "company"), [("left", "ACME"), ("right", "acme")])
def test_one_side_wins_once(live: World, winner: str, company: str) -> None:
    loop(live)
    live.run("test")  # reads both
    record = SyncRecord.objects.get(list="review")

    run = loop_release(record=record, actor=None, winner=winner)
    assert run is not None
    live.work(run)

    assert value(live, "left", "companyName") == company
    assert value(live, "right", "company_name") == company
    assert poll(live).counts["update"] == 0


def test_while_the_sync_is_paused_it_is_only_freed(live: World) -> None:
    loop(live)
    sync_pause(sync=live.sync, actor=None)
    record = SyncRecord.objects.select_related("sync").get(list="review")

    with pytest.raises(ConfigError):
        loop_release(record=record, actor=None, winner="left")
    assert RecordLink.objects.get().frozen
    assert loop_release(record=record, actor=None) is None
    assert RecordLink.objects.get().frozen == {}
    with pytest.raises(ConfigError):
        loop_release(record=record, actor=None)


def test_a_lossy_field_alone_is_no_loop(live: World) -> None:
    """Zoho's rule cuts each company short, HighLevel has none: it comes to rest."""
    row: Any = RemoteRecord.objects.get(connection=live.right)
    contact = RemoteRecord.objects.get(connection=live.left).remote_id
    for number in range(4):
        highlevel_add(live, contact, companyName=f"A company with a long name {number}")
        poll(live)
        zoho_add(live, row.remote_id, company_name=f"A company {number}")
        poll(live)

    assert SyncRecord.objects.get().list == "in_sync"
