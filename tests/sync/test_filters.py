"""Filters of a sync: who takes part, who no longer does, and who is let in later."""

from __future__ import annotations

from typing import Any

import pytest

from crosswalk.errors import ConfigError
from sandbox.context import Context
from sandbox.highlevel import service as highlevel
from sync.models import RecordLink, SyncRecord
from sync.setup.filters import filter_words, filters_save
from tests.sync.world import World
from workspaces.models import AuditEvent

CUSTOMER = {"field": "tags", "op": "contains", "value": "customer"}


def add(world: World, name: str, *tags: str) -> str:
    context: Context = world.app.extensions["context"]
    fields = {"firstName": name, "email": f"{name}@example.com", "tags": list(tags)}
    return str(highlevel.contact_save(context, None, fields)["id"])


def change(world: World, contact: str, **fields: Any) -> None:
    highlevel.contact_save(world.app.extensions["context"], contact, fields)


def save(world: World, **filters: Any) -> None:
    world.sync = filters_save(
        sync=world.sync, object_type="contact", filters=filters, actor=None
    )


@pytest.fixture
def filtered(empty_world: World) -> World:
    """A sync about customers alone, with one who is and one who is not."""
    add(empty_world, "anna", "customer")
    add(empty_world, "bert", "lead")
    save(empty_world, left=CUSTOMER)
    return empty_world


def test_only_who_passes_goes_across(filtered: World) -> None:
    run = filtered.run()

    assert (run.counts["create"], run.counts["excluded"]) == (1, 1)
    record = SyncRecord.objects.get(list="excluded")
    assert record.reason_code == "filtered"
    assert record.reason == ("Left out at HighLevel. Not so: Tags contains “customer”.")


def test_who_passes_later_comes_later(filtered: World) -> None:
    filtered.run()
    bert = SyncRecord.objects.get(list="excluded").left
    assert bert is not None
    change(filtered, bert.remote_id, tags=["customer"])

    run = filtered.run(scope="dirty", trigger="schedule")

    assert run.counts["create"] == 1
    assert RecordLink.objects.count() == 2


def test_who_leaves_the_scope_is_left_as_it_is(filtered: World) -> None:
    filtered.run()
    anna = RecordLink.objects.get().left
    change(filtered, anna.remote_id, tags=["lost"], lastName="Berg")
    filtered.sent.clear()

    run = filtered.run(scope="dirty", trigger="schedule")

    assert (run.counts["update"], filtered.writes()) == (0, [])
    assert RecordLink.objects.count() == 1
    assert SyncRecord.objects.filter(list="excluded").count() == 2


def test_another_filter_makes_the_next_poll_look_at_everybody(filtered: World) -> None:
    filtered.run()
    save(filtered, left={})

    run = filtered.run(scope="dirty", trigger="schedule")

    assert run.counts["create"] == 1
    assert filtered.run(scope="dirty", trigger="schedule").counts["create"] == 0


def test_a_filter_decides_on_both_sides_of_a_pair(filtered: World) -> None:
    save(filtered, right={"field": "email", "op": "starts_with", "value": "zoe"})

    filtered.run()
    change(filtered, RecordLink.objects.first().left.remote_id, lastName="New")  # type: ignore[union-attr]
    filtered.sent.clear()
    filtered.run(scope="dirty", trigger="schedule")

    assert filtered.writes() == []


@pytest.mark.parametrize(
    ("filters", "path"),
    [
        ({"top": {}}, "filters.top"),
        ({"left": {"field": "shoe", "op": "is_empty"}}, "filters.left"),
        (
            {"right": {"and": [{"field": "email", "op": "like"}]}},
            "filters.right.and[0].op",
        ),
    ],
)
def test_a_filter_that_cannot_be_is_refused(
    empty_world: World, filters: dict[str, Any], path: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        save(empty_world, **filters)

    assert caught.value.path == path


def test_saving_is_audited_once(filtered: World) -> None:
    save(filtered, left=CUSTOMER)

    found = AuditEvent.objects.filter(action="sync.config_changed")
    assert [each.data["changes"] for each in found] == [
        {"filters": [{}, {"left": CUSTOMER}]}
    ]


def test_a_filter_reads_as_a_sentence(filtered: World) -> None:
    empty = {"field": "email", "op": "is_empty"}
    save(filtered, left={"or": [CUSTOMER, {"and": [empty, CUSTOMER]}]})

    assert filter_words(filtered.sync, "contact", "left") == (
        "Tags contains “customer” or (E-mail is empty and Tags contains “customer”)"
    )
    assert filter_words(filtered.sync, "contact", "right") == ""
