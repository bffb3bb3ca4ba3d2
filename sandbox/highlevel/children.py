"""Notes and tasks of a contact (§5, §6.4).

They leave its ``dateUpdated`` alone, unless a switch says otherwise (§10.8).
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from sandbox.highlevel import directory, hooks, service, validation
from sandbox.highlevel.contacts import contact_of, succeeded
from sandbox.highlevel.identifiers import (
    iso,
    iso_from_milliseconds,
    milliseconds,
    short_id,
)
from sandbox.highlevel.shapes import without_empty
from sandbox.highlevel.wire import Answer, Call, Refusal, guarded
from sandbox.store import Document

routes = Blueprint("children", __name__)
NOTE, TASK = "highlevel_note", "highlevel_task"
NOTE_BODY: validation.Schema = {
    "body": validation.filled,
    **dict.fromkeys(("userId", "title", "color"), validation.text),
    "pinned": validation.boolean,
}
TASK_BODY: validation.Schema = {
    "title": validation.filled,
    "body": validation.text,
    "dueDate": validation.moment,
    "completed": validation.boolean,
    "assignedTo": validation.text,
}
TASK_SEARCH: validation.Schema = {
    **dict.fromkeys(("contactId", "assignedTo"), validation.texts),
    "completed": validation.boolean,
    **dict.fromkeys(("query", "businessId"), validation.text),
    **dict.fromkeys(("limit", "skip"), validation.number),
}


@routes.get("/contacts/<contact_id>/notes")
@guarded("contacts.readonly")
def notes(call: Call, contact_id: str) -> Answer:
    contact_of(call, contact_id)
    return {"notes": _children(call, NOTE, contact_id)}


@routes.get("/contacts/<contact_id>/notes/<id>")
@guarded("contacts.readonly")
def note(call: Call, contact_id: str, id: str) -> Answer:
    return {"note": _shown(_child(call, NOTE, contact_id, id))}


@routes.post("/contacts/<contact_id>/notes")
@guarded("contacts.write")
def note_create(call: Call, contact_id: str) -> Answer:
    contact_of(call, contact_id)
    call.check(NOTE_BODY, ("body",))
    kept = _keep(call, NOTE, contact_id, {**call.body, "id": short_id()})
    _announce(call, "NoteCreate", kept)
    return {"note": _shown(kept)}, 201


@routes.put("/contacts/<contact_id>/notes/<id>")
@guarded("contacts.write")
def note_update(call: Call, contact_id: str, id: str) -> Answer:
    before = _child(call, NOTE, contact_id, id)
    call.check(NOTE_BODY)
    kept = _keep(call, NOTE, contact_id, {**before, **call.body})
    _announce(call, "NoteUpdate", kept)
    return {"note": _shown(kept)}


@routes.delete("/contacts/<contact_id>/notes/<id>")
@guarded("contacts.write")
def note_delete(call: Call, contact_id: str, id: str) -> Answer:
    gone = _child(call, NOTE, contact_id, id)
    call.ctx.store.delete(NOTE, id)
    service.contact_touch(call.ctx, contact_id)
    _announce(call, "NoteDelete", gone)
    return succeeded(call)


@routes.get("/contacts/<contact_id>/tasks")
@guarded("contacts.readonly")
def tasks(call: Call, contact_id: str) -> Answer:
    contact_of(call, contact_id)
    return {"tasks": _children(call, TASK, contact_id)}


@routes.get("/contacts/<contact_id>/tasks/<id>")
@guarded("contacts.readonly")
def task(call: Call, contact_id: str, id: str) -> Answer:
    return {"task": _shown(_child(call, TASK, contact_id, id))}


@routes.post("/contacts/<contact_id>/tasks")
@guarded("contacts.write")
def task_create(call: Call, contact_id: str) -> Answer:
    contact_of(call, contact_id)
    call.check(TASK_BODY, ("title", "dueDate", "completed"))
    kept = _keep(call, TASK, contact_id, {**call.body, "id": short_id()})
    _announce(call, "TaskCreate", kept)
    return {"task": _shown(kept)}, 201


@routes.put("/contacts/<contact_id>/tasks/<id>")
@guarded("contacts.write")
def task_update(call: Call, contact_id: str, id: str) -> Answer:
    """There is no TaskUpdate event; only completing is told (§9)."""
    call.check(TASK_BODY)
    return _change_task(call, contact_id, id)


@routes.put("/contacts/<contact_id>/tasks/<id>/completed")
@guarded("contacts.write")
def task_complete(call: Call, contact_id: str, id: str) -> Answer:
    call.check({"completed": validation.boolean}, ("completed",))
    return _change_task(call, contact_id, id)


@routes.delete("/contacts/<contact_id>/tasks/<id>")
@guarded("contacts.write")
def task_delete(call: Call, contact_id: str, id: str) -> Answer:
    gone = _child(call, TASK, contact_id, id)
    call.ctx.store.delete(TASK, id)
    service.contact_touch(call.ctx, contact_id)
    _announce(call, "TaskDelete", gone)
    return succeeded(call)


@routes.post("/locations/<location_id>/tasks/search")
@guarded("locations/tasks.readonly")
def task_search(call: Call, location_id: str) -> Answer:
    call.check(TASK_SEARCH)
    call.location(location_id)
    found = [
        {**_shown(each), "locationId": location_id}
        for each in call.ctx.store.all(TASK)
        if each["locationId"] == location_id and _task_fits(call, each)
    ]
    skip, limit = int(call.body.get("skip", 0)), int(call.body.get("limit", 25))
    return {"tasks": found[skip : skip + limit]}


def _task_fits(call: Call, task: Document) -> bool:
    body = call.body
    if (wanted := body.get("contactId")) and task["contactId"] not in wanted:
        return False
    if (people := body.get("assignedTo")) and task.get("assignedTo") not in people:
        return False
    if "completed" in body and task["completed"] != body["completed"]:
        return False
    if business := body.get("businessId"):
        contact = directory.contact_get(call.ctx.store, task["contactId"]) or {}
        if contact.get("businessId") != business:
            return False
    query: str = body.get("query", "")
    return query.lower() in f"{task['title']} {task.get('body', '')}".lower()


def _change_task(call: Call, contact_id: str, id: str) -> Answer:
    before = _child(call, TASK, contact_id, id)
    kept = _keep(call, TASK, contact_id, {**before, **call.body})
    if kept["completed"] and not before["completed"]:
        _announce(call, "TaskComplete", kept)
    return {"task": _shown(kept)}


def _children(call: Call, kind: str, contact_id: str) -> list[dict[str, Any]]:
    every = call.ctx.store.scan(kind)
    return [_shown(each) for each in every if each["contactId"] == contact_id]


def _child(call: Call, kind: str, contact_id: str, id: str) -> Document:
    contact_of(call, contact_id)
    found = call.ctx.store.get(kind, id)
    if found is None or found["contactId"] != contact_id:
        name = "Note" if kind == NOTE else "Task"
        raise Refusal(400, f"{name} with id {id} not found")
    return found


def _keep(call: Call, kind: str, contact_id: str, fields: Document) -> Document:
    contact = contact_of(call, contact_id)
    kept = {
        "dateAdded": iso(call.ctx.clock.now()),
        **fields,
        "contactId": contact_id,
        "locationId": contact["locationId"],
    }
    if due := kept.get("dueDate"):
        kept["dueDate"] = iso_from_milliseconds(milliseconds(due))
    call.ctx.store.put(kind, kept["id"], kept)
    service.contact_touch(call.ctx, contact_id)
    return kept


def _shown(child: Document) -> dict[str, Any]:
    """A task carries no dateAdded in the API, a note does (§6.4)."""
    hidden = {"locationId"} | ({"dateAdded"} if "dueDate" in child else set())
    shown = {name: value for name, value in child.items() if name not in hidden}
    return without_empty(shown)


# A fixed list of fields (#312); TaskCreate was seen without contactId and body (#332).
_SENT = {
    "Note": ("id", "body", "contactId", "dateAdded"),
    "Task": ("id", "assignedTo", "body", "contactId", "title", "dateAdded", "dueDate"),
    "TaskCreate": ("id", "assignedTo", "title", "dateAdded", "dueDate"),
}


def _announce(call: Call, kind: str, child: Document) -> None:
    location = call.ctx.store.get("highlevel_location", child["locationId"])
    lacks = call.ctx.switches().task_create_lacks_contact
    names = _SENT[kind if kind in _SENT and lacks else kind[:4]]
    event = without_empty({name: child.get(name) for name in names})
    if location is not None:
        hooks.emit(call.ctx, kind, location, event)
