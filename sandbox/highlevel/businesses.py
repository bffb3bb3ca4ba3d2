"""Businesses: the companies that contacts belong to (§6.3)."""

from __future__ import annotations

from flask import Blueprint, request

from sandbox.highlevel import validation
from sandbox.highlevel.identifiers import hex_id, iso
from sandbox.highlevel.shapes import without_empty
from sandbox.highlevel.wire import Answer, Call, Refusal, guarded
from sandbox.store import Document

routes = Blueprint("businesses", __name__)
BUSINESS = "highlevel_business"
EDIT: validation.Schema = {
    "name": validation.filled,
    **dict.fromkeys(("phone", "website", "address", "city"), validation.text),
    "email": validation.email,
    **dict.fromkeys(("postalCode", "state", "country"), validation.text),
    "description": validation.text,
}
CREATE: validation.Schema = {"locationId": validation.filled, **EDIT}


@routes.get("/businesses/", strict_slashes=False)
@guarded("businesses.readonly")
def businesses(call: Call) -> Answer:
    location = call.query_location()
    every = call.ctx.store.all(BUSINESS)
    found = [each for each in every if each["locationId"] == location["id"]]
    skip, limit = (
        int(request.args.get(name) or default)
        for name, default in (("skip", 0), ("limit", 100))
    )
    return {"businesses": found[skip : skip + limit]}


@routes.get("/businesses/<business_id>")
@guarded("businesses.readonly")
def business(call: Call, business_id: str) -> Answer:
    return {"business": _business(call, business_id)}


@routes.post("/businesses/", strict_slashes=False)
@guarded("businesses.write")
def create(call: Call) -> Answer:
    call.check(CREATE, ("name", "locationId"))
    call.location(call.body["locationId"])
    now = iso(call.ctx.clock.now())
    made = without_empty({"id": hex_id(), **call.body, "createdAt": now})
    return _answer(call, made), 201


@routes.put("/businesses/<business_id>")
@guarded("businesses.write")
def update(call: Call, business_id: str) -> Answer:
    before = _business(call, business_id)
    call.check(EDIT)
    return _answer(call, without_empty({**before, **call.body}))


@routes.delete("/businesses/<business_id>")
@guarded("businesses.write")
def delete(call: Call, business_id: str) -> Answer:
    _business(call, business_id)
    call.ctx.store.delete(BUSINESS, business_id)
    return {"success": True}


def _answer(call: Call, made: Document) -> dict[str, object]:
    """``buiseness`` is the real, misspelt key."""
    kept = {**made, "updatedAt": iso(call.ctx.clock.now())}
    call.ctx.store.put(BUSINESS, kept["id"], kept)
    return {"success": True, "buiseness": kept}


def _business(call: Call, business_id: str) -> Document:
    found = call.ctx.store.get(BUSINESS, business_id)
    if found is None:
        raise Refusal(400, f"Business with id {business_id} not found")
    call.location(found["locationId"])
    return found
