"""Notes at HighLevel and comments at Zoho Invoice: whole runs in the sandbox."""

from __future__ import annotations

import pytest

from sync.models import RecordLink
from synclog.models import LogEntry
from tests.sync.childworld import (
    at_zoho,
    carry,
    comment,
    comments,
    note,
    person,
    units,
)
from tests.sync.world import World


@pytest.fixture
def anna(empty_world: World) -> str:
    """A person at HighLevel in a world whose sync carries notes; their id."""
    carry(empty_world, "note")
    return person(empty_world)


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
