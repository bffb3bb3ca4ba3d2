"""Appointments: found, booked, moved, called off; and the times that are free."""

from __future__ import annotations

from collections.abc import Sequence

from integrations.connectors.base import JSONValue
from integrations.connectors.highlevel.child_specs import (
    APPOINTMENT,
    BOOK_SCOPE,
    CALENDARS_SCOPE,
    EVENTS_SCOPE,
    STATUSES,
)
from integrations.connectors.highlevel.operations.contacts import CONTACT_ID
from integrations.connectors.highlevel.operations.lists import (
    CALENDARS,
    CALENDARS_OPTIONS,
    LOCATION,
    USERS,
)
from integrations.connectors.highlevel.spec import READ_SCOPE
from integrations.connectors.operations import (
    Call,
    Input,
    Operation,
    Output,
    Row,
    optional,
    path_id,
)

OUTPUTS = (
    Output("id", "Appointment ID"),
    Output("title", "Title"),
    Output("startTime", "Start", "datetime"),
    Output("endTime", "End", "datetime"),
    Output("appointmentStatus", "Status"),
    Output("calendarId", "Calendar"),
    Output("contactId", "Contact ID"),
    Output("assignedUserId", "Assigned to"),
    Output("address", "Place"),
)
SAMPLE = {
    "id": "AppSample00000000001",
    "title": "First visit",
    "startTime": "2026-03-03T10:00:00+00:00",
    "endTime": "2026-03-03T10:30:00+00:00",
    "appointmentStatus": "confirmed",
    "calendarId": "CalSample00000000001",
    "contactId": "ConSample00000000001",
    "assignedUserId": "UsrSample00000000001",
    "address": "14 Sample Street",
}
STATUS_WORDS = {"noshow": "No-show"}
CHOICES = tuple((each, STATUS_WORDS.get(each, each.capitalize())) for each in STATUSES)
ONE = "/calendars/events/appointments/{appointment_id}"
APPOINTMENT_ID = path_id("appointment_id", "Appointment ID", APPOINTMENT)
STATUS = Input("status", "Status", "choice", name="appointmentStatus", choices=CHOICES)
WRITTEN = (
    Input(
        "calendar_id",
        "Calendar",
        "choice",
        name="calendarId",
        required=True,
        options=CALENDARS_OPTIONS,
    ),
    Input("start", "Start", "datetime", name="startTime", required=True),
    Input("end", "End", "datetime", name="endTime"),
    Input("title", "Title", max_length=200),
    STATUS,
    Input("assigned_to", "Assigned to", "choice", name="assignedUserId", options=USERS),
    Input("address", "Place", max_length=500),
    Input("notify", "Let HighLevel send its messages", "bool", name="toNotify"),
    Input(
        "any_time",
        "Also at a time that is not free",
        "bool",
        name="ignoreFreeSlotValidation",
    ),
)


def slots_of(body: JSONValue) -> Sequence[Row]:
    """Return the free times of an answer that files them under their days."""
    days = body if isinstance(body, dict) else {}
    return [
        {"day": day, "start": start}
        for day, value in sorted(days.items())
        if isinstance(value, dict)
        for start in value.get("slots", [])
    ]


SEARCHES = (
    Operation(
        "hl.list_appointments",
        30,
        "search",
        APPOINTMENT,
        "List a contact’s appointments",
        "Lists the appointments of one contact.",
        OUTPUTS,
        (CONTACT_ID,),
        Call(
            "GET", "/contacts/{contact_id}/appointments", "list appointments", "events"
        ),
        scopes=(READ_SCOPE,),
        sample=SAMPLE,
        noun="contact",
    ),
    Operation(
        "hl.get_appointment",
        31,
        "search",
        APPOINTMENT,
        "Get one appointment",
        "Gets one appointment.",
        OUTPUTS,
        (APPOINTMENT_ID,),
        Call("GET", ONE, "get appointment", "event", api=CALENDARS),
        scopes=(EVENTS_SCOPE,),
        sample=SAMPLE,
        noun="appointment",
    ),
    Operation(
        "hl.free_slots",
        33,
        "search",
        "calendar",
        "Find free slots",
        "Finds the times at which a calendar is free, for at most 31 days.",
        (Output("day", "Day"), Output("start", "Start", "datetime")),
        (
            Input(
                "calendar_id",
                "Calendar",
                "choice",
                "path",
                required=True,
                options=CALENDARS_OPTIONS,
            ),
            Input(
                "from",
                "From",
                "datetime",
                "query",
                "startDate",
                required=True,
                sends="ms",
            ),
            Input(
                "to", "Until", "datetime", "query", "endDate", required=True, sends="ms"
            ),
        ),
        Call(
            "GET",
            "/calendars/{calendar_id}/free-slots",
            "find free slots",
            api=CALENDARS,
            read=slots_of,
        ),
        scopes=(CALENDARS_SCOPE,),
        sample={"day": "2026-03-03", "start": "2026-03-03T10:00:00+00:00"},
        noun="calendar",
    ),
)
ACTIONS = (
    Operation(
        "hl.book_appointment",
        54,
        "action",
        APPOINTMENT,
        "Book appointment",
        "Books an appointment with a contact.",
        OUTPUTS,
        (
            Input(
                "contact_id",
                "Contact ID",
                "id",
                name="contactId",
                required=True,
                record="contact",
            ),
            *WRITTEN,
        ),
        Call(
            "POST",
            "/calendars/events/appointments",
            "book appointment",
            body=LOCATION,
            api=CALENDARS,
        ),
        scopes=(BOOK_SCOPE,),
        is_idempotent=False,
        sample=SAMPLE,
        leaves="record",
    ),
    Operation(
        "hl.update_appointment",
        55,
        "action",
        APPOINTMENT,
        "Reschedule or edit appointment",
        "Changes the given parts of an appointment and leaves the others.",
        OUTPUTS,
        (APPOINTMENT_ID, *optional(WRITTEN)),
        Call("PUT", ONE, "update appointment", api=CALENDARS),
        scopes=(BOOK_SCOPE,),
        sample=SAMPLE,
        noun="appointment",
        leaves="record",
        leaves_id="appointment_id",
    ),
    Operation(
        "hl.set_appointment_status",
        56,
        "action",
        APPOINTMENT,
        "Set appointment status",
        "Says how an appointment stands: confirmed, cancelled, showed, no-show.",
        OUTPUTS,
        (
            APPOINTMENT_ID,
            Input(
                "status",
                "Status",
                "choice",
                name="appointmentStatus",
                required=True,
                choices=CHOICES,
            ),
        ),
        Call("PUT", ONE, "update appointment", api=CALENDARS),
        scopes=(BOOK_SCOPE,),
        sample=SAMPLE,
        noun="appointment",
        leaves="record",
        leaves_id="appointment_id",
    ),
    Operation(
        "hl.delete_appointment",
        57,
        "action",
        APPOINTMENT,
        "Delete appointment",
        "Calls an appointment off by deleting it for good.",
        (Output("succeeded", "Done", "bool"),),
        (APPOINTMENT_ID,),
        Call(
            "DELETE",
            "/calendars/events/{appointment_id}",
            "delete appointment",
            api=CALENDARS,
            sends_body=True,
        ),
        scopes=(BOOK_SCOPE,),
        is_dangerous=True,
        sample={"succeeded": True},
        noun="appointment",
        leaves="gone",
        leaves_id="appointment_id",
    ),
)
OPERATIONS = (*SEARCHES, *ACTIONS)
