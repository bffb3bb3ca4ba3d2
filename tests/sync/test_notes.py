"""Notes at HighLevel and comments at Zoho Invoice: whole runs in the sandbox."""

from __future__ import annotations

from sync.choices.approving import plan_approve
from sync.choices.undoing import undo_request
from sync.models import RecordLink
from synclog.models import LogEntry
from tests.sync.childworld import (
    at_zoho,
    call,
    comment,
    comments,
    note,
    notes,
    units,
)
from tests.sync.world import World


def test_a_note_follows_its_person_in_the_very_first_run(
    empty_world: World, anna: str
) -> None:
    note(empty_world, anna, "Called about the invoice.")

    run = empty_world.run()

    assert comments(empty_world) == ["Called about the invoice."]
    assert (run.state, run.counts["create"]) == ("completed", 2)
    assert units(empty_world, "note") == [("in_sync", "In HighLevel only.")]
    link = RecordLink.objects.get(object_type="note")
    assert link.parent == RecordLink.objects.get(object_type="contact")
    entry = LogEntry.objects.get(object_type="note")
    assert entry.label == "Anna Berg: Called about the invoice."


def test_a_comment_arrives_as_a_note(empty_world: World, anna: str) -> None:
    empty_world.run()
    comment(empty_world, at_zoho(empty_world, anna), "Paid today.")

    empty_world.run()

    assert notes(empty_world) == ["Paid today."]


def test_what_both_have_already_is_linked_and_only_the_rest_is_made(
    empty_world: World, anna: str
) -> None:
    RecordLink.objects.filter(object_type="note").delete()
    empty_world.run()
    there = at_zoho(empty_world, anna)
    for text in ("Both say this.", "Twice here.", "Twice here."):
        note(empty_world, anna, text)
    for text in ("Both  say this.\n", "Twice here.", "Only there."):
        comment(empty_world, there, text)

    run = empty_world.run()

    assert (run.counts["link"], run.counts["create"]) == (2, 2)
    assert len(notes(empty_world)) == len(comments(empty_world)) == 4
    assert empty_world.run().counts["unchanged"] == 5


def test_an_edited_note_replaces_its_comment(empty_world: World, anna: str) -> None:
    note_id = note(empty_world, anna, "Calls on Monday.")
    empty_world.run()
    before = RecordLink.objects.get(object_type="note").right
    path = f"/contacts/{anna}/notes/{note_id}"
    call(empty_world, "PUT", path, body="Calls on Tuesday.")

    run = empty_world.run()

    assert comments(empty_world) == ["Calls on Tuesday."]
    after = RecordLink.objects.get(object_type="note").right
    before.refresh_from_db()
    assert after.remote_id != before.remote_id
    assert before.gone_at
    assert (run.counts["update"], run.counts["unchanged"]) == (1, 1)
    assert sum(run.calls.values()) == sum(run.minimum_calls.values())
    empty_world.sent.clear()
    assert empty_world.run().counts["unchanged"] == 2
    assert empty_world.writes() == []


def test_a_second_run_writes_nothing(empty_world: World, anna: str) -> None:
    note(empty_world, anna, "Called about the invoice.")
    empty_world.run()
    comment(empty_world, at_zoho(empty_world, anna), "Paid today.")
    empty_world.run()
    empty_world.sent.clear()

    run = empty_world.run()

    assert empty_world.writes() == []
    assert run.counts["unchanged"] == 3
    assert sum(run.calls.values()) == sum(run.minimum_calls.values())


def test_the_undo_of_an_edit_puts_the_old_text_back(
    empty_world: World, anna: str
) -> None:
    note_id = note(empty_world, anna, "Calls on Monday.")
    empty_world.run()
    path = f"/contacts/{anna}/notes/{note_id}"
    call(empty_world, "PUT", path, body="Calls on Tuesday.")
    edit = empty_world.run()

    test = empty_world.work(undo_request(run=edit, actor=None))
    assert test.plan is not None
    undo = empty_world.work(plan_approve(plan=test.plan, actor=None))

    assert (undo.state, undo.counts["update"]) == ("completed", 1)
    assert comments(empty_world) == ["Calls on Monday."]
    empty_world.sent.clear()
    empty_world.run()
    assert empty_world.writes() == []


def test_the_undo_of_an_edit_that_was_edited_again_says_so(
    empty_world: World, anna: str
) -> None:
    note_id = note(empty_world, anna, "Calls on Monday.")
    empty_world.run()
    path = f"/contacts/{anna}/notes/{note_id}"
    call(empty_world, "PUT", path, body="Calls on Tuesday.")
    edit = empty_world.run()
    call(empty_world, "PUT", path, body="Calls on Friday.")
    empty_world.run()

    test = empty_world.work(undo_request(run=edit, actor=None))

    assert test.plan is not None
    planned = test.plan.changes.get(object_type="note")
    assert (planned.outcome, planned.reason_code) == ("excluded", "edited_since")
