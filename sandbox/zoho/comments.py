"""Comments of a contact: listed with the history, added, deleted, never edited (§4.1)."""

from __future__ import annotations

from flask import Response

from sandbox.store import Document
from sandbox.zoho import history, service
from sandbox.zoho.listing import page_of
from sandbox.zoho.wire import Call, ZohoError, answer, created, missing, route

# The spec names no limit; the vendor's other long texts end here.
LENGTH = 2000


@route("GET", "/contacts/<contact_id>/comments", "contacts.READ")
def comment_list(call: Call, contact_id: str) -> Response:
    contact = service.contact_get(call.context, call.organization, contact_id)
    found = history.entries(call.context.store, contact_id)
    comments, page = page_of(found, call.args, call.largest_page)
    page |= {
        "report_name": "Contact Comments",
        "applied_filter": "Status.All",
        "sort_column": "date",
        "sort_order": "D",
    }
    shown = [_shown(call, contact, each) for each in comments]
    return answer(contact_comments=shown, page_context=page)


@route("POST", "/contacts/<contact_id>/comments", "contacts.CREATE")
def comment_add(call: Call, contact_id: str) -> Response:
    """Does not touch the contact's `last_modified_time` (§10.8 names what does)."""
    contact = service.contact_get(call.context, call.organization, contact_id)
    comment = history.note(
        call.context.store,
        contact_id,
        described(call),
        at=service.timestamp(call.context),
        user_id=call.user_id,
    )
    message = "The comment has been added."
    path = f"contacts/{contact_id}/comments/{comment['comment_id']}"
    # The spec prints code and message alone; whether more comes is not verified.
    if not call.context.switches().zoho_comment_in_answer:
        return created(message, path)
    return created(message, path, comment=_shown(call, contact, comment))


@route("DELETE", "/contacts/<contact_id>/comments/<comment_id>", "contacts.DELETE")
def comment_delete(call: Call, contact_id: str, comment_id: str) -> Response:
    service.contact_get(call.context, call.organization, contact_id)
    if history.comment_find(call.context.store, contact_id, comment_id) is None:
        raise missing("Comment")
    call.context.store.delete(history.KIND, comment_id)
    return answer("The comment has been deleted.")


def described(call: Call) -> str:
    """The `description` of the body, checked."""
    text = call.body().get("description", "")
    if not isinstance(text, str) or not text.strip():
        raise ZohoError(2, "Invalid value passed for description")
    if len(text) > LENGTH:
        message = f"Please ensure that the description has less than {LENGTH + 1} "
        raise ZohoError(15, message + "characters.")
    return text


def _shown(call: Call, contact: Document, comment: Document) -> Document:
    return {
        "contact_id": contact["contact_id"],
        "contact_name": contact["contact_name"],
        "transaction_id": "",
        "transaction_type": "contact" if comment["operation"] else "",
        "is_entity_deleted": False,
        "operation_type": comment["operation"],
        **history.shown(call.context, call.organization, comment),
    }
