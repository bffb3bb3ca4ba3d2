"""Calendars and appointments (§6.5)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, request

from sandbox.highlevel import hooks, validation
from sandbox.highlevel.contacts import contact_of
from sandbox.highlevel.identifiers import iso, milliseconds, short_id
from sandbox.highlevel.shapes import without_empty
from sandbox.highlevel.wire import Answer, Call, Refusal, guarded
from sandbox.store import Document

routes = Blueprint("calendars", __name__)
CALENDAR, EVENT = "highlevel_calendar", "highlevel_event"
EDIT: validation.Schema = {
    "calendarId": validation.filled,
    **dict.fromkeys(("startTime", "endTime"), validation.moment),
    **dict.fromkeys(("title", "assignedUserId", "description"), validation.text),
    **dict.fromkeys(("address", "meetingLocationId", "rrule"), validation.text),
    "appointmentStatus": validation.one_of(
        *("new", "confirmed", "cancelled", "showed", "noshow", "invalid"),
        *("completed", "active"),
    ),
    "meetingLocationType": validation.one_of(
        *("custom", "zoom", "gmeet", "phone", "address", "ms_teams", "google")
    ),
    **dict.fromkeys(("overrideLocationConfig", "ignoreDateRange"), validation.boolean),
    **dict.fromkeys(("toNotify", "ignoreFreeSlotValidation"), validation.boolean),
}
CREATE: validation.Schema = {
    "locationId": validation.filled,
    "contactId": validation.filled,
    **EDIT,
}
# What the answer to create and change holds: no dates of the record itself (#246).
ANSWERED = (
    *("id", "calendarId", "locationId", "contactId", "startTime", "endTime", "title"),
    *("meetingLocationType", "appointmentStatus", "assignedUserId", "address"),
    *("isRecurring", "rrule"),
)
_OPTIONS = (
    *("overrideLocationConfig", "ignoreDateRange", "toNotify"),
    *("ignoreFreeSlotValidation", "meetingLocationId"),
)


@routes.get("/calendars/", strict_slashes=False)
@guarded("calendars.readonly")
def calendars(call: Call) -> Answer:
    location = call.query_location()
    every = call.ctx.store.all(CALENDAR)
    return {"calendars": [c for c in every if c["locationId"] == location["id"]]}


@routes.get("/contacts/<contact_id>/appointments")
@guarded("contacts.readonly")
def of_contact(call: Call, contact_id: str) -> Answer:
    contact = contact_of(call, contact_id)
    zone = ZoneInfo(call.location(contact["locationId"])["timezone"])
    found = [e for e in call.ctx.store.all(EVENT) if e["contactId"] == contact_id]
    return {"events": [_as_listed(event, zone) for event in found]}


@routes.get("/calendars/events")
@guarded("calendars/events.readonly")
def events(call: Call) -> Answer:
    """Between two times in epoch milliseconds, of one user, calendar or group."""
    location = call.query_location()
    chosen = {n: request.args[n] for n in ("userId", "calendarId") if n in request.args}
    if not chosen and "groupId" not in request.args:
        raise Refusal(422, ["one of userId, calendarId or groupId is required"])
    try:
        start, end = (int(request.args[name]) for name in ("startTime", "endTime"))
    except (KeyError, ValueError):
        raise Refusal(422, ["startTime and endTime must be numbers"]) from None
    wanted = {("assignedUserId" if n == "userId" else n): v for n, v in chosen.items()}
    found = [
        without_empty(event)
        for event in call.ctx.store.all(EVENT)
        if event["locationId"] == location["id"]
        and start <= milliseconds(event["startTime"]) <= end
        and all(event.get(name) == value for name, value in wanted.items())
    ]
    return {"events": found}


@routes.get("/calendars/events/appointments/<id>")
@guarded("calendars/events.readonly")
def read(call: Call, id: str) -> Answer:
    return {"event": without_empty(_event(call, id))}


@routes.post("/calendars/events/appointments")
@guarded("calendars/events.write")
def create(call: Call) -> Answer:
    required = ("calendarId", "locationId", "contactId", "startTime")
    call.check(CREATE, required)
    location = call.location(call.body["locationId"])
    contact = contact_of(call, call.body["contactId"])
    calendar = call.ctx.store.get(CALENDAR, call.body["calendarId"])
    if calendar is None or contact["locationId"] != location["id"]:
        raise Refusal(400, "The calendar or the contact does not exist")
    now = iso(call.ctx.clock.now())
    event = {
        "id": short_id(),
        "title": calendar["name"],
        "appointmentStatus": "confirmed",
        "endTime": _later(call.body["startTime"], calendar["slotDuration"]),
        "dateAdded": now,
        "isRecurring": bool(call.body.get("rrule")),
    }
    return _keep(call, {**event, **call.body}, "AppointmentCreate")


@routes.put("/calendars/events/appointments/<id>")
@guarded("calendars/events.write")
def update(call: Call, id: str) -> Answer:
    before = _event(call, id)
    call.check(EDIT)
    return _keep(call, {**before, **call.body}, "AppointmentUpdate")


@routes.delete("/calendars/events/<id>")
@guarded("calendars/events.write")
def delete(call: Call, id: str) -> Answer:
    """Answers 201 (§6.5)."""
    gone = _event(call, id)
    call.ctx.store.delete(EVENT, id)
    _announce(call, gone, "AppointmentDelete")
    return {"succeeded": True}, 201


def _event(call: Call, id: str) -> Document:
    found = call.ctx.store.get(EVENT, id)
    if found is None:
        raise Refusal(400, f"Event with id {id} not found")
    call.location(found["locationId"])
    return found


def _keep(call: Call, fields: Document, kind: str) -> dict[str, Any]:
    event = {k: v for k, v in fields.items() if k not in _OPTIONS}
    event["dateUpdated"] = iso(call.ctx.clock.now())
    call.ctx.store.put(EVENT, event["id"], event)
    _announce(call, event, kind)
    return without_empty({name: event.get(name) for name in ANSWERED})


def _announce(call: Call, event: Document, kind: str) -> None:
    location = call.location(event["locationId"])
    sent = {k: v for k, v in event.items() if k not in ("locationId", "description")}
    sent["notes"] = event.get("description", "")
    sent["users"] = [u for u in (event.get("assignedUserId"),) if u]
    hooks.emit(call.ctx, kind, location, {"appointment": without_empty(sent)})


def _as_listed(event: Document, zone: ZoneInfo) -> dict[str, Any]:
    """The contact's list shows times without a zone, in the location's own (§6.5)."""
    listed = {k: v for k, v in event.items() if k not in ("description", "rrule")}
    for name in ("startTime", "endTime", "dateAdded", "dateUpdated"):
        moment = datetime.fromisoformat(event[name]).astimezone(zone)
        listed[name] = moment.strftime("%Y-%m-%d %H:%M:%S")
    listed["status"] = "booked"
    listed["notes"] = event.get("description", "")
    listed["users"] = [u for u in (event.get("assignedUserId"),) if u]
    return without_empty(listed)


def _later(start: str, minutes: int) -> str:
    moment = datetime.fromisoformat(start) + timedelta(minutes=minutes)
    return moment.isoformat()
