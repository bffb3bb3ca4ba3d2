"""Choosing what flows beside people: the page and its services."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from crosswalk.errors import ConfigError
from mapping.models import Mapping
from sync.models import RecordLink, Sync
from sync.setup.objects import object_choices, object_switch_off, object_switch_on
from tests.config.rows import mapped, sync_make
from tests.sync.childworld import call, comments, note, person
from tests.sync.world import World, publish
from workspaces.models import Workspace


@pytest.fixture
def sync(workspace: Workspace) -> Sync:
    return mapped(sync_make(workspace))


@pytest.fixture
def client(client: Client, owner: User) -> Client:
    client.force_login(owner)
    return client


def page(sync: Sync) -> str:
    return reverse("sync:sync_objects", args=[sync.workspace.slug, sync.pk])


def switch(client: Client, sync: Sync, way: str, key: str, direction: str = "") -> str:
    data = {"switch": way, "object": key, "direction": direction}
    return client.post(page(sync), data, follow=True).content.decode()


def test_the_page_says_what_flows_what_it_costs_and_what_cannot(
    client: Client, sync: Sync
) -> None:
    text = client.get(page(sync)).content.decode()

    assert "Later edits: a comment cannot be changed at Zoho Invoice." in text
    assert "Zoho Invoice shows comments one person at a time" in text
    assert "HighLevel has no contact persons." in text
    assert "Tasks are not kept at Zoho Invoice: that is switched off" in text


def test_it_says_where_archiving_is_impossible(client: Client, sync: Sync) -> None:
    words = "Notes cannot be archived."
    assert words not in client.get(page(sync)).content.decode()

    Sync.objects.update(delete_policy="archive")

    assert words in client.get(page(sync)).content.decode()


def test_notes_are_switched_on_and_off(client: Client, sync: Sync) -> None:
    assert "Switched on." in switch(client, sync, "on", "note", "both")
    assert Mapping.objects.get(object_type="note").published

    assert "Switched off." in switch(client, sync, "off", "note")
    assert not Mapping.objects.filter(object_type="note").exists()


@pytest.mark.parametrize(
    ("key", "direction", "words"),
    [
        ("appointment", "both", "Appointments only flow left_to_right"),
        ("task", "both", "Tasks are not kept at Zoho Invoice"),
        ("contact_person", "both", "HighLevel has no contact persons."),
        ("contact", "both", "they stay on"),
        ("nothing", "both", "There is no such object type"),
        ("note", "sideways", "Must be one of"),
    ],
)
def test_what_cannot_flow_is_refused_with_its_reason(
    client: Client, sync: Sync, key: str, direction: str, words: str
) -> None:
    assert words in switch(client, sync, "on", key, direction)
    assert list(Mapping.objects.values_list("object_type", flat=True)) == ["contact"]


def test_switched_off_and_on_again_it_goes_on_from_where_it_was(
    empty_world: World,
) -> None:
    sync = empty_world.sync
    anna = person(empty_world)
    object_switch_on(sync=sync, object_type="note", direction="both", actor=None)
    note(empty_world, anna, "Called.")
    empty_world.run()

    object_switch_off(sync=sync, object_type="note", actor=None)
    note(empty_world, anna, "Called again.")
    run = empty_world.run()
    assert (run.counts["unchanged"], comments(empty_world)) == (1, ["Called."])
    assert RecordLink.objects.filter(object_type="note").count() == 1

    object_switch_on(sync=sync, object_type="note", direction="both", actor=None)
    run = empty_world.run()
    assert comments(empty_world) == ["Called again.", "Called."]
    assert (run.counts["create"], run.counts["unchanged"]) == (1, 2)


def test_switched_on_again_a_line_knows_only_what_it_agreed_on_last(
    empty_world: World, anna: str
) -> None:
    """Version 1 comes back as version 3 and, switched on again, as version 1."""
    sync = empty_world.sync
    path = f"/contacts/{anna}/notes/{note(empty_world, anna, 'Called.')}"
    empty_world.run()
    plain = Mapping.objects.get(object_type="note").published.lines
    trimmed = [{**plain[0], "to_right": [{"name": "trim"}]}]
    for lines, text in ((trimmed, "Called twice."), (plain, "Called thrice.")):
        publish(empty_world, *lines, object_type="note")
        empty_world.run()
        call(empty_world, "PUT", path, body=text)
        empty_world.run()
    agreed = comments(empty_world)

    object_switch_off(sync=sync, object_type="note", actor=None)
    call(empty_world, "PUT", path, body="Called again.")
    object_switch_on(sync=sync, object_type="note", direction="both", actor=None)
    run = empty_world.run()

    assert agreed == ["Called thrice."]
    assert (run.counts["update"], run.counts["conflict"]) == (1, 0)
    assert comments(empty_world) == ["Called again."]


def test_it_cannot_be_switched_off_under_a_run(empty_world: World) -> None:
    from sync.services import run_request

    sync = empty_world.sync
    object_switch_on(sync=sync, object_type="note", direction="both", actor=None)
    run_request(sync=sync, mode="live", trigger="manual")

    with pytest.raises(ConfigError, match="under way"):
        object_switch_off(sync=sync, object_type="note", actor=None)


def test_costs_are_told_for_the_people_there_are(empty_world: World) -> None:
    person(empty_world)
    empty_world.run()

    [found] = [c for c in object_choices(empty_world.sync) if c.pairing.key == "note"]

    assert "1 calls" not in found.costs[1]
    assert "everybody is looked at every day" in found.costs[1]
