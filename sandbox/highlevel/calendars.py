"""Calendars: read, made, changed, and the times they are free (§6.5)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from flask import Blueprint, request

from sandbox.highlevel import validation
from sandbox.highlevel.identifiers import milliseconds, short_id
from sandbox.highlevel.wire import Answer, Call, Refusal, guarded
from sandbox.store import Document

routes = Blueprint("calendars", __name__)
CALENDAR = "highlevel_calendar"
# Monday to Friday, nine to five in the location's time.
WORKDAYS, OPENS, CLOSES = range(5), 9, 17
SLOT_MINUTES = 30
SLOTS_MAXIMUM = timedelta(days=31)
EDIT: validation.Schema = {
    **dict.fromkeys(("name", "description", "slug", "groupId"), validation.text),
    **dict.fromkeys(("eventType", "calendarType", "eventTitle"), validation.text),
    **dict.fromkeys(("slotDuration", "slotInterval"), validation.number),
    "isActive": validation.boolean,
}
CREATE: validation.Schema = {"locationId": validation.filled, **EDIT}


@routes.get("/calendars/", strict_slashes=False)
@guarded("calendars.readonly")
def calendars(call: Call) -> Answer:
    location = call.query_location()
    every = call.ctx.store.all(CALENDAR)
    return {"calendars": [c for c in every if c["locationId"] == location["id"]]}


@routes.post("/calendars/", strict_slashes=False)
@guarded("calendars.write")
def create(call: Call) -> Answer:
    """Answers 200."""
    call.check(CREATE, ("locationId", "name"))
    call.location(call.body["locationId"])
    start = {"id": short_id(), "slotDuration": SLOT_MINUTES, "isActive": True}
    return {"calendar": _keep(call, {**start, **call.body})}


@routes.get("/calendars/<calendar_id>")
@guarded("calendars.readonly")
def calendar(call: Call, calendar_id: str) -> Answer:
    return {"calendar": _calendar(call, calendar_id)}


@routes.put("/calendars/<calendar_id>")
@guarded("calendars.write")
def update(call: Call, calendar_id: str) -> Answer:
    before = _calendar(call, calendar_id)
    call.check(EDIT)
    return {"calendar": _keep(call, {**before, **call.body})}


@routes.delete("/calendars/<calendar_id>")
@guarded("calendars.write")
def delete(call: Call, calendar_id: str) -> Answer:
    _calendar(call, calendar_id)
    call.ctx.store.delete(CALENDAR, calendar_id)
    return {"success": True}


@routes.get("/calendars/<calendar_id>/free-slots")
@guarded("calendars.readonly")
def free_slots(call: Call, calendar_id: str) -> Answer:
    """A map from day to times, both in the zone asked for; at most 31 days."""
    found = _calendar(call, calendar_id)
    try:
        start, end = (
            datetime.fromtimestamp(int(request.args[name]) / 1000, UTC)
            for name in ("startDate", "endDate")
        )
    except (KeyError, ValueError, OverflowError, OSError):
        raise Refusal(422, ["startDate and endDate must be numbers"]) from None
    if end - start > SLOTS_MAXIMUM:
        raise Refusal(400, "Date range cannot be more than 31 days")
    home = ZoneInfo(call.location(found["locationId"])["timezone"])
    shown = _zone(request.args.get("timezone", "")) or home
    taken = _taken(call, calendar_id)
    days: dict[str, Any] = {}
    for moment in _slots(found, start.astimezone(home), end.astimezone(home)):
        if moment.timestamp() * 1000 not in taken:
            local = moment.astimezone(shown)
            day = days.setdefault(local.date().isoformat(), {"slots": []})
            day["slots"].append(local.isoformat())
    return days


def is_open(calendar: Document, moment: datetime) -> bool:
    """Whether an appointment may begin then; the moment is in the location's zone."""
    length = timedelta(minutes=calendar.get("slotDuration", SLOT_MINUTES))
    closes = moment.replace(hour=CLOSES, minute=0, second=0, microsecond=0)
    is_workday = moment.weekday() in WORKDAYS
    return is_workday and moment.hour >= OPENS and moment + length <= closes


def _slots(calendar: Document, start: datetime, end: datetime) -> Iterator[datetime]:
    """The beginnings of the calendar's slots between two local times."""
    step = timedelta(minutes=calendar.get("slotDuration", SLOT_MINUTES))
    moment = start.replace(hour=OPENS, minute=0, second=0, microsecond=0)
    while moment <= end:
        if moment >= start and is_open(calendar, moment):
            yield moment
        moment += step
        if moment.hour >= CLOSES:
            moment = (moment + timedelta(days=1)).replace(hour=OPENS, minute=0)


def _taken(call: Call, calendar_id: str) -> set[float]:
    return {
        milliseconds(event["startTime"])
        for event in call.ctx.store.all("highlevel_event")
        if event["calendarId"] == calendar_id
        and event.get("appointmentStatus") not in ("cancelled", "invalid")
    }


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError):
        raise Refusal(422, ["timezone is invalid"]) from None


def _calendar(call: Call, calendar_id: str) -> Document:
    found = call.ctx.store.get(CALENDAR, calendar_id)
    if found is None:
        raise Refusal(400, f"Calendar with id {calendar_id} not found")
    call.location(found["locationId"])
    return found


def _keep(call: Call, calendar: Document) -> Document:
    call.ctx.store.put(CALENDAR, calendar["id"], calendar)
    return calendar
