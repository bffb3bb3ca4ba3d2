"""The log over all runs: search, filters, files, terms; what went over the wire."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta

import pytest
from django.urls import reverse

from crosswalk.clock import now
from integrations.callwatch import CallWatch, Sent
from integrations.models import Connection, RecordKey
from sync.running.pruning import prune
from sync.services import run_pause, run_resume
from synclog.models import Exchange, LogEntry, SyncRun
from synclog.searching import search_key
from synclog.terms import terms_set
from tests.sync.rows import entry_make, live_sync, run_make, unit
from workspaces.models import AuditEvent
from workspaces.services import workspace_create

LOG = "/w/acme/runs/log/"
PEOPLE = (
    ("Maya O’Connor", "Maya@Example.com", "ghl-7", "9001"),
    ("MAYANK RAO", "rao@example.com", "ghl-8", "9002"),
    ("Ben Müller", "ben@other.example", "abc-9", "7003"),
)


@pytest.fixture
def sync(workspace):
    return live_sync(workspace)


@pytest.fixture
def people(sync):
    run = run_make(sync)
    for number, (label, email, left, right) in enumerate(PEOPLE):
        entry = entry_make(run, unit(sync, "in_sync", number), email=email)
        LogEntry.objects.filter(pk=entry.pk).update(
            label=label,
            name_key=search_key(label),
            email_key=search_key(email),
            left_id=left,
            right_id=right,
        )
    return run


def found(client, **query: str) -> set[str]:
    page = client.get(LOG, query).content.decode()
    return {label for label, *_ in PEOPLE if label in page}


@pytest.mark.parametrize(
    ("words", "who"),
    [
        ("maya", {"Maya O’Connor", "MAYANK RAO"}),
        ("  MAYA  o", {"Maya O’Connor"}),
        ("maya@example.com", {"Maya O’Connor"}),
        ("ben@", {"Ben Müller"}),
        ("müll", set()),  # the beginning of the name, not of its second word
        ("ghl-", {"Maya O’Connor", "MAYANK RAO"}),
        ("7003", {"Ben Müller"}),
        ("ya", set()),
        ("100% _", set()),
    ],
)
def test_people_are_found_by_how_name_email_or_id_begin(as_owner, people, words, who):
    assert found(as_owner, q=words) == who


def test_people_are_found_by_their_phone_number_as_their_country_writes_it(
    as_owner, people, sync
):
    Connection.objects.filter(pk=sync.left_id).update(country="GB")
    record = unit(sync, "waiting", 99).left
    RecordKey.objects.create(
        record=record,
        connection=sync.left,
        object_type="contact",
        kind="phone",
        value="+441184960111",
    )
    entry = LogEntry.objects.get(label="Ben Müller")
    LogEntry.objects.filter(pk=entry.pk).update(left_id=record.remote_id)

    assert found(as_owner, q="0118 496 0111") == {"Ben Müller"}
    assert found(as_owner, q="0118 496 0112") == set()


def test_the_log_is_filtered_by_outcome_and_day(as_owner, people):
    failed = LogEntry.objects.get(label="Ben Müller")
    LogEntry.objects.filter(pk=failed.pk).update(outcome="failed")
    old = LogEntry.objects.get(label="MAYANK RAO")
    LogEntry.objects.filter(pk=old.pk).update(at=now() - timedelta(days=9))
    week = (now() - timedelta(days=7)).date().isoformat()

    assert found(as_owner, outcome="failed") == {"Ben Müller"}
    assert found(as_owner, until=week) == {"MAYANK RAO"}
    assert found(as_owner, since=week) == {"Maya O’Connor", "Ben Müller"}
    assert found(as_owner, since="never", outcome="x") == {p[0] for p in PEOPLE}


def test_an_empty_log_and_an_empty_search_say_what_to_do(as_owner, sync):
    assert "No run has touched anybody yet" in as_owner.get(LOG).content.decode()
    assert "Nobody fits" in as_owner.get(LOG, {"q": "zz"}).content.decode()


@pytest.mark.parametrize("count", [1, 50])
@pytest.mark.parametrize(("query", "most"), [({}, 12), ({"q": "person"}, 21)])
def test_the_log_takes_the_same_queries_however_many(
    as_owner, sync, count, query, most, django_assert_num_queries
):
    run = run_make(sync)
    for number in range(count):
        entry_make(run, unit(sync, "in_sync", number), name_key=f"person {number}")
    as_owner.get(LOG, query)

    with django_assert_num_queries(most):
        as_owner.get(LOG, query)


# --- files ----------------------------------------------------------------------------


def body(answer) -> str:
    return b"".join(answer.streaming_content).decode()


def test_the_log_is_downloaded_as_csv_that_no_spreadsheet_executes(as_owner, people):
    LogEntry.objects.filter(label="Ben Müller").update(label='=cmd("x")')

    answer = as_owner.get(f"{LOG}log.csv")

    rows = list(csv.DictReader(io.StringIO(body(answer).lstrip("\ufeff"))))
    assert {row["left_id"] for row in rows} == {"ghl-7", "ghl-8", "abc-9"}
    assert [row["name"] for row in rows if row["left_id"] == "abc-9"] == ['\'=cmd("x")']
    assert AuditEvent.objects.filter(action="log.exported").exists()


def test_the_log_is_downloaded_as_json_with_the_filters_of_the_page(as_owner, people):
    answer = as_owner.get(f"{LOG}log.json", {"q": "maya"})

    assert {row["email"] for row in json.loads(body(answer))} == {
        "Maya@Example.com",
        "rao@example.com",
    }
    empty = as_owner.get(f"{LOG}log.json", {"q": "zz"})
    assert json.loads(body(empty)) == []


def test_a_file_has_every_entry_once_however_many_pages_it_is_read_in(
    as_owner, sync, monkeypatch
):
    monkeypatch.setattr("sync.telling.logexport.AT_ONCE", 3)
    run = run_make(sync)
    for number in range(10):
        entry_make(run, unit(sync, "in_sync", number))

    rows = json.loads(body(as_owner.get(f"{LOG}log.json")))

    assert sorted(row["name"] for row in rows) == sorted(
        f"Person {number}" for number in range(10)
    )


def test_there_is_no_other_kind_of_file(as_owner, sync):
    assert as_owner.get(f"{LOG}log.exe").status_code == 404


# --- terms ----------------------------------------------------------------------------


def test_each_workspace_keeps_its_log_as_long_as_it_chose(as_owner, workspace, sync):
    elsewhere = live_sync(workspace_create(name="Elsewhere"))
    answer = as_owner.post(
        f"{LOG}keep/", {"log_days": "10", "request_days": "2"}, follow=True
    )
    assert "Kept as you chose" in answer.content.decode()
    for each in (sync, elsewhere):
        entry = entry_make(run_make(each), unit(each, "in_sync"))
        Exchange.objects.create(entry=entry, calls=[])
        young = entry_make(run_make(each), unit(each, "in_sync", 2))
        Exchange.objects.create(entry=young, calls=[])
        LogEntry.objects.filter(pk=entry.pk).update(at=now() - timedelta(days=11))
        Exchange.objects.filter(entry=young).update(at=now() - timedelta(days=3))

    prune()

    assert LogEntry.objects.filter(workspace=workspace).count() == 1
    assert LogEntry.objects.exclude(workspace=workspace).count() == 2
    assert not Exchange.objects.filter(entry__workspace=workspace).exists()
    assert Exchange.objects.exclude(entry__workspace=workspace).count() == 2


@pytest.mark.parametrize(
    ("log", "requests"), [("0", "1"), ("9", "10"), ("x", "1"), ("9999", "7"), ("9", "")]
)
def test_terms_that_make_no_sense_are_refused_in_words(as_owner, sync, log, requests):
    sent = {"log_days": log, "request_days": requests}

    answer = as_owner.post(f"{LOG}keep/", sent, follow=True)

    assert "note-fail" in answer.content.decode()


def test_a_viewer_reads_the_log_and_changes_nothing(client, viewer, sync, people):
    client.force_login(viewer)

    assert found(client) == {label for label, *_ in PEOPLE}
    assert client.post(f"{LOG}keep/", {"log_days": "1"}).status_code == 403


def test_strangers_find_nothing_of_it(client, stranger, sync):
    client.force_login(stranger)

    assert client.get(LOG).status_code == 404
    assert client.get(f"{LOG}log.csv").status_code == 404


# --- what went over the wire ----------------------------------------------------------


def test_requests_and_answers_of_what_was_written_are_on_the_page(
    as_owner, world, workspace
):
    run = world.run()
    entry = run.entries.filter(outcome="create").first()

    path = reverse("sync:entry_detail", args=[workspace.slug, run.pk, entry.pk])
    page = as_owner.get(path).content.decode()

    assert Exchange.objects.filter(entry=entry).exists()
    assert "answered 201" in page
    assert "kept for 7 days" in page
    assert run.call_times["timed"].keys() == run.operations.keys()
    assert all(
        calls == run.operations[name]
        for name, (calls, _, _) in run.call_times["timed"].items()
    )
    page = as_owner.get(f"/w/acme/runs/{run.pk}/").content.decode()
    assert "Slowest calls" in page


def test_what_is_kept_of_a_call_has_no_secret_and_a_size():
    import httpx

    watch = CallWatch()
    answer = httpx.Response(200, json={"access_token": "canary-1", "text": "x" * 9000})
    body = {"name": "Anna", "password": "canary-2", "note": "Bearer canary-3"}

    with watch.recording() as calls:
        watch.seen(Sent("create", "POST", "/contacts/", body, answer, 0.5))
    watch.seen(Sent("create", "POST", "/contacts/", body, None, 1.5))

    assert len(calls) == 1
    kept = json.dumps(calls)
    assert "canary" not in kept
    assert "Anna" in kept
    assert len(kept) < 9000
    timed, slowest = watch.taken()
    assert timed == {"create": [2, 2.0, 1.5]}
    assert [call["status"] for call in slowest] == [0, 200]
    assert watch.taken() == ({}, [])


# --- runs: filters, live lines, pausing -----------------------------------------------


def test_runs_are_filtered_by_who_asked_and_by_day(as_owner, sync, owner):
    mine, old = run_make(sync, requested_by=owner), run_make(sync)
    SyncRun.objects.filter(pk=old.pk).update(created_at=now() - timedelta(days=9))
    week = (now() - timedelta(days=7)).date().isoformat()

    def shown(**query: str) -> set[int]:
        page = as_owner.get("/w/acme/runs/", query).content.decode()
        return {run.pk for run in (mine, old) if f'id="run-{run.pk}"' in page}

    assert shown(by=str(owner.pk)) == {mine.pk}
    assert shown(since=week) == {mine.pk}
    assert shown(until=week) == {old.pk}
    assert shown(since="2026-13-45", by="999999999999") == {mine.pk, old.pk}


def test_a_run_under_way_shows_how_far_it_is_in_the_list(as_owner, sync):
    run_make(
        sync,
        "running",
        phase="write",
        total_units=100,
        done_units=40,
        busy_seconds=10,
        calls={"GHL": 7},
    )

    page = as_owner.get("/w/acme/runs/").content.decode()

    assert "40 of 100 · 4.0 a second · about 15 s left · 7 calls" in page
    assert 'hx-trigger="every 4s"' in page
    seen = page.split("seen=")[1][:16]
    again = as_owner.get(
        "/w/acme/runs/", {"seen": seen}, headers={"HX-Request": "true"}
    )
    assert again.status_code == 204


def test_a_run_is_paused_before_its_next_call_and_goes_on_from_there(
    as_owner, empty_world
):
    run = run_make(empty_world.sync, "queued", mode="live")

    page = as_owner.post(f"/w/acme/runs/{run.pk}/pause/", follow=True)
    assert "Paused by a person" in page.content.decode()
    run.refresh_from_db()
    assert run.next_at is None
    assert run_pause(run=run, actor=None) is False

    as_owner.post(f"/w/acme/runs/{run.pk}/resume/")
    assert empty_world.work(run).state == "completed"
    assert run_resume(run=run, actor=None) is False


def test_a_run_that_is_at_work_rests_at_its_next_look(world):
    from sync.running.execution import run_slice
    from sync.services import run_request

    run = run_request(sync=world.sync, mode="live", trigger="manual")
    # somebody works on it at this moment
    SyncRun.objects.filter(pk=run.pk).update(is_paused=True)

    worked = run_slice(run.pk, seconds=600, early=True)

    assert worked is not None
    assert (worked.state, worked.reason_code) == ("waiting", "paused")
    assert worked.next_at is None
    assert world.writes() == []
    assert run_slice(run.pk, early=True) is None
    assert run_resume(run=worked, actor=None) is True
    assert world.work(worked).state == "completed"


def test_terms_are_of_a_workspace(workspace, owner):
    terms = terms_set(workspace=workspace, log_days=5, request_days=5, actor=owner)

    assert (terms.log_days, terms.request_days) == (5, 5)
