"""A contact with new fields laid over it, normalised as HighLevel does on saving (§5.1)."""

from __future__ import annotations

from typing import Any

from sandbox.highlevel import shapes
from sandbox.highlevel.phones import to_e164
from sandbox.highlevel.shapes import Contact
from sandbox.highlevel.validation import CHANNELS, V3_CHANNELS, parse_date
from sandbox.store import Document, Store

Fields = dict[str, Any]

_TEXTS = (
    *("firstName", "lastName", "companyName", "address1", "city", "state"),
    *("postalCode", "country", "website", "timezone", "source", "gender"),
    *("assignedTo", "type", "businessId"),
)


def changed(store: Store, contact: Contact, fields: Fields) -> Contact:
    """The contact with the fields laid over it, normalised, without empty ones."""
    after = dict(contact)
    for name in _TEXTS:
        if name in fields:
            after[name] = fields[name]
    after |= _names(fields)
    if "email" in fields:
        after["email"] = (fields["email"] or "").strip()
    # Read-only in the API; the sandbox's own page and tests may set them.
    for name in ("additionalEmails", "additionalPhones"):
        if name in fields:
            after[name] = fields[name]
    if "phone" in fields:
        country = location_of(store, contact)["country"]
        phone = (fields["phone"] or "").strip()
        after["phone"] = to_e164(phone, country) if phone else ""
    if fields.get("dateOfBirth"):
        after["dateOfBirth"] = parse_date(fields["dateOfBirth"])
    elif "dateOfBirth" in fields:
        after["dateOfBirth"] = None
    if "tags" in fields:
        after["tags"] = tags_as_kept(fields["tags"])
    if "customFields" in fields:
        after["customFields"] = _custom_fields(store, contact, fields["customFields"])
    after = _without_repeats(after)
    return shapes.without_empty(after | _dnd(contact, fields))


def unknown_custom_fields(
    store: Store, location_id: str, sent: list[Fields]
) -> list[str]:
    """The ids or keys that no custom field of the location has."""
    return [
        str(item.get("id") or item.get("key"))
        for item in sent
        if _definition(store, location_id, item) is None
    ]


def _without_repeats(contact: Contact) -> Contact:
    """An additional e-mail or phone that has become the primary one is no other any
    more; the former primary is not kept (#337)."""
    for field, name in (("email", "additionalEmails"), ("phone", "additionalPhones")):
        main = (contact.get(field) or "").lower()
        if main and name in contact:
            kept = [item for item in contact[name] if item[field].lower() != main]
            contact = {**contact, name: kept}
    return contact


def tags_as_kept(tags: list[str]) -> list[str]:
    """HighLevel keeps tags in lower case (§6.3), each once, in their order."""
    return list(dict.fromkeys(tag.strip().lower() for tag in tags if tag.strip()))


def location_of(store: Store, contact: Contact) -> Document:
    location = store.get("highlevel_location", contact["locationId"])
    if location is None:
        raise LookupError(f"Location {contact['locationId']} not found")
    return location


def _names(fields: Fields) -> Fields:
    """``name`` alone is split at its first space."""
    if "name" not in fields or {"firstName", "lastName"} & fields.keys():
        return {}
    first, _, last = (fields["name"] or "").strip().partition(" ")
    return {"firstName": first, "lastName": last.strip()}


def _dnd(contact: Contact, fields: Fields) -> Fields:
    changes: Fields = {}
    if "dnd" in fields:
        changes["dnd"] = fields["dnd"]
    if "dndSettings" in fields:
        canonical = dict(zip(V3_CHANNELS, CHANNELS, strict=True))
        sent = {canonical.get(k, k): v for k, v in fields["dndSettings"].items()}
        changes["dndSettings"] = contact.get("dndSettings", {}) | sent
    if "inboundDndSettings" in fields:
        changes["inboundDndSettings"] = fields["inboundDndSettings"]
    return changes


def _custom_fields(store: Store, contact: Contact, sent: list[Fields]) -> list[Fields]:
    """Written by id or key, merged by id; a field that does not exist is skipped.

    Whether HighLevel skips or refuses it is not known (§10.7): the switch
    `unknown_custom_field` has it refused before it comes here.
    """
    values = {each["id"]: each["value"] for each in contact.get("customFields", [])}
    location_id = contact["locationId"]
    for item in sent:
        definition = _definition(store, location_id, item)
        if definition is not None:
            values[definition["id"]] = item.get("field_value", item.get("fieldValue"))
    return [
        {"id": id, "value": value}
        for id, value in values.items()
        if not shapes.is_empty(value)
    ]


def _definition(store: Store, location_id: str, item: Fields) -> Document | None:
    for each in store.scan("highlevel_custom_field"):
        if each["locationId"] == location_id and each["model"] == "contact":
            key = each["fieldKey"].removeprefix("contact.")
            if item.get("id") == each["id"] or item.get("key") == key:
                return each
    return None
