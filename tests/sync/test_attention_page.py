"""Needs attention: causes, conflicts and possible matches."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from integrations.models import Connection
from sync.models import PendingDelete, RecordLink, SyncRecord
from sync.setup.saving import sync_pause
from sync.telling.advice import CAUSES, REVIEWS, advice, review_advice
from synclog.models import SyncRun
from tests.sync.rows import failing, live_sync, remote, run_make, unit
from tests.sync.world import World

PAGE = "/w/acme/attention/"


@pytest.fixture
def sync(workspace):
    return live_sync(workspace)


def text_of(client, **query: str) -> str:
    return client.get(PAGE, query).content.decode()


def review_make(sync, number: int, candidates: int = 1) -> SyncRecord:
    them = [
        remote(sync, "right", number * 100 + n, first_name="Freya", email="a@b.example")
        for n in range(candidates)
    ]
    return unit(
        sync,
        "review",
        number,
        reason="Same e-mail, but another first name.",
        reason_code="unlike_name",
        left=remote(sync, "left", number, firstName="Adam", email="A@B.example"),
        detail={
            "candidates": [
                {"side": "right", "record": row.pk, "why": "Same e-mail"}
                for row in them
            ]
        },
    )


def conflict_make(sync, number: int) -> SyncRecord:
    field = {
        "label": "Company",
        "left_value": "Nowak Meble",
        "right_value": "",
        "reason": "Two different values: you choose.",
    }
    return unit(
        sync, "conflict", number, reason_code="ask", detail={"conflicts": [field]}
    )


def test_nothing_needs_you(as_owner, sync):
    page = text_of(as_owner)

    assert "<h1>Nothing needs you</h1>" in page
    assert "Everything flows by itself" in page


def test_a_workspace_without_a_sync_is_led_to_one(as_owner):
    assert "Once a sync is live" in text_of(as_owner)


def test_failures_are_grouped_by_cause(as_owner, sync):
    run = run_make(sync, "completed_with_failures")
    for number in range(8):
        failing(sync, run, number)
    unit(sync, "failing", 20, reason="Oh.", reason_code="bug")

    page = text_of(as_owner)

    assert "<h1>2 things need you</h1>" in page
    assert "Zoho Invoice refused the values" in page
    assert "Crosswalk made a mistake here" in page
    assert "2 more</a>" in page
    assert "Try all 8 again" in page


def test_everybody_of_a_cause_is_tried_again_in_one_run(as_owner, sync):
    ended = run_make(sync, "completed_with_failures")
    records = [failing(sync, ended, number) for number in range(3)]
    unit(sync, "failing", 20, reason_code="bug")

    as_owner.post(f"/w/acme/syncs/{sync.pk}/retry/", {"cause": "remote_rejected"})

    run = SyncRun.objects.get(trigger="retry")
    assert sorted(run.targets) == sorted(record.left_id for record in records)
    assert run.scope == "records"


def test_a_cause_that_has_passed_starts_nothing(as_owner, sync):
    path = f"/w/acme/syncs/{sync.pk}/retry/"

    answer = as_owner.post(path, {"cause": "bug"}, follow=True)

    assert "Nobody fails of this any more" in answer.content.decode()
    assert not SyncRun.objects.exists()


def test_a_paused_sync_is_not_tried_again(as_owner, sync):
    failing(sync, run_make(sync, "completed_with_failures"))
    sync_pause(sync=sync, actor=None)
    path = f"/w/acme/syncs/{sync.pk}/retry/"

    answer = as_owner.post(path, {"cause": "remote_rejected"}, follow=True)

    assert "is paused" in answer.content.decode()


def test_a_lost_connection_has_the_button_that_cures_it(as_owner, sync):
    Connection.objects.filter(pk=sync.right_id).update(health="needs_reconnect")

    page = text_of(as_owner)

    assert "Zoho Invoice must be connected again" in page
    assert f"reconnect={sync.right_id}" in page


def test_a_review_shows_both_people_side_by_side(as_owner, sync):
    review_make(sync, 1, candidates=3)

    page = text_of(as_owner)

    for words in ("Same e-mail, but another first name.", "Adam", "Freya"):
        assert words in page
    assert "A@B.example" in page
    assert ">Same<" in page  # one e-mail, written in two ways
    assert ">Differs<" in page
    assert "2 more people who may be the same" in page
    assert "write the first name alike" in page


def test_candidates_of_another_workspace_are_never_shown(as_owner, sync):
    from workspaces.services import workspace_create

    foreign = live_sync(workspace_create(name="Other"))
    secret = remote(foreign, "left", 1, firstName="Hidden")
    candidate = {"side": "right", "record": secret.pk, "why": "Same e-mail"}
    unit(sync, "review", 1, detail={"candidates": [candidate]})

    assert "Hidden" not in text_of(as_owner)


def test_a_conflict_shows_both_values(as_owner, sync):
    conflict_make(sync, 1)

    page = text_of(as_owner)

    assert "Nowak Meble" in page
    assert '<span class="faint">empty</span>' in page
    assert "Nothing is written until you choose, or both sides say the same" in page


@pytest.mark.parametrize(
    ("show", "seen", "hidden"),
    [
        ("causes", "h-causes", "h-review"),
        ("conflicts", "h-conflict", "h-causes"),
        ("matches", "h-review", "h-conflict"),
    ],
)
def test_one_kind_at_a_time(as_owner, sync, show, seen, hidden):
    failing(sync, run_make(sync, "completed_with_failures"), 1)
    review_make(sync, 2)
    conflict_make(sync, 3)

    page = text_of(as_owner, show=show)

    assert seen in page
    assert hidden not in page


def test_a_kind_that_is_empty_says_so(as_owner, sync):
    review_make(sync, 1)

    assert "None of these" in text_of(as_owner, show="conflicts")


@pytest.mark.parametrize("count", [1, 50])
def test_it_takes_the_same_queries_however_many(
    as_owner, sync, count, django_assert_num_queries
):
    run = run_make(sync, "completed_with_failures")
    for number in range(count):
        failing(sync, run, number)
        review_make(sync, 1000 + number)
        conflict_make(sync, 2000 + number)
    as_owner.get(PAGE)

    with django_assert_num_queries(29):
        as_owner.get(PAGE)


def test_cards_of_deletes_take_the_same_queries_however_many(
    as_owner, sync, django_assert_num_queries
):
    def gone(number: int) -> None:
        sides = {side: remote(sync, side, number) for side in ("left", "right")}
        unit(sync, "review", number, reason_code="delete_ask", **sides)
        link = RecordLink.objects.create(sync=sync, object_type="contact", **sides)
        PendingDelete.objects.create(sync=sync, link=link, at="right")

    gone(1)
    gone(2)
    as_owner.get(PAGE, {"show": "deletes"})
    with CaptureQueriesContext(connection) as few:
        as_owner.get(PAGE, {"show": "deletes"})
    for number in range(3, 15):
        gone(number)

    with django_assert_num_queries(len(few.captured_queries)):
        page = as_owner.get(PAGE, {"show": "deletes"})
    assert len(page.context["delete_cards"]) == 14


def test_a_viewer_may_look_and_not_touch(client, viewer, sync):
    failing(sync, run_make(sync, "completed_with_failures"))
    client.force_login(viewer)

    page = client.get(PAGE).content.decode()

    assert "Try again" not in page
    retried = client.post(f"/w/acme/syncs/{sync.pk}/retry/", {"cause": "bug"})
    assert retried.status_code == 403


def test_strangers_find_nothing(client, stranger, workspace):
    client.force_login(stranger)

    assert client.get(PAGE).status_code == 404


@pytest.mark.parametrize("code", [*CAUSES, "something_new", ""])
def test_every_cause_says_what_to_do(code):
    said = advice(code, "Zoho Invoice")

    assert "{" not in said.title + said.text
    assert said.text.endswith(".")


@pytest.mark.parametrize("code", [*REVIEWS, "something_new"])
def test_every_review_says_what_to_do(code):
    assert "{" not in review_advice(code, "HighLevel", "Zoho Invoice")


def test_a_whole_run_fills_every_page(as_owner, world: World):
    world.run()
    pages = (PAGE, "/w/acme/", "/w/acme/runs/", f"/w/acme/syncs/{world.sync.pk}/")

    texts = [as_owner.get(path).content.decode() for path in pages]

    assert "Same person?" in texts[0]
    assert "possible matches" in texts[1]
    assert "created" in texts[2]
    assert "In sync" in texts[3]
