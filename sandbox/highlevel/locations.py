"""Locations, their custom fields and users (§6.2, §6.3)."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, request

from sandbox.highlevel import validation
from sandbox.highlevel.identifiers import short_id
from sandbox.highlevel.wire import Answer, Call, Refusal, guarded
from sandbox.store import Document

routes = Blueprint("locations", __name__)
LOCATION, CUSTOM_FIELD, USER = (
    "highlevel_location",
    "highlevel_custom_field",
    "highlevel_user",
)
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
    "options": validation.texts,
    "position": validation.number,
    "model": validation.one_of("contact", "opportunity"),
}


@routes.get("/locations/search")
@guarded("locations.readonly", company=True)
def search(call: Call) -> Answer:
    every = call.ctx.store.all(LOCATION)
    return {"locations": [_shown(call, each) for each in every if call.may_touch(each)]}


@routes.get("/locations/<location_id>")
@guarded("locations.readonly", company=True)
def read(call: Call, location_id: str) -> Answer:
    return {"location": _shown(call, call.location(location_id))}


@routes.get("/locations/<location_id>/customFields")
@guarded("locations/customFields.readonly")
def custom_fields(call: Call, location_id: str) -> Answer:
    call.location(location_id)
    model = request.args.get("model", "contact")
    if model not in ("contact", "opportunity", "all"):
        allowed = "contact, opportunity, all"
        raise Refusal(422, [f"model must be one of the following values: {allowed}"])
    found = [
        each
        for each in call.ctx.store.all(CUSTOM_FIELD)
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
    return {"customField": _keep(call, made)}, 201


@routes.put("/locations/<location_id>/customFields/<id>")
@guarded()
def custom_field_update(call: Call, location_id: str, id: str) -> Answer:
    before = _custom_field(call, location_id, id)
    call.check(FIELD_BODY, ("name",))
    return {"customField": _keep(call, {**before, "name": call.body["name"]})}


@routes.delete("/locations/<location_id>/customFields/<id>")
@guarded()
def custom_field_delete(call: Call, location_id: str, id: str) -> Answer:
    _custom_field(call, location_id, id)
    call.ctx.store.delete(CUSTOM_FIELD, id)
    return {"succeded": True}


@routes.get("/users/", strict_slashes=False)
@guarded("users.readonly", company=True)
def users(call: Call) -> Answer:
    location = call.query_location()
    every = call.ctx.store.all(USER)
    return {"users": [each for each in every if _works_in(each, location["id"])]}


@routes.get("/users/<user_id>")
@guarded("users.readonly", company=True)
def user(call: Call, user_id: str) -> Answer:
    found = call.ctx.store.get(USER, user_id)
    if found is None:
        raise Refusal(400, f"User with id {user_id} not found")
    return found


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
        "locationId": location_id,
        "model": "contact",
    }


def _keep(call: Call, made: Document) -> Document:
    """Take over what may be chosen freely, and store the definition."""
    body = call.body
    kept = dict(made)
    for name in ("placeholder", "position", "model"):
        kept[name] = body.get(name, kept[name])
    kept["picklistOptions"] = body.get("options", kept["picklistOptions"])
    key = kept["fieldKey"].partition(".")[2]
    kept["fieldKey"] = f"{kept['model']}.{key}"
    call.ctx.store.put(CUSTOM_FIELD, kept["id"], kept)
    return kept


def _custom_field(call: Call, location_id: str, id: str) -> Document:
    call.location(location_id)
    found = call.ctx.store.get(CUSTOM_FIELD, id)
    if found is None or found["locationId"] != location_id:
        raise Refusal(400, f"Custom field with id {id} not found")
    return found


def _works_in(user: Document, location_id: str) -> bool:
    return location_id in user["roles"]["locationIds"]


def _shown(call: Call, location: Document) -> dict[str, Any]:
    """With the settings that decide about duplicates (§6.3, §8)."""
    settings = {
        "allowDuplicateContact": call.ctx.switches().allow_duplicates,
        "allowDuplicateOpportunity": False,
        "allowFacebookNameMerge": False,
        "disableContactTimezone": False,
    }
    places = ("name", "address", "city", "state", "country", "postalCode", "website")
    business = {k: location[k] for k in (*places, "timezone") if k in location}
    return {**location, "business": business, "social": {}, "settings": settings}
