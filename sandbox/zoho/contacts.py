"""The contacts endpoints (§4.1)."""

from __future__ import annotations

from flask import Response

from sandbox.store import Document
from sandbox.zoho import listing, records, service
from sandbox.zoho.wire import Call, answer, created, route


@route("GET", "/contacts", "contacts.READ")
def contact_list(call: Call) -> Response:
    found = listing.contacts_found(call.context, call.organization, call.args)
    contacts, page = listing.page_of(found, call.args)
    store = call.context.store
    rows = [records.row(store, call.organization, each) for each in contacts]
    return answer(contacts=rows, page_context=listing.page_context(call.args, page))


@route("POST", "/contacts", "contacts.CREATE")
def contact_create(call: Call) -> Response:
    contact = service.contact_create(call.context, call.organization, call.body())
    path = f"contacts/{contact['contact_id']}"
    message = "The contact has been added."
    return created(message, path, contact=_detail(call, contact))


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
