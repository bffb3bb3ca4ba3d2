"""Guards in a run: a mass change stops before its first write, and asks."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from crosswalk.clock import now
from integrations.models import RemoteRecord
from mapping.services import mapping_publish, mapping_save
from sandbox.context import Context
from sandbox.highlevel import service as highlevel
from sync.choices.approving import plan_approve
from sync.engine.guards import FEWEST, FEWEST_CREATES
from sync.models import RecordLink, Sync
from sync.services import run_request
from sync.setup.saving import sync_go_live, sync_resume
from synclog.models import SyncRun
from tests.sync.world import World

PEOPLE = FEWEST + 5


@pytest.fixture
def linked(empty_world: World) -> World:
    """A live sync of 25 linked people."""
    context: Context = empty_world.app.extensions["context"]
    for number in range(PEOPLE):
        fields = {
            "firstName": f"Person{number}",
            "email": f"person{number}@example.com",
            "companyName": f"Company {number}",
        }
        highlevel.contact_save(context, None, fields)
    empty_world.run()
    sync_go_live(sync=empty_world.sync, actor=None, tested=True)
    empty_world.sync.refresh_from_db()
    empty_world.run()
    empty_world.sent.clear()
    return empty_world


def rename(world: World, count: int) -> None:
    """Give the first so many people at HighLevel another company."""
    context: Context = world.app.extensions["context"]
    for link in RecordLink.objects.order_by("pk").select_related("left")[:count]:
        change = {"companyName": "The same"}
        highlevel.contact_save(context, link.left.remote_id, change)


def poll(world: World) -> SyncRun:
    return world.run(scope="dirty", trigger="schedule")


def test_a_mass_change_stops_before_the_first_write(linked: World) -> None:
    rename(linked, PEOPLE)

    run = poll(linked)

    assert (run.state, run.reason_code) == ("failed", "guard")
    assert run.reason.startswith(
        "Company would be replaced at Zoho Invoice for 25 of 25 linked people (100 %)."
    )
    assert linked.writes() == []
    linked.sync.refresh_from_db()
    assert (linked.sync.state, linked.sync.paused_reason) == ("paused", run.reason)


def test_the_page_of_the_run_says_what_to_do(linked: World, as_owner: Client) -> None:
    rename(linked, PEOPLE)
    run = poll(linked)

    page = as_owner.get(f"/w/{linked.workspace.slug}/runs/{run.pk}/").content.decode()

    assert "Too much would change at once." in page
    assert "Company would be replaced at Zoho Invoice" in page
    assert "could not take it" not in page


def test_a_few_changes_pass(linked: World) -> None:
    rename(linked, PEOPLE * 40 // 100)

    run = poll(linked)

    assert (run.state, run.counts["update"]) == ("completed", 10)


def test_an_approved_plan_is_not_stopped(linked: World) -> None:
    rename(linked, PEOPLE)
    poll(linked)

    test = linked.run("test")
    assert test.plan is not None
    run = linked.work(plan_approve(plan=test.plan, actor=None))

    assert (run.state, run.counts["update"]) == ("completed", PEOPLE)
    linked.sync.refresh_from_db()
    assert linked.sync.state == Sync.State.LIVE


def test_a_raised_guard_lets_it_through(linked: World) -> None:
    rename(linked, PEOPLE)
    poll(linked)
    linked.sync.refresh_from_db()
    linked.sync.guards = {"max_change_percent": 100}
    linked.sync.save()
    sync_resume(sync=linked.sync, actor=None)

    assert poll(linked).counts["update"] == PEOPLE


def test_a_mapping_turned_round_is_caught(linked: World) -> None:
    lines: list[dict[str, Any]] = [
        {"left": "firstName", "right": "company_name", "conflict": "left"},
        {"left": "email", "right": "email"},
    ]
    mapping = linked.sync.mappings.get()
    saved = mapping_save(
        sync=linked.sync,
        object_type=mapping.object_type,
        direction="left_to_right",
        lines=lines,
        actor=None,
    )
    mapping_publish(mapping=saved, actor=None)

    run = poll(linked)

    assert (run.reason_code, linked.writes()) == ("guard", [])


def test_at_rest_nobody_is_decided_twice(
    linked: World, django_assert_max_num_queries: Any
) -> None:
    assert poll(linked).state == "completed"
    run = linked.run()

    assert run.counts["unchanged"] == PEOPLE
    assert "guard" not in run.checkpoint


# --- create flood ---------------------------------------------------------------------


def newcomers(world: World, count: int = FEWEST_CREATES, kind: str = "new") -> None:
    """Let so many people be imported into HighLevel."""
    context: Context = world.app.extensions["context"]
    for number in range(count):
        fields = {"firstName": "New", "email": f"{kind}{number}@example.com"}
        highlevel.contact_save(context, None, fields)


def test_a_create_flood_stops_before_the_first_write(linked: World) -> None:
    newcomers(linked)

    run = poll(linked)

    assert (run.state, run.reason_code) == ("failed", "guard")
    assert run.reason == (
        "50 people would be created at Zoho Invoice, where 25 are known. This sync asks "
        "above 20 %. Nothing was written. Test the sync, look at the plan, and approve "
        "it if this is what you want."
    )
    assert linked.writes() == []
    linked.sync.refresh_from_db()
    assert (linked.sync.state, linked.sync.paused_reason) == ("paused", run.reason)


def test_a_flood_that_was_approved_passes(linked: World) -> None:
    newcomers(linked)
    poll(linked)

    test = linked.run("test")
    assert test.plan is not None
    run = linked.work(plan_approve(plan=test.plan, actor=None))

    assert (run.state, run.counts["create"]) == ("completed", FEWEST_CREATES)


def test_fewer_new_people_pass(linked: World) -> None:
    newcomers(linked, FEWEST_CREATES - 1)

    assert poll(linked).counts["create"] == FEWEST_CREATES - 1


def test_the_first_run_of_a_sync_has_no_measure(empty_world: World) -> None:
    newcomers(empty_world, FEWEST_CREATES)
    sync_go_live(sync=empty_world.sync, actor=None, tested=False)
    empty_world.sync.refresh_from_db()

    assert poll(empty_world).counts["create"] == FEWEST_CREATES


def test_after_an_approved_plan_there_is_a_measure(empty_world: World) -> None:
    newcomers(empty_world, 1, "first")
    test = empty_world.run("test")
    assert test.plan is not None
    empty_world.work(plan_approve(plan=test.plan, actor=None))
    empty_world.sync.refresh_from_db()
    newcomers(empty_world, FEWEST_CREATES + 1)

    assert poll(empty_world).reason_code == "guard"


def test_a_flood_is_counted_on_where_it_was_cut_off(linked: World) -> None:
    newcomers(linked)
    linked.run("test")  # reads them
    fresh = RemoteRecord.objects.filter(label__startswith="New").order_by("pk")
    run = run_request(sync=linked.sync, mode="live", trigger="schedule", scope="dirty")
    counted = {"stage": "left", "after": fresh[29].pk}
    run.checkpoint = {"flood": {"contact": {**counted, "creates": {"right": 1030}}}}
    run.save()

    assert linked.work(run).reason.startswith("1,050 people would be created")


# --- in portions ----------------------------------------------------------------------


def test_a_mass_change_in_portions_stops_where_it_becomes_one(linked: World) -> None:
    polls = []
    for count in (8, 10, 16):  # the first so many: whom it has changed stay as they are
        rename(linked, count)
        polls.append(poll(linked))

    assert [run.counts["update"] for run in polls[:2]] == [8, 2]
    assert polls[2].reason.startswith(
        "Company would be replaced at Zoho Invoice for 16 of 25 linked people (64 %, 10 "
        "of them in the last hour). This sync asks above 40 %. Nothing was written."
    )
    linked.sync.refresh_from_db()
    assert linked.sync.state == "paused"


def test_the_same_people_edited_again_are_no_mass_change(linked: World) -> None:
    for number in range(4):
        for link in RecordLink.objects.order_by("pk").select_related("left")[:6]:
            change = {"companyName": f"Again {number}"}
            context: Context = linked.app.extensions["context"]
            highlevel.contact_save(context, link.left.remote_id, change)
        assert poll(linked).counts["update"] == 6


def test_what_was_approved_counts_no_more(linked: World) -> None:
    rename(linked, 8)
    poll(linked)
    rename(linked, 16)
    poll(linked)
    test = linked.run("test")
    assert test.plan is not None
    linked.work(plan_approve(plan=test.plan, actor=None))
    rename(linked, 20)

    assert poll(linked).counts["update"] == 4


def test_what_is_older_than_an_hour_counts_no_more(linked: World) -> None:
    rename(linked, 8)
    poll(linked)
    SyncRun.objects.update(created_at=now() - timedelta(minutes=61))
    rename(linked, 16)

    assert poll(linked).counts["update"] == 8


def test_a_create_flood_in_portions_is_stopped(linked: World) -> None:
    newcomers(linked, 30, "some")
    assert poll(linked).counts["create"] == 30
    newcomers(linked, 20, "more")

    run = poll(linked)

    assert run.reason.startswith(
        "50 people would be created at Zoho Invoice (30 of them in the last hour), "
        "where 25 are known."
    )


def test_after_the_first_run_a_few_more_are_no_flood(empty_world: World) -> None:
    newcomers(empty_world, FEWEST_CREATES)
    sync_go_live(sync=empty_world.sync, actor=None, tested=False)
    empty_world.sync.refresh_from_db()
    poll(empty_world)
    newcomers(empty_world, 1, "more")

    assert poll(empty_world).counts["create"] == 1
