"""Floods of what hangs under people: switched on later they are none, then they count."""

from __future__ import annotations

import pytest

from sync.engine.guards import FEWEST_CREATES
from sync.setup.saving import sync_go_live
from synclog.models import SyncRun
from tests.sync.childworld import a_day_later, carry, comments, note, person
from tests.sync.world import World

POLL = {"trigger": SyncRun.Trigger.SCHEDULE, "scope": "dirty"}


@pytest.fixture
def live(empty_world: World) -> str:
    """A person in a live sync that carries people alone; their id at HighLevel."""
    anna = person(empty_world)
    empty_world.run()
    sync_go_live(sync=empty_world.sync, actor=None, tested=True)
    empty_world.run()
    return anna


def write(world: World, contact_id: str, count: int) -> None:
    for number in range(count):
        note(world, contact_id, f"Note {number}.")


def test_notes_that_are_switched_on_later_are_no_flood(
    empty_world: World, live: str
) -> None:
    carry(empty_world, "note")
    write(empty_world, live, FEWEST_CREATES)

    run = empty_world.run(**POLL)

    assert run.state == "completed"
    assert len(comments(empty_world)) == FEWEST_CREATES


def test_notes_that_are_many_at_once_later_are_counted_as_what_they_become(
    empty_world: World, live: str
) -> None:
    carry(empty_world, "note")
    note(empty_world, live, "The first.")
    empty_world.run(**POLL)
    write(empty_world, live, FEWEST_CREATES)
    a_day_later()

    run = empty_world.run(**POLL)

    said = f"{FEWEST_CREATES} comments would be created at Zoho Invoice, where 1 are "
    assert (run.reason_code, run.reason[: len(said)]) == ("guard", said)
    assert comments(empty_world) == ["The first."]
