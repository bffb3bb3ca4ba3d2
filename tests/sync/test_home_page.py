"""The home page and the shell's counts."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from crosswalk.clock import now
from integrations.models import Connection
from sync import selectors
from sync.alerting.channels import channel_add
from sync.models import AlertChannel, HookMeter, Setup, SyncDay, WorkerPulse
from sync.setup.saving import sync_pause
from synclog.models import SyncRun
from tests.sync.rows import entry_make, failing, live_sync, run_make, unit
from tests.sync.test_statements import add_people

HOME = "/w/acme/"


def page_of(client, path=HOME, **headers) -> str:
    return client.get(path, headers=headers).content.decode()


def heading(page: str) -> str:
    return re.search(r"<h1>(.*?)</h1>", page, re.S)[1].strip()


@pytest.fixture
def worker(db):
    WorkerPulse.beat()


def test_an_empty_workspace_has_one_thing_to_do(as_owner):
    page = page_of(as_owner)

    assert heading(page) == "Nothing is set up yet"
    assert page.count("btn-primary") == 1
    assert "Set up a sync" in page


def test_a_viewer_of_an_empty_workspace_is_told_who_can(client, viewer):
    client.force_login(viewer)

    page = page_of(client)

    assert "An editor or owner" in page
    assert "Set up a sync" not in page


def test_all_is_calm_when_all_is_well(as_owner, workspace, worker):
    sync = live_sync(workspace)
    run_make(sync)
    unit(sync, "in_sync")

    page = page_of(as_owner)

    assert heading(page) == "Contacts are up to date."
    assert "1 person is the same on both sides" in page
    assert "Needs attention</h2>" not in page


def test_it_says_who_failed_and_why(as_owner, workspace, worker):
    sync = live_sync(workspace)
    run = run_make(sync, "completed_with_failures", counts={"failed": 2})
    for number in (1, 2):
        failing(sync, run, number)

    page = page_of(as_owner)

    assert heading(page) == "Contacts: 2 people could not be written."
    assert "Zoho Invoice refused the values" in page
    assert "2 people wait." in page


def test_a_lost_connection_stops_a_sync_loudly(as_owner, workspace, worker):
    sync = live_sync(workspace)
    Connection.objects.filter(pk=sync.right_id).update(
        health="needs_reconnect", health_reason="Zoho Invoice withdrew the permission."
    )

    page = page_of(as_owner)

    assert heading(page) == ("Contacts stopped: Zoho Invoice must be connected again.")
    assert "Reconnect Zoho Invoice" in page
    assert f"reconnect={sync.right_id}" in page


def test_a_run_that_failed_stops_a_sync_too(as_owner, workspace, worker):
    run = run_make(live_sync(workspace), "failed", reason="It made a mistake.")

    page = page_of(as_owner)

    assert heading(page) == "Contacts stopped: It made a mistake."
    assert f"Look at run {run.pk}" in page


def test_a_paused_sync_and_one_that_is_not_live_are_not_praised(as_owner, workspace):
    sync_pause(sync=live_sync(workspace), actor=None, reason="Holiday")

    page = page_of(as_owner)

    assert heading(page) == "Contacts are paused."
    assert "Holiday" in page


def test_a_stopped_worker_is_said_only_when_there_is_work(as_owner, workspace):
    assert "The worker has stopped" not in page_of(as_owner)

    live_sync(workspace)

    assert "The worker has stopped" in page_of(as_owner)


def test_an_unfinished_set_up_can_be_gone_on_with(as_owner, workspace):
    setup = Setup.objects.create(
        workspace=workspace, left_kind="highlevel", right_kind="zoho_invoice"
    )

    page = page_of(as_owner)

    assert "Go on with the set-up" in page
    assert f"/w/acme/setup/{setup.pk}/" in page


def test_it_updates_itself_only_when_something_has_changed(as_owner, workspace, worker):
    sync = live_sync(workspace)
    run_make(sync)
    seen = re.search(r"\?seen=(\w+)", page_of(as_owner))[1]
    again = as_owner.get(HOME, {"seen": seen}, headers={"HX-Request": "true"})

    unit(sync, "review")
    changed = as_owner.get(HOME, {"seen": seen}, headers={"HX-Request": "true"})

    assert again.status_code == 204
    assert changed.status_code == 200
    assert changed.content.startswith(b'\n<div id="home-live"')


def test_recent_activity_names_the_people_of_small_runs(as_owner, workspace, worker):
    sync = live_sync(workspace)
    run = run_make(sync, counts={"update": 1})
    entry_make(run, unit(sync, "in_sync", 7))

    page = page_of(as_owner)

    assert "Person 7" in page
    assert f"/w/acme/runs/{run.pk}/people/" in page


def test_home_takes_as_many_queries_for_one_sync_s_people_as_for_fifty(
    as_owner, workspace, worker, django_assert_max_num_queries
):
    sync = live_sync(workspace)
    run = run_make(sync, counts={"update": 1})
    for number in range(50):
        failing(sync, run, number)

    with django_assert_max_num_queries(31):
        page_of(as_owner)


def test_strangers_find_nothing(client, stranger, workspace):
    client.force_login(stranger)

    assert client.get(HOME).status_code == 404


# --- the shell ------------------------------------------------------------------------


def test_a_cause_counts_once_and_each_decision_once(workspace):
    sync = live_sync(workspace)
    run = run_make(sync, "completed_with_failures")
    failing(sync, run, 1)
    failing(sync, run, 2)
    unit(sync, "review", 3)
    unit(sync, "conflict", 4)
    unit(sync, "in_sync", 5)
    Connection.objects.filter(pk=sync.left_id).update(health="needs_reconnect")

    assert selectors.attention_count(workspace) == 4


def test_the_worker_runs_while_it_shows_life(db):
    assert selectors.worker_state() == {"is_running": False, "queued": 0}

    WorkerPulse.beat()
    assert selectors.worker_state()["is_running"]

    WorkerPulse.objects.update(at=now() - timedelta(minutes=5))
    assert not selectors.worker_state()["is_running"]


def test_queued_runs_are_counted(workspace):
    run_make(live_sync(workspace), SyncRun.State.QUEUED)

    assert selectors.worker_state()["queued"] == 1


def test_a_month_shows_what_was_written_and_how_much_failed(
    as_owner, workspace, worker
):
    sync = live_sync(workspace)
    for back, written, failed in ((0, 90, 3), (3, 100, 7), (40, 999, 0)):
        day = now().date() - timedelta(days=back)
        SyncDay.objects.create(sync=sync, day=day, written=written, failed=failed)

    page = page_of(as_owner, f"{HOME}?span=month")

    assert "190 written, 10 failed" in page
    assert "5.0 %" in page
    assert "span=month" in page.split('id="home-live"')[1][:200]  # it stays a month


def test_a_run_that_ends_is_counted_on_its_day(empty_world):
    add_people(empty_world, range(1))

    empty_world.run()

    assert SyncDay.objects.get().written == 1


def test_what_only_the_poll_found_is_shown(as_owner, workspace, worker):
    sync = live_sync(workspace)
    for back, heard, missed in ((0, 30, 10), (2, 30, 0), (9, 0, 500)):
        day = now().date() - timedelta(days=back)
        HookMeter.objects.create(
            connection=sync.left, day=day, heard=heard, missed=missed
        )

    page = page_of(as_owner)

    assert "85 %" in page
    assert "10 came only with the poll." in page
    assert "Look at what arrives" in page


def test_alerts_that_do_not_arrive_are_said_here(as_owner, workspace, worker):
    live_sync(workspace)
    channel = channel_add(
        workspace=workspace,
        kind="email",
        name="Office",
        to="a@example.com",
        pace="at_once",
        rules=[],
        actor=None,
    )
    AlertChannel.objects.filter(pk=channel.pk).update(trouble="It answered with 500.")

    assert "Alerts do not reach Office" in page_of(as_owner)
