"""What can be done to Zoho contacts: the API and the page both call here.

Every change bumps `last_modified_time` (§10.8) and fires the organization's webhooks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sandbox.context import Context
from sandbox.store import Document
from sandbox.zoho import fields, history, hooks, reading, records
from sandbox.zoho.grants import USER_ID
from sandbox.zoho.project_records import KIND as PROJECT
from sandbox.zoho.project_records import by_customer
from sandbox.zoho.records import KIND, PERSON_TEXTS
from sandbox.zoho.wire import ZohoError, invalid_value, missing


@dataclass(frozen=True, slots=True)
class Actor:
    """Who changes something: shown as created_by_id and last_modified_by_id.

    `source` is "api" or "user": a person at Zoho's own screen.
    """

    user_id: str = USER_ID
    source: str = "api"


API_USER = Actor()
# Somebody at Zoho's own screen, so not the user that the product connected.
PERSON_AT_ZOHO = Actor("260815000000000021", "user")


def contact_get(context: Context, organization: Document, contact_id: str) -> Document:
    """A copy, to be changed and kept."""
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
        organization_id = organization["organization_id"]
        changes = reading.contact_changes(context, organization_id, body)
        if not changes.get("contact_name"):
            raise ZohoError(3013, "Enter a valid Contact Name")
        contact = records.blank_contact(store, organization, timestamp(context))
        contact |= {"created_by_id": actor.user_id, "source": actor.source}
        _refuse_taken(context, contact, changes)
        _apply(context, contact, changes, body)
        keep(context, organization, contact, actor, "created")
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
        organization_id = organization["organization_id"]
        changes = reading.contact_changes(context, organization_id, body)
        changes = reading.cleared(context, changes)
        _refuse_taken(context, contact, changes)
        _apply(context, contact, changes, body)
        keep(context, organization, contact, actor, "edited")
    return contact


def contact_upsert(
    context: Context,
    organization: Document,
    unique: tuple[str, str],
    body: Mapping[str, Any],
    *,
    create: bool,
) -> tuple[Document, bool]:
    """The contact with this value in this unique field, changed; or a new one (§8).

    The value itself is not written for the caller: the body must bring it, as nothing
    says that Zoho does.
    """
    store, (name, value) = context.store, unique
    with store.lock:
        organization_id = organization["organization_id"]
        field = fields.unique_field(store, organization_id, name)
        key = fields.unique_key(organization_id, field["api_name"], value)
        found = store.find(KIND, fields.by_custom_value, key)
        if found:
            contact_id = found[0]["contact_id"]
            return contact_update(context, organization, contact_id, body), False
        if not create:
            raise missing("Contact")
        return contact_create(context, organization, body), True


def contact_delete(
    context: Context, organization: Document, contact_id: str
) -> Document:
    return contacts_delete(context, organization, [contact_id])[0]


def contacts_delete(
    context: Context, organization: Document, ids: list[str]
) -> list[Document]:
    """All of them, or none if one is missing or has transactions (§4.4.7)."""
    with context.store.lock:
        contacts = [contact_get(context, organization, each) for each in ids]
        if any(_has_transactions(context, each) for each in contacts):
            message = (
                "This customer cannot be deleted as there are transactions. You can "
                "mark the customer as inactive instead."
            )
            raise ZohoError(3000, message)
        for contact in contacts:
            _forget(context, contact)
            hooks.fire(context, organization, contact, "deleted")
    return contacts


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
        keep(context, organization, contact, actor, "edited", f"marked as {status}")
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
            contact[name] = reading.address(context, body[name], name, contact[name])
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
    settle_primary(contact, wanted)


def _replacement(
    context: Context, contact: Document, body: Mapping[str, Any]
) -> Document:
    new = new_person(context, reading.person_changes(body))
    person_id = str(body.get("contact_person_id") or "")
    if not person_id:
        return new
    old = person_of(contact, person_id)
    # Whether the ids sent are kept is not verified: a switch (§4.4.3).
    if not context.switches().zoho_array_keeps_person_ids:
        return new
    return new | {"contact_person_id": person_id, "created_at": old["created_at"]}


def settle_primary(contact: Document, wanted: str) -> None:
    """The wanted one, else the former one if still there, else the first."""
    ids = [each["contact_person_id"] for each in contact["persons"]]
    former = contact["primary_contact_id"]
    if wanted in ids:
        contact["primary_contact_id"] = wanted
    elif former not in ids:
        contact["primary_contact_id"] = ids[0] if ids else ""


def new_person(context: Context, changes: Document) -> Document:
    now = timestamp(context)
    return {
        "contact_person_id": records.new_id(context.store),
        **dict.fromkeys(PERSON_TEXTS, ""),
        **changes,
        "created_at": now,
        "updated_at": now,
    }


def person_of(contact: Document, person_id: str) -> Document:
    for person in contact["persons"]:
        if person["contact_person_id"] == person_id:
            found: Document = person
            return found
    raise missing("Contact person")


def _refuse_taken(context: Context, contact: Document, changes: Document) -> None:
    values = changes.get("custom_fields", {})
    fields.refuse_taken_value(context.store, contact, values)
    if "contact_name" in changes:
        _refuse_taken_name(context, contact | changes)


def _refuse_taken_name(context: Context, contact: Document) -> None:
    """Unique in the organization (§4.4.1).

    That case does not count and that vendors and inactive contacts do is assumed, not
    verified: two switches.
    """
    switches = context.switches()
    key = records.name_key(contact["organization_id"], contact["contact_name"])
    for other in context.store.find(KIND, records.by_name, key):
        if other["contact_id"] == contact["contact_id"]:
            continue
        same = other["contact_name"].strip() == contact["contact_name"].strip()
        is_plain = (other["status"], other["contact_type"]) == ("active", "customer")
        if (same or switches.zoho_names_ignore_case) and (
            is_plain or switches.zoho_names_unique_everywhere
        ):
            message = (
                f'The customer "{contact["contact_name"]}" already exists. Please '
                "specify a different name."
            )
            raise ZohoError(3062, message)


def _has_transactions(context: Context, contact: Document) -> bool:
    """Whether projects count among them is not verified: a switch."""
    if contact["has_transaction"]:
        return True
    projects = context.store.find(PROJECT, by_customer, contact["contact_id"])
    return bool(projects) and context.switches().zoho_projects_block_delete


def _forget(context: Context, contact: Document) -> None:
    """The contact with its comments and its projects."""
    store = context.store
    for project in store.find(PROJECT, by_customer, contact["contact_id"]):
        store.delete(PROJECT, project["project_id"])
        history.forget(store, project["project_id"])
    history.forget(store, contact["contact_id"])
    store.delete(KIND, contact["contact_id"])


def keep(
    context: Context,
    organization: Document,
    contact: Document,
    actor: Actor,
    event: str,
    what: str = "",
    *,
    bump: bool = True,
) -> None:
    """Store a changed contact, note it in its history, tell the webhooks.

    `what` is what the history says was done, if not just created or updated.
    """
    now = timestamp(context)
    if bump:
        contact["modified_at"] = now
        contact["last_modified_by_id"] = actor.user_id
    context.store.put(KIND, contact["contact_id"], contact)
    operation = "added" if event == "created" else "updated"
    history.note(
        context.store,
        contact["contact_id"],
        f"Contact {what or {'added': 'created'}.get(operation, operation)}",
        at=now,
        user_id=actor.user_id,
        operation=operation,
    )
    hooks.fire(context, organization, contact, event, by_api=actor.source == "api")
