"""Search: the supported list of contacts (§7.2), and the consistent duplicate search (§8)."""

from __future__ import annotations

import heapq
from datetime import timedelta
from typing import Any

from flask import Blueprint, request

from sandbox.highlevel import directory, filters, service, shapes, validation
from sandbox.highlevel.identifiers import iso, milliseconds
from sandbox.highlevel.shapes import Contact
from sandbox.highlevel.validation import Messages
from sandbox.highlevel.wire import Answer, Call, Refusal, guarded

routes = Blueprint("search", __name__)
PAGE_MAXIMUM = 500
# Only so many records can be reached by page number (§7.2); beyond, searchAfter.
PAGED_MAXIMUM = 10_000
QUERY_MAXIMUM = 75


def _page_limit(name: str, value: object) -> Messages:
    if found := validation.number(name, value):
        return found
    if not isinstance(value, int) or value < 1:
        return [f"{name} must not be less than 1"]
    if value > PAGE_MAXIMUM:
        return [f"{name} must not be greater than {PAGE_MAXIMUM}"]
    return []


def _page(name: str, value: object) -> Messages:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 1:
        return []
    return [f"{name} must not be less than 1"]


def _array(name: str, value: object) -> Messages:
    return [] if isinstance(value, list) else [f"{name} must be an array"]


def _query(name: str, value: object) -> Messages:
    if isinstance(value, str) and len(value) > QUERY_MAXIMUM:
        return [f"{name} must be shorter than or equal to {QUERY_MAXIMUM} characters"]
    return validation.text(name, value)


SEARCH: validation.Schema = {
    "locationId": validation.filled,
    "pageLimit": _page_limit,
    "page": _page,
    "searchAfter": _array,
    "query": validation.nullable(_query),
    "filters": _array,
    "sort": _array,
}


@routes.post("/contacts/search")
@guarded("contacts.readonly")
def search(call: Call) -> Answer:
    if call.ctx.switches().page_limit_clamped:
        _clamp(call.body)
    call.check(SEARCH, ("locationId", "pageLimit"))
    location = call.location(call.body["locationId"])
    try:
        sort = filters.parse_sort(call.body.get("sort"))
        rows = _found(call, location["id"])
        page = _page_of(call.body, rows, sort)
    except filters.InvalidSearch as error:
        raise Refusal(400, str(error)) from None
    lower_case = call.ctx.switches().lowercase_search_names
    shown = []
    for contact in page:
        row = shapes.as_search_row(contact, lower_case=lower_case)
        row = shapes.with_v3_channels(row) if call.is_v3 else row
        shown.append({**row, "searchAfter": filters.cursor_of(contact, sort)})
    return {"contacts": shown, "total": len(rows)}


@routes.get("/contacts/search/duplicate")
@guarded("contacts.readonly")
def duplicate(call: Call) -> Answer:
    """Reads the contacts themselves, never the lagging index."""
    location = call.query_location()
    email, number = request.args.get("email", ""), request.args.get("number", "")
    if not email and not number:
        raise Refusal(400, "Pass at least one of number, email query parameter")
    found = service.duplicate_of(call.ctx, location, email=email, phone=number)
    contact = shapes.as_read(found[0]) if found else None
    if contact and call.is_v3:
        contact = shapes.with_v3_channels(contact)
    return {"contact": contact}


def _clamp(body: dict[str, Any]) -> None:
    """Whether a page size that is too large is refused is not known (§12)."""
    if isinstance(limit := body.get("pageLimit"), int):
        body["pageLimit"] = min(limit, PAGE_MAXIMUM)


def seen_at(call: Call) -> int | None:
    """The time up to which the search index has caught up; None when it never lags."""
    lag = call.ctx.switches().search_lag_ms
    if not lag:
        return None
    return milliseconds(iso(call.ctx.clock.now() - timedelta(milliseconds=lag)))


def _found(call: Call, location_id: str) -> list[Contact]:
    holds = filters.condition(call.body.get("filters") or [])
    query = call.body.get("query") or ""
    return [
        contact
        for contact in directory.indexed(call.ctx.store, location_id, seen_at(call))
        if holds(contact) and (not query or filters.matches_query(contact, query))
    ]


def _page_of(
    body: dict[str, Any], rows: list[Contact], sort: filters.Sort
) -> list[Contact]:
    limit, page, after = body["pageLimit"], body.get("page"), body.get("searchAfter")
    keyed = [
        (filters.sort_key(filters.cursor_of(row, sort), sort), row) for row in rows
    ]
    if after:
        if page is not None:
            raise filters.InvalidSearch(
                "page can not be used together with searchAfter"
            )
        keyed = _beyond(keyed, after, sort)
    first = ((page or 1) - 1) * limit
    if first + limit > PAGED_MAXIMUM and page is not None:
        raise filters.InvalidSearch(
            f"Only {PAGED_MAXIMUM} records can be reached by page; use searchAfter"
        )
    # Ids are unique, so the comparison never reaches the row itself.
    best = heapq.nsmallest(first + limit, keyed, key=lambda pair: pair[0])
    return [row for _, row in best[first:]]


def _beyond(
    keyed: list[tuple[tuple[Any, ...], Contact]], after: list[Any], sort: filters.Sort
) -> list[tuple[tuple[Any, ...], Contact]]:
    if len(after) != len(sort) + 1:
        raise filters.InvalidSearch("Invalid searchAfter")
    start = filters.sort_key(after, sort)
    try:
        return [pair for pair in keyed if start < pair[0]]
    except TypeError:
        raise filters.InvalidSearch("Invalid searchAfter") from None
