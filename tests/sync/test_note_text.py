"""All notes of a contact in one text field of the customer, one way."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from crosswalk.errors import ConfigError
from integrations.fields.fieldreading import catalogue_refresh
from integrations.selectors import webhook_url
from mapping.defaults import default_field_maps
from mapping.models import Mapping
from mapping.services import mapping_publish, mapping_save
from sandbox.zoho import desk as zoho
from sandbox.zoho.fields import field_define
from sync.choices.approving import plan_approve
from sync.choices.undoing import undo_request
from sync.setup.objects import object_choices, object_switch_on
from sync.setup.saving import sync_go_live
from synclog.models import LogEntry, SyncRun
from tests.sync.childworld import ANNA, at_zoho, call, carry, note, person, units
from tests.sync.test_live import hand_over
from tests.sync.world import ORG, World

POLL = {"trigger": SyncRun.Trigger.SCHEDULE, "scope": "dirty"}
DIRECTION = "left_to_right"


@pytest.fixture
def anna(empty_world: World) -> str:
    """A person at HighLevel in a world whose sync carries notes as one text."""
    carry(empty_world, "note_text", DIRECTION)
    return person(empty_world)


def text_of(world: World, anna: str) -> str:
    """Return what stands in the field of the customer."""
    found = world.store.get("zoho.contact", at_zoho(world, anna))
    return str(found["notes"])


def bodies(text: str) -> list[str]:
    """Return the notes in a text without the line that says when and by whom."""
    return [part.partition(":\n")[2] for part in text.split("\n\n")]


def remark(world: World, anna: str, text: str) -> None:
    """Have somebody at Zoho write into the field."""
    context = world.app.extensions["context"]
    zoho.contact_save(context, at_zoho(world, anna), {"notes": text})


def test_notes_arrive_as_one_text_the_newest_first_with_day_and_author(
    empty_world: World, anna: str
) -> None:
    first = note(empty_world, anna, "Met at the fair.")
    stored = empty_world.store.get("highlevel_note", first)
    empty_world.store.put(
        "highlevel_note",
        first,
        {**stored, "dateAdded": "2026-01-02T09:30:00.000Z"},
    )
    call(
        empty_world,
        "POST",
        f"/contacts/{anna}/notes",
        body="Called.",
        userId="SbxUserOwenHartley01",
    )

    run = empty_world.run()

    text = text_of(empty_world, anna)
    assert bodies(text) == ["Called.", "Met at the fair."]
    assert ", Owen Hartley:\nCalled." in text
    assert text.endswith("2026-01-02 09:30:\nMet at the fair.")
    assert run.state == "completed"
    assert units(empty_world, "note_text")[0][0] == "in_sync"
    entry = LogEntry.objects.get(object_type="note_text")
    assert (entry.label, entry.outcome) == ("Anna Berg: All notes", "update")


def test_another_note_is_put_before_and_a_second_run_writes_nothing(
    empty_world: World, anna: str
) -> None:
    note(empty_world, anna, "Met at the fair.")
    empty_world.run()
    note(empty_world, anna, "Called.")

    run = empty_world.run()

    assert sorted(bodies(text_of(empty_world, anna))) == ["Called.", "Met at the fair."]
    assert run.counts["update"] == 1
    assert sum(run.calls.values()) == sum(run.minimum_calls.values())
    empty_world.sent.clear()
    empty_world.run()
    empty_world.run(**POLL)
    assert empty_world.writes() == []
    assert len(empty_world.store.all("highlevel_note")) == 2


def test_whose_contact_is_made_in_this_run_has_the_text_at_once(
    empty_world: World, anna: str
) -> None:
    note(empty_world, anna, "Met at the fair.")

    run = empty_world.run()

    assert (run.counts["create"], run.counts["update"]) == (1, 1)
    assert bodies(text_of(empty_world, anna)) == ["Met at the fair."]


def test_what_somebody_wrote_into_the_field_is_replaced_by_the_next_note_alone(
    empty_world: World, anna: str
) -> None:
    note(empty_world, anna, "Met at the fair.")
    empty_world.run()
    remark(empty_world, anna, "Pays late.")

    empty_world.run()
    assert len(empty_world.store.all("highlevel_note")) == 1

    note(empty_world, anna, "Called.")
    empty_world.run()
    assert "Called." in text_of(empty_world, anna)


def test_the_oldest_are_cut_off_where_the_field_ends(
    empty_world: World, anna: str
) -> None:
    for number in range(8):
        note(empty_world, anna, f"Note {number}. " + "Long words. " * 40)

    empty_world.run()

    assert 1500 < len(text_of(empty_world, anna)) <= 2000


def test_when_the_last_note_is_deleted_the_text_stays(
    empty_world: World, anna: str
) -> None:
    note_id = note(empty_world, anna, "Met at the fair.")
    empty_world.run()
    call(empty_world, "DELETE", f"/contacts/{anna}/notes/{note_id}")

    empty_world.run()

    assert bodies(text_of(empty_world, anna)) == ["Met at the fair."]


def test_a_test_shows_it_and_an_undo_puts_the_old_text_back(
    empty_world: World, anna: str
) -> None:
    empty_world.run()
    remark(empty_world, anna, "Pays late.")
    note(empty_world, anna, "Met at the fair.")

    run = empty_world.run()
    assert bodies(text_of(empty_world, anna)) == ["Met at the fair."]
    test = empty_world.work(undo_request(run=run, actor=None))
    assert test.plan is not None
    empty_world.work(plan_approve(plan=test.plan, actor=None))

    assert text_of(empty_world, anna) == "Pays late."
    empty_world.sent.clear()
    empty_world.run()
    assert empty_world.writes() == []


def test_a_notice_has_the_next_poll_look_at_the_contact(
    empty_world: World, anna: str, client: Client
) -> None:
    note(empty_world, anna, "Met at the fair.")
    empty_world.run()
    sync_go_live(sync=empty_world.sync, actor=None, tested=True)
    empty_world.notify(webhook_url)
    empty_world.run(**POLL)
    note(empty_world, anna, "Called.")
    hand_over(client, empty_world.arrivals())

    empty_world.run(**POLL)

    assert sorted(bodies(text_of(empty_world, anna))) == ["Called.", "Met at the fair."]


def test_a_field_of_the_account_can_be_chosen(empty_world: World) -> None:
    field_define(empty_world.store, ORG, "cf_story", "Story", data_type="multiline")
    empty_world.switch(zoho_list_custom_fields=True)
    assert catalogue_refresh(empty_world.right) == []
    save(empty_world, "note_text", right="custom_fields.cf_story")
    anna = person(empty_world, **ANNA)
    note(empty_world, anna, "Met at the fair.")

    empty_world.run()

    found = empty_world.store.get("zoho.contact", at_zoho(empty_world, anna))
    assert "Met at the fair." in found["custom_fields"]["cf_story"]


def save(world: World, object_type: str, *, right: str = "notes") -> Mapping:
    line: dict[str, Any] = {"left": "notes_text", "right": right}
    mapping = mapping_save(
        sync=world.sync,
        object_type=object_type,
        direction=DIRECTION,
        lines=[{**line, "direction": DIRECTION}],
        actor=None,
    )
    mapping_publish(mapping=mapping, actor=None)
    return mapping


def test_a_field_that_a_wire_leads_to_cannot_be_chosen(empty_world: World) -> None:
    wires = [
        *default_field_maps("highlevel", "zoho_invoice", "contact"),
        {"left": "source", "right": "notes", "direction": DIRECTION},
    ]
    contact = mapping_save(
        sync=empty_world.sync,
        object_type="contact",
        direction="both",
        lines=wires,
        actor=None,
    )
    mapping_publish(mapping=contact, actor=None)

    with pytest.raises(ConfigError, match="is mapped by a wire") as error:
        object_switch_on(
            sync=empty_world.sync,
            object_type="note_text",
            direction=DIRECTION,
            actor=None,
        )
    assert error.value.path == "fields[0].right"


def test_no_wire_can_lead_to_the_field_that_holds_the_notes(
    empty_world: World, anna: str
) -> None:
    wires = [
        *default_field_maps("highlevel", "zoho_invoice", "contact"),
        {"left": "source", "right": "notes", "direction": DIRECTION},
    ]

    with pytest.raises(ConfigError, match="holds Notes in one text"):
        mapping_save(
            sync=empty_world.sync,
            object_type="contact",
            direction="both",
            lines=wires,
            actor=None,
        )


def test_what_flows_offers_it_one_way_and_says_what_is_lost(empty_world: World) -> None:
    found = {each.pairing.key: each for each in object_choices(empty_world.sync)}

    choice = found["note_text"]
    assert choice.pairing.label == "Notes in one text"
    assert choice.pairing.directions == (DIRECTION,)
    assert not choice.off
    assert any("the oldest are cut off" in words for words in choice.lost)
    with pytest.raises(ConfigError, match="only flow left_to_right"):
        carry(empty_world, "note_text", "both")
