"""When the children of a person are listed: only with a cause, and never twice for it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from crosswalk.clock import now
from integrations.models import ChildListing
from sync.choices.approving import plan_approve
from sync.models import PlannedChange, SyncRecord
from sync.services import unit_retry
from synclog.models import SyncRun
from tests.sync.childworld import (
    at_zoho,
    call,
    comment,
    comments,
    note,
    notes,
    person,
    units,
)
from tests.sync.world import World

POLL = {"trigger": SyncRun.Trigger.SCHEDULE, "scope": "dirty"}


def listings(world: World) -> list[str]:
    """Return the calls that list children, by side, since the last time."""
    found = [
        "left" if "/highlevel/" in r.url.path else "right"
        for r in world.sent
        if r.method == "GET" and r.url.path.endswith(("/notes", "/comments"))
    ]
    world.sent.clear()
    return found


def test_whom_we_have_just_made_has_no_children_yet(
    empty_world: World, anna: str
) -> None:
    note(empty_world, anna, "Called.")

    empty_world.run()

    assert listings(empty_world) == ["left"]


def test_an_idle_poll_lists_no_children(empty_world: World, anna: str) -> None:
    note(empty_world, anna, "Called.")
    empty_world.run()
    empty_world.sent.clear()

    run = empty_world.run(**POLL)

    assert listings(empty_world) == []
    assert list(run.calls.values()) == list(run.minimum_calls.values()) == [1, 1]


def test_an_edited_person_is_looked_at_again(empty_world: World, anna: str) -> None:
    empty_world.run()
    call(empty_world, "PUT", f"/contacts/{anna}", lastName="Bergman")
    note(empty_world, anna, "Married.")
    empty_world.sent.clear()

    empty_world.run(**POLL)

    assert listings(empty_world) == ["left"]
    assert comments(empty_world) == ["Married."]


def test_everybody_has_a_turn_once_a_day(empty_world: World, anna: str) -> None:
    empty_world.run()
    comment(empty_world, at_zoho(empty_world, anna), "Paid today.")
    empty_world.run(**POLL)
    assert notes(empty_world) == []

    ChildListing.objects.update(read_at=now() - timedelta(hours=25))
    empty_world.sent.clear()
    empty_world.run(**POLL)

    assert (notes(empty_world), listings(empty_world)) == (
        ["Paid today."],
        ["left", "right"],
    )
    empty_world.run(**POLL)
    assert listings(empty_world) == []


def test_the_daily_round_keeps_within_its_part_of_the_quota(
    empty_world: World, anna: str, monkeypatch: Any
) -> None:
    for number in range(3):
        person(empty_world, firstName=f"P{number}", email=f"p{number}@x.example")
    empty_world.run()
    ChildListing.objects.update(read_at=now() - timedelta(hours=25))
    monkeypatch.setattr("sync.reading.childreading.sweep_budget", lambda spec: 2)
    empty_world.sent.clear()

    empty_world.run(**POLL)
    assert sorted(listings(empty_world)) == ["left", "left", "right", "right"]

    empty_world.run(**POLL)
    assert listings(empty_world) == []


def test_a_test_shows_the_notes_of_people_who_are_still_to_be_made(
    empty_world: World, anna: str
) -> None:
    note(empty_world, anna, "Called.")

    test = empty_world.run("test")

    assert test.counts["create"] == 2
    planned = PlannedChange.objects.get(object_type="note")
    assert (planned.label, planned.side, planned.calls) == (
        "Anna Berg: Called.",
        "right",
        1,
    )
    assert test.plan is not None
    assert comments(empty_world) == []
    run = empty_world.work(plan_approve(plan=test.plan, actor=None))
    assert (run.counts["create"], comments(empty_world)) == (2, ["Called."])


def test_a_note_of_somebody_left_out_is_left_out_with_the_reason(
    empty_world: World, anna: str
) -> None:
    note(empty_world, anna, "Called.")
    empty_world.run()
    empty_world.sync.filters = {
        "contact": {
            "left": {"and": [{"field": "lastName", "op": "equals", "value": "Lind"}]},
            "right": {},
        }
    }
    empty_world.sync.save()

    empty_world.run()

    [(name, reason)] = units(empty_world, "note")
    assert name == "excluded"
    assert reason.startswith("Its contact is not in sync: Left out at HighLevel.")


def test_a_refused_note_fails_visibly_and_goes_through_once_it_fits(
    empty_world: World, anna: str
) -> None:
    note_id = note(empty_world, anna, "x" * 2001)
    run = empty_world.run()
    assert (run.state, run.counts["failed"]) == ("completed_with_failures", 1)
    failing = SyncRecord.objects.get(object_type="note")
    assert failing.list == "failing"
    path = f"/contacts/{anna}/notes/{note_id}"
    call(empty_world, "PUT", path, body="It fits now.")

    again = empty_world.work(unit_retry(record=failing, actor=None))

    assert (again.state, comments(empty_world)) == ("completed", ["It fits now."])


@pytest.mark.usefixtures("no_waiting")
def test_while_notes_cannot_be_read_people_are_through_and_the_run_waits(
    empty_world: World, anna: str
) -> None:
    note(empty_world, anna, "Called.")
    broken = {"system": "highlevel", "match": "GET /notes$", "fault": "500", "times": 0}
    empty_world.switch(fail_next=[broken])

    run = empty_world.run()

    assert (run.state, len(empty_world.store.all("zoho.contact"))) == ("waiting", 1)
    empty_world.switch(fail_next=[])
    run = empty_world.work(run)
    assert (run.state, run.counts["create"]) == ("completed", 2)
    assert comments(empty_world) == ["Called."]


def test_a_comment_whose_answer_was_lost_is_found_again(
    empty_world: World, anna: str
) -> None:
    for _ in range(2):
        note(empty_world, anna, "Twice the same.")
    lost = {"system": "zoho", "match": "POST /comments$", "fault": "commit_then_500"}
    empty_world.switch(fail_next=[{**lost, "times": 2}])

    run = empty_world.run()

    assert (run.state, run.counts["create"]) == ("completed", 3)
    assert comments(empty_world) == ["Twice the same."] * 2
    assert empty_world.run().counts["unchanged"] == 3
