"""The contacts endpoints (§4.1)."""

from __future__ import annotations

from flask import Response, request

from sandbox.store import Document
from sandbox.zoho import listing, records, service
from sandbox.zoho.fields import definitions_shown
from sandbox.zoho.wire import (
    Call,
    ZohoError,
    answer,
    created,
    invalid_value,
    route,
)


@route("GET", "/contacts", "contacts.READ")
def contact_list(call: Call) -> Response:
    found = listing.contacts_found(call.context, call.organization, call.args)
    contacts, page = listing.page_of(found, call.args, call.largest_page)
    store = call.context.store
    rows = [records.row(store, call.organization, each) for each in contacts]
    named = call.context.switches().zoho_list_custom_fields
    fields = definitions_shown(store, call.organization_id) if named else []
    page = listing.page_context(call.args, page, fields)
    return answer(contacts=rows, page_context=page)


@route("POST", "/contacts", "contacts.CREATE")
def contact_create(call: Call) -> Response:
    contact = service.contact_create(call.context, call.organization, call.body())
    path = f"contacts/{contact['contact_id']}"
    message = "The contact has been added."
    return created(message, path, contact=_detail(call, contact))


@route("PUT", "/contacts", "contacts.UPDATE")
def contact_upsert(call: Call) -> Response:
    """Update, or with X-Upsert create, by the value of a unique custom field (§8)."""
    if not call.context.switches().zoho_unique_upsert:
        # Only seen in the documents of a sister product; how Invoice would refuse is
        # not known.
        raise ZohoError(37, "The HTTP method is not allowed", 405)
    headers = request.headers
    contact, is_new = service.contact_upsert(
        call.context,
        call.organization,
        (headers.get("X-Unique-Identifier-Key", ""), _unique_value()),
        call.body(),
        create=headers.get("X-Upsert", "").lower() == "true",
    )
    if is_new:
        path = f"contacts/{contact['contact_id']}"
        message = "The contact has been added."
        return created(message, path, contact=_detail(call, contact))
    return answer("Contact information has been saved.", contact=_detail(call, contact))


@route("DELETE", "/contacts", "contacts.DELETE")
def contacts_delete(call: Call) -> Response:
    """`?contact_ids=a,b`: all of them, or none if one cannot go."""
    ids = [each.strip() for each in call.args.get("contact_ids", "").split(",")]
    if not all(ids):
        raise invalid_value("contact_ids")
    service.contacts_delete(call.context, call.organization, ids)
    return answer("The contacts have been deleted.")


@route("GET", "/contacts/<contact_id>", "contacts.READ")
def contact_detail(call: Call, contact_id: str) -> Response:
    contact = service.contact_get(call.context, call.organization, contact_id)
    return answer(contact=_detail(call, contact))


@route("PUT", "/contacts/<contact_id>", "contacts.UPDATE")
def contact_update(call: Call, contact_id: str) -> Response:
    contact = service.contact_update(
        call.context, call.organization, contact_id, call.body()
    )
    return answer("Contact information has been saved.", contact=_detail(call, contact))


@route("DELETE", "/contacts/<contact_id>", "contacts.DELETE")
def contact_delete(call: Call, contact_id: str) -> Response:
    service.contact_delete(call.context, call.organization, contact_id)
    return answer("The customer has been deleted.")


@route("POST", "/contacts/<contact_id>/active", "contacts.CREATE")
def contact_activate(call: Call, contact_id: str) -> Response:
    service.contact_mark(call.context, call.organization, contact_id, "active")
    return answer("The contact has been marked as active.")


@route("POST", "/contacts/<contact_id>/inactive", "contacts.CREATE")
def contact_deactivate(call: Call, contact_id: str) -> Response:
    service.contact_mark(call.context, call.organization, contact_id, "inactive")
    return answer("The contact has been marked as inactive.")


def _detail(call: Call, contact: Document) -> Document:
    return records.detail(call.context.store, call.organization, contact)


def _unique_value() -> str:
    value = request.headers.get("X-Unique-Identifier-Value", "").strip()
    if not value:
        raise invalid_value("X-Unique-Identifier-Value")
    return value
