"""Children of one account that two syncs carry."""

from __future__ import annotations

import pytest

from integrations.services import connection_add_token
from mapping.defaults import default_field_maps
from mapping.services import mapping_publish, mapping_save
from sandbox.highlevel.accounts import HARBOUR_ID
from sandbox.highlevel.oauth import issue_location_token
from sync.setup.saving import sync_save
from tests.sync.childworld import a_day_later, call, carry, comments, note, notes
from tests.sync.world import World


@pytest.fixture
def second(empty_world: World) -> World:
    """A sync of another location with the same organization, which carries notes."""
    world = empty_world
    token = issue_location_token(world.store, location_id=HARBOUR_ID)
    harbour = connection_add_token(
        workspace=world.workspace,
        kind="highlevel",
        name="Harbour",
        account_id=HARBOUR_ID,
        token=token,
        site="sandbox",
    )
    sync = sync_save(
        workspace=world.workspace,
        name="Second",
        left=harbour,
        right=world.right,
        match=["email", "phone", "name"],
        first_merge="non_empty",
        conflict="newest",
        delete="ignore",
        history="all",
        schedule={"every_minutes": 5},
        actor=None,
    )
    lines = default_field_maps("highlevel", "zoho_invoice", "contact")
    mapping = mapping_save(
        sync=sync, object_type="contact", direction="both", lines=lines, actor=None
    )
    mapping_publish(mapping=mapping, actor=None)
    shared = (world.app, world.workspace, harbour, world.right, sync)
    found = World(*shared, world.sent, world.notices)
    carry(found, "note")
    return found


def test_an_edited_note_is_edited_in_the_other_location_too(
    empty_world: World, second: World, anna: str
) -> None:
    note_id = note(empty_world, anna, "Calls on Monday.")
    for each in (empty_world, second, second):
        each.run()
    assert notes(empty_world) == ["Calls on Monday."] * 2
    path = f"/contacts/{anna}/notes/{note_id}"
    call(empty_world, "PUT", path, body="Calls on Tuesday.")

    for each in (empty_world, second, empty_world, second):
        a_day_later()
        each.run()

    assert notes(empty_world) == ["Calls on Tuesday."] * 2
    assert comments(empty_world) == ["Calls on Tuesday."]
