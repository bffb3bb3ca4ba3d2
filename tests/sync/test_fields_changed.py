"""A vendor's field changes under a live sync: removed, retyped, an option taken away."""

from __future__ import annotations

import pytest

from integrations.fields.fieldreading import catalogue_refresh
from integrations.models import Connection
from sandbox.zoho.fields import field_define
from sync.models import RecordLink, SyncRecord
from synclog.models import LogEntry, SyncRun
from tests.sync.test_tags import at_zoho, begin, both, left_edit, poll, tags_save
from tests.sync.world import ORG, World

FIELD = ("zoho.custom_field", f"{ORG}:cf_labels")


@pytest.fixture
def world(empty_world: World) -> World:
    """Anna with tags at HighLevel, in a text at Zoho Invoice."""
    begin(empty_world, "text", ["a", "b"])
    return empty_world


def retype(world: World, data_type: str) -> None:
    """Have somebody replace the field at Zoho Invoice by one of another type."""
    world.store.delete(*FIELD)
    field_define(world.store, ORG, "cf_labels", "Labels", data_type=data_type)


def refresh(world: World) -> None:
    assert catalogue_refresh(Connection.objects.get(pk=world.right.pk)) == []


def assert_explained(world: World, code: str, words: str) -> None:
    """An edit of the field and of the name: the name goes across, the field says why."""
    left_edit(world, {"lastName": "Lund", "tags": ["a", "b", "c"]})

    run = poll(world)

    assert run.state == SyncRun.State.COMPLETED_WITH_FAILURES
    record = SyncRecord.objects.get(sync=world.sync)
    assert (record.list, record.reason_code) == ("failing", code)
    assert words in record.reason
    link = RecordLink.objects.get(sync=world.sync)
    assert link.right.values["last_name"] == "Lund"


def test_a_removed_field_is_explained_and_the_rest_goes_on(world: World) -> None:
    world.store.delete(*FIELD)
    assert_explained(
        world, "zoho_2", "The call was to write “Labels”: see whether that still"
    )
    entry = LogEntry.objects.get(outcome="failed")
    assert [step["fields"] for step in entry.steps] == [["last_name"]]
    assert both(world)[0] == ["a", "b", "c"]


def test_a_retyped_field_is_explained_and_the_rest_goes_on(world: World) -> None:
    retype(world, "decimal")
    refresh(world)
    assert_explained(world, "mapping", "“Labels” at Zoho Invoice takes a number")
    assert at_zoho(world) == "a, b"


def test_a_field_that_is_as_before_again_takes_up_where_it_stopped(
    world: World,
) -> None:
    retype(world, "decimal")
    refresh(world)
    tags_save(world, ["a", "b", "c"])
    poll(world)
    retype(world, "string")
    refresh(world)
    SyncRecord.objects.update(retry_at=None)

    poll(world)

    assert at_zoho(world) == "a, b, c"
    assert world.lists() == {"in_sync": 1}
