"""Contacts: read, create, change, delete, upsert, and the deprecated list (§5, §7.1)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, request

from sandbox.highlevel import directory, filters, service, shapes, validation
from sandbox.highlevel.identifiers import milliseconds
from sandbox.highlevel.search import seen_at
from sandbox.highlevel.shapes import Contact
from sandbox.highlevel.wire import Answer, Call, Refusal, guarded, no_access

routes = Blueprint("contacts", __name__)
LIST_LIMIT, LIST_MAXIMUM = 20, 100


@routes.get("/contacts/<contact_id>")
@guarded("contacts.readonly")
def read(call: Call, contact_id: str) -> Answer:
    return {"contact": shown(call, contact_of(call, contact_id))}


@routes.post("/contacts/", strict_slashes=False)
@guarded("contacts.write")
def create(call: Call) -> Answer:
    call.check(validation.CREATE_CONTACT, ("locationId",))
    call.location(call.body["locationId"])
    contact = saved(call, None, call.body)
    if call.is_v3:
        return {"contact": shown(call, contact)}, 201
    return {"contact": shapes.as_created(contact)}, 201


@routes.put("/contacts/<contact_id>")
@guarded("contacts.write")
def update(call: Call, contact_id: str) -> Answer:
    schema = dict(validation.UPDATE_CONTACT)
    if call.ctx.switches().companyname_on_put:
        schema["companyName"] = validation.nullable(validation.text)
    call.check(schema)
    contact_of(call, contact_id)
    contact = saved(call, contact_id, call.body)
    # v3 answers PUT with the new key alone (§1).
    done = {"succeeded": True} if call.is_v3 else {"succeded": True}
    return {**done, "contact": shown(call, contact)}


@routes.delete("/contacts/<contact_id>")
@guarded("contacts.write")
def delete(call: Call, contact_id: str) -> Answer:
    contact_of(call, contact_id)
    service.contact_delete(call.ctx, contact_id)
    return succeeded(call)


@routes.post("/contacts/upsert")
@guarded("contacts.write")
def upsert(call: Call) -> Answer:
    call.check(validation.UPSERT_CONTACT, ("locationId",))
    call.location(call.body["locationId"])
    try:
        is_new, contact = service.contact_upsert(call.ctx, call.body)
    except ValueError as error:
        raise _refusal(error) from None
    return {"new": is_new, "contact": shown(call, contact)}


@routes.get("/contacts/", strict_slashes=False)
@guarded("contacts.readonly")
def list_deprecated(call: Call) -> Answer:
    """Newest first; the next page starts after the last row's date and id (§7.1)."""
    location = call.query_location()
    limit = _limit()
    query = request.args.get("query", "")
    rows = [
        contact
        for contact in directory.indexed(call.ctx.store, location["id"], seen_at(call))
        if not query or filters.matches_query(contact, query)
    ]
    rows.sort(key=_list_key)
    start = _start()
    after = [row for row in rows if start is None or _list_key(row) > start]
    page = [shapes.as_list_row(row) for row in after[:limit]]
    meta = _meta(page, len(rows), len(rows) - len(after), limit)
    return {"contacts": page, "count": len(rows), "meta": meta}


@routes.get("/contacts/business/<business_id>")
@guarded("contacts.readonly")
def list_by_business(call: Call, business_id: str) -> Answer:
    location = call.query_location()
    rows = [
        shapes.as_list_row(contact)
        for contact in directory.indexed(call.ctx.store, location["id"], None)
        if contact.get("businessId") == business_id
    ]
    skip, limit = (
        int(request.args.get(n) or d) for n, d in (("skip", 0), ("limit", 25))
    )
    return {"contacts": rows[skip : skip + limit], "count": len(rows)}


def contact_of(call: Call, contact_id: str) -> Contact:
    """The contact; a missing one is 400, another location's 403 (§3)."""
    contact = directory.contact_get(call.ctx.store, contact_id)
    if contact is None:
        raise Refusal(400, f"Contact with id {contact_id} not found")
    location = call.ctx.store.get("highlevel_location", contact["locationId"])
    if location is None or not call.may_touch(location):
        raise no_access()
    return contact


def saved(call: Call, contact_id: str | None, fields: dict[str, Any]) -> Contact:
    try:
        return service.contact_save(call.ctx, contact_id, fields)
    except (ValueError, LookupError) as error:
        raise _refusal(error) from None


def shown(call: Call, contact: Contact) -> dict[str, Any]:
    read = shapes.as_read(contact)
    return shapes.with_v3_channels(read) if call.is_v3 else read


def succeeded(call: Call) -> dict[str, Any]:
    """``succeded`` is the real, misspelt key; v3 sends both (§1)."""
    return {"succeded": True, **({"succeeded": True} if call.is_v3 else {})}


def _refusal(error: Exception) -> Refusal:
    if isinstance(error, service.DuplicateContact):
        return Refusal(400, str(error), meta=error.meta)
    return Refusal(400, str(error))


def _limit() -> int:
    try:
        limit = int(request.args.get("limit") or LIST_LIMIT)
    except ValueError:
        raise Refusal(422, ["limit must be a number"]) from None
    if not 1 <= limit <= LIST_MAXIMUM:
        raise Refusal(422, [f"limit must not be greater than {LIST_MAXIMUM}"])
    return limit


def _start() -> tuple[int, str] | None:
    """Both halves of the cursor have to come back (§7.1)."""
    moment, contact_id = (request.args.get(n) for n in ("startAfter", "startAfterId"))
    if not moment or not contact_id:
        return None
    try:
        return -int(moment), contact_id
    except ValueError:
        raise Refusal(422, ["startAfter must be a number"]) from None


def _list_key(contact: Contact) -> tuple[int, str]:
    return -milliseconds(contact["dateAdded"]), contact["id"]


def _meta(
    page: list[dict[str, Any]], total: int, before: int, limit: int
) -> dict[str, Any]:
    current = before // limit + 1
    meta: dict[str, Any] = {
        "total": total,
        "currentPage": current,
        "nextPage": None,
        "prevPage": current - 1 or None,
    }
    if page and before + len(page) < total:
        moment, contact_id = page[-1]["startAfter"]
        given = {
            k: v for k, v in request.args.items() if not k.startswith("startAfter")
        }
        query = urlencode(given | {"startAfter": moment, "startAfterId": contact_id})
        meta |= {
            "nextPageUrl": f"{request.base_url}?{query}",
            "startAfter": moment,
            "startAfterId": contact_id,
            "nextPage": current + 1,
        }
    return meta
