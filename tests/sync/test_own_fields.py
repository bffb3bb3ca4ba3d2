"""An account's own fields across: from HighLevel to Zoho Invoice and back."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.fields.catalogue import own_fields
from integrations.fields.fieldreading import catalogue_refresh
from integrations.models import Connection, CustomFields
from mapping.models import Mapping
from mapping.selectors import draft_lines
from mapping.services import mapping_publish, mapping_save
from sandbox.context import Context
from sandbox.highlevel import service as highlevel
from sandbox.zoho.fields import field_define
from sync.models import RecordLink, SyncRecord
from synclog.models import LogEntry, SyncRun
from tests.sync.test_choosing import zoho_add
from tests.sync.world import ORG, World

PACKAGE, BUDGET = (
    "customFields.SbxFieldPackage00003",
    "customFields.SbxFieldBudget000002",
)
ANNA = {"firstName": "Anna", "lastName": "Berg", "email": "anna@example.com"}


def own(key: str, value: Any) -> dict[str, Any]:
    """Return a custom field as HighLevel's API takes it."""
    return {"id": key.split(".")[1], "field_value": value}


def line(left: str, right: str, **more: Any) -> dict[str, Any]:
    return {"left": left, "right": right, **more}


def map_also(world: World, *lines: dict[str, Any]) -> None:
    """Add lines to the mapping and publish it."""
    mapping = Mapping.objects.get(sync=world.sync)
    saved = mapping_save(
        sync=world.sync,
        object_type="contact",
        direction="both",
        lines=[*draft_lines(mapping), *lines],
        actor=None,
    )
    mapping_publish(mapping=saved, actor=None)


@pytest.fixture
def world(empty_world: World) -> World:
    """Both systems with fields of their own, and Anna at HighLevel."""
    field_define(
        empty_world.store,
        ORG,
        "cf_package",
        "Package",
        data_type="dropdown",
        options=("Basic", "Plus"),
    )
    field_define(empty_world.store, ORG, "cf_budget", "Budget", data_type="decimal")
    empty_world.switch(zoho_list_custom_fields=True)
    context: Context = empty_world.app.extensions["context"]
    custom = [own(PACKAGE, "Plus"), own(BUDGET, 1200.5)]
    highlevel.contact_save(context, None, {**ANNA, "customFields": custom})
    for connection in (empty_world.left, empty_world.right):
        assert catalogue_refresh(connection) == []
    map_also(
        empty_world,
        line(PACKAGE, "custom_fields.cf_package"),
        line(BUDGET, "custom_fields.cf_budget"),
    )
    return empty_world


def left_save(world: World, values: dict[str, Any]) -> None:
    anna = RecordLink.objects.get(sync=world.sync).left.remote_id
    highlevel.contact_save(world.app.extensions["context"], anna, values)


def right_save(world: World, name: str, value: Any) -> None:
    """Edit one of Anna's own fields as a person does at Zoho Invoice."""
    anna = RecordLink.objects.get(sync=world.sync).right.remote_id
    zoho_add(world, anna, custom_fields=[{"api_name": name, "value": value}])


def at_highlevel(world: World, key: str) -> Any:
    """Return what Anna has of a field at HighLevel, as last read."""
    return RecordLink.objects.get(sync=world.sync).left.values[key]


def at_zoho(world: World) -> dict[str, Any]:
    """Return Anna's own fields at Zoho."""
    found: dict[str, Any] = world.store.all("zoho.contact")[0]["custom_fields"]
    return found


def poll(world: World) -> SyncRun:
    return world.run(trigger=SyncRun.Trigger.SCHEDULE, scope="dirty")


def test_both_catalogues_know_types_and_options(world: World) -> None:
    left, right = world.sync.left, world.sync.right
    ours = {f.key: (f.type, f.options) for f in own_fields(left, "contact").fields}
    theirs = {f.key: f.type for f in own_fields(right, "contact").fields}

    assert ours[PACKAGE] == ("choice", ("Basic", "Plus", "Studio"))
    assert ours[BUDGET][0] == "money"
    assert theirs["custom_fields.cf_budget"] == "number"


def test_an_own_field_goes_across_and_comes_to_rest(world: World) -> None:
    run = world.run()

    assert run.state == SyncRun.State.COMPLETED
    assert at_zoho(world) == {"cf_package": "Plus", "cf_budget": 1200.5}
    assert world.run().counts["unchanged"] == 1


def test_an_edit_of_an_own_field_goes_across(world: World) -> None:
    world.run()
    left_save(world, {"customFields": [own(PACKAGE, "Basic"), own(BUDGET, 3)]})

    poll(world)

    assert at_zoho(world) == {"cf_package": "Basic", "cf_budget": 3}
    assert world.lists() == {"in_sync": 1}


def test_clearing_an_own_field_reads_as_empty_and_erases_nothing(world: World) -> None:
    world.run()
    left_save(world, {"customFields": [own(PACKAGE, ""), own(BUDGET, "")]})

    poll(world)

    left = RecordLink.objects.get(sync=world.sync).left
    assert left.values[PACKAGE] is None
    assert at_zoho(world)["cf_package"] == "Plus"
    assert world.lists() == {"in_sync": 1}


def fail_by_an_option(world: World) -> SyncRun:
    """Have Anna take a package that Zoho Invoice has no option for, and a new name."""
    world.run()
    right = CustomFields.objects.get(connection=world.right, object_type="contact")
    for field in right.fields:
        if field["key"] == "custom_fields.cf_package":
            field.update(type="choice", options=["Basic", "Plus"])
    right.save()
    left_save(world, {"lastName": "Lund", "customFields": [own(PACKAGE, "Studio")]})
    world.sent.clear()

    return poll(world)


def test_a_value_that_is_no_option_there_fails_in_words_and_the_rest_goes_on(
    world: World,
) -> None:
    run = fail_by_an_option(world)

    assert run.state == SyncRun.State.COMPLETED_WITH_FAILURES
    assert run.counts["failed"] == 1
    record = SyncRecord.objects.get(sync=world.sync)
    assert (record.list, record.reason_code) == ("failing", "mapping")
    assert "“Package” at Zoho Invoice has no option “Studio”" in record.reason
    assert "add the option there" in record.reason
    assert record.retry_at is not None
    linked = RecordLink.objects.get(sync=world.sync)
    assert linked.right.values["last_name"] == "Lund"
    assert at_zoho(world)["cf_package"] == "Plus"
    entry = LogEntry.objects.get(outcome="failed")
    shown = {(each["right"], each["action"]) for each in entry.changes}
    assert shown == {
        ("last_name", "write"),
        ("custom_fields.cf_package", "refuse"),
    }
    assert [step["fields"] for step in entry.steps] == [["last_name"]]


def test_what_fails_by_a_value_is_tried_again_later_and_rewrites_nothing(
    world: World,
) -> None:
    fail_by_an_option(world)
    world.sent.clear()

    assert poll(world).is_quiet  # it rests a while
    again = world.run(trigger=SyncRun.Trigger.RETRY, scope="all")

    assert again.counts["failed"] == 1
    assert world.writes() == []


def test_a_failed_value_goes_across_once_it_is_set_right(world: World) -> None:
    fail_by_an_option(world)
    left_save(world, {"customFields": [own(PACKAGE, "Basic")]})

    poll(world)

    assert at_zoho(world)["cf_package"] == "Basic"
    assert world.lists() == {"in_sync": 1}


def test_a_lost_field_rests_its_line_and_keeps_what_was_read(world: World) -> None:
    world.run()
    world.store.delete("highlevel_custom_field", "SbxFieldPackage00003")
    catalogue_refresh(Connection.objects.get(pk=world.left.pk))
    world.sent.clear()

    run = world.run()

    assert run.state == SyncRun.State.COMPLETED
    assert world.writes() == []
    assert at_zoho(world)["cf_package"] == "Plus"
    left = RecordLink.objects.get(sync=world.sync).left
    assert left.values[PACKAGE] == "Plus"


def test_a_lost_field_that_is_back_takes_up_what_was_edited_meanwhile(
    world: World,
) -> None:
    world.run()
    kept = world.store.get("highlevel_custom_field", "SbxFieldPackage00003")
    world.store.delete("highlevel_custom_field", "SbxFieldPackage00003")
    catalogue_refresh(Connection.objects.get(pk=world.left.pk))
    right_save(world, "cf_package", "Basic")
    poll(world)
    assert at_highlevel(world, PACKAGE) == "Plus"

    world.store.put("highlevel_custom_field", "SbxFieldPackage00003", kept)
    catalogue_refresh(Connection.objects.get(pk=world.left.pk))
    poll(world)

    assert at_highlevel(world, PACKAGE) == "Basic"
    assert world.lists() == {"in_sync": 1}


def test_a_field_mapped_later_is_listed_once_rather_than_read_one_by_one(
    world: World,
) -> None:
    context: Context = world.app.extensions["context"]
    for number in range(30):
        person = {"firstName": "P", "lastName": f"N{number}"}
        email = f"p{number}@example.com"
        highlevel.contact_save(context, None, {**person, "email": email})
    CustomFields.objects.all().delete()
    mapping = Mapping.objects.get(sync=world.sync)
    plain = draft_lines(mapping)[:-2]
    saved = mapping_save(
        sync=world.sync,
        object_type="contact",
        direction="both",
        lines=plain,
        actor=None,
    )
    mapping_publish(mapping=saved, actor=None)
    world.run()
    for connection in (world.left, world.right):
        catalogue_refresh(connection)
    pet = "customFields.SbxFieldPetName00001"
    map_also(world, line(pet, "custom_fields.cf_budget", direction="left_to_right"))
    world.sent.clear()

    poll(world)

    reads = [r for r in world.sent if "/search" in r.url.path or r.method == "GET"]
    assert len(reads) <= 4
    assert pet in RecordLink.objects.filter(sync=world.sync)[0].left.values


def test_a_run_reads_the_fields_first_when_nobody_ever_did(world: World) -> None:
    CustomFields.objects.all().delete()

    run = world.run()

    assert CustomFields.objects.filter(connection=world.left).exists()
    assert at_zoho(world) == {"cf_package": "Plus", "cf_budget": 1200.5}
    assert run.calls["GHL"] == run.minimum_calls["GHL"]
