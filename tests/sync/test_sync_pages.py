"""The list of syncs, the page of one, its people and its buttons."""

from __future__ import annotations

import pytest

from sync.models import Sync
from sync.setup.saving import sync_pause
from synclog.models import SyncRun
from tests.config.rows import connection_make, mapped, sync_make
from tests.sync.rows import entry_make, failing, live_sync, run_make, unit
from workspaces.services import workspace_create

BUTTONS = ("run", "test", "pause", "resume")


@pytest.fixture
def sync(workspace):
    return live_sync(workspace)


def text_of(client, path: str) -> str:
    return client.get(path).content.decode()


def test_the_list_is_empty_with_one_thing_to_do(as_owner, workspace):
    page = text_of(as_owner, "/w/acme/syncs/")

    assert "No syncs yet" in page
    assert "Set up a sync" in page


def test_the_list_shows_state_people_and_schedule(as_owner, sync):
    run_make(sync)
    unit(sync, "in_sync")

    page = text_of(as_owner, "/w/acme/syncs/")

    for words in ("Contacts", "In sync", "1 in sync", "Every 5 minutes", "Next"):
        assert words in page


def test_the_page_says_what_a_sync_does(as_owner, sync):
    page = text_of(as_owner, f"/w/acme/syncs/{sync.pk}/")

    for words in ("People are matched by", "Every 5 minutes", "6 fields", "Run now"):
        assert words in page
    assert f"/w/acme/syncs/{sync.pk}/people/?list=review" in page


def test_a_draft_can_be_tested_and_not_run(as_owner, workspace):
    draft = mapped(sync_make(workspace))

    page = text_of(as_owner, f"/w/acme/syncs/{draft.pk}/")
    as_owner.post(f"/w/acme/syncs/{draft.pk}/run/")

    assert "Run now" not in page
    assert not SyncRun.objects.exists()


def test_run_now_asks_for_what_has_changed(as_owner, sync, owner):
    answer = as_owner.post(f"/w/acme/syncs/{sync.pk}/run/")

    run = SyncRun.objects.get()
    assert answer.url == f"/w/acme/runs/{run.pk}/"
    assert (run.mode, run.scope, run.trigger) == ("live", "dirty", "manual")
    assert run.requested_by == owner


def test_run_now_leads_to_the_run_under_way(as_owner, sync):
    active = run_make(sync, "running")

    answer = as_owner.post(f"/w/acme/syncs/{sync.pk}/run/", follow=True)

    assert answer.request["PATH_INFO"] == f"/w/acme/runs/{active.pk}/"
    assert f"Run {active.pk} is still under way" in answer.content.decode()


def test_a_test_leads_to_its_plan(as_owner, sync):
    answer = as_owner.post(f"/w/acme/syncs/{sync.pk}/test/")

    run = SyncRun.objects.get(mode="test")
    assert answer.url == f"/w/acme/runs/{run.pk}/plan/"


def test_it_is_paused_and_resumed(as_owner, sync):
    as_owner.post(f"/w/acme/syncs/{sync.pk}/pause/")
    assert Sync.objects.get().state == "paused"
    assert "Resume" in text_of(as_owner, f"/w/acme/syncs/{sync.pk}/")

    as_owner.post(f"/w/acme/syncs/{sync.pk}/resume/")
    assert Sync.objects.get().state == "live"


@pytest.mark.parametrize("button", BUTTONS)
def test_a_viewer_may_look_and_not_touch(client, viewer, sync, button):
    client.force_login(viewer)

    assert client.get(f"/w/acme/syncs/{sync.pk}/").status_code == 200
    assert client.post(f"/w/acme/syncs/{sync.pk}/{button}/").status_code == 403
    assert f"/syncs/{sync.pk}/run/" not in text_of(client, f"/w/acme/syncs/{sync.pk}/")


@pytest.mark.parametrize("path", ["", "people/"])
def test_syncs_of_others_are_not_found(as_owner, owner, path):
    foreign = live_sync(workspace_create(name="Other"))

    assert as_owner.get(f"/w/acme/syncs/{foreign.pk}/{path}").status_code == 404


@pytest.mark.parametrize("button", [*BUTTONS, "retry"])
def test_buttons_of_others_are_not_found(as_owner, button):
    foreign = live_sync(workspace_create(name="Other"))

    assert as_owner.post(f"/w/acme/syncs/{foreign.pk}/{button}/").status_code == 404


# --- people ---------------------------------------------------------------------------


def test_people_are_listed_with_their_reason(as_owner, sync):
    unit(sync, "review", 1, reason="2 people at Zoho Invoice fit.")
    unit(sync, "in_sync", 2)

    page = text_of(as_owner, f"/w/acme/syncs/{sync.pk}/people/?list=review")

    assert "2 people at Zoho Invoice fit." in page
    assert "Person 2" not in page


def test_people_are_found_by_name_and_by_cause(as_owner, sync):
    run = run_make(sync, "completed_with_failures")
    failing(sync, run, 1)
    unit(sync, "failing", 2, reason_code="bug")
    path = f"/w/acme/syncs/{sync.pk}/people/"

    assert "Person 2" not in text_of(as_owner, f"{path}?q=person%201")
    assert "Person 1" not in text_of(as_owner, f"{path}?list=failing&cause=bug")
    assert "Nobody here" in text_of(as_owner, f"{path}?q=zzz")


def test_a_list_nobody_knows_shows_everybody(as_owner, sync):
    unit(sync, "in_sync", 1)

    page = text_of(as_owner, f"/w/acme/syncs/{sync.pk}/people/?list=x&page=99")

    assert "Person 1" in page


def test_a_person_links_to_the_vendor(as_owner, sync):
    unit(sync, "in_sync", 1)

    page = text_of(as_owner, f"/w/acme/syncs/{sync.pk}/people/")

    assert "https://app.gohighlevel.com/v2/location/loc1/contacts/detail/left-1" in page


@pytest.mark.parametrize("count", [1, 50])
def test_people_take_the_same_queries_however_many(
    as_owner, sync, count, django_assert_num_queries
):
    run = run_make(sync)
    for number in range(count):
        entry_make(run, unit(sync, "in_sync", number))
    path = f"/w/acme/syncs/{sync.pk}/people/"
    as_owner.get(path)

    with django_assert_num_queries(12):
        as_owner.get(path)


@pytest.mark.parametrize("count", [1, 5])
def test_the_list_takes_the_same_queries_however_many(
    as_owner, workspace, count, django_assert_num_queries
):
    for number in range(count):
        pair = (
            connection_make(workspace, "highlevel", f"L{number}", f"l{number}"),
            connection_make(workspace, "zoho_invoice", f"R{number}", f"r{number}"),
        )
        run_make(live_sync(workspace, pair=pair, name=f"Sync {number}"))
    as_owner.get("/w/acme/syncs/")

    with django_assert_num_queries(12):
        as_owner.get("/w/acme/syncs/")


def test_a_paused_sync_says_so_to_who_runs_it(as_owner, sync):
    sync_pause(sync=sync, actor=None)

    answer = as_owner.post(f"/w/acme/syncs/{sync.pk}/run/", follow=True)

    assert "is not live" in answer.content.decode()
