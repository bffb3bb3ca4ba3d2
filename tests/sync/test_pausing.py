"""One record paused: nothing of it is written, what changes meanwhile is merged later."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from crosswalk.errors import ConfigError
from integrations.models import RemoteRecord
from sync.choices.holding import record_pause, record_release
from sync.models import RecordPause, SyncRecord
from synclog.models import SyncRun
from tests.sync.test_choosing import highlevel_add, value, zoho_add
from tests.sync.world import World
from workspaces.models import AuditEvent


def poll(world: World) -> SyncRun:
    return world.run(scope="dirty", trigger="schedule")


def anna(world: World, side: str) -> str:
    connection = world.left if side == "left" else world.right
    return RemoteRecord.objects.get(connection=connection).remote_id


def unit() -> SyncRecord:
    return SyncRecord.objects.select_related("sync__workspace").get()


def test_nothing_of_it_is_written(live: World, owner: User) -> None:
    record_pause(record=unit(), actor=owner, reason="Waits for  the accountant")
    highlevel_add(live, anna(live, "left"), companyName="Acme Ltd")

    run = poll(live)

    assert (run.counts["excluded"], run.counts["update"]) == (1, 0)
    live.run()
    assert live.writes() == []
    record = unit()
    assert (record.list, record.reason_code) == ("excluded", "paused")
    assert record.reason.startswith("Paused by owner@example.com on ")
    assert record.reason.endswith(". Waits for the accountant")
    assert AuditEvent.objects.filter(action="record.paused", actor=owner).exists()


def test_on_release_both_sides_are_merged(live: World) -> None:
    record_pause(record=unit(), actor=None)
    highlevel_add(live, anna(live, "left"), companyName="Acme Ltd")
    zoho_add(live, anna(live, "right"), website="https://acme.example")
    poll(live)

    run = record_release(record=unit(), actor=None)

    assert run is not None
    assert live.work(run).counts["update"] == 1
    assert value(live, "right", "company_name") == "Acme Ltd"
    assert value(live, "left", "website") == "https://acme.example"
    assert unit().list == "in_sync"


def test_released_during_a_run_the_next_one_takes_it_up(live: World) -> None:
    record_pause(record=unit(), actor=None)
    highlevel_add(live, anna(live, "left"), companyName="Acme Ltd")
    poll(live)
    busy = SyncRun.objects.create(
        workspace=live.workspace, sync=live.sync, mode="live", trigger="schedule"
    )

    assert record_release(record=unit(), actor=None) is None
    assert unit().list == "waiting"

    SyncRun.objects.filter(pk=busy.pk).update(state="cancelled")
    assert poll(live).counts["update"] == 1


def test_it_is_paused_once_and_released_once(live: World) -> None:
    first = record_pause(record=unit(), actor=None, reason="One")
    again = record_pause(record=unit(), actor=None, reason="Two")

    assert again == first
    assert RecordPause.objects.count() == 1
    record_release(record=unit(), actor=None)
    with pytest.raises(ConfigError):
        record_release(record=unit(), actor=None)


def test_whoever_is_on_one_side_only_is_not_created_across(live: World) -> None:
    highlevel_add(live, firstName="Ben", email="ben@x.example")
    live.run("test")
    ben = RemoteRecord.objects.get(label__startswith="Ben")
    record = SyncRecord.objects.create(
        sync=live.sync, object_type="contact", left=ben, list="waiting", label="Ben"
    )
    record_pause(record=record, actor=None)

    assert poll(live).counts["excluded"] == 1
    live.run()
    assert live.writes() == []

    record.refresh_from_db()
    run = record_release(record=record, actor=None)
    assert run is not None
    assert live.work(run).counts["create"] == 1


def test_whoever_fits_a_paused_one_waits_with_it(live: World) -> None:
    contact = highlevel_add(live, firstName="Ben", email="ben@x.example")
    live.run("test")
    ben = RemoteRecord.objects.get(remote_id=contact)
    record = SyncRecord.objects.create(
        sync=live.sync, object_type="contact", left=ben, list="waiting", label="Ben"
    )
    record_pause(record=record, actor=None)
    zoho_add(
        live,
        contact_name="Ben",
        contact_persons=[{"first_name": "Ben", "email": "ben@x.example"}],
    )

    run = poll(live)

    assert (run.counts["excluded"], run.counts["link"]) == (2, 0)
    record.refresh_from_db()
    again = record_release(record=record, actor=None)
    assert again is not None
    assert live.work(again).counts["create"] == 0
    assert SyncRecord.objects.filter(list="in_sync").count() == 2
