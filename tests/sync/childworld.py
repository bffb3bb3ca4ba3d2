"""Words for tests of what hangs under people: notes, comments, tasks, appointments."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx

from crosswalk.clock import now
from integrations.models import ChildListing
from mapping.defaults import default_field_maps
from mapping.services import mapping_publish, mapping_save
from sandbox.context import Context
from sandbox.highlevel import service as highlevel
from sandbox.highlevel.oauth import issue_location_token
from sandbox.zoho import history
from sync.models import RecordLink, SyncRecord
from tests.sync.world import World

ANNA = {"firstName": "Anna", "lastName": "Berg", "email": "anna@example.com"}
BO = {"firstName": "Bo", "lastName": "Lind", "email": "bo@example.com"}
USER = "260815000000000017"


def carry(world: World, object_type: str, direction: str = "both") -> None:
    """Have a world's sync carry an object type, mapped by default."""
    mapping = mapping_save(
        sync=world.sync,
        object_type=object_type,
        direction=direction,
        lines=default_field_maps(
            world.sync.left.kind, world.sync.right.kind, object_type
        ),
        actor=None,
    )
    mapping_publish(mapping=mapping, actor=None)


def allow_projects(world: World) -> None:
    """Give the connection to Zoho the permission for projects."""
    for kind in ("zoho.refresh_token", "zoho.access_token"):
        for each in world.store.all(kind):
            scope = f"{each['scope']},ZohoInvoice.projects.ALL"
            world.store.put(kind, each["token"], {**each, "scope": scope})


def person(world: World, **values: str) -> str:
    """Make a person at HighLevel; return their id."""
    context: Context = world.app.extensions["context"]
    made = highlevel.contact_save(context, None, values or ANNA)
    return str(made["id"])


def at_zoho(world: World, left_id: str) -> str:
    """Return the id at Zoho of a linked person."""
    link = RecordLink.objects.get(
        sync=world.sync, object_type="contact", left__remote_id=left_id
    )
    return link.right.remote_id


def call(world: World, method: str, path: str, **json: Any) -> dict[str, Any]:
    """Call the sandbox's HighLevel as a person's browser would."""
    client = httpx.Client(transport=httpx.WSGITransport(app=world.app))
    version = "2021-04-15" if path.startswith("/calendars") else "2021-07-28"
    answer = client.request(
        method,
        f"http://sandbox/highlevel{path}",
        json=json or None,
        headers={
            "Authorization": f"Bearer {issue_location_token(world.store)}",
            "Version": version,
        },
    )
    assert answer.is_success, answer.text
    return dict(answer.json())


def note(world: World, contact_id: str, text: str) -> str:
    """Write a note at HighLevel; return its id."""
    made = call(world, "POST", f"/contacts/{contact_id}/notes", body=text)
    return str(made["note"]["id"])


def notes(world: World) -> list[str]:
    """Return the texts of all notes at HighLevel."""
    return sorted(each["body"] for each in world.store.all("highlevel_note"))


def comment(world: World, contact_id: str, text: str) -> str:
    """Write a comment at Zoho as a person does; return its id."""
    context: Context = world.app.extensions["context"]
    made = history.note(
        world.store,
        contact_id,
        text,
        at=context.clock.now().isoformat(),
        user_id=USER,
    )
    return str(made["comment_id"])


def comments(world: World) -> list[str]:
    """Return the texts of all comments that people have at Zoho."""
    every = world.store.all(history.KIND)
    return sorted(each["description"] for each in every if not each["operation"])


def units(world: World, object_type: str) -> list[tuple[str, str]]:
    """Return (list, reason) of each unit of a type."""
    rows = SyncRecord.objects.filter(sync=world.sync, object_type=object_type)
    return sorted(rows.values_list("list", "reason"))


def note_moved(world: World, note_id: str, to: str) -> None:
    """Have a note hang under another contact, as a merge at HighLevel does."""
    row = world.store.get("highlevel_note", note_id)
    world.store.put("highlevel_note", note_id, {**row, "contactId": to})


def a_day_later() -> None:
    """Have it be everybody's turn in the daily round."""
    ChildListing.objects.update(read_at=now() - timedelta(hours=25))


def mirrored(world: World) -> None:
    """Have a sync mirror deletes."""
    world.sync.delete_policy = "mirror"
    world.sync.save()
