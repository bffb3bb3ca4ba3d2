"""Many rows at once: stored as Django would store each of them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import DatabaseError

from crosswalk.bulk import rows_create, rows_insert, rows_update
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
