"""Many rows at once: stored as Django would store each of them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import DatabaseError

from crosswalk.bulk import (
    rows_change,
    rows_create,
    rows_insert,
    rows_update,
    rows_where,
    values_at,
    values_insert,
)
from synclog.models import Event
from workspaces.models import Workspace

pytestmark = pytest.mark.django_db
THEN = datetime(2020, 1, 1, tzinfo=UTC)


def events(workspace: Workspace, count: int) -> list[Event]:
    payloads = ({"number": number, "words": "“ä”"} for number in range(count))
    return [Event(workspace=workspace, type="x", payload=p) for p in payloads]


def test_new_rows_are_stored_with_json_and_their_own_times(
    workspace: Workspace,
) -> None:
    rows_insert(events(workspace, 3))

    stored = list(Event.objects.filter(type="x").order_by("pk"))
    assert [event.payload["number"] for event in stored] == [0, 1, 2]
    assert stored[0].payload["words"] == "“ä”"
    assert all(event.created_at > THEN for event in stored)


def test_created_rows_get_their_keys_in_their_order(workspace: Workspace) -> None:
    rows = events(workspace, 600)  # more than go into one statement

    rows_create(rows)

    keys = {event.pk: event.payload["number"] for event in Event.objects.all()}
    assert [keys[row.pk] for row in rows] == list(range(600))
    rows[0].type = "y"
    rows[0].save()  # as a stored row
    assert Event.objects.filter(type="y").count() == 1


def test_only_the_named_fields_are_changed(workspace: Workspace) -> None:
    rows_insert(events(workspace, 2))
    rows = list(Event.objects.filter(type="x").order_by("pk"))
    for row in rows:
        row.type, row.payload = "y", {"was": row.payload["number"], "none": None}

    rows_update(rows, ["payload"])

    stored = list(Event.objects.filter(type="x").order_by("pk"))
    assert [event.payload for event in stored] == [
        {"was": 0, "none": None},
        {"was": 1, "none": None},
    ]


def test_a_row_that_is_gone_is_an_error(workspace: Workspace) -> None:
    rows_insert(events(workspace, 2))
    rows = list(Event.objects.filter(type="x"))
    Event.objects.filter(pk=rows[0].pk).delete()

    with pytest.raises(DatabaseError, match="gone"):
        rows_update(rows, ["payload"])


def test_nothing_takes_no_statement(django_assert_num_queries: object) -> None:
    with django_assert_num_queries(0):
        rows_insert([])
        rows_update([], ["payload"])


# --- reading and changing -----------------------------------------------------------------


@pytest.fixture
def stored(workspace: Workspace) -> list[Event]:
    """Five events of the workspace and one of another, as Django reads them."""
    rows_insert(events(workspace, 5))
    other = Workspace.objects.create(name="Other", slug="other")
    rows_insert(events(other, 1))
    return list(Event.objects.order_by("pk"))


def test_rows_are_read_as_django_reads_them(
    workspace: Workspace, stored: list[Event]
) -> None:
    keys = [event.pk for event in reversed(stored)]

    found = rows_where(Event, {"pk": keys}, workspace=workspace)

    assert [vars_of(row) for row in found] == [vars_of(row) for row in stored[:5]]
    found[0].type = "y"
    found[0].save()  # as a stored row
    assert Event.objects.filter(type="y").count() == 1


def vars_of(event: Event) -> dict[str, object]:
    return {k: v for k, v in vars(event).items() if k != "_state"}


def test_one_of_several_fields_is_enough(
    workspace: Workspace, stored: list[Event]
) -> None:
    rows_change(Event, {"type": "y"}, pk=stored[3].pk)

    found = rows_where(
        Event, {"pk": [stored[0].pk, stored[5].pk], "type": ["y"]}, workspace=workspace
    )

    assert [row.pk for row in found] == [stored[0].pk, stored[3].pk]


def test_without_values_to_look_for_there_is_no_row_and_no_statement(
    django_assert_num_queries: Any,
) -> None:
    with django_assert_num_queries(0):
        assert rows_where(Event, {"pk": [], "type": []}) == []


def test_only_rows_that_are_as_expected_are_changed(stored: list[Event]) -> None:
    first = stored[0]
    change = {"type": "y", "payload": {"ä": [1, None]}, "created_at": THEN}

    assert rows_change(Event, change, pk=first.pk, type="z") == 0
    assert rows_change(Event, change, pk=first.pk, type="x") == 1

    first.refresh_from_db()
    assert (first.type, first.payload, first.created_at) == tuple(change.values())
    assert Event.objects.filter(type="y").count() == 1


def test_plain_fields_of_a_row_are_looked_up(stored: list[Event]) -> None:
    first = stored[0]

    assert values_at(Event, first.pk, "type", "pk") == ("x", first.pk)
    with pytest.raises(KeyError):
        values_at(Event, 0, "type")
    with pytest.raises(TypeError, match="not all plain"):
        values_at(Event, first.pk, "payload")


def test_rows_are_stored_by_their_values_if_none_is_left_out(
    workspace: Workspace, stored: list[Event]
) -> None:
    names = [f.name for f in Event._meta.local_concrete_fields if not f.primary_key]
    row = [getattr(stored[0], name) for name in names]

    values_insert(Event, names, [row, row])

    made = list(Event.objects.order_by("pk"))[-2:]
    assert [[getattr(each, name) for name in names] for each in made] == [row, row]
    with pytest.raises(TypeError, match="other fields"):
        values_insert(Event, names[1:], [row[1:]])
