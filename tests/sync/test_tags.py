"""Tags and other lists across whole runs: HighLevel's tags and a Zoho custom field."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.fields.fieldreading import catalogue_refresh
from integrations.models import Connection
from mapping.models import Mapping
from mapping.selectors import draft_lines
from sandbox.context import Context
from sandbox.highlevel import service as highlevel
from sandbox.zoho import service as zoho
from sandbox.zoho.fields import field_define
from sync.models import RecordLink, SyncRecord
from synclog.models import LogEntry, SyncRun
from tests.sync.test_own_fields import line, map_also
from tests.sync.world import ORG, World, publish

ANNA = {"firstName": "Anna", "lastName": "Berg", "email": "anna@example.com"}
TIERS = ("Customer", "VIP", "News")
FIELDS = {
    "text": ("cf_labels", "string", ()),
    "choices": ("cf_kinds", "multiselect", TIERS),
}


def begin(world: World, kind: str, tags: list[str], **more: Any) -> None:
    """Have Anna with some tags at HighLevel, mapped to a field at Zoho Invoice."""
    name, data_type, options = FIELDS[kind]
    field_define(world.store, ORG, name, "Labels", data_type=data_type, options=options)
    world.switch(zoho_list_custom_fields=True)
    context: Context = world.app.extensions["context"]
    highlevel.contact_save(context, None, {**ANNA, "tags": tags})
    assert catalogue_refresh(world.right) == []
    map_also(world, line("tags", f"custom_fields.{name}", **more))
    world.run()


def left_edit(world: World, fields: dict[str, Any]) -> None:
    anna = RecordLink.objects.get(sync=world.sync).left.remote_id
    context: Context = world.app.extensions["context"]
    highlevel.contact_save(context, anna, fields)


def tags_save(world: World, tags: list[str]) -> None:
    left_edit(world, {"tags": tags})


def zoho_save(world: World, value: Any, name: str = "") -> None:
    """Edit the field as a person does at Zoho Invoice."""
    name = name or next(iter(world.store.all("zoho.contact")[0]["custom_fields"]))
    zoho_edit(world, {"custom_fields": [{"api_name": name, "value": value}]})


def zoho_edit(world: World, fields: dict[str, Any]) -> None:
    contact = world.store.all("zoho.contact")[0]
    context: Context = world.app.extensions["context"]
    organization = world.store.get("zoho.organization", ORG)
    zoho.contact_update(context, organization, contact["contact_id"], fields)


def both(world: World) -> tuple[Any, Any]:
    """Return what both systems have of Anna."""
    anna = RecordLink.objects.get(sync=world.sync).left.remote_id
    left = world.store.get("highlevel_contact", anna).get("tags") or []
    return left, world.store.all("zoho.contact")[0]["custom_fields"]


def at_zoho(world: World) -> Any:
    """Return what Zoho Invoice has in the one field there."""
    return next(iter(both(world)[1].values()), None)


def poll(world: World) -> SyncRun:
    world.sent.clear()
    return world.run(trigger=SyncRun.Trigger.SCHEDULE, scope="dirty")


def test_tags_go_into_a_text_and_come_to_rest(empty_world: World) -> None:
    begin(empty_world, "text", ["vip", "news"])

    assert at_zoho(empty_world) == "vip, news"
    assert poll(empty_world).is_quiet
    assert empty_world.writes() == []


@pytest.mark.parametrize("kind", ["text", "choices"])
def test_changes_of_both_sides_unite(empty_world: World, kind: str) -> None:
    begin(empty_world, kind, ["customer", "news"])
    tags_save(empty_world, ["customer", "news", "vip"])
    there = ["Customer"] if kind == "choices" else "customer, added there"
    zoho_save(empty_world, there)

    run = poll(empty_world)

    left, right = both(empty_world)[0], at_zoho(empty_world)
    if kind == "choices":  # news went, vip came
        assert (sorted(left), right) == (["customer", "vip"], ["Customer", "VIP"])
    else:
        assert sorted(left) == ["added there", "customer", "vip"]
        assert right == "customer, added there, vip"
    assert run.counts["update"] == 1
    assert poll(empty_world).is_quiet
    assert empty_world.writes() == []


def test_the_calls_are_the_cheapest_that_do_it(empty_world: World) -> None:
    begin(empty_world, "text", ["a", "b"])
    anna = RecordLink.objects.get(sync=empty_world.sync).left.remote_id
    zoho_save(empty_world, "a, b, c")

    run = poll(empty_world)

    assert empty_world.writes() == [f"POST /highlevel/contacts/{anna}/tags"]
    assert run.calls == run.minimum_calls
    zoho_save(empty_world, "c")
    run = poll(empty_world)
    assert empty_world.writes() == [f"DELETE /highlevel/contacts/{anna}/tags"]
    assert run.calls == run.minimum_calls


def test_the_last_tag_is_removed_there_too(empty_world: World) -> None:
    begin(empty_world, "text", ["vip"])
    tags_save(empty_world, [])

    poll(empty_world)

    assert (both(empty_world)[0], at_zoho(empty_world)) == ([], "")
    assert poll(empty_world).is_quiet


def test_a_field_taken_away_at_zoho_erases_no_tags(empty_world: World) -> None:
    begin(empty_world, "text", ["vip", "news"])
    empty_world.store.delete("zoho.custom_field", f"{ORG}:cf_labels")
    zoho_edit(empty_world, {"website": "https://berg.example"})

    run = poll(empty_world)

    assert run.state == SyncRun.State.COMPLETED
    assert both(empty_world)[0] == ["vip", "news"]


def test_a_line_taken_up_again_unites_and_removes_nothing(empty_world: World) -> None:
    begin(empty_world, "text", ["a", "b", "c"])
    lines = draft_lines(Mapping.objects.get(sync=empty_world.sync))
    publish(empty_world, *[each for each in lines if each["left"] != "tags"])
    poll(empty_world)
    zoho_save(empty_world, "x")  # the field serves something else meanwhile
    poll(empty_world)

    publish(empty_world, *lines)
    poll(empty_world)

    assert sorted(both(empty_world)[0]) == ["a", "b", "c", "x"]
    assert at_zoho(empty_world) == "x, a, b, c"
    tags_save(empty_world, ["a", "b", "x"])
    poll(empty_world)
    assert at_zoho(empty_world) == "x, a, b"


def test_an_option_removed_there_stops_only_what_needs_it(empty_world: World) -> None:
    begin(empty_world, "choices", ["customer"])
    definition = empty_world.store.peek("zoho.custom_field", f"{ORG}:cf_kinds")
    definition["options"] = ["Customer", "News"]
    empty_world.store.put("zoho.custom_field", f"{ORG}:cf_kinds", definition)
    catalogue_refresh(Connection.objects.get(pk=empty_world.right.pk))
    tags_save(empty_world, ["customer", "vip", "news"])

    run = poll(empty_world)

    assert run.state == SyncRun.State.COMPLETED_WITH_FAILURES
    record = SyncRecord.objects.get(sync=empty_world.sync)
    assert (record.list, record.reason_code) == ("failing", "mapping")
    assert "has no option “vip”" in record.reason
    assert at_zoho(empty_world) == ["Customer", "News"]
    entry = LogEntry.objects.get(outcome="failed")
    assert {each["action"] for each in entry.changes} == {"write", "refuse"}
    tags_save(empty_world, ["customer", "news"])
    assert poll(empty_world).counts["failed"] == 0
    assert empty_world.lists() == {"in_sync": 1}


def test_a_value_map_and_a_constant_flow(empty_world: World) -> None:
    field_define(empty_world.store, ORG, "cf_from", "From")
    table = [["kunde", "Customer"], ["*", ""]]
    begin(empty_world, "choices", ["kunde", "intern"], value_map=table)
    map_also(
        empty_world,
        {"left": "", "right": "custom_fields.cf_from", "constant": "HighLevel"},
    )

    poll(empty_world)

    assert both(empty_world)[1] == {"cf_kinds": ["Customer"], "cf_from": "HighLevel"}
    assert poll(empty_world).is_quiet
    assert empty_world.writes() == []


def test_a_value_that_no_table_names_is_said_by_name(empty_world: World) -> None:
    begin(empty_world, "choices", ["kunde"], value_map=[["kunde", "Customer"]])
    tags_save(empty_world, ["kunde", "gast"])

    poll(empty_world)

    reason = SyncRecord.objects.get(sync=empty_world.sync).reason
    assert "“gast” is not in its value map. Add it there" in reason


def test_a_default_is_written_when_a_person_is_new(empty_world: World) -> None:
    begin(empty_world, "text", [], default={"right": "unlabelled"})

    assert (both(empty_world)[0], at_zoho(empty_world)) == ([], "unlabelled")
    assert poll(empty_world).is_quiet
    mapping = Mapping.objects.get(sync=empty_world.sync)
    assert mapping.published is not None
    assert mapping.published.lines[-1]["default"] == {"right": "unlabelled"}
