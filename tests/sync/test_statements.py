"""How many SQL statements a sync takes: they cannot creep up unseen."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from crosswalk.clock import now
from integrations.connectors.base import Record
from integrations.mirroring.mirror import records_written
from integrations.mirroring.mirrormerge import Written
from integrations.models import Connection, RemoteRecord
from sandbox.highlevel import service as highlevel
from sync.models import RecordLink, SyncRecord
from tests.sync.world import World

# A person, when each call lands alone, as in tests; those that land together share all
# but their permits.
CREATED = 24
UPDATED = 26


def add_people(world: World, numbers: range) -> None:
    for number in numbers:
        person = {
            "firstName": f"Anna{number}",
            "lastName": f"Berg{number}",
            "email": f"anna{number}@example.com",
        }
        highlevel.contact_save(world.app.extensions["context"], None, person)


def edit_people(world: World, last_name: str, count: int) -> None:
    context = world.app.extensions["context"]
    for row in RemoteRecord.objects.filter(connection=world.left)[:count]:
        highlevel.contact_save(context, row.remote_id, {"lastName": last_name})


def statements(world: World, **options: Any) -> int:
    """Run, and return how many statements that took."""
    with CaptureQueriesContext(database) as found:
        run = world.run(**options)
    assert run.counts["failed"] == 0
    return len(found)


def list_again(world: World) -> int:
    Connection.objects.update(cursors={})
    world.sync.refresh_from_db()
    return statements(world)


def test_unchanged_people_of_a_chunk_cost_the_same_however_many(
    empty_world: World,
) -> None:
    add_people(empty_world, range(3))
    empty_world.run()
    few = list_again(empty_world)
    add_people(empty_world, range(3, 15))
    empty_world.run()

    assert list_again(empty_world) == few


def test_pairs_that_are_only_linked_cost_the_same_however_many(
    empty_world: World,
) -> None:
    counts = []
    for numbers in (range(3), range(3, 15)):
        add_people(empty_world, numbers)
        empty_world.run()
        SyncRecord.objects.all().delete()
        RecordLink.objects.all().delete()
        counts.append(statements(empty_world))

    assert counts[1] <= counts[0]


def test_a_written_person_costs_no_more_than_this(empty_world: World) -> None:
    add_people(empty_world, range(2))
    few = statements(empty_world)
    add_people(empty_world, range(2, 12))
    many = statements(empty_world)

    assert (many - few) / 8 <= CREATED

    empty_world.sync.guards = {"max_change_percent": 100}
    empty_world.sync.save()
    edit_people(empty_world, "Moor", 2)
    few = statements(empty_world)
    edit_people(empty_world, "Fell", 12)
    many = statements(empty_world)

    assert (many - few) / 10 <= UPDATED


@pytest.mark.parametrize("is_new", [True, False])
def test_writes_that_land_together_are_stored_in_as_many_statements_as_one(
    empty_world: World, is_new: bool
) -> None:
    def write(ids: range, email: str) -> int:
        writes = [
            Written(
                f"c{number}",
                {"email": email},
                Record(f"c{number}", {"email": email}, "write", modified_at=now()),
            )
            for number in ids
        ]
        with CaptureQueriesContext(database) as found:
            records_written(empty_world.left, "contact", writes)
        return len(found)

    if not is_new:
        write(range(7), "before@example.com")

    assert write(range(1), "a@example.com") == write(range(1, 7), "b@example.com")
