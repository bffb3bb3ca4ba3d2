"""Tags: of a contact, of many contacts, and the location's dictionary (§5, §6.3)."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from sandbox.highlevel import directory, service, validation
from sandbox.highlevel.changes import tags_as_kept
from sandbox.highlevel.contacts import contact_of, saved, succeeded
from sandbox.highlevel.shapes import Contact
from sandbox.highlevel.wire import Answer, Call, Refusal, guarded
from sandbox.store import Document

routes = Blueprint("tags", __name__)
TAGS: validation.Schema = {"tags": validation.texts}
BULK: validation.Schema = {
    "contacts": validation.texts,
    "tags": validation.texts,
    "locationId": validation.filled,
    "removeAllTags": validation.boolean,
}
NAME: validation.Schema = {"name": validation.filled}


@routes.post("/contacts/<contact_id>/tags")
@guarded("contacts.write")
def add(call: Call, contact_id: str) -> Answer:
    call.check(TAGS, ("tags",))
    return {"tags": _retag(call, contact_id, add=call.body["tags"])}, 201


@routes.delete("/contacts/<contact_id>/tags")
@guarded("contacts.write")
def remove(call: Call, contact_id: str) -> Answer:
    """The tags come in the body, which some HTTP clients drop (§10.11): then 422."""
    call.check(TAGS, ("tags",))
    return {"tags": _retag(call, contact_id, remove=call.body["tags"])}


@routes.post("/contacts/bulk/tags/update/<direction>")
@guarded()
def update_many(call: Call, direction: str) -> Answer:
    if direction not in ("add", "remove"):
        raise Refusal(422, ["type must be one of the following values: add, remove"])
    call.check(BULK, ("contacts", "tags", "locationId"))
    location = call.location(call.body["locationId"])
    responses = [
        _update_one(call, location, contact_id, direction)
        for contact_id in dict.fromkeys(call.body["contacts"])
    ]
    errors = sum(response["type"] == "error" for response in responses)
    return {**succeeded(call), "errorCount": errors, "responses": responses}, 201


@routes.get("/locations/<location_id>/tags")
@guarded("locations/tags.readonly")
def dictionary(call: Call, location_id: str) -> Answer:
    call.location(location_id)
    every = call.ctx.store.all("highlevel_tag")
    return {"tags": [tag for tag in every if tag["locationId"] == location_id]}


@routes.post("/locations/<location_id>/tags")
@guarded("locations/tags.write")
def define(call: Call, location_id: str) -> Answer:
    call.location(location_id)
    call.check(NAME, ("name",))
    name = call.body["name"].strip().lower()
    return {"tag": service.tag_ensure(call.ctx.store, location_id, name)}


@routes.get("/locations/<location_id>/tags/<tag_id>")
@guarded()
def definition(call: Call, location_id: str, tag_id: str) -> Answer:
    return {"tag": _tag(call, location_id, tag_id)}


@routes.put("/locations/<location_id>/tags/<tag_id>")
@guarded()
def rename(call: Call, location_id: str, tag_id: str) -> Answer:
    call.check(NAME, ("name",))
    name = call.body["name"].strip().lower()
    tag = {**_tag(call, location_id, tag_id), "name": name}
    call.ctx.store.put("highlevel_tag", tag_id, tag)
    return {"tag": tag}


@routes.delete("/locations/<location_id>/tags/<tag_id>")
@guarded()
def forget(call: Call, location_id: str, tag_id: str) -> Answer:
    _tag(call, location_id, tag_id)
    call.ctx.store.delete("highlevel_tag", tag_id)
    return succeeded(call)


def _tag(call: Call, location_id: str, tag_id: str) -> Document:
    call.location(location_id)
    tag = call.ctx.store.get("highlevel_tag", tag_id)
    if tag is None or tag["locationId"] != location_id:
        raise Refusal(400, f"Tag with id {tag_id} not found")
    return tag


def _retag(
    call: Call,
    contact_id: str,
    *,
    add: list[str] | None = None,
    remove: list[str] | None = None,
) -> list[str]:
    """Read, change and keep under one lock; the events go out after it."""
    contact_of(call, contact_id)
    tags = service.contact_retag(
        call.ctx, contact_id, add=add or [], remove=remove or []
    ).get("tags", [])
    return list(tags)


def _update_one(
    call: Call, location: Document, contact_id: str, direction: str
) -> dict[str, Any]:
    contact = directory.contact_get(call.ctx.store, contact_id)
    if contact is None and directory.deleted_get(call.ctx.store, contact_id):
        return _failure(contact_id, "contact is deleted")
    if contact is None:
        return _failure(contact_id, "contact id is not a valid firebase id")
    if contact["locationId"] != location["id"]:
        return _failure(contact_id, "contact does not belong to location")
    before: list[str] = contact.get("tags", [])
    after = _wanted(call.body, contact, direction)
    saved(call, contact_id, {"tags": after})
    return {
        "contactId": contact_id,
        "message": "Tags updated",
        "type": "success",
        "oldTags": before,
        "tagsAdded": [tag for tag in after if tag not in before],
        "tagsRemoved": [tag for tag in before if tag not in after],
    }


def _wanted(body: dict[str, Any], contact: Contact, direction: str) -> list[str]:
    before: list[str] = contact.get("tags", [])
    named = tags_as_kept(body["tags"])
    if direction == "add":
        return tags_as_kept([*before, *named])
    if body.get("removeAllTags"):
        return []
    return [tag for tag in before if tag not in named]


def _failure(contact_id: str, message: str) -> dict[str, Any]:
    return {
        "contactId": contact_id,
        "message": message,
        "type": "error",
        "oldTags": [],
        "tagsAdded": [],
        "tagsRemoved": [],
    }
