"""Contact persons: listed, read, added, changed, deleted, promoted (§4.1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response

from sandbox.context import Context
from sandbox.store import Document
from sandbox.zoho import reading, records, service
from sandbox.zoho.listing import page_of
from sandbox.zoho.service import API_USER
from sandbox.zoho.wire import (
    Call,
    answer,
    created,
    invalid_value,
    local_date,
    missing,
    route,
)

SAVED = "Contact person's information has been saved."


@route("GET", "/contacts/contactpersons", "contacts.READ")
def person_list(call: Call) -> Response:
    """All persons of the organization, by contact_person_id."""
    contacts = call.context.store.find(
        records.KIND, records.by_organization, call.organization_id
    )
    return _listed(call, contacts)


@route("GET", "/contacts/contactpersons/<person_id>", "contacts.READ")
def person_alone(call: Call, person_id: str) -> Response:
    contact, person = person_find(call.context, call.organization, person_id)
    return answer(contact_person=_alone(call, contact, person))


@route("GET", "/contacts/<contact_id>/contactpersons", "contacts.READ")
def person_list_of_contact(call: Call, contact_id: str) -> Response:
    contact = service.contact_get(call.context, call.organization, contact_id)
    return _listed(call, [contact])


@route("GET", "/contacts/<contact_id>/contactpersons/<person_id>", "contacts.READ")
def person_detail(call: Call, contact_id: str, person_id: str) -> Response:
    service.contact_get(call.context, call.organization, contact_id)
    contact, person = person_find(call.context, call.organization, person_id)
    if contact["contact_id"] != contact_id:
        raise missing("Contact person")
    return answer(contact_person=_alone(call, contact, person))


@route("POST", "/contacts/contactpersons", "contacts.CREATE")
def person_create(call: Call) -> Response:
    contact, person = _create(call.context, call.organization, call.body())
    path = f"contacts/contactpersons/{person['contact_person_id']}"
    return created(SAVED, path, contact_person=_alone(call, contact, person))


@route("PUT", "/contacts/contactpersons/<person_id>", "contacts.UPDATE")
def person_update(call: Call, person_id: str) -> Response:
    contact, person = _update(call.context, call.organization, person_id, call.body())
    return answer(SAVED, contact_person=_alone(call, contact, person))


@route("DELETE", "/contacts/contactpersons/<person_id>", "contacts.DELETE")
def person_delete(call: Call, person_id: str) -> Response:
    _delete(call.context, call.organization, person_id)
    return answer("The contact person has been deleted.")


@route("POST", "/contacts/contactpersons/<person_id>/primary", "contacts.CREATE")
def person_promote(call: Call, person_id: str) -> Response:
    _promote(call.context, call.organization, person_id)
    return answer("This contact person has been marked as your primary contact person.")


def _listed(call: Call, contacts: list[Document]) -> Response:
    pairs = [
        {"contact": contact, "person": person}
        for contact in contacts
        for person in contact["persons"]
    ]
    pairs.sort(key=lambda pair: str(pair["person"]["contact_person_id"]))
    found, page = page_of(pairs, call.args, call.largest_page)
    persons = [
        records.person_alone(
            call.organization, pair["contact"], pair["person"], local_date
        )
        for pair in found
    ]
    page |= {"sort_column": "contact_person_id", "sort_order": "A"}
    return answer(contact_persons=persons, page_context=page)


def _alone(call: Call, contact: Document, person: Document) -> Document:
    return records.person_alone(call.organization, contact, person)


def person_find(
    context: Context, organization: Document, person_id: str
) -> tuple[Document, Document]:
    """The contact (a copy, to be changed and kept) and the person inside it."""
    for found in context.store.find(records.KIND, records.by_person, person_id):
        if found["organization_id"] == organization["organization_id"]:
            contact = service.contact_get(context, organization, found["contact_id"])
            return contact, service.person_of(contact, person_id)
    raise missing("Contact person")


def _create(
    context: Context, organization: Document, body: Mapping[str, Any]
) -> tuple[Document, Document]:
    """Never primary at first: `/primary` promotes it (§4.4.4)."""
    with context.store.lock:
        contact = service.contact_get(
            context, organization, str(body.get("contact_id", ""))
        )
        changes = reading.person_changes(body)
        if not changes.get("first_name"):
            raise invalid_value("first_name")
        person = service.new_person(context, changes)
        contact["persons"].append(person)
        _keep(context, organization, contact)
    return contact, person


def _update(
    context: Context, organization: Document, person_id: str, body: Mapping[str, Any]
) -> tuple[Document, Document]:
    with context.store.lock:
        contact, person = person_find(context, organization, person_id)
        changes = reading.person_changes(body)
        person |= reading.cleared(context, changes)
        person["updated_at"] = service.timestamp(context)
        if body.get("is_primary_contact"):
            contact["primary_contact_id"] = person_id
        _keep(context, organization, contact)
    return contact, person


def _delete(context: Context, organization: Document, person_id: str) -> Document:
    with context.store.lock:
        contact, person = person_find(context, organization, person_id)
        contact["persons"].remove(person)
        service.settle_primary(contact, wanted="")
        _keep(context, organization, contact)
    return contact


def _promote(context: Context, organization: Document, person_id: str) -> Document:
    with context.store.lock:
        contact, _ = person_find(context, organization, person_id)
        contact["primary_contact_id"] = person_id
        _keep(context, organization, contact)
    return contact


def _keep(context: Context, organization: Document, contact: Document) -> None:
    """Whether a person's edit bumps the contact's time is not verified (§4.4.9)."""
    bump = context.switches().zoho_person_edits_bump
    service.keep(context, organization, contact, API_USER, "edited", bump=bump)
