"""A person at Zoho's own screen: the sandbox page lists and edits contacts here."""

from __future__ import annotations

from collections.abc import Mapping

from sandbox.context import Context
from sandbox.store import Document, Store
from sandbox.zoho import hooks, records, service
from sandbox.zoho.organizations import KIND, MAIN_ID, main_organization
from sandbox.zoho.service import PERSON_AT_ZOHO

PERSON_FIELDS = ("first_name", "last_name", "email", "phone")
PLAIN_FIELDS = ("contact_name", "company_name", "website", "notes")


def contact_list(store: Store, q: str = "") -> list[Document]:
    """List rows of the main organization that contain the text, newest change first."""
    organization = main_organization(store)
    contacts = [
        each for each in store.scan(records.KIND) if each["organization_id"] == MAIN_ID
    ]
    contacts.sort(key=lambda each: str(each["modified_at"]), reverse=True)
    rows = [records.row(store, organization, each) for each in contacts]
    names = (*PERSON_FIELDS, *PLAIN_FIELDS[:3])
    wanted = q.casefold().strip()
    return [row for row in rows if wanted in " ".join(row[n] for n in names).casefold()]


def contact_get(context: Context, contact_id: str) -> Document:
    organization = main_organization(context.store)
    contact = service.contact_get(context, organization, contact_id)
    return records.detail(context.store, organization, contact)


def contact_save(
    context: Context, contact_id: str | None, fields: Mapping[str, str]
) -> Document:
    """Create or change; persons other than the primary one stay as they are."""
    organization = main_organization(context.store)
    body: Document = {key: fields[key] for key in PLAIN_FIELDS if key in fields}
    if contact_id is None:
        body["contact_persons"] = [_primary({}, fields)]
        return service.contact_create(context, organization, body, PERSON_AT_ZOHO)
    with context.store.lock:
        contact = service.contact_get(context, organization, contact_id)
        body["contact_persons"] = _persons(contact, fields)
        contact = service.contact_update(
            context, organization, contact_id, body, PERSON_AT_ZOHO
        )
        status = fields.get("status", contact["status"])
        if status != contact["status"]:
            contact = service.contact_mark(
                context, organization, contact_id, status, PERSON_AT_ZOHO
            )
    return contact


def contact_delete(context: Context, contact_id: str) -> None:
    organization = main_organization(context.store)
    service.contact_delete(context, organization, contact_id)


def organization_list(store: Store) -> list[Document]:
    return store.all(KIND)


def organization_get(store: Store, organization_id: str) -> Document:
    found = store.get(KIND, organization_id)
    if found is None:
        raise LookupError(organization_id)
    return found


def webhook_get(store: Store, organization_id: str = MAIN_ID) -> Document:
    """The one rule that the page edits; blank if there is none."""
    found = hooks.webhook_list(store, organization_id)
    blank = {"url": "", "secret": "", "events": hooks.EVENTS, "format": "json"}
    return blank | {"body": ""} | (found[0] if found else {})


def webhook_set(
    store: Store, fields: Mapping[str, object], organization_id: str = MAIN_ID
) -> None:
    """An empty address takes the rule away."""
    hooks.rule_set(store, organization_id, fields)


def webhook_test(context: Context, organization_id: str) -> int:
    """Send a test event to the organization's rules; how many were sent."""
    organization = organization_get(context.store, organization_id)
    return hooks.fire_test(context, organization)


def _persons(contact: Document, fields: Mapping[str, str]) -> list[Document]:
    persons = []
    for person in contact["persons"]:
        kept = {key: person[key] for key in records.PERSON_TEXTS}
        kept["contact_person_id"] = person["contact_person_id"]
        if person["contact_person_id"] == contact["primary_contact_id"]:
            kept = _primary(kept, fields)
        persons.append(kept)
    return persons or [_primary({}, fields)]


def _primary(person: Document, fields: Mapping[str, str]) -> Document:
    values = {key: fields[key] for key in PERSON_FIELDS if key in fields}
    return person | values | {"is_primary_contact": True}
