"""The contact person endpoints (§4.1)."""

from __future__ import annotations

from flask import Response

from sandbox.store import Document
from sandbox.zoho import records, service
from sandbox.zoho.listing import page_of
from sandbox.zoho.wire import Call, answer, created, local_date, missing, route

SAVED = "Contact person's information has been saved."


@route("GET", "/contacts/contactpersons", "contacts.READ")
def person_list(call: Call) -> Response:
    """All persons of the organization, by contact_person_id."""
    contacts = [
        each
        for each in call.context.store.scan(records.KIND)
        if each["organization_id"] == call.organization_id
    ]
    return _listed(call, contacts)


@route("GET", "/contacts/<contact_id>/contactpersons", "contacts.READ")
def person_list_of_contact(call: Call, contact_id: str) -> Response:
    contact = service.contact_get(call.context, call.organization, contact_id)
    return _listed(call, [contact])


@route("GET", "/contacts/<contact_id>/contactpersons/<person_id>", "contacts.READ")
def person_detail(call: Call, contact_id: str, person_id: str) -> Response:
    service.contact_get(call.context, call.organization, contact_id)
    contact, person = service.person_find(call.context, call.organization, person_id)
    if contact["contact_id"] != contact_id:
        raise missing("Contact person")
    return answer(contact_person=_alone(call, contact, person))


@route("POST", "/contacts/contactpersons", "contacts.CREATE")
def person_create(call: Call) -> Response:
    contact, person = service.person_create(
        call.context, call.organization, call.body()
    )
    path = f"contacts/contactpersons/{person['contact_person_id']}"
    return created(SAVED, path, contact_person=_alone(call, contact, person))


@route("PUT", "/contacts/contactpersons/<person_id>", "contacts.UPDATE")
def person_update(call: Call, person_id: str) -> Response:
    contact, person = service.person_update(
        call.context, call.organization, person_id, call.body()
    )
    return answer(SAVED, contact_person=_alone(call, contact, person))


@route("DELETE", "/contacts/contactpersons/<person_id>", "contacts.DELETE")
def person_delete(call: Call, person_id: str) -> Response:
    service.person_delete(call.context, call.organization, person_id)
    return answer("The contact person has been deleted.")


@route("POST", "/contacts/contactpersons/<person_id>/primary", "contacts.CREATE")
def person_promote(call: Call, person_id: str) -> Response:
    service.person_promote(call.context, call.organization, person_id)
    return answer("This contact person has been marked as your primary contact person.")


def _listed(call: Call, contacts: list[Document]) -> Response:
    pairs = [
        {"contact": contact, "person": person}
        for contact in contacts
        for person in contact["persons"]
    ]
    pairs.sort(key=lambda pair: str(pair["person"]["contact_person_id"]))
    found, page = page_of(pairs, call.args)
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
