"""Appointments: of a contact, of a calendar, and what their saving tells (§6.5)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, request

from sandbox.highlevel import hooks, validation
from sandbox.highlevel.calendars import CALENDAR, is_open
from sandbox.highlevel.contacts import contact_of
from sandbox.highlevel.identifiers import iso, milliseconds, short_id
from sandbox.highlevel.shapes import without_empty
from sandbox.highlevel.wire import Answer, Call, Refusal, guarded
from sandbox.store import Document

routes = Blueprint("appointments", __name__)
EVENT = "highlevel_event"
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
        _as_event(event)
        for event in call.ctx.store.all(EVENT)
        if event["locationId"] == location["id"]
        and start <= milliseconds(event["startTime"]) <= end
        and all(event.get(name) == value for name, value in wanted.items())
        and _is_of_group(call, event)
    ]
    return {"events": found}


@routes.get("/calendars/events/appointments/<id>")
@guarded("calendars/events.readonly")
def read(call: Call, id: str) -> Answer:
    return {"event": _as_event(_event(call, id))}


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
    _check_slot(call, calendar, call.body["startTime"])
    now = iso(call.ctx.clock.now())
    event = {
        "id": short_id(),
        "title": calendar["name"],
        "appointmentStatus": "confirmed",
        "endTime": _later(call.body["startTime"], calendar["slotDuration"]),
        "dateAdded": now,
        "isRecurring": bool(call.body.get("rrule")),
        "groupId": calendar.get("groupId"),
        "assignedUserId": calendar.get("userId"),
        "source": "api",
    }
    return _keep(call, {**event, **call.body}, "AppointmentCreate")


@routes.put("/calendars/events/appointments/<id>")
@guarded("calendars/events.write")
def update(call: Call, id: str) -> Answer:
    before = _event(call, id)
    call.check(EDIT)
    if start := call.body.get("startTime"):
        calendar = call.ctx.store.get(CALENDAR, before["calendarId"]) or {}
        _check_slot(call, calendar, start)
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
    # v3 answers with the dates of the record, v2 without (#246).
    names = (*ANSWERED, "dateAdded", "dateUpdated") if call.is_v3 else ANSWERED
    return without_empty({name: event.get(name) for name in names})


def _check_slot(call: Call, calendar: Document, start: str) -> None:
    """A time outside the calendar's hours is refused, unless the caller says not to
    look (§6.5: expected, not measured)."""
    ignored = call.body.get("ignoreFreeSlotValidation", False)
    if ignored or not call.ctx.switches().slots_enforced:
        return
    zone = ZoneInfo(call.location(calendar["locationId"])["timezone"])
    if not is_open(calendar, datetime.fromisoformat(start).astimezone(zone)):
        raise Refusal(400, "The slot you have selected is no longer available.")


def _is_of_group(call: Call, event: Document) -> bool:
    group = request.args.get("groupId")
    return not group or event.get("groupId") == group


def _as_event(event: Document) -> dict[str, Any]:
    """As the calendar's own reads show it: with notes and users (§6.5)."""
    shown = {**event, "notes": event.get("description", ""), "users": _users(event)}
    return without_empty({k: v for k, v in shown.items() if k != "source"})


def _users(event: Document) -> list[str]:
    return [user for user in (event.get("assignedUserId"),) if user]


# What an appointment's event holds (§9).
_SENT = (
    *("id", "address", "title", "calendarId", "contactId", "groupId", "source"),
    *("appointmentStatus", "assignedUserId", "startTime", "endTime"),
    *("dateAdded", "dateUpdated"),
)


def _announce(call: Call, event: Document, kind: str) -> None:
    location = call.location(event["locationId"])
    sent = {name: event.get(name) for name in _SENT}
    sent |= {"notes": event.get("description", ""), "users": _users(event)}
    hooks.emit(call.ctx, kind, location, {"appointment": without_empty(sent)})


def _as_listed(event: Document, zone: ZoneInfo) -> dict[str, Any]:
    """The contact's list shows times without a zone, in the location's own (§6.5)."""
    hidden = ("description", "rrule", "source", "isRecurring")
    listed = {k: v for k, v in event.items() if k not in hidden}
    for name in ("startTime", "endTime", "dateAdded", "dateUpdated"):
        moment = datetime.fromisoformat(event[name]).astimezone(zone)
        listed[name] = moment.strftime("%Y-%m-%d %H:%M:%S")
    listed["status"] = "booked"
    listed["notes"] = event.get("description", "")
    listed["users"] = _users(event)
    return without_empty(listed)


def _later(start: str, minutes: int) -> str:
    moment = datetime.fromisoformat(start) + timedelta(minutes=minutes)
    return moment.isoformat()
