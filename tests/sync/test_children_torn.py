"""Children under two who are no pair: moved to somebody else, or their parent has
another partner now."""

from __future__ import annotations

import pytest

from integrations.models import RemoteRecord
from sandbox.highlevel import service as highlevel
from sandbox.zoho import desk as zoho
from synclog.models import SyncRun
from tests.sync.childworld import (
    ANNA,
    BO,
    a_day_later,
    allow_projects,
    at_zoho,
    call,
    carry,
    comments,
    note,
    note_moved,
    notes,
    person,
    units,
)
from tests.sync.test_choosing import zoho_add
from tests.sync.test_tasks import project_tasks, task
from tests.sync.world import World

POLL = {"trigger": SyncRun.Trigger.SCHEDULE, "scope": "dirty"}
COMPARE = {"trigger": SyncRun.Trigger.RECONCILE}
WHO = {
    "first_name": "Anna",
    "last_name": "Berg",
    "email": ANNA["email"],
    "is_primary_contact": True,
}


def entered_again(world: World, left_id: str) -> None:
    """Delete a person's customer at Zoho Invoice, and enter them anew."""
    zoho.contact_delete(world.app.extensions["context"], at_zoho(world, left_id))
    zoho_add(world, contact_name="Anna Berg", contact_persons=[WHO])


def comments_of(world: World, contact_id: str) -> list[str]:
    """Return the comments a customer is known to have at Zoho Invoice."""
    rows = RemoteRecord.objects.filter(
        connection=world.right,
        object_type="note",
        parent_id=contact_id,
        gone_at__isnull=True,
    )
    return sorted(row.values["description"] for row in rows)


def test_a_customer_who_was_entered_again_gets_the_notes(
    empty_world: World, anna: str
) -> None:
    note(empty_world, anna, "One.")
    empty_world.run()
    before = at_zoho(empty_world, anna)
    entered_again(empty_world, anna)

    for options in (COMPARE, POLL, POLL):
        empty_world.run(**options)

    there = at_zoho(empty_world, anna)
    assert there != before
    assert comments_of(empty_world, there) == ["One."]
    assert (comments(empty_world), notes(empty_world)) == (["One."], ["One."])


def test_an_edit_reaches_the_customer_who_was_entered_again(
    empty_world: World, anna: str
) -> None:
    note_id = note(empty_world, anna, "One.")
    empty_world.run()
    entered_again(empty_world, anna)
    call(empty_world, "PUT", f"/contacts/{anna}/notes/{note_id}", body="Two.")

    for options in (COMPARE, {}, {}):
        a_day_later()
        empty_world.run(**options)

    assert comments_of(empty_world, at_zoho(empty_world, anna)) == ["Two."]
    assert notes(empty_world) == ["Two."]


def test_a_test_says_what_is_no_longer_linked(empty_world: World, anna: str) -> None:
    note(empty_world, anna, "One.")
    empty_world.run()
    entered_again(empty_world, anna)

    test = empty_world.run("test")

    assert test.plan is not None
    planned = test.plan.changes.get(object_type="note")
    assert (planned.outcome, planned.reason_code) == ("excluded", "unlinked")


def test_an_edit_of_a_note_moved_to_another_contact_goes_to_their_customer(
    empty_world: World, anna: str
) -> None:
    bo = person(empty_world, **BO)
    note_id = note(empty_world, bo, "Of Bo.")
    empty_world.run()
    note_moved(empty_world, note_id, anna)
    a_day_later()
    empty_world.run()
    call(empty_world, "PUT", f"/contacts/{anna}/notes/{note_id}", body="Of Anna.")

    a_day_later()
    empty_world.run()

    assert comments_of(empty_world, at_zoho(empty_world, anna)) == ["Of Anna."]
    assert comments_of(empty_world, at_zoho(empty_world, bo)) == []
    assert (comments(empty_world), notes(empty_world)) == (["Of Anna."], ["Of Anna."])


@pytest.mark.parametrize("policy", ["mirror", "ignore"])
def test_notes_go_on_with_who_remains_of_a_merge(
    empty_world: World, anna: str, policy: str
) -> None:
    """Bo is merged into Anna at HighLevel: his note is hers from then on."""
    empty_world.sync.delete_policy = policy
    empty_world.sync.save()
    bo = person(empty_world, **BO)
    note_id = note(empty_world, bo, "Was Bo's.")
    for options in ({}, {}, POLL):
        empty_world.run(**options)
    note_moved(empty_world, note_id, anna)
    highlevel.contact_delete(empty_world.app.extensions["context"], bo)
    a_day_later()
    empty_world.run(**POLL)
    call(empty_world, "PUT", f"/contacts/{anna}/notes/{note_id}", body="Edited.")

    for options in (COMPARE, {}, {}):
        a_day_later()
        empty_world.run(**options)

    assert comments_of(empty_world, at_zoho(empty_world, anna)) == ["Edited."]
    assert notes(empty_world) == ["Edited."]


def test_a_task_moved_to_another_contact_is_not_written_to_the_old_ones_customer(
    empty_world: World,
) -> None:
    empty_world.right.options = {"project_tasks": True}
    empty_world.right.save()
    empty_world.sync.refresh_from_db()
    allow_projects(empty_world)
    carry(empty_world, "task")
    anna, bo = person(empty_world), person(empty_world, **BO)
    task_id = task(empty_world, bo, "Call Bo")
    empty_world.run()
    row = empty_world.store.get("highlevel_task", task_id)
    moved = {**row, "contactId": anna, "title": "Call Anna"}
    empty_world.store.put("highlevel_task", task_id, moved)

    a_day_later()
    empty_world.run()

    assert [each["task_name"] for each in project_tasks(empty_world)] == ["Call Bo"]
    [(name, reason)] = units(empty_world, "task")
    assert (name, "another contact's" in reason) == ("excluded", True)
