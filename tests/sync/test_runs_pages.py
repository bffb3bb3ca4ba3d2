"""The list of runs, the page of one with its progress, and each person in it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crosswalk.clock import now
from integrations.models import Connection
from sync.models import Plan, WorkerPulse
from synclog.models import SyncRun
from tests.sync.rows import (
    PHONE_CHANGE,
    entry_make,
    failing,
    live_sync,
    run_make,
    unit,
)
from workspaces.services import workspace_create

RUNS = "/w/acme/runs/"


@pytest.fixture
def sync(workspace):
    return live_sync(workspace)


def text_of(client, path: str, **query: str) -> str:
    return client.get(path, query).content.decode()


# --- the list -------------------------------------------------------------------------


def test_an_empty_list_says_what_to_do(as_owner):
    assert "Nothing has run yet" in text_of(as_owner, RUNS)


def test_runs_that_found_nothing_are_shown_only_when_asked_for(as_owner, sync):
    quiet = run_make(sync, is_quiet=True)

    assert "No run fits" in text_of(as_owner, RUNS)
    assert f"Run {quiet.pk}<" in text_of(as_owner, RUNS, quiet="1")


def test_a_run_with_failures_never_looks_like_a_success(as_owner, sync):
    run_make(sync, "completed_with_failures", counts={"create": 1, "failed": 6})

    page = text_of(as_owner, RUNS)

    assert 'class="st st-fail"' in page
    assert 'class="st st-ok"' not in page
    assert "1 created · 6 failed" in page


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ({"state": "failed"}, {"failed"}),
        ({"trigger": "schedule"}, {"scheduled"}),
        ({"mode": "test"}, {"test"}),
        ({"sync": "999"}, set()),
        ({"state": "x", "mode": "y", "sync": "z"}, {"failed", "scheduled", "test"}),
    ],
)
def test_runs_are_filtered(as_owner, sync, query, shown):
    runs = {
        "failed": run_make(sync, "failed", reason="Broken."),
        "scheduled": run_make(sync, trigger=SyncRun.Trigger.SCHEDULE),
        "test": run_make(sync, mode=SyncRun.Mode.TEST),
    }

    page = text_of(as_owner, RUNS, **query)

    found = {name for name, run in runs.items() if f"/runs/{run.pk}/" in page}
    assert found == shown


@pytest.mark.parametrize("count", [1, 50])
def test_the_list_takes_the_same_queries_however_many(
    as_owner, sync, owner, count, django_assert_num_queries
):
    for _ in range(count):
        run_make(sync, requested_by=owner)
    as_owner.get(RUNS)

    with django_assert_num_queries(13):
        as_owner.get(RUNS)


# --- one run --------------------------------------------------------------------------


def test_the_page_of_a_run_shows_phases_people_and_calls(as_owner, sync):
    run = run_make(
        sync,
        counts={"update": 1, "unchanged": 9},
        calls={"GHL": 1, "Zoho": 5},
        minimum_calls={"GHL": 1, "Zoho": 3},
        operations={"Zoho: create contact": 4},
        phase=SyncRun.Phase.DONE,
    )
    entry_make(run, unit(sync, "in_sync"), reason="Changed at HighLevel.")

    page = text_of(as_owner, f"{RUNS}{run.pk}/")

    for words in ("100 %", "10 people looked at", "create contact", "Person 1"):
        assert words in page
    assert "3 needed, 2 to try again" in page
    assert 'hx-trigger="every' not in page


def test_a_run_under_way_asks_for_itself_and_can_be_stopped(as_owner, sync):
    tally = {"tally": {"unchanged": 64}}
    run = run_make(sync, "running", phase="write", total_units=100, checkpoint=tally)

    page = text_of(as_owner, f"{RUNS}{run.pk}/")

    assert f'hx-get="/w/acme/runs/{run.pk}/progress/?seen=' in page
    assert 'hx-trigger="every 2s"' in page
    assert "64 %" in page
    assert "Stop</button>" in page


def test_the_part_that_moves_stops_asking_when_the_run_has_ended(as_owner, sync):
    run = run_make(sync)

    answer = as_owner.get(f"{RUNS}{run.pk}/progress/")

    assert answer.status_code == 286
    assert b"hx-get" not in answer.content


def test_the_part_that_moves_is_left_alone_while_nothing_has_changed(as_owner, sync):
    run = run_make(sync, "queued")
    page = text_of(as_owner, f"{RUNS}{run.pk}/")
    seen = page.split("seen=")[1][:16]
    path = f"{RUNS}{run.pk}/progress/"

    assert as_owner.get(path, {"seen": seen}).status_code == 204
    SyncRun.objects.filter(pk=run.pk).update(calls={"GHL": 5})
    assert as_owner.get(path, {"seen": seen}).status_code == 200


def test_a_waiting_run_says_until_when_and_why(as_owner, sync):
    run = run_make(sync, "waiting", reason="Zoho Invoice's calls are used up.")
    until = now() + timedelta(hours=2)
    SyncRun.objects.filter(pk=run.pk).update(next_at=until)

    page = text_of(as_owner, f"{RUNS}{run.pk}/")

    assert "calls are used up." in page
    assert "It goes on at" in page
    assert "in 1 h" in page


def test_a_run_in_the_queue_says_when_nobody_will_take_it(as_owner, sync):
    run = run_make(sync, "queued")
    assert "The worker has stopped." in text_of(as_owner, f"{RUNS}{run.pk}/")

    WorkerPulse.beat()

    assert "The worker has stopped." not in text_of(as_owner, f"{RUNS}{run.pk}/")


def test_a_failed_run_leads_to_reconnecting(as_owner, sync):
    Connection.objects.filter(pk=sync.right_id).update(health="needs_reconnect")
    run = run_make(
        sync, "failed", reason="No longer let in.", reason_code="needs_reconnect"
    )

    page = text_of(as_owner, f"{RUNS}{run.pk}/")

    assert "Zoho Invoice no longer lets Crosswalk in" in page
    assert f"reconnect={sync.right_id}" in page


def test_people_of_a_run_are_filtered_and_retried(as_owner, sync):
    run = run_make(sync, "completed_with_failures", counts={"failed": 2})
    failing(sync, run, 1)
    failing(sync, run, 2)
    entry_make(run, unit(sync, "in_sync", 3))

    page = text_of(as_owner, f"{RUNS}{run.pk}/", list="failed")

    assert "Person 3" not in page
    assert page.count("Retry<") == 2
    assert "2 people of one cause" in page


def test_a_failure_that_has_passed_has_no_retry(as_owner, sync):
    run = run_make(sync, "completed_with_failures")
    record = failing(sync, run)
    record.list = "in_sync"
    record.save()

    page = text_of(as_owner, f"{RUNS}{run.pk}/")

    assert "Not failing now" in page
    assert "Retry<" not in page


@pytest.mark.parametrize("count", [2, 50])
def test_a_run_takes_the_same_queries_however_many_people(
    as_owner, sync, count, django_assert_num_queries
):
    run = run_make(sync, "completed_with_failures")
    for number in range(count):
        failing(sync, run, number)
    as_owner.get(f"{RUNS}{run.pk}/")

    with django_assert_num_queries(15):
        as_owner.get(f"{RUNS}{run.pk}/")


def test_a_test_leads_to_its_plan(as_owner, sync):
    plan = Plan.objects.create(workspace=sync.workspace, sync=sync, read_at=now())
    run = run_make(sync, mode="test", plan=plan, counts={"create": 12})

    page = text_of(as_owner, f"{RUNS}{run.pk}/")

    assert "Look at the plan" in page
    assert f"/w/acme/runs/{run.pk}/plan/" in page


def test_stopping_a_run(as_owner, sync):
    run = run_make(sync, "queued")

    answer = as_owner.post(f"{RUNS}{run.pk}/stop/", follow=True)

    assert SyncRun.objects.get().state == "cancelled"
    assert "was stopped" in answer.content.decode()


# --- one person -----------------------------------------------------------------------


def test_the_page_of_a_person_shows_field_by_field_and_why(as_owner, sync):
    run = run_make(sync)
    entry = entry_make(
        run,
        unit(sync, "in_sync"),
        changes=[PHONE_CHANGE],
        trace=[["matched", "Same e-mail."], ["Phone", "Changed at HighLevel."]],
        steps=[{"side": "right", "label": "update customer", "request_id": "req-9"}],
    )

    page = text_of(as_owner, f"{RUNS}{run.pk}/people/{entry.pk}/")

    assert "<del>+441184960111</del>" in page
    assert "<ins>+441184960222</ins>" in page
    for words in ("Same e-mail.", "update customer", "req-9", "left-1"):
        assert words in page


def test_the_page_of_a_failure_says_what_to_do(as_owner, sync):
    run = run_make(sync, "completed_with_failures")
    record = failing(sync, run)
    record.refresh_from_db()

    page = text_of(as_owner, f"{RUNS}{run.pk}/people/{record.last_entry_id}/")

    for words in ("invalid phone", "Correct the value", "HTTP 400", "Try again now"):
        assert words in page


def test_trying_one_person_again_starts_a_run_of_that_person(as_owner, sync):
    record = failing(sync, run_make(sync, "completed_with_failures"))

    answer = as_owner.post(f"/w/acme/people/{record.pk}/retry/")

    run = SyncRun.objects.get(trigger="retry")
    assert answer.url == f"{RUNS}{run.pk}/"
    assert run.targets == [record.left_id]


# --- who may --------------------------------------------------------------------------


def test_a_viewer_may_look_and_not_touch(client, viewer, sync):
    run = run_make(sync, "running")
    record = failing(sync, run)
    client.force_login(viewer)

    page = text_of(client, f"{RUNS}{run.pk}/")

    assert "Stop</button>" not in page
    assert "Retry<" not in page
    assert client.post(f"{RUNS}{run.pk}/stop/").status_code == 403
    assert client.post(f"/w/acme/people/{record.pk}/retry/").status_code == 403


def test_runs_of_others_are_not_found(as_owner, sync):
    foreign = live_sync(workspace_create(name="Other"))
    run = run_make(foreign)
    record = failing(foreign, run)
    record.refresh_from_db()
    mine = run_make(sync)
    entry = record.last_entry_id

    for path in (f"{run.pk}/", f"{run.pk}/progress/", f"{run.pk}/people/{entry}/"):
        assert as_owner.get(f"{RUNS}{path}").status_code == 404
    assert as_owner.get(f"{RUNS}{mine.pk}/people/{entry}/").status_code == 404
    assert as_owner.post(f"{RUNS}{run.pk}/stop/").status_code == 404
    assert as_owner.post(f"/w/acme/people/{record.pk}/retry/").status_code == 404
    assert f"/runs/{run.pk}/" not in text_of(as_owner, RUNS)
