"""The definitions of a location's custom fields (§6.2)."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, request

from sandbox.highlevel import validation
from sandbox.highlevel.contacts import succeeded
from sandbox.highlevel.identifiers import short_id
from sandbox.highlevel.wire import Answer, Call, Refusal, guarded
from sandbox.store import Document, Store

routes = Blueprint("custom_fields", __name__)
CUSTOM_FIELD, FOLDER = "highlevel_custom_field", "highlevel_custom_field_folder"
DATA_TYPES = (
    *("TEXT", "LARGE_TEXT", "NUMERICAL", "PHONE", "MONETORY", "CHECKBOX", "EMAIL"),
    *("SINGLE_OPTIONS", "MULTIPLE_OPTIONS", "DATE", "TEXTBOX_LIST", "FILE_UPLOAD"),
    "RADIO",
)
FIELD_BODY: validation.Schema = {
    "name": validation.filled,
    "dataType": validation.one_of(*DATA_TYPES),
    "placeholder": validation.text,
    "acceptedFormat": validation.texts,
    "isMultipleFile": validation.boolean,
    "maxNumberOfFiles": validation.number,
    "textBoxListOptions": validation.anything,
    # Not in the specification, which offers no other way to name the choices.
    "options": validation.texts,
    "position": validation.number,
    "model": validation.one_of("contact", "opportunity"),
}
# The type of a field cannot be changed.
EDIT_BODY = {name: rule for name, rule in FIELD_BODY.items() if name != "dataType"}
# How the names of a body read in a definition.
_KEPT_AS = {
    "name": "name",
    "placeholder": "placeholder",
    "position": "position",
    "model": "model",
    "options": "picklistOptions",
    "isMultipleFile": "isMultiFileAllowed",
    "maxNumberOfFiles": "maxFileLimit",
    "acceptedFormat": "acceptedFormat",
}


@routes.get("/locations/<location_id>/customFields")
@guarded("locations/customFields.readonly")
def custom_fields(call: Call, location_id: str) -> Answer:
    call.location(location_id)
    model = request.args.get("model", "contact")
    if model not in ("contact", "opportunity", "all"):
        allowed = "contact, opportunity, all"
        raise Refusal(422, [f"model must be one of the following values: {allowed}"])
    kinds = [CUSTOM_FIELD]
    if call.ctx.switches().custom_field_folders:
        kinds.append(FOLDER)
    found = [
        each
        for kind in kinds
        for each in call.ctx.store.all(kind)
        if each["locationId"] == location_id and model in ("all", each["model"])
    ]
    return {"customFields": sorted(found, key=lambda each: int(each["position"]))}


@routes.get("/locations/<location_id>/customFields/<id>")
@guarded()
def custom_field(call: Call, location_id: str, id: str) -> Answer:
    return {"customField": _custom_field(call, location_id, id)}


@routes.post("/locations/<location_id>/customFields")
@guarded("locations/customFields.write")
def custom_field_create(call: Call, location_id: str) -> Answer:
    call.location(location_id)
    call.check(FIELD_BODY, ("name", "dataType"))
    body = call.body
    made = custom_field_definition(location_id, body["name"], body["dataType"])
    made["fieldKey"] = _free_key(call.ctx.store, made)
    return {"customField": _keep(call, made)}, 201


@routes.put("/locations/<location_id>/customFields/<id>")
@guarded()
def custom_field_update(call: Call, location_id: str, id: str) -> Answer:
    before = _custom_field(call, location_id, id)
    call.check(EDIT_BODY, ("name",))
    return {"customField": _keep(call, before)}


@routes.delete("/locations/<location_id>/customFields/<id>")
@guarded()
def custom_field_delete(call: Call, location_id: str, id: str) -> Answer:
    _custom_field(call, location_id, id)
    call.ctx.store.delete(CUSTOM_FIELD, id)
    return succeeded(call)


def custom_field_definition(
    location_id: str, name: str, data_type: str, *, id: str = "", position: int = 0
) -> Document:
    """A definition as the API shows it; ``fieldKey`` carries the model's name."""
    slug = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    return {
        "id": id or short_id(),
        "name": name,
        "fieldKey": f"contact.{slug}",
        "placeholder": "",
        "dataType": data_type,
        "position": position,
        "picklistOptions": [],
        "isAllowedCustomOption": False,
        "isMultiFileAllowed": False,
        "maxFileLimit": 1,
        "locationId": location_id,
        "model": "contact",
    }


def folder_definition(location_id: str, name: str, *, id: str) -> Document:
    """A folder as it stands among the fields: without a type (switch
    `custom_field_folders`; the v2 specification of custom objects lists them apart)."""
    return {
        "id": id,
        "name": name,
        "documentType": "folder",
        "position": 0,
        "locationId": location_id,
        "model": "contact",
    }


def _keep(call: Call, made: Document) -> Document:
    """Take over what may be chosen freely, and store the definition."""
    chosen = {_KEPT_AS[n]: v for n, v in call.body.items() if n in _KEPT_AS}
    kept = {**made, **chosen}
    if made["dataType"] == "TEXTBOX_LIST" and "textBoxListOptions" in call.body:
        boxes = call.body["textBoxListOptions"] or []
        kept["picklistOptions"] = [_box(each) for each in boxes]
    key = kept["fieldKey"].partition(".")[2]
    kept["fieldKey"] = f"{kept['model']}.{key}"
    call.ctx.store.put(CUSTOM_FIELD, kept["id"], kept)
    return kept


def _box(option: Any) -> Document:
    """One text box of a TEXTBOX_LIST; its id is a key of the contact's value."""
    given = option if isinstance(option, dict) else {"label": str(option)}
    label, prefill = given.get("label", ""), given.get("prefillValue", "")
    return {"id": short_id(), "label": label, "prefillValue": prefill}


def _free_key(store: Store, made: Document) -> str:
    """Two fields of one name get different keys."""
    taken = {
        each["fieldKey"]
        for each in store.scan(CUSTOM_FIELD)
        if each["locationId"] == made["locationId"]
    }
    key, number = made["fieldKey"], 1
    while key in taken:
        number += 1
        key = f"{made['fieldKey']}_{number}"
    return str(key)


def _custom_field(call: Call, location_id: str, id: str) -> Document:
    call.location(location_id)
    found = call.ctx.store.get(CUSTOM_FIELD, id)
    if found is None or found["locationId"] != location_id:
        raise Refusal(400, f"Custom field with id {id} not found")
    return found
