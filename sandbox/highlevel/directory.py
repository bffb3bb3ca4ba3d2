"""Finding contacts: by id, by e-mail or phone at once, or as the search index sees them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sandbox.highlevel.identifiers import milliseconds
from sandbox.highlevel.shapes import Contact, full_name
from sandbox.store import Store
from sandbox.switches import Switches

CONTACT = "highlevel_contact"
_KEY = "highlevel_contact_key"
_FORMER = "highlevel_contact_former"
# Former states are kept for longer than any search lag that makes sense.
_KEPT_MILLISECONDS = 600_000
DELETED = "highlevel_deleted_contact"
MATCH_FIELDS = ("email", "phone")
ADDITIONAL = {"email": "additionalEmails", "phone": "additionalPhones"}


def match_fields(switches: Switches) -> tuple[str, ...]:
    """The fields by which the location tells duplicates, in the order of matching."""
    return tuple(switches.highlevel_match_order.split(","))


def contact_get(store: Store, contact_id: str) -> Contact | None:
    return store.get(CONTACT, contact_id)


def holders(store: Store, location_id: str, field: str, value: str) -> list[Contact]:
    """The contacts of a location with this e-mail or phone, oldest first."""
    key = store.get(_KEY, _key(location_id, field, value)) or {"ids": []}
    found = (store.get(CONTACT, contact_id) for contact_id in key["ids"])
    return [contact for contact in found if contact is not None]


def put(store: Store, contact: Contact) -> None:
    """Keep the contact, remember its former state, and let its keys find it."""
    with store.lock:
        former = store.get(CONTACT, contact["id"])
        if former is not None:
            _unlist(store, former)
            _remember(store, former, milliseconds(contact["dateUpdated"]))
        store.put(CONTACT, contact["id"], contact)
        store.delete(DELETED, contact["id"])
        for key in _keys(contact):
            _list(store, key, contact["id"])


def remove(store: Store, contact: Contact, at_milliseconds: int) -> None:
    with store.lock:
        _unlist(store, contact)
        _remember(store, contact, at_milliseconds)
        store.delete(CONTACT, contact["id"])
        # Deleting is soft: an admin can bring the contact back (§9).
        store.put(DELETED, contact["id"], contact)


def deleted_get(store: Store, contact_id: str) -> Contact | None:
    """A contact that was deleted, as it was."""
    return store.get(DELETED, contact_id)


def indexed(store: Store, location_id: str, seen_at: int | None) -> Iterator[Contact]:
    """The location's contacts as they were at that time (now: None); do not change them.

    Search lags behind writes by seconds (§7.2): a new contact is not there yet, a
    changed one shows its former state, a deleted one still shows.
    """
    for contact in store.scan(CONTACT):
        if contact["locationId"] == location_id:
            seen = _as_of(store, contact, seen_at)
            if seen is not None:
                yield seen
    if seen_at is None:
        return
    for former in store.scan(_FORMER):
        if former["locationId"] == location_id:
            gone = store.get(CONTACT, former["id"]) is None
            state = _state_at(former, seen_at) if gone else None
            if state is not None:
                yield state


def _as_of(store: Store, contact: Contact, seen_at: int | None) -> Contact | None:
    if seen_at is None or milliseconds(contact["dateUpdated"]) <= seen_at:
        return contact
    former = store.get(_FORMER, contact["id"])
    return _state_at(former, seen_at) if former else None


def _state_at(former: dict[str, Any], seen_at: int) -> Contact | None:
    states: list[dict[str, Any]] = former["states"]
    for state in states:
        if state["from"] <= seen_at < state["until"]:
            contact: Contact = state["contact"]
            return contact
    return None


def _remember(store: Store, contact: Contact, until: int) -> None:
    kept = (store.get(_FORMER, contact["id"]) or {"states": []})["states"]
    state = {
        "from": milliseconds(contact["dateUpdated"]),
        "until": until,
        "contact": contact,
    }
    recent = [each for each in kept if each["until"] > until - _KEPT_MILLISECONDS]
    store.put(
        _FORMER,
        contact["id"],
        {
            "id": contact["id"],
            "locationId": contact["locationId"],
            "states": [*recent, state],
        },
    )


def values_of(contact: Contact, field: str) -> list[str]:
    """The contact's e-mails or phones, the primary one first (§6.1)."""
    main = [contact[field]] if contact.get(field) else []
    others = contact.get(ADDITIONAL[field], [])
    # Objects, not texts: [{"email": …}] (§6.1).
    return main + [item[field] for item in others if item.get(field)]


def _keys(contact: Contact) -> list[str]:
    return [
        _key(contact["locationId"], field, value)
        for field in MATCH_FIELDS
        for value in values_of(contact, field)
    ]


def _key(location_id: str, field: str, value: str) -> str:
    return f"{location_id} {field} {value.lower()}"


def _list(store: Store, key: str, contact_id: str) -> None:
    ids = (store.get(_KEY, key) or {"ids": []})["ids"]
    if contact_id not in ids:
        store.put(_KEY, key, {"ids": [*ids, contact_id]})


def _unlist(store: Store, contact: Contact) -> None:
    for key in _keys(contact):
        ids = (store.get(_KEY, key) or {"ids": []})["ids"]
        left = [each for each in ids if each != contact["id"]]
        if left:
            store.put(_KEY, key, {"ids": left})
        else:
            store.delete(_KEY, key)


def listed(store: Store, location_id: str, query: str = "") -> list[Contact]:
    """A location's contacts of this moment, by name; for people to look at."""
    wanted = query.lower().split()
    found = []
    for contact in indexed(store, location_id, None):
        text = " ".join(
            (
                full_name(contact),
                *(contact.get(n, "") for n in ("email", "phone", "companyName")),
            )
        ).lower()
        if all(word in text for word in wanted):
            found.append(contact)
    return sorted(found, key=lambda contact: full_name(contact).lower())
