"""“Leave them alone”: only people who are new since that was chosen go across."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from crosswalk.clock import now
from sync.choices.approving import plan_approve
from sync.models import Sync, SyncRecord
from sync.policy import policy_stamp
from sync.setup.filters import filters_save
from sync.setup.saving import SETTINGS, sync_go_live, sync_save
from tests.sync.test_choosing import highlevel_add, zoho_add
from tests.sync.test_deletes import ANNA, BOB
from tests.sync.world import World

ONLY_VIPS = {"left": {"field": "tags", "op": "contains", "value": "vip"}}


def choose(world: World, history: Any, **more: Any) -> Sync:
    """Save the rules of the sync with a history choice, as its page does."""
    columns = {"delete": "delete_policy"}
    kept = {key: getattr(world.sync, columns.get(key, key)) for key in SETTINGS}
    world.sync = sync_save(
        workspace=world.workspace,
        name=world.sync.name,
        left=world.left,
        right=world.right,
        actor=None,
        **{**kept, "history": history, **more},
    )
    return world.sync


def live_for_long(world: World) -> None:
    sync_go_live(sync=world.sync, actor=None, tested=True)
    Sync.objects.update(went_live_at=now() - timedelta(days=60))
    world.sync.refresh_from_db()


def test_what_the_test_showed_is_created_when_it_goes_live(empty_world: World) -> None:
    highlevel_add(empty_world, **BOB)
    choose(empty_world, "new")
    highlevel_add(empty_world, **ANNA)
    test = empty_world.run("test")
    assert (test.counts["create"], test.counts["excluded"]) == (1, 1)
    assert test.plan is not None

    run = empty_world.work(plan_approve(plan=test.plan, actor=None))

    assert (run.counts["create"], empty_world.lists()["excluded"]) == (1, 1)


def test_two_who_fit_are_linked_however_old_they_are(empty_world: World) -> None:
    highlevel_add(empty_world, **ANNA)
    person = {"first_name": "Anna", "email": "anna@example.com"}
    zoho_add(empty_world, contact_name="Anna Berg", contact_persons=[person])
    choose(empty_world, "new")

    run = empty_world.run()

    assert (run.counts["link"] + run.counts["update"], run.counts["excluded"]) == (1, 0)
    assert empty_world.lists() == {"in_sync": 1}


def test_chosen_on_a_live_sync_it_counts_from_then(empty_world: World) -> None:
    world = empty_world
    filters_save(sync=world.sync, object_type="contact", filters=ONLY_VIPS, actor=None)
    live_for_long(world)
    highlevel_add(world, **BOB)
    world.run(scope="dirty", trigger="schedule")

    choose(world, "new")
    filters_save(sync=world.sync, object_type="contact", filters={}, actor=None)
    highlevel_add(world, **ANNA)
    run = world.run(scope="dirty", trigger="schedule")

    assert run.counts["create"] == 1
    bob = SyncRecord.objects.get(label="Bob Holm")
    assert (bob.list, bob.reason_code) == ("excluded", "history")


def test_the_moment_stays_while_the_choice_does(empty_world: World) -> None:
    first = choose(empty_world, "new").history_since

    assert choose(empty_world, "new", conflict="ask").history_since == first
    live_for_long(empty_world)
    assert empty_world.sync.history_since == first
    assert choose(empty_world, "all").history_since is None
    again = choose(empty_world, "new").history_since
    assert None not in (first, again)
    assert again != first


def test_a_new_sync_counts_from_when_it_was_made(empty_world: World) -> None:
    left, right = empty_world.left, empty_world.right
    Sync.objects.all().delete()

    made = sync_save(
        workspace=empty_world.workspace,
        name="New",
        left=left,
        right=right,
        match=["email"],
        first_merge="non_empty",
        conflict="newest",
        delete="ignore",
        history="new",
        schedule="manual",
        actor=None,
    )

    assert made.history_since is not None


@pytest.mark.parametrize("history", ["all", {"since": "2026-01-31"}])
def test_a_choice_that_says_its_own_moment_has_no_other(
    empty_world: World, history: Any
) -> None:
    choose(empty_world, "new")

    assert choose(empty_world, history).history_since is None


def test_another_moment_has_everybody_looked_at_again(empty_world: World) -> None:
    sync = choose(empty_world, "new")
    before = policy_stamp(sync)

    choose(empty_world, "all")

    assert policy_stamp(choose(empty_world, "new")) != before
