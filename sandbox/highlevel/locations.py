"""Locations and their users (§6.3)."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request

from sandbox.highlevel.wire import Answer, Call, Refusal, guarded
from sandbox.store import Document

routes = Blueprint("locations", __name__)
LOCATION, USER = "highlevel_location", "highlevel_user"


@routes.get("/locations/search")
@guarded("locations.readonly", company=True)
def search(call: Call) -> Answer:
    """Pages by skip and limit, ten at a time where nothing is said."""
    every = [each for each in call.ctx.store.all(LOCATION) if call.may_touch(each)]
    skip, limit = (
        int(request.args.get(name) or default)
        for name, default in (("skip", 0), ("limit", 10))
    )
    shown = [_shown(call, each) for each in every[skip : skip + limit]]
    return {"locations": shown}


@routes.get("/locations/<location_id>")
@guarded("locations.readonly", company=True)
def read(call: Call, location_id: str) -> Answer:
    return {"location": _shown(call, call.location(location_id))}


@routes.get("/users/", strict_slashes=False)
@guarded("users.readonly", company=True)
def users(call: Call) -> Answer:
    location = call.query_location()
    every = call.ctx.store.all(USER)
    return {"users": [each for each in every if _works_in(each, location["id"])]}


@routes.get("/users/search")
@guarded("users.readonly", company=True)
def users_search(call: Call) -> Answer:
    """All of the agency, or of one location of it."""
    if request.args.get("companyId") != call.token["companyId"]:
        raise Refusal(422, ["companyId should not be empty"])
    only = request.args.get("locationId", "")
    every = call.ctx.store.all(USER)
    found = [each for each in every if not only or _works_in(each, only)]
    return {"users": found, "count": len(found)}


@routes.get("/users/<user_id>")
@guarded("users.readonly", company=True)
def user(call: Call, user_id: str) -> Answer:
    found = call.ctx.store.get(USER, user_id)
    if found is None:
        raise Refusal(400, f"User with id {user_id} not found")
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
