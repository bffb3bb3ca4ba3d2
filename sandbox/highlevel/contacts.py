"""Contacts: read, create, change, delete, upsert, and the deprecated list (§5, §7.1)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, request

from sandbox.context import current_context
from sandbox.highlevel import directory, filters, service, shapes, validation
from sandbox.highlevel.changes import unknown_custom_fields
from sandbox.highlevel.identifiers import milliseconds
from sandbox.highlevel.search import seen_at
from sandbox.highlevel.shapes import Contact
from sandbox.highlevel.wire import Answer, Call, Refusal, guarded, no_access

routes = Blueprint("contacts", __name__)
LIST_LIMIT, LIST_MAXIMUM, BUSINESS_LIMIT = 20, 100, 25


@routes.get("/contacts/<contact_id>")
@guarded("contacts.readonly")
def read(call: Call, contact_id: str) -> Answer:
    return {"contact": shown(call, contact_of(call, contact_id))}


@routes.post("/contacts/", strict_slashes=False)
@guarded("contacts.write")
def create(call: Call) -> Answer:
    call.check(validation.CREATE_CONTACT, ("locationId",))
    _check_custom_fields(call, call.location(call.body["locationId"])["id"])
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
    _check_custom_fields(call, contact_of(call, contact_id)["locationId"])
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
    _check_custom_fields(call, call.location(call.body["locationId"])["id"])
    try:
        is_new, contact = service.contact_upsert(call.ctx, call.body)
    except ValueError as error:
        raise _refusal(error) from None
    return {"new": is_new, "contact": shown(call, contact)}


@routes.get("/contacts/", strict_slashes=False)
@guarded("contacts.readonly")
def list_deprecated(call: Call) -> Answer:
    """By dateAdded; the next page starts after the last row's date and id (§7.1).

    Newest first, as far as seen; the switch `list_oldest_first` turns it round.
    """
    location = call.query_location()
    limit = _limit()
    query = request.args.get("query", "")
    rows = [
        contact
        for contact in directory.indexed(call.ctx.store, location["id"], seen_at(call))
        if not query or filters.matches_query(contact, query)
    ]
    switches = call.ctx.switches()
    sign = 1 if switches.list_oldest_first else -1

    def key(row: Contact) -> tuple[int, str]:
        return sign * milliseconds(row["dateAdded"]), row["id"]

    rows.sort(key=key)
    start = _start(sign)
    after = [row for row in rows if start is None or key(row) > start]
    page = [_list_row(call, row) for row in after[:limit]]
    before = len(rows) - len(after)
    always = switches.list_always_has_next
    meta = _meta(page, len(rows), before, limit, always_next=always)
    return {"contacts": page, "count": len(rows), "meta": meta}


@routes.get("/contacts/business/<business_id>")
@guarded("contacts.readonly")
def list_by_business(call: Call, business_id: str) -> Answer:
    """By name; pages by skip, or under v3 after a ``name,id`` pair (§5 no. 8)."""
    location = call.query_location()
    query = request.args.get("query", "")
    rows = [
        contact
        for contact in directory.indexed(call.ctx.store, location["id"], seen_at(call))
        if contact.get("businessId") == business_id
        and (not query or filters.matches_query(contact, query))
    ]
    rows.sort(key=_name_key)
    count, skip = len(rows), _whole_number("skip", 0)
    if after := request.args.get("startAfter"):
        name, _, contact_id = after.rpartition(",")
        rows = [row for row in rows if _name_key(row) > (name, contact_id)]
    limit = _limit(BUSINESS_LIMIT)
    page = [_list_row(call, row) for row in rows[skip : skip + limit]]
    return {"contacts": page, "count": count}


def contact_of(call: Call, contact_id: str) -> Contact:
    """The contact; a missing one is 400, another location's 403 (§3).

    What a deleted one is answered with is not known (§9): 400 or 404.
    """
    contact = directory.contact_get(call.ctx.store, contact_id)
    if contact is None:
        is_deleted = directory.deleted_get(call.ctx.store, contact_id) is not None
        status = call.ctx.switches().deleted_contact_status if is_deleted else 400
        raise Refusal(status, f"Contact with id {contact_id} not found")
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


def _check_custom_fields(call: Call, location_id: str) -> None:
    """Whether a wrong id or key is refused or skipped is not known (§10.7)."""
    if call.ctx.switches().unknown_custom_field == "skip":
        return
    sent = call.body.get("customFields") or []
    if wrong := unknown_custom_fields(call.ctx.store, location_id, sent):
        raise Refusal(422, [f"customFields {each} does not exist" for each in wrong])


def _list_row(call: Call, contact: Contact) -> dict[str, Any]:
    row = shapes.as_list_row(contact)
    return shapes.with_v3_channels(row) if call.is_v3 else row


def _name_key(contact: Contact) -> tuple[str, str]:
    return shapes.full_name(contact).lower(), contact["id"]


def _whole_number(name: str, default: int) -> int:
    try:
        return max(0, int(request.args.get(name) or default))
    except ValueError:
        raise Refusal(422, [f"{name} must be a number"]) from None


def _limit(default: int = LIST_LIMIT) -> int:
    limit = _whole_number("limit", default)
    if 1 <= limit <= LIST_MAXIMUM:
        return limit
    if current_context().switches().page_limit_clamped:
        return LIST_MAXIMUM if limit else default
    raise Refusal(422, [f"limit must not be greater than {LIST_MAXIMUM}"])


def _start(sign: int) -> tuple[int, str] | None:
    """Both halves of the cursor have to come back (§7.1)."""
    moment, contact_id = (request.args.get(n) for n in ("startAfter", "startAfterId"))
    if not moment or not contact_id:
        return None
    try:
        return sign * int(moment), contact_id
    except ValueError:
        raise Refusal(422, ["startAfter must be a number"]) from None


def _meta(
    page: list[dict[str, Any]],
    total: int,
    before: int,
    limit: int,
    *,
    always_next: bool = False,
) -> dict[str, Any]:
    """Where the next page begins. A last page may carry a next address all the same,
    with an empty ``nextPage`` (§7.1)."""
    current = before // limit + 1
    meta: dict[str, Any] = {
        "total": total,
        "currentPage": current,
        "nextPage": None,
        "prevPage": current - 1 or None,
    }
    is_last = before + len(page) >= total
    if page and (always_next or not is_last):
        moment, contact_id = page[-1]["startAfter"]
        given = {
            k: v for k, v in request.args.items() if not k.startswith("startAfter")
        }
        query = urlencode(given | {"startAfter": moment, "startAfterId": contact_id})
        meta |= {
            "nextPageUrl": f"{request.base_url}?{query}",
            "startAfter": moment,
            "startAfterId": contact_id,
            "nextPage": "" if is_last else current + 1,
        }
    return meta
