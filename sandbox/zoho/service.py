"""What can be done to Zoho contacts and persons: the API and the page both call here.

Every change bumps `last_modified_time` (§10.8) and fires the organization's webhooks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sandbox.context import Context
from sandbox.store import Document
from sandbox.zoho import hooks, reading, records
from sandbox.zoho.grants import USER_ID
from sandbox.zoho.records import KIND, PERSON_TEXTS
from sandbox.zoho.wire import ZohoError, invalid_value, missing


@dataclass(frozen=True, slots=True)
class Actor:
    """Who changes something: shown as created_by_id and last_modified_by_id."""

    user_id: str = USER_ID
    source: str = "api"


API_USER = Actor()
# Somebody at Zoho's own screen, so not the user that the product connected.
PERSON_AT_ZOHO = Actor("260815000000000021", "user")


def contact_get(context: Context, organization: Document, contact_id: str) -> Document:
    contact = context.store.get(KIND, contact_id)
    if not contact or contact["organization_id"] != organization["organization_id"]:
        raise missing("Contact")
    return contact


def contact_create(
    context: Context,
    organization: Document,
    body: Mapping[str, Any],
    actor: Actor = API_USER,
) -> Document:
    store = context.store
    with store.lock:
        changes = reading.contact_changes(store, body)
        if not changes.get("contact_name"):
            raise ZohoError(3013, "Enter a valid Contact Name")
        contact = records.blank_contact(store, organization, timestamp(context))
        contact |= {"created_by_id": actor.user_id, "source": actor.source}
        _refuse_taken_name(context, contact | changes)
        _apply(context, contact, changes, body)
        _keep(context, organization, contact, actor, "created")
    return contact


def contact_update(
    context: Context,
    organization: Document,
    contact_id: str,
    body: Mapping[str, Any],
    actor: Actor = API_USER,
) -> Document:
    """Partial: what is not sent stays, but a persons array replaces all (§4.4.3)."""
    store = context.store
    with store.lock:
        contact = contact_get(context, organization, contact_id)
        changes = reading.contact_changes(store, body)
        if "contact_name" in changes:
            _refuse_taken_name(context, contact | changes)
        _apply(context, contact, changes, body)
        _keep(context, organization, contact, actor, "edited")
    return contact


def contact_delete(
    context: Context, organization: Document, contact_id: str
) -> Document:
    with context.store.lock:
        contact = contact_get(context, organization, contact_id)
        if contact["has_transaction"]:
            message = (
                "This customer cannot be deleted as there are transactions. You can "
                "mark the customer as inactive instead."
            )
            raise ZohoError(3000, message)
        context.store.delete(KIND, contact_id)
        hooks.fire(context, organization, contact, "deleted")
    return contact


def contact_mark(
    context: Context,
    organization: Document,
    contact_id: str,
    status: str,
    actor: Actor = API_USER,
) -> Document:
    with context.store.lock:
        contact = contact_get(context, organization, contact_id)
        contact["status"] = status
        _keep(context, organization, contact, actor, "edited")
    return contact


def person_find(
    context: Context, organization: Document, person_id: str
) -> tuple[Document, Document]:
    """The contact (a copy, to be changed and kept) and the person inside it."""
    for found in context.store.scan(KIND):
        if found["organization_id"] != organization["organization_id"]:
            continue
        if any(each["contact_person_id"] == person_id for each in found["persons"]):
            contact = contact_get(context, organization, found["contact_id"])
            return contact, _person(contact, person_id)
    raise missing("Contact person")


def person_create(
    context: Context, organization: Document, body: Mapping[str, Any]
) -> tuple[Document, Document]:
    """Never primary at first: `/primary` promotes it (§4.4.4)."""
    with context.store.lock:
        contact = contact_get(context, organization, str(body.get("contact_id", "")))
        changes = reading.person_changes(body)
        if not changes.get("first_name"):
            raise invalid_value("first_name")
        person = _new_person(context, changes)
        contact["persons"].append(person)
        _keep(context, organization, contact, API_USER, "edited")
    return contact, person


def person_update(
    context: Context, organization: Document, person_id: str, body: Mapping[str, Any]
) -> tuple[Document, Document]:
    with context.store.lock:
        contact, person = person_find(context, organization, person_id)
        person |= reading.person_changes(body)
        person["updated_at"] = timestamp(context)
        if body.get("is_primary_contact"):
            contact["primary_contact_id"] = person_id
        _keep(context, organization, contact, API_USER, "edited")
    return contact, person


def person_delete(context: Context, organization: Document, person_id: str) -> Document:
    with context.store.lock:
        contact, person = person_find(context, organization, person_id)
        contact["persons"].remove(person)
        _settle_primary(contact, wanted="")
        _keep(context, organization, contact, API_USER, "edited")
    return contact


def person_promote(
    context: Context, organization: Document, person_id: str
) -> Document:
    with context.store.lock:
        contact, _ = person_find(context, organization, person_id)
        contact["primary_contact_id"] = person_id
        _keep(context, organization, contact, API_USER, "edited")
    return contact


def timestamp(context: Context) -> str:
    """Now, to the second: Zoho's times are no finer (§3)."""
    now: datetime = context.clock.now()
    return now.replace(microsecond=0).isoformat()


def _apply(
    context: Context, contact: Document, changes: Document, body: Mapping[str, Any]
) -> None:
    custom_fields = contact["custom_fields"] | changes.pop("custom_fields", {})
    contact |= changes
    contact["custom_fields"] = custom_fields
    for name in ("billing_address", "shipping_address"):
        if name in body:
            contact[name] = reading.address(
                context.store, body[name], name, contact[name]
            )
    if "contact_persons" in body:
        _replace_persons(context, contact, body["contact_persons"])


def _replace_persons(context: Context, contact: Document, given: object) -> None:
    """The array as sent is all there is afterwards; sent ids are kept (§4.4.3)."""
    if not isinstance(given, list) or not all(isinstance(p, dict) for p in given):
        raise invalid_value("contact_persons")
    persons, wanted = [], ""
    for each in given:
        person = _replacement(context, contact, each)
        if each.get("is_primary_contact"):
            wanted = wanted or person["contact_person_id"]
        persons.append(person)
    contact["persons"] = persons
    _settle_primary(contact, wanted)


def _replacement(
    context: Context, contact: Document, body: Mapping[str, Any]
) -> Document:
    new = _new_person(context, reading.person_changes(body))
    person_id = str(body.get("contact_person_id") or "")
    if not person_id:
        return new
    old = _person(contact, person_id)
    return new | {"contact_person_id": person_id, "created_at": old["created_at"]}


def _settle_primary(contact: Document, wanted: str) -> None:
    """The wanted one, else the former one if still there, else the first."""
    ids = [each["contact_person_id"] for each in contact["persons"]]
    former = contact["primary_contact_id"]
    if wanted in ids:
        contact["primary_contact_id"] = wanted
    elif former not in ids:
        contact["primary_contact_id"] = ids[0] if ids else ""


def _new_person(context: Context, changes: Document) -> Document:
    now = timestamp(context)
    return {
        "contact_person_id": records.new_id(context.store),
        **dict.fromkeys(PERSON_TEXTS, ""),
        **changes,
        "created_at": now,
        "updated_at": now,
    }


def _person(contact: Document, person_id: str) -> Document:
    for person in contact["persons"]:
        if person["contact_person_id"] == person_id:
            found: Document = person
            return found
    raise missing("Contact person")


def _refuse_taken_name(context: Context, contact: Document) -> None:
    """Unique in the organization: vendors, inactive ones and case count (§4.4.1)."""
    name = contact["contact_name"].strip().casefold()
    for other in context.store.scan(KIND):
        if (
            other["organization_id"] == contact["organization_id"]
            and other["contact_id"] != contact["contact_id"]
            and other["contact_name"].strip().casefold() == name
        ):
            message = (
                f'The customer "{contact["contact_name"]}" already exists. Please '
                "specify a different name."
            )
            raise ZohoError(3062, message)


def _keep(
    context: Context,
    organization: Document,
    contact: Document,
    actor: Actor,
    event: str,
) -> None:
    contact["modified_at"] = timestamp(context)
    contact["last_modified_by_id"] = actor.user_id
    context.store.put(KIND, contact["contact_id"], contact)
    hooks.fire(context, organization, contact, event)
