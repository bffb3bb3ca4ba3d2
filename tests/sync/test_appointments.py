"""Appointments at HighLevel, kept as comments at Zoho Invoice: one way."""

from __future__ import annotations

import pytest

from crosswalk.errors import ConfigError
from sync.models import RecordLink
from sync.setup.filters import filters_save
from tests.sync.childworld import (
    a_day_later,
    at_zoho,
    call,
    carry,
    comment,
    comments,
    note,
    notes,
    person,
    units,
)
from tests.sync.test_children_parents import CUSTOMERS, retag
from tests.sync.world import World

SAID = """\
Appointment: Consultation
When: 2026-11-24 10:00 – 10:30 (Europe/London)
Where: 12 High Street
Status: confirmed"""


def book(world: World, contact_id: str, **values: str) -> str:
    """Book an appointment at HighLevel; return its id."""
    body = {
        "locationId": world.left.account_id,
        "contactId": contact_id,
        "calendarId": "SbxCalendarConsult01",
        "title": "Consultation",
        "startTime": "2026-11-24T10:00:00Z",
        "endTime": "2026-11-24T10:30:00Z",
        "address": "12 High Street",
        "appointmentStatus": "confirmed",
        **values,
    }
    return str(call(world, "POST", "/calendars/events/appointments", **body)["id"])


@pytest.fixture
def anna(empty_world: World) -> str:
    """A person at HighLevel in a world whose sync carries appointments; their id."""
    carry(empty_world, "appointment", "left_to_right")
    return person(empty_world)


def test_they_only_flow_one_way(empty_world: World) -> None:
    with pytest.raises(ConfigError, match="only flow left_to_right"):
        carry(empty_world, "appointment", "both")


def test_an_appointment_becomes_a_comment_that_follows_it(
    empty_world: World, anna: str
) -> None:
    booked = book(empty_world, anna)
    empty_world.run()
    assert comments(empty_world) == [SAID]

    path = f"/calendars/events/appointments/{booked}"
    call(empty_world, "PUT", path, appointmentStatus="cancelled")
    run = empty_world.run()

    assert comments(empty_world) == [SAID.replace("confirmed", "cancelled")]
    assert run.counts["update"] == 1
    empty_world.sent.clear()
    run = empty_world.run()
    assert (empty_world.writes(), run.counts["unchanged"]) == ([], 2)


def test_its_comment_is_no_note_and_other_comments_no_appointments(
    empty_world: World, anna: str
) -> None:
    carry(empty_world, "note")
    book(empty_world, anna)
    empty_world.run()
    comment(empty_world, at_zoho(empty_world, anna), "Paid today.")

    empty_world.run()
    empty_world.run()

    assert notes(empty_world) == ["Paid today."]
    assert len(comments(empty_world)) == 2
    assert len(units(empty_world, "appointment")) == 1
    assert len(units(empty_world, "note")) == 1


def test_who_comes_back_into_the_scope_has_their_appointments_once(
    empty_world: World, anna: str
) -> None:
    carry(empty_world, "note")
    empty_world.sync.leaving = "unlink"
    empty_world.sync.save()
    retag(empty_world, anna, add="customer")
    empty_world.sync = filters_save(
        sync=empty_world.sync, object_type="contact", filters=CUSTOMERS, actor=None
    )
    booked = book(empty_world, anna)
    empty_world.run()
    path = f"/calendars/events/appointments/{booked}"
    call(empty_world, "PUT", path, appointmentStatus="cancelled")
    note(empty_world, anna, "Called.")
    empty_world.run()
    retag(empty_world, anna, remove="customer")
    for _ in range(2):
        empty_world.run()
    assert not RecordLink.objects.exists()

    retag(empty_world, anna, add="customer")
    for _ in range(2):
        a_day_later()
        empty_world.run()

    said = SAID.replace("confirmed", "cancelled")
    assert (notes(empty_world), comments(empty_world)) == (
        ["Called."],
        [said, "Called."],
    )
    assert len(units(empty_world, "appointment")) == 1


def test_one_of_a_series_is_left_alone(empty_world: World, anna: str) -> None:
    booked = book(empty_world, anna)
    event = empty_world.store.get("highlevel_event", booked)
    empty_world.store.put(
        "highlevel_event", booked, {**event, "isRecurring": True, "rrule": "FREQ=DAILY"}
    )

    empty_world.run()

    assert comments(empty_world) == []
    [(name, reason)] = units(empty_world, "appointment")
    assert (name, "one of a series" in reason) == ("excluded", True)
