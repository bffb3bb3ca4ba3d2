"""What people send by forms: listed newest first, never announced (§15)."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request

from sandbox.context import Context, current_context
from sandbox.highlevel.accounts import NORTHLIGHT_ID
from sandbox.highlevel.identifiers import iso, uuid_id
from sandbox.highlevel.wire import Answer, Call, Refusal, guarded
from sandbox.store import Document

routes = Blueprint("forms", __name__)
SUBMISSION = "highlevel_form_submission"
FORM_ID = "SbxFormEnquiry000001"
LARGEST = 100


@routes.get("/forms/submissions")
@guarded("forms.readonly")
def submissions(call: Call) -> Answer:
    """`startAt` and `endAt` are days; a page has at most a hundred."""
    location = call.query_location()
    limit, page = _number("limit", 20), _number("page", 1)
    if limit > LARGEST:
        raise Refusal(422, [f"limit must not be greater than {LARGEST}"])
    found = [
        each
        for each in reversed(call.ctx.store.all(SUBMISSION))
        if each["locationId"] == location["id"] and _is_asked_for(each)
    ]
    start = (page - 1) * limit
    more = start + limit < len(found)
    meta = {
        "total": len(found),
        "currentPage": page,
        "nextPage": page + 1 if more else None,
        "prevPage": page - 1 if page > 1 else None,
    }
    shown = [
        {key: value for key, value in each.items() if key != "locationId"}
        for each in found[start : start + limit]
    ]
    return {"submissions": shown, "meta": meta}


@routes.post("/_sandbox/form-submissions")
def send() -> tuple[Document, int]:
    """Send a form, as a visitor of the location's site would; the sandbox's own."""
    body: Any = request.get_json(silent=True)
    made = form_send(current_context(), body if isinstance(body, dict) else {})
    return made, 201


def form_send(ctx: Context, fields: Document) -> Document:
    """Keep what a visitor sent by the form."""
    made: Document = {
        "id": uuid_id(),
        "contactId": str(fields.get("contactId") or ""),
        "createdAt": iso(ctx.clock.now()),
        "formId": FORM_ID,
        "name": str(fields.get("name") or ""),
        "email": str(fields.get("email") or ""),
        "others": {"message": str(fields.get("message") or "")},
        "locationId": str(fields.get("locationId") or NORTHLIGHT_ID),
    }
    ctx.store.put(SUBMISSION, made["id"], made)
    return made


def _is_asked_for(submission: Document) -> bool:
    day = submission["createdAt"][:10]
    start, end = request.args.get("startAt", ""), request.args.get("endAt", "")
    wanted = request.args.get("formId")
    if wanted and submission["formId"] != wanted:
        return False
    return (not start or day >= start[:10]) and (not end or day <= end[:10])


def _number(name: str, default: int) -> int:
    text = request.args.get(name) or str(default)
    if not text.isdecimal() or int(text) < 1:
        raise Refusal(422, [f"{name} must be a positive number"])
    return int(text)
