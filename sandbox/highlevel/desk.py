"""What the sandbox's own pages show and do of the app: test events, uninstalling."""

from __future__ import annotations

from typing import Any

from sandbox.context import Context
from sandbox.highlevel import directory, hooks, shapes
from sandbox.highlevel.accounts import COMPANY_ID, NORTHLIGHT_ID
from sandbox.highlevel.identifiers import iso, short_id
from sandbox.highlevel.installs import INSTALL, install_of
from sandbox.store import Document, Store

# Those a person can have sent; each shows a record that is there where one is.
EVENTS = (
    *("ContactCreate", "ContactUpdate", "ContactDelete", "ContactTagUpdate"),
    *("ContactDndUpdate", "NoteCreate", "NoteUpdate", "NoteDelete"),
    *("TaskCreate", "TaskComplete", "TaskDelete", "AppointmentCreate"),
    *("AppointmentUpdate", "AppointmentDelete", "LocationUpdate"),
)
_STORED = {"Note": "highlevel_note", "Task": "highlevel_task"}


def installs_list(store: Store) -> list[dict[str, Any]]:
    """Each account in which the app is, with its name, oldest first."""
    names = {each["id"]: each["name"] for each in store.all("highlevel_location")}
    names[COMPANY_ID] = "Northlight Agency"
    rows = [
        {"id": each["id"], "name": names.get(each["id"], each["id"])}
        for each in store.all(INSTALL)
    ]
    return rows + [
        {"id": location["id"], "name": f"{location['name']} (through the agency)"}
        for location in store.all("highlevel_location")
        if store.get(INSTALL, location["id"]) is None and install_of(store, location)
    ]


def event_send(ctx: Context, kind: str, location_id: str = NORTHLIGHT_ID) -> bool:
    """Send one event as the portal's test button does; False where nobody hears it.

    Raises LookupError for an event or a location that does not exist.
    """
    location = ctx.store.get("highlevel_location", location_id)
    if location is None or kind not in EVENTS:
        raise LookupError(f"{kind} of {location_id}")
    if not hooks.webhook_url(ctx.store):
        return False
    fields = _sample(ctx, kind, location)
    hooks.deliver(ctx, kind, {**fields, "locationId": location["id"]})
    return True


def _sample(ctx: Context, kind: str, location: Document) -> dict[str, Any]:
    contact = next(directory.indexed(ctx.store, location["id"], None), None)
    contact_id = contact["id"] if contact else short_id()
    now = iso(ctx.clock.now())
    if kind == "LocationUpdate":
        return {n: location[n] for n in ("id", "companyId", "name", "timezone")}
    if kind.startswith("Contact"):
        return shapes.as_sent(contact) if contact else {"id": contact_id}
    if kind.startswith("Appointment"):
        title = {"id": short_id(), "title": "Test", "contactId": contact_id}
        times = {"startTime": now, "endTime": now, "dateAdded": now}
        return {"appointment": {**title, **times, "appointmentStatus": "confirmed"}}
    sort = _STORED[kind[:4]]
    children = [c for c in ctx.store.scan(sort) if c["locationId"] == location["id"]]
    made = {"id": short_id(), "contactId": contact_id, "body": "Test", "title": "Test"}
    shown = children[0] if children else {**made, "dateAdded": now}
    names = ("id", "contactId", "body", "title", "assignedTo", "dueDate", "dateAdded")
    return {name: shown[name] for name in names if name in shown}
