"""Who is who, decided while looking at the result of a test."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from integrations.models import RemoteRecord
from sync.choices.planmatching import planned_elsewhere
from sync.choices.shown import match_stamp_now
from sync.models import KeptApart, PlannedChange, RecordLink
from sync.setup.saving import sync_go_live
from synclog.models import SyncRun
from tests.sync.world import World
from workspaces.models import AuditEvent


@pytest.fixture
def tested(world: World) -> SyncRun:
    """A finished test of the seeded people."""
    return world.run("test")


def url(run: SyncRun, change: PlannedChange) -> str:
    return f"/w/acme/runs/{run.pk}/plan/match/{change.pk}/"


def said(change: PlannedChange, candidate: int | str | None = None) -> dict[str, Any]:
    """Return what the form of somebody under review sends: one of them, or none."""
    mine = change.left_id or change.right_id
    seen = match_stamp_now(mine, change.detail["candidates"])
    return {"seen": seen} | ({"candidate": candidate} if candidate else {})


def candidates(run: SyncRun, *, is_free: bool) -> Iterator[tuple[PlannedChange, int]]:
    """Yield people under review, each with one of the other side: one whom nothing
    else is planned for, or one whom the plan links with somebody else."""
    changes = PlannedChange.objects.filter(plan=run.plan, outcome="review")
    for change in changes.order_by("pk"):
        mine = "left" if change.left_id else "right"
        for each in change.detail["candidates"]:
            found = int(each["record"])
            taken = planned_elsewhere(change.plan_id, [found])
            if each["side"] != mine and bool(taken) != is_free:
                yield change, found


def in_question(run: SyncRun) -> tuple[PlannedChange, int]:
    """Return somebody under review, and one of the other side who may be the same."""
    return next(candidates(run, is_free=True))


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


def test_the_same_person_is_said_without_writing_anything(
    as_owner: Client, world: World, tested: SyncRun
) -> None:
    change, candidate = in_question(tested)
    world.sent.clear()

    back = as_owner.post(
        url(tested, change),
        {**said(change, candidate), "show": "review", "page": "2"},
    )

    assert back.url == (
        f"/w/acme/runs/{tested.pk}/plan/?show=review&page=2#change-{change.pk}"
    )
    link = RecordLink.objects.get()
    assert {link.left_id, link.right_id} == {
        change.left_id or change.right_id,
        candidate,
    }
    assert world.sent == []
    assert not SyncRun.objects.filter(mode="live").exists()
    assert AuditEvent.objects.filter(action="match.accepted").count() == 1
    page = text(as_owner.get(f"/w/acme/runs/{tested.pk}/plan/?show=review"))
    assert "Test again to see what becomes of them" in page


def test_the_next_test_shows_what_they_become(
    as_owner: Client, world: World, tested: SyncRun
) -> None:
    change, candidate = in_question(tested)
    as_owner.post(url(tested, change), said(change, candidate))

    again = world.run("test")

    assert again.plan is not None
    assert again.plan.counts["review"] < tested.plan.counts["review"]
    pair = PlannedChange.objects.filter(
        plan=again.plan, left__isnull=False, right__isnull=False
    )
    link = RecordLink.objects.get()
    assert (
        pair.filter(left=link.left, right=link.right).exclude(outcome="review").exists()
    )


def test_two_people_stay_two_and_are_not_asked_about_again(
    as_owner: Client, world: World, tested: SyncRun
) -> None:
    change, _ = in_question(tested)

    as_owner.post(url(tested, change), said(change))

    assert KeptApart.objects.count() == len(change.detail["candidates"])
    again = world.run("test")
    found = PlannedChange.objects.get(plan=again.plan, unit=change.unit)
    assert found.outcome != "review"


def test_the_first_run_after_going_live_carries_out_what_was_said(
    as_owner: Client, world: World, tested: SyncRun
) -> None:
    change, candidate = in_question(tested)
    as_owner.post(url(tested, change), said(change, candidate))
    approved = as_owner.post(
        f"/w/acme/runs/{tested.pk}/plan/approve/", {"which": "all"}
    )
    assert "/runs/" in approved.url
    run = SyncRun.objects.get(mode="live")
    if run.is_active:
        world.work(run)
    world.sync.refresh_from_db()

    world.run(scope="dirty", trigger="schedule")

    link = RecordLink.objects.get(how="person")
    assert link.base


def test_a_script_gets_the_row_alone_opened_and_settled(
    as_owner: Client, tested: SyncRun
) -> None:
    change, candidate = in_question(tested)
    htmx = {"hx-request": "true"}

    row = text(
        as_owner.post(url(tested, change), said(change, candidate), headers=htmx)
    )
    twice = text(
        as_owner.post(url(tested, change), said(change, candidate), headers=htmx)
    )

    assert row.startswith(f'<li id="change-{change.pk}">')
    assert '<details class="plan-row" open>' in row
    assert "You said they are the same person." in row
    assert "This was settled meanwhile." in twice
    assert RecordLink.objects.count() == 1


@pytest.mark.parametrize("candidate", ["0", "nobody", "9" * 30])
def test_somebody_who_is_no_candidate_is_refused(
    as_owner: Client, tested: SyncRun, candidate: str
) -> None:
    change, _ = in_question(tested)

    page = as_owner.post(url(tested, change), said(change, candidate), follow=True)

    assert "This was settled meanwhile." in text(page)
    assert not RecordLink.objects.exists()


def test_one_who_was_linked_meanwhile_is_refused(
    as_owner: Client, world: World, tested: SyncRun
) -> None:
    change, candidate = in_question(tested)
    RemoteRecord.objects.filter(pk=candidate).update(gone_at="2026-01-01T00:00Z")

    page = as_owner.post(url(tested, change), said(change, candidate), follow=True)

    assert "was deleted meanwhile" in text(page)


def test_one_whom_the_plan_links_with_somebody_else_is_not_offered(
    as_owner: Client, tested: SyncRun
) -> None:
    change, candidate = next(candidates(tested, is_free=False))

    shown = text(as_owner.get(f"/w/acme/runs/{tested.pk}/plan/?show=review"))
    refused = as_owner.post(url(tested, change), said(change, candidate), follow=True)

    assert "This plan links them with somebody else" in shown
    assert "Merge the doubles in that system" in text(refused)
    assert not RecordLink.objects.exists()


def test_a_plan_that_is_out_of_date_decides_nothing(
    as_owner: Client, tested: SyncRun
) -> None:
    change, candidate = in_question(tested)
    tested.plan.state = "expired"
    tested.plan.save()

    page = as_owner.post(url(tested, change), said(change, candidate), follow=True)

    assert "This test is out of date." in text(page)
    assert not RecordLink.objects.exists()


def test_a_viewer_and_a_stranger_may_not(
    client: Client, viewer: Any, stranger: Any, tested: SyncRun
) -> None:
    change, _ = in_question(tested)

    client.force_login(viewer)
    assert client.post(url(tested, change)).status_code == 403
    client.force_login(stranger)
    assert client.post(url(tested, change)).status_code == 404


def test_a_live_sync_may_be_tested_and_decided_as_well(
    as_owner: Client, world: World
) -> None:
    world.run()
    sync_go_live(sync=world.sync, actor=None, tested=True)
    test = world.run("test")
    change, candidate = in_question(test)

    as_owner.post(url(test, change), said(change, candidate))

    world.sync.refresh_from_db()
    world.run(scope="dirty", trigger="schedule")
    assert RecordLink.objects.get(how="person").base
