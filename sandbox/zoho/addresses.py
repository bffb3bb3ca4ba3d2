"""Additional addresses of a contact, beside the two that always exist (§4.1, §4.3)."""

from __future__ import annotations

from flask import Response

from sandbox.store import Document
from sandbox.zoho import reading, records, service
from sandbox.zoho.service import API_USER
from sandbox.zoho.wire import Call, answer, created, missing, route


@route("GET", "/contacts/<contact_id>/address", "contacts.READ")
def address_list(call: Call, contact_id: str) -> Response:
    """Billing and shipping come first, blank or not."""
    contact = service.contact_get(call.context, call.organization, contact_id)
    first = [contact["billing_address"], contact["shipping_address"]]
    return answer(addresses=[*first, *contact["addresses"]])


@route("POST", "/contacts/<contact_id>/address", "contacts.CREATE")
def address_add(call: Call, contact_id: str) -> Response:
    with call.context.store.lock:
        contact = service.contact_get(call.context, call.organization, contact_id)
        blank = records.blank_address(call.context.store)
        address = reading.address(call.context, call.body(), "address", blank)
        contact["addresses"].append(address)
        service.keep(call.context, call.organization, contact, API_USER, "edited")
    path = f"contacts/{contact_id}/address/{address['address_id']}"
    return created("The address has been created.", path, address_info=address)


@route("PUT", "/contacts/<contact_id>/address/<address_id>", "contacts.UPDATE")
def address_update(call: Call, contact_id: str, address_id: str) -> Response:
    with call.context.store.lock:
        contact = service.contact_get(call.context, call.organization, contact_id)
        place = _place(contact, address_id)
        old = contact["addresses"][place]
        address = reading.address(call.context, call.body(), "address", old)
        contact["addresses"][place] = address
        service.keep(call.context, call.organization, contact, API_USER, "edited")
    return answer("The address has been updated.", address_info=address)


@route("DELETE", "/contacts/<contact_id>/address/<address_id>", "contacts.DELETE")
def address_delete(call: Call, contact_id: str, address_id: str) -> Response:
    with call.context.store.lock:
        contact = service.contact_get(call.context, call.organization, contact_id)
        del contact["addresses"][_place(contact, address_id)]
        service.keep(call.context, call.organization, contact, API_USER, "edited")
    return answer("The address has been deleted.")


def _place(contact: Document, address_id: str) -> int:
    """Only additional ones: billing and shipping are written with the contact."""
    for place, address in enumerate(contact["addresses"]):
        if address["address_id"] == address_id:
            return place
    raise missing("Address")
