"""Children whose parents leave and come back: left out with them, and taken up again."""

from __future__ import annotations

from sandbox.highlevel import service as highlevel
from sandbox.zoho import desk as zoho
from sync.models import RecordLink
from sync.setup.filters import filters_save
from synclog.models import SyncRun
from tests.sync.childworld import at_zoho, call, comments, note, units
from tests.sync.world import World

POLL = {"trigger": SyncRun.Trigger.SCHEDULE, "scope": "dirty"}
CUSTOMERS = {"left": {"field": "tags", "op": "contains", "value": "customer"}}


def retag(world: World, contact_id: str, *, add: str = "", remove: str = "") -> None:
    """Give a person at HighLevel a tag, or take one away."""
    highlevel.contact_retag(
        world.app.extensions["context"],
        contact_id,
        add=[add] if add else [],
        remove=[remove] if remove else [],
    )


def test_what_hangs_under_somebody_deleted_fails_no_more(
    empty_world: World, anna: str
) -> None:
    """Anna was edited and deleted at once: while a person is asked what becomes of her,
    her new note has nowhere to go."""
    empty_world.sync.delete_policy = "mirror"
    empty_world.sync.save()
    note(empty_world, anna, "Called.")
    empty_world.run()
    context = empty_world.app.extensions["context"]
    highlevel.contact_save(context, anna, {"firstName": "Anne"})
    zoho.contact_delete(context, at_zoho(empty_world, anna))
    note(empty_world, anna, "Called again.")

    run = empty_world.run()

    assert (run.state, run.counts["review"]) == ("completed", 1)
    gone = "Its contact is not in sync: it was deleted at Zoho Invoice."
    assert ("excluded", gone) in units(empty_world, "note")


def test_what_changed_while_a_parent_was_out_is_written_when_they_are_back(
    empty_world: World, anna: str
) -> None:
    retag(empty_world, anna, add="customer")
    empty_world.sync = filters_save(
        sync=empty_world.sync, object_type="contact", filters=CUSTOMERS, actor=None
    )
    note_id = note(empty_world, anna, "Calls on Monday.")
    empty_world.run()
    retag(empty_world, anna, remove="customer")
    path = f"/contacts/{anna}/notes/{note_id}"
    call(empty_world, "PUT", path, body="Calls on Tuesday.")
    empty_world.run()
    assert comments(empty_world) == ["Calls on Monday."]
    assert units(empty_world, "note")[0][0] == "excluded"

    retag(empty_world, anna, add="customer")
    empty_world.run(**POLL)

    assert comments(empty_world) == ["Calls on Tuesday."]
    assert units(empty_world, "note")[0][0] == "in_sync"
    assert RecordLink.objects.filter(object_type="note").count() == 1
