"""Appointments: listed by calendar, shown by contact, booked through the calendars.

                        times
contact's list          without a zone, in the location's (sheet §6.5, §10.15)
calendars and notices   with an offset
query of the list       milliseconds since 1970
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from crosswalk.errors import RemoteNotFound, RemoteRejected
from integrations.connectors.base import (
    JSONValue,
    MatchKind,
    Page,
    ReadVia,
    Record,
    Step,
    StepResult,
    Values,
    local_zone,
)
from integrations.connectors.highlevel.calls import (
    Calls,
    checked,
    gone,
    row_in,
    rows_in,
    unconfirmed,
    unreadable,
)
from integrations.connectors.highlevel.child_specs import (
    APPOINTMENT,
    APPOINTMENTS,
    BOOK_SCOPE,
    CALENDARS_SCOPE,
    EVENTS_SCOPE,
)
from integrations.connectors.highlevel.children import cannot, parent_unknown
from integrations.connectors.highlevel.childrows import Row, body_of, child_of, need
from integrations.connectors.highlevel.spec import LABEL
from integrations.connectors.highlevel.summaries import with_summary
from integrations.connectors.highlevel.times import milliseconds, time_of
from integrations.http import Answer

CREATE, UPDATE, DELETE = "create", "update", "delete"
EVENTS = "/calendars/events"
BOOKED = f"{EVENTS}/appointments"
# The list needs a span (sheet §6.5), and a series fills it with instances: so it ends.
PAST, AHEAD, SPAN = (timedelta(days=days) for days in (365, 730, 365))
# None may be null in HighLevel's schema; calendar, times and status cannot be emptied.
BLANKS = dict.fromkeys(("title", "assignedUserId", "address", "description"), "")
# What the location's list by contact never shows (sheet §6.5).
SHOWN_BY_CONTACT = frozenset(
    {
        *("id", "title", "calendarId", "startTime", "endTime", "appointmentStatus"),
        *("assignedUserId", "address", "dateAdded"),
    }
)


class Appointments:
    """What `base.Connector` asks for, of the appointments of a location."""

    def __init__(self, calls: Calls, clock: Callable[[], datetime]) -> None:
        self.calls = calls
        self.clock = clock
        self.zone = local_zone(calls.account.time_zone)

    # Reading

    def list_page(self, cursor: JSONValue | None) -> Page:
        """Return one calendar's appointments of one span of time.

        The cursor holds the calendars still to read, where the span of the first of
        them begins, and where all spans end; times in milliseconds.
        """
        if cursor is None:
            start = milliseconds(self.clock() - PAST)
            end = milliseconds(self.clock() + AHEAD)
            calendars = [str(row["id"]) for row in self.calendars()]
            cursor = {"calendars": calendars, "first": start, "at": start, "end": end}
        if not cursor["calendars"]:
            return Page([], None)
        until = min(cursor["at"] + milliseconds_in(SPAN), cursor["end"])
        rows = self.events(cursor["calendars"][0], cursor["at"], until)
        return Page(rows, after_span(cursor, until))

    def events(self, calendar_id: str, start: int, until: int) -> list[Record]:
        """Return a calendar's appointments that start in a span, its end excluded."""
        answer = self.calls.calendar(
            "GET",
            EVENTS,
            operation="list events",
            scope=EVENTS_SCOPE,
            noun="calendar",
            params={
                "locationId": self.calls.location,
                "calendarId": calendar_id,
                "startTime": str(start),
                "endTime": str(until),
            },
        )
        return [
            self.record(row, "list")
            for row in rows_in(answer, "events")
            if self.is_ours(row) and starts_in(row, start, until)
        ]

    def calendars(self) -> list[Row]:
        """Return the calendars of the location, drafts too."""
        answer = self.calls.calendar(
            "GET",
            "/calendars/",
            operation="list calendars",
            scope=CALENDARS_SCOPE,
            noun="location",
            params={"locationId": self.calls.location},
        )
        return [row for row in rows_in(answer, "calendars") if row.get("id")]

    def changes_page(self, since: datetime, cursor: JSONValue | None) -> Page:
        """Refuse: appointments cannot be asked for by their change."""
        raise cannot(APPOINTMENTS, "changes")

    def children(self, parent_id: str) -> Sequence[Record]:
        """Return all of one contact; this list does not show every field."""
        answer = self.calls.read(
            f"/contacts/{checked(parent_id)}/appointments",
            operation="list appointments of contact",
        )
        return [
            with_summary(
                child_of(
                    APPOINTMENTS,
                    {**dict.fromkeys(SHOWN_BY_CONTACT), **shown_by_contact(row)},
                    "list",
                    parent_id=parent_id,
                    only_present=True,
                    zone=self.zone,
                ),
                self.zone,
            )
            for row in rows_in(answer, "events")
            if self.is_ours(row)
        ]

    def get(self, record_id: str, parent_id: str = "") -> Record:
        """Return one appointment; its own address needs no contact."""
        answer = self.calls.read(
            f"{BOOKED}/{checked(record_id, APPOINTMENT)}",
            operation="get appointment",
            scope=EVENTS_SCOPE,
            noun=APPOINTMENT,
            call=self.calls.calendar,
        )
        row = row_in(answer, "event", "appointment")
        if row is None:
            raise unreadable("an appointment")
        if not self.is_ours(row):
            raise gone("deleted, or of another location", APPOINTMENT)
        return self.record(row, "detail", parent_id)

    def record(self, row: Row, via: ReadVia, parent_id: str = "") -> Record:
        """Return a row as a record, with its summary."""
        found = child_of(APPOINTMENTS, row, via, parent_id=parent_id)
        return with_summary(found, self.zone)

    def find(self, kind: MatchKind, value: str) -> Sequence[Record]:
        """Return nothing: appointments are matched under their contact."""
        return []

    def is_ours(self, row: Row) -> bool:
        """Say whether an event stands, and in this location."""
        if not row.get("id") or row.get("deleted") is True:
            return False
        return row.get("locationId") in (None, "", self.calls.account.id)

    # Writing

    def steps(
        self, before: Record | None, after: Values, parent_id: str = ""
    ) -> Sequence[Step]:
        """Return the one call that writes `after`. Pure."""
        if before is not None:
            refuse_series(before)
            body = body_of(
                APPOINTMENTS, with_end(before, after), operation=UPDATE, blanks=BLANKS
            )
            label = f"{LABEL}: change appointment"
            return [Step(UPDATE, label, tuple(after), body)] if body else []
        if not parent_id:
            raise parent_unknown(APPOINTMENTS)
        body = body_of(APPOINTMENTS, after, operation=CREATE, blanks=BLANKS)
        need(APPOINTMENTS, body)
        place = {"locationId": self.calls.account.id, "contactId": parent_id}
        label = f"{LABEL}: book appointment"
        return [Step(CREATE, label, tuple(body), {**place, **body})]

    def delete_steps(self, before: Record) -> Sequence[Step]:
        """Return the call that deletes an appointment. Pure."""
        refuse_series(before)
        return [Step(DELETE, f"{LABEL}: delete appointment")]

    def perform(self, step: Step, record: Record | None) -> StepResult:
        """Make the call of one step."""
        if step.kind == CREATE:
            answer = self.write("POST", BOOKED, "create appointment", step.body)
            row = booked_in(answer)
            if row is None:
                raise unconfirmed(APPOINTMENT)
            return self.written(row, answer, str(step.body["contactId"]))
        if record is None:
            raise ValueError(f"{step.kind} needs the record")
        record_id = checked(record.id, APPOINTMENT)
        if step.kind == DELETE:
            return self.delete(record_id)
        path = f"{BOOKED}/{record_id}"
        answer = self.write("PUT", path, "update appointment", step.body)
        row = booked_in(answer)
        if row is None or str(row["id"]) != record.id:
            return StepResult(None, record.id, answer.request_id)
        return self.written(row, answer, record.parent_id)

    def delete(self, record_id: str) -> StepResult:
        """Delete an appointment; HighLevel asks for an empty object as the body."""
        try:
            answer = self.write(
                "DELETE", f"{EVENTS}/{record_id}", "delete appointment", {}
            )
        except RemoteNotFound as error:
            return StepResult(None, record_id, error.request_id)
        return StepResult(None, record_id, answer.request_id)

    def write(self, method: str, path: str, operation: str, body: Values) -> Answer:
        return self.calls.write(
            method,
            path,
            operation=operation,
            body=body,
            scope=BOOK_SCOPE,
            noun=APPOINTMENT,
            call=self.calls.calendar,
        )

    def written(self, row: Row, answer: Answer, parent_id: str) -> StepResult:
        """Return what a write brought back."""
        record = self.record(row, "write", parent_id)
        return StepResult(record, record.id, answer.request_id)


def booked_in(answer: Answer) -> Row | None:
    """Return the appointment of a write's answer; it comes unwrapped (sheet §6.5)."""
    body: dict[str, Any] = answer.body
    if body.get("id"):
        return body
    return row_in(answer, "appointment", "event")


def shown_by_contact(row: Row) -> dict[str, Any]:
    """Return what a contact's list shows of an appointment, without the rest."""
    kept = (*SHOWN_BY_CONTACT, "contactId", "dateUpdated", "masterEventId", "rrule")
    return {key: row[key] for key in kept if key in row}


def starts_in(row: Row, start: int, until: int) -> bool:
    """Say whether an event starts in a span; one without a start does."""
    moment = time_of(row.get("startTime"), UTC)
    return moment is None or start <= milliseconds(moment) < until


def after_span(cursor: dict[str, Any], until: int) -> JSONValue | None:
    """Return the cursor after one span: the next one, else the next calendar."""
    if until < cursor["end"]:
        return {**cursor, "at": until}
    rest = cursor["calendars"][1:]
    return {**cursor, "calendars": rest, "at": cursor["first"]} if rest else None


def milliseconds_in(span: timedelta) -> int:
    return round(span.total_seconds() * 1000)


def with_end(before: Record, after: Values) -> Values:
    """Return a change with the end as it is, where only the start is to move.

    Whether HighLevel would move the end along is not documented.
    """
    end, start = before.values.get("endTime"), after.get("startTime")
    if not start or not end or "endTime" in after:
        return after
    times = time_of(start), time_of(end)
    keeps = times[0] and times[1] and times[0] < times[1]
    return {**after, "endTime": end} if keeps else after


def refuse_series(record: Record) -> None:
    """Raise for one of a series: a change could reach all of it."""
    if record.excluded == "recurring" or "_" in record.id:
        raise RemoteRejected(
            "HighLevel’s appointment is one of a series. Crosswalk reads repeating "
            "appointments and leaves them alone.",
            code="recurring",
        )
