"""Changing contacts, for the API and for the sandbox's own page alike.

Every function normalises as HighLevel does, moves ``dateUpdated`` and fires webhooks.
"""

from __future__ import annotations

from typing import Any

from sandbox.context import Context
from sandbox.highlevel import directory, hooks, shapes
from sandbox.highlevel.accounts import NORTHLIGHT_ID
from sandbox.highlevel.changes import Fields, changed, location_of, tags_as_kept
from sandbox.highlevel.identifiers import iso, milliseconds, short_id
from sandbox.highlevel.phones import is_phone, to_e164
from sandbox.highlevel.shapes import Contact
from sandbox.store import Document, Store


class DuplicateContact(ValueError):
    """Another contact of the location has this e-mail or phone (§8)."""

    def __init__(self, holder: Contact, field: str) -> None:
        super().__init__("This location does not allow duplicated contacts.")
        self.meta = {
            "contactId": holder["id"],
            "contactName": shapes.full_name(holder),
            "matchingField": field,
        }


class ContactRefused(ValueError):
    """The contact cannot be kept; the message says why."""


def contact_list(store: Store, q: str) -> list[Contact]:
    """The seeded location's contacts that match, by name, as GET by id shows them."""
    found = directory.listed(store, NORTHLIGHT_ID, q)
    return [shapes.as_read(contact) for contact in found]


def contact_save(ctx: Context, contact_id: str | None, fields: Fields) -> Contact:
    """Create (no id) or change a contact; fields not named stay as they are.

    Raises DuplicateContact, ContactRefused (neither e-mail nor phone on create) or
    LookupError (no such contact).
    """
    before, after = _put(ctx, contact_id, fields)
    _announce(ctx, before, after)
    return after


def contact_retag(
    ctx: Context, contact_id: str, *, add: list[str], remove: list[str]
) -> Contact:
    """Add and remove single tags, leaving the others as they are at this moment."""
    with ctx.store.lock:
        contact = directory.contact_get(ctx.store, contact_id) or {}
        gone = tags_as_kept(remove)
        kept = [tag for tag in contact.get("tags", []) if tag not in gone]
        moves = ctx.switches().tags_move_contact
        before, after = _put(ctx, contact_id, {"tags": [*kept, *add]}, moves=moves)
    _announce(ctx, before, after)
    return after


def contact_touch(ctx: Context, contact_id: str) -> None:
    """A note or task was saved: move the contact's ``dateUpdated``, if that does it."""
    if not ctx.switches().children_move_contact:
        return
    with ctx.store.lock:
        contact = directory.contact_get(ctx.store, contact_id)
        if contact is not None:
            now = iso(ctx.clock.now())
            directory.put(ctx.store, {**contact, "dateUpdated": now})


def contact_upsert(ctx: Context, fields: Fields) -> tuple[bool, Contact]:
    """Change the contact with this e-mail, else with this phone, else create one (§8).

    The order is the location's. A match on an additional e-mail makes it the primary
    one, and the former primary is lost (#337).
    """
    with ctx.store.lock:
        holder = None if _wants_new(ctx, fields) else _holder(ctx, fields)
        if holder is not None:
            fields = _without_collision(ctx, holder, fields)
        before, after = _put(ctx, holder["id"] if holder else None, fields)
    _announce(ctx, before, after)
    return before is None, after


def contact_delete(ctx: Context, contact_id: str) -> bool:
    """Delete the contact with its notes and tasks; False when there is none."""
    with ctx.store.lock:
        contact = directory.contact_get(ctx.store, contact_id)
        if contact is None:
            return False
        directory.remove(ctx.store, contact, milliseconds(iso(ctx.clock.now())))
        for kind in ("highlevel_note", "highlevel_task"):
            for child in ctx.store.all(kind):
                if child["contactId"] == contact_id:
                    ctx.store.delete(kind, child["id"])
    location = location_of(ctx.store, contact)
    hooks.emit(ctx, "ContactDelete", location, shapes.as_sent(contact))
    return True


def contact_restore(ctx: Context, contact_id: str) -> bool:
    """An admin brings a deleted contact back, without notes and tasks (§9).

    No event is documented for that, so none is sent.
    """
    with ctx.store.lock:
        contact = directory.deleted_get(ctx.store, contact_id)
        if contact is None:
            return False
        directory.put(ctx.store, {**contact, "dateUpdated": iso(ctx.clock.now())})
    return True


def duplicate_of(
    ctx: Context, location: Document, *, email: str, phone: str
) -> tuple[Contact, str] | None:
    """The contact with this e-mail, else the one with this phone, and which it was.

    While duplicates are allowed it is e-mail first (§8), else the location's order.
    """
    number = to_e164(phone, location["country"]) if phone else ""
    values = {"email": email.strip(), "phone": number}
    switches = ctx.switches()
    fields = directory.MATCH_FIELDS
    for field in (
        fields if switches.allow_duplicates else directory.match_fields(switches)
    ):
        if value := values[field]:
            found = directory.holders(ctx.store, location["id"], field, value)
            if found:
                return found[0], field
    return None


def _put(
    ctx: Context, contact_id: str | None, fields: Fields, *, moves: bool = True
) -> tuple[Contact | None, Contact]:
    """Check and keep under one lock, so that two equal creates cannot both pass."""
    with ctx.store.lock:
        before = directory.contact_get(ctx.store, contact_id) if contact_id else None
        if contact_id and before is None:
            raise LookupError(f"Contact with id {contact_id} not found")
        now = iso(ctx.clock.now())
        start = before or _new(fields.get("locationId") or NORTHLIGHT_ID, now)
        fields = _with_a_phone(ctx, start, fields)
        after = changed(ctx.store, start, fields)
        if moves or before is None:
            after["dateUpdated"] = now
        _check(ctx, before, after)
        directory.put(ctx.store, after)
        _add_to_dictionary(ctx.store, after)
    return before, after


def _new(location_id: str, now: str) -> Contact:
    return {
        "id": short_id(),
        "locationId": location_id,
        "type": "lead",
        "dnd": False,
        "dateAdded": now,
    }


def _with_a_phone(ctx: Context, contact: Contact, fields: Fields) -> Fields:
    """Whether an impossible number is refused or dropped is not known (§10.5)."""
    phone, wanted = fields.get("phone"), ctx.switches().invalid_phone
    if not phone or wanted == "keep":
        return fields
    if is_phone(phone, location_of(ctx.store, contact)["country"]):
        return fields
    if wanted == "refuse":
        raise ContactRefused("Invalid phone number")
    return {name: value for name, value in fields.items() if name != "phone"}


def _check(ctx: Context, before: Contact | None, after: Contact) -> None:
    if before is None and not (after.get("email") or after.get("phone")):
        raise ContactRefused("Email or Phone are required")
    switches = ctx.switches()
    if switches.allow_duplicates or (before and not switches.put_refuses_duplicates):
        return
    for field in directory.match_fields(switches):
        value = after.get(field)
        # A value that was shared before may stay so: nothing new collides.
        if not value or (before and _same(before.get(field), value)):
            continue
        for other in directory.holders(ctx.store, after["locationId"], field, value):
            if other["id"] != after["id"]:
                raise DuplicateContact(other, field)


def _announce(ctx: Context, before: Contact | None, after: Contact) -> None:
    """One save can bring several events (§9): handlers must not mind."""
    location, sent = location_of(ctx.store, after), shapes.as_sent(after)
    hooks.emit(ctx, "ContactUpdate" if before else "ContactCreate", location, sent)
    former = before or {}
    if former.get("tags", []) != after.get("tags", []):
        hooks.emit(ctx, "ContactTagUpdate", location, sent)
    if before and _dnd_of(before) != _dnd_of(after):
        settings = after.get("dndSettings", {})
        event = {**sent, "dndSettings": settings}
        hooks.emit(ctx, "ContactDndUpdate", location, event)


def _wants_new(ctx: Context, fields: Fields) -> bool:
    asked = bool(fields.get("createNewIfDuplicateAllowed"))
    return asked and ctx.switches().allow_duplicates


def _holder(ctx: Context, fields: Fields) -> Contact | None:
    location = ctx.store.get("highlevel_location", fields["locationId"]) or {}
    email, phone = fields.get("email") or "", fields.get("phone") or ""
    found = duplicate_of(ctx, location, email=email, phone=phone)
    return found[0] if found else None


def _without_collision(ctx: Context, holder: Contact, fields: Fields) -> Fields:
    """Upsert's traps (§8): a second field that belongs to somebody else is ignored
    silently, and so is the gender of an existing contact (#313)."""
    kept = {name: value for name, value in fields.items() if name != "gender"}
    trial = changed(ctx.store, holder, kept)
    for field in directory.MATCH_FIELDS:
        value = trial.get(field)
        if value and not _same(holder.get(field), value):
            others = directory.holders(ctx.store, holder["locationId"], field, value)
            if any(other["id"] != holder["id"] for other in others):
                kept.pop(field)
    return kept


def _same(one: str | None, other: str) -> bool:
    return (one or "").lower() == other.lower()


def _dnd_of(contact: Contact) -> tuple[Any, Any]:
    return contact.get("dnd"), contact.get("dndSettings")


def _add_to_dictionary(store: Store, contact: Contact) -> None:
    """Tagging with an unknown name makes the tag (§6.3)."""
    for name in contact.get("tags", []):
        tag_ensure(store, contact["locationId"], name)


def tag_ensure(store: Store, location_id: str, name: str) -> Document:
    """The dictionary's tag of this name, made if need be."""
    for tag in store.scan("highlevel_tag"):
        if tag["locationId"] == location_id and tag["name"] == name:
            return dict(tag)
    tag = {"id": short_id(), "name": name, "locationId": location_id}
    store.put("highlevel_tag", tag["id"], tag)
    return tag
