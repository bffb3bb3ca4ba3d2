"""The forms in which HighLevel shows one contact: read, created, searched, listed, sent.

A stored contact holds the v2 field names of GET by id, without empty fields.
"""

from __future__ import annotations

from typing import Any

from sandbox.highlevel.identifiers import milliseconds
from sandbox.highlevel.validation import CHANNELS, V3_CHANNELS

Contact = dict[str, Any]

# Fields that go out as they are stored, in every form of §6.1.
COMMON = (
    *("id", "locationId", "email", "phone", "companyName", "website", "city"),
    *("state", "country", "postalCode", "source", "type", "dnd", "dndSettings"),
    *("tags", "customFields", "assignedTo", "businessId", "dateOfBirth"),
)
READ = (
    *("timezone", "address1", "inboundDndSettings", "gender", "followers"),
    *("additionalEmails", "additionalPhones"),
)
# The full snapshot of §9, without dateUpdated, businessId, timezone and dndSettings.
SENT = (
    *("id", "locationId", "address1", "city", "state", "companyName", "country"),
    *("source", "dateAdded", "dateOfBirth", "dnd", "email", "firstName", "lastName"),
    *("phone", "postalCode", "tags", "website", "assignedTo", "customFields"),
)


def is_empty(value: object) -> bool:
    return value is None or (isinstance(value, str | list | dict) and not value)


def without_empty(fields: dict[str, Any]) -> dict[str, Any]:
    """HighLevel leaves a field without value out of its answers (§6.1, #289)."""
    return {name: value for name, value in fields.items() if not is_empty(value)}


def full_name(contact: Contact) -> str:
    parts = (contact.get("firstName"), contact.get("lastName"))
    return " ".join(part for part in parts if part)


def as_read(contact: Contact) -> dict[str, Any]:
    """GET by id, PUT and upsert."""
    return without_empty(
        {
            **_picked(contact, (*COMMON, *READ)),
            "name": full_name(contact),
            **_names(contact),
            "fullNameLowerCase": full_name(contact).lower(),
            "emailLowerCase": contact.get("email", "").lower(),
            **_times(contact),
        }
    )


def as_created(contact: Contact) -> dict[str, Any]:
    """POST /contacts/ under v2: bookkeeping fields instead of ``name`` (§6.1)."""
    shown = as_read(contact)
    shown.pop("name", None)
    shown |= {
        "deleted": False,
        "bounceEmail": False,
        "unsubscribeEmail": False,
        "offers": [],
        "products": [],
    }
    if born := contact.get("dateOfBirth"):
        shown["dateOfBirth"] = f"{born}T00:00:00.000Z"
        shown["birthMonth"], shown["birthDay"] = int(born[5:7]), int(born[8:10])
    return shown


def as_search_row(contact: Contact, *, lower_case: bool = False) -> dict[str, Any]:
    """A row of POST /contacts/search (§7.2): ``address``, no timezone."""
    row = without_empty(
        {
            **_picked(contact, COMMON),
            **_names(contact),
            "address": contact.get("address1"),
            **_times(contact),
        }
    )
    if lower_case:
        row |= {name: row[name].lower() for name in _NAMES if name in row}
    lists = ("tags", "customFields", "followers", "additionalEmails")
    # The index fills its list columns even when they are empty.
    return {
        **{name: [] for name in (*lists, "additionalPhones", "opportunities")},
        **row,
        **_picked(contact, ("followers", "additionalEmails", "additionalPhones")),
    }


def as_list_row(contact: Contact) -> dict[str, Any]:
    """A row of GET /contacts/: names in lower case, the written ones as Raw (§6.1)."""
    row = {**_picked(contact, (*COMMON, *READ)), **_times(contact)}
    row.pop("inboundDndSettings", None)
    row["contactName"] = full_name(contact).lower()
    for name in _NAMES:
        if written := contact.get(name):
            row[name], row[f"{name}Raw"] = written.lower(), written
    row["startAfter"] = [milliseconds(contact["dateAdded"]), contact["id"]]
    return without_empty(row)


def as_sent(contact: Contact) -> dict[str, Any]:
    """The entity part of a contact webhook (§9); ``attachments`` is always empty."""
    sent = {**_picked(contact, SENT), "name": full_name(contact)}
    return {**without_empty(sent), "tags": contact.get("tags", []), "attachments": []}


def with_v3_channels(shown: dict[str, Any]) -> dict[str, Any]:
    """The same contact as v3 writes it: channel names in lower case (§1)."""
    if "dndSettings" not in shown:
        return shown
    renamed = dict(zip(CHANNELS, V3_CHANNELS, strict=True))
    settings = shown["dndSettings"].items()
    return {**shown, "dndSettings": {renamed.get(k, k): v for k, v in settings}}


_NAMES = ("firstName", "lastName")


def _picked(contact: Contact, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: contact[name] for name in names if name in contact}


def _names(contact: Contact) -> dict[str, Any]:
    written = _picked(contact, _NAMES)
    return written | {f"{n}LowerCase": value.lower() for n, value in written.items()}


def _times(contact: Contact) -> dict[str, Any]:
    return _picked(contact, ("dateAdded", "dateUpdated"))
