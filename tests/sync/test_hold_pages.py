"""The pages around going live, paused people and loops: what they say and offer."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from sync.choices.holding import record_pause
from sync.choices.shown import canary_stamp, conflicts_stamp
from sync.models import Plan, RecordLink, RecordPause, SyncRecord
from synclog.models import LogEntry, SyncRun
from tests.conftest import member
from tests.sync.rows import entry_make, live_sync, remote, run_make, unit
from tests.sync.test_canary import FIRST, PEOPLE, approve, tested
from tests.sync.world import World
from workspaces.models import Workspace

__all__ = ["tested"]


def page(client: Client, world: Any, path: str) -> str:
    return client.get(f"/w/{world.slug}/{path}").content.decode()


# --- canary -----------------------------------------------------------------------------


def test_the_approval_offers_to_write_a_few_first(
    tested: World, as_owner: Client
) -> None:
    tested.sync.guards = {"canary": FIRST}
    tested.sync.save()
    test = SyncRun.objects.get(mode="test")
    base = f"runs/{test.pk}/plan/"

    shown = page(as_owner, tested.workspace, base)
    assert 'name="first" value="3" form="approve" checked' in shown
    assert "The first 10" not in shown  # the plan has fewer
    assert "Download a backup" in shown
    answer = as_owner.post(f"/w/acme/{base}approve/", {"first": "2"})

    assert answer.status_code == 302
    assert SyncRun.objects.get(mode="live").checkpoint["canary"]["most"] == 2


def test_while_it_rests_its_pages_say_so(tested: World, as_owner: Client) -> None:
    run = approve(tested)

    for path in (f"syncs/{tested.sync.pk}/", f"runs/{run.pk}/"):
        shown = page(as_owner, tested.workspace, path)
        assert "The first 3 are written. Look at them, then go on." in shown
        assert "Go on with the rest" in shown
        assert "Undo these" in shown
        assert ">Resume<" not in shown
    assert "The rest of Contacts waits for you" in page(as_owner, tested.workspace, "")
    assert page(as_owner, tested.workspace, f"runs/{run.pk}/").count('id="entry-') == 3

    seen = {"seen": canary_stamp(run)}
    answer = as_owner.post(f"/w/acme/syncs/{tested.sync.pk}/go-on/", seen)

    rest = SyncRun.objects.latest("pk")
    assert answer["Location"] == f"/w/acme/runs/{rest.pk}/"
    tested.work(rest) if rest.is_active else None
    assert LogEntry.objects.filter(outcome="create").count() == PEOPLE


def test_resuming_lets_nothing_through(tested: World, as_owner: Client) -> None:
    approve(tested)

    answer = as_owner.post(f"/w/acme/syncs/{tested.sync.pk}/resume/", follow=True)

    assert "the rest waits for you" in answer.content.decode()


# --- paused people ------------------------------------------------------------------------


@pytest.fixture
def person(workspace: Workspace) -> SyncRecord:
    """A person in sync, with what the last run did."""
    sync = live_sync(workspace)
    record = unit(sync, "in_sync")
    entry_make(run_make(sync), record)
    record.refresh_from_db()
    return record


def entry_path(record: SyncRecord) -> str:
    assert record.last_entry is not None
    return f"runs/{record.last_entry.run_id}/people/{record.last_entry_id}/"


def test_one_person_is_paused_and_released(
    person: SyncRecord, as_owner: Client, workspace: Workspace
) -> None:
    assert "Pause this person" in page(as_owner, workspace, entry_path(person))

    answer = as_owner.post(
        f"/w/acme/people/{person.pk}/pause/", {"reason": "VAT is checked"}, follow=True
    )

    shown = answer.content.decode()
    assert "Paused by owner@example.com" in shown
    assert "VAT is checked" in shown
    assert f"/people/{person.pk}/release/" in shown
    assert "1 person is paused" in page(as_owner, workspace, f"syncs/{person.sync_id}/")
    assert "Left alone" in page(as_owner, workspace, entry_path(person))

    as_owner.post(f"/w/acme/people/{person.pk}/release/")

    assert not RecordPause.objects.exists()
    again = as_owner.post(f"/w/acme/people/{person.pk}/release/", follow=True)
    assert "settled meanwhile" in again.content.decode()


def test_a_viewer_sees_who_is_paused_and_no_button(
    person: SyncRecord, workspace: Workspace, client: Client
) -> None:
    record_pause(record=person, actor=None, reason="VAT")
    client.force_login(member(workspace, "looker", "viewer"))

    shown = page(client, workspace, f"syncs/{person.sync_id}/people/?cause=paused")

    assert "VAT" in shown
    assert "/release/" not in shown
    assert "Pause this person" not in page(client, workspace, entry_path(person))


# --- loops --------------------------------------------------------------------------------


def test_a_loop_stands_under_a_heading_of_its_own(
    workspace: Workspace, as_owner: Client
) -> None:
    sync = live_sync(workspace)
    left, right = remote(sync, "left", 1), remote(sync, "right", 1)
    RecordLink.objects.create(
        sync=sync, object_type="contact", left=left, right=right, frozen={"for": "x"}
    )
    values = {"left_value": "ACME", "right_value": "acme"}
    field = {"left": "companyName", "right": "company_name", "label": "Company"}
    record = unit(
        sync,
        "review",
        left=left,
        right=right,
        reason="Company flips back and forth.",
        reason_code="loop",
        detail={"conflicts": [{**field, **values}]},
    )

    shown = page(as_owner, workspace, "attention/?show=loops")
    assert "HighLevel wins once" in shown
    assert "Same person?" not in page(as_owner, workspace, "attention/")
    home = page(as_owner, workspace, "")
    assert "1 person flips back and forth" in home
    assert "possible match" not in home

    sent = {"winner": "left", "seen": conflicts_stamp(record)}
    answer = as_owner.post(f"/w/acme/people/{record.pk}/loop/", sent)

    run = SyncRun.objects.get()
    assert answer["Location"] == "/w/acme/attention/"
    assert f">Run {run.pk}</a> carries it out" in page(
        as_owner, workspace, "attention/"
    )
    (choice,) = run.checkpoint["choices"][str(left.pk)]
    assert (choice["winner"], choice["values"]) == ("left", ["ACME", "acme"])
    assert RecordLink.objects.get().frozen == {}


def test_an_approved_plan_of_all_has_no_canary(tested: World) -> None:
    approve(tested, first=0)

    assert Plan.objects.get().state == "approved"
    assert "canary" not in SyncRun.objects.get(mode="live").checkpoint
