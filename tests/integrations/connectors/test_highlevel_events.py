"""HighLevel's events: every kind, flat and wrapped, whole or with parts missing."""

from __future__ import annotations

import json

import httpx
import pytest

from integrations.connectors.base import WebhookRequest
from integrations.connectors.highlevel import MODULE
from integrations.connectors.highlevel.events import OBJECT_TYPES
from sandbox.highlevel import hooks
from tests.integrations.connectors.highlevel_remote import LOCATION, fixture
from tests.integrations.connectors.highlevel_world import NORTHLIGHT_ID, World

ENVELOPE = {
    "locationId": LOCATION,
    "appId": "66aa0000000000000000cafe",
    "versionId": "66aa0000000000000000cafe",
    "timestamp": "2026-03-04T11:39:31.120Z",
    "webhookId": "7f3a1f0e-5b0f-4a7c-8b52-2a6cbb0e9b3d",
}
CONTACT = "seD4PfOuKoVMLkEZqohJ"
NOTE = {"id": "n1", "body": "Called", "contactId": CONTACT, "dateAdded": "2026-03-04"}
TASK = {"id": "t1", "title": "Call", "body": "x", "contactId": CONTACT}
APPOINTMENT = {
    "id": "a1",
    "title": "Fitting",
    "contactId": CONTACT,
    "startTime": "2026-03-04T12:00:00+02:00",
    "appointmentStatus": "confirmed",
}
RECORDS = {
    "note": NOTE,
    "task": TASK,
    "contact": {"id": CONTACT, "email": "a@b.example"},
}


def parse(payload):
    (delivery,) = MODULE.parse(WebhookRequest(json.dumps(payload).encode(), {}))
    return delivery


def flat(kind, record):
    return {"type": kind, **ENVELOPE, **record}


def wrapped(kind, record):
    return {"type": kind, **ENVELOPE, "data": record}


def event(form, kind):
    object_type = OBJECT_TYPES[kind]
    if object_type == "appointment":
        return form(kind, {"appointment": APPOINTMENT})
    return form(kind, RECORDS[object_type])


def test_all_documented_events_of_records_are_known():
    documented = {
        *("ContactCreate", "ContactUpdate", "ContactDelete", "ContactTagUpdate"),
        *("ContactDndUpdate", "NoteCreate", "NoteUpdate", "NoteDelete"),
        *("TaskCreate", "TaskComplete", "TaskDelete", "AppointmentCreate"),
        *("AppointmentUpdate", "AppointmentDelete"),
    }

    assert documented <= set(OBJECT_TYPES)


@pytest.mark.parametrize("form", [flat, wrapped])
@pytest.mark.parametrize("kind", OBJECT_TYPES)
def test_every_event_names_its_record_and_its_contact(kind, form):
    delivery = parse(event(form, kind))

    object_type = OBJECT_TYPES[kind]
    ids = {"contact": CONTACT, "note": "n1", "task": "t1", "appointment": "a1"}
    assert (delivery.event_type, delivery.object_type) == (kind, object_type)
    assert delivery.record_id == ids[object_type]
    assert delivery.parent_id == ("" if object_type == "contact" else CONTACT)
    assert delivery.deleted == kind.endswith("Delete")
    assert delivery.account_id == LOCATION
    assert delivery.delivery_id == ENVELOPE["webhookId"]
    assert delivery.sent_at
    assert delivery.lifecycle == ""


def test_a_new_task_may_come_without_its_contact():
    delivery = parse(flat("TaskCreate", {"id": "t1", "title": "Call"}))

    assert (delivery.record_id, delivery.parent_id) == ("t1", "")
    assert delivery.values == {"id": "t1", "title": "Call"}


def test_a_completed_task_is_done():
    assert parse(flat("TaskComplete", TASK)).values["completed"] is True


def test_a_note_says_nothing_of_what_it_leaves_out():
    assert set(parse(flat("NoteUpdate", NOTE)).values) == {"id", "body", "dateAdded"}


def test_an_appointment_has_its_times_in_one_form():
    delivery = parse(flat("AppointmentUpdate", {"appointment": APPOINTMENT}))

    assert delivery.values["startTime"] == "2026-03-04T10:00:00.000Z"
    assert "description" not in delivery.values


def test_a_contact_comes_whole_but_for_what_events_never_hold():
    delivery = parse(fixture("webhook_contact_update"))

    assert delivery.values["companyName"] == "DGS VolMAX"
    assert delivery.values["assignedTo"] is None
    never = {"type", "businessId", "timezone", "dndSettings.SMS"}
    assert not never & delivery.values.keys()


def test_the_settings_of_channels_are_no_reason_to_fail():
    settings = {"SMS": {"status": "active", "message": "STOP", "code": "105"}}
    payload = fixture("webhook_contact_update") | {
        "type": "ContactDndUpdate",
        "dndSettings": settings,
    }

    assert parse(payload).object_type == "contact"


@pytest.mark.parametrize(
    ("payload", "account", "company"),
    [
        ({"type": "INSTALL", "locationId": "loc", "companyId": "com"}, "loc", "com"),
        ({"type": "INSTALL", "companyId": "com", "installType": "Company"}, "", "com"),
    ],
)
def test_an_install_says_where_the_app_came_to(payload, account, company):
    delivery = parse(payload)

    assert delivery.lifecycle == "installed"
    assert (delivery.account_id, delivery.company_id) == (account, company)
    assert delivery.object_type == ""


@pytest.mark.parametrize("place", ["locationId", "companyId"])
def test_an_uninstall_says_what_the_app_left(place):
    delivery = parse({"type": "UNINSTALL", "appId": "a", place: "x1"})

    assert delivery.lifecycle == "uninstalled"
    assert (delivery.account_id, delivery.company_id) == (
        ("x1", "") if place == "locationId" else ("", "x1")
    )


@pytest.mark.parametrize(
    "payload",
    [
        {"type": "NoteCreate"},
        {"type": "AppointmentCreate", "appointment": "x"},
        {"type": "AppointmentCreate", "appointment": {}},
        {"type": "TaskCreate", "id": 7},
        {"type": {"a": 1}, "id": "x"},
        {"type": "ContactUpdate", "data": {"id": None}},
        {"type": "ContactUpdate", "data": []},
    ],
)
def test_what_names_no_record_is_counted_and_harms_nothing(payload):
    delivery = parse(payload)

    assert (delivery.object_type, delivery.record_id) == ("", "")


def test_odd_values_inside_a_record_harm_nothing():
    odd = {"title": {"a": 1}, "dueDate": "soon", "body": 7, "contactId": 5}

    delivery = parse(flat("TaskComplete", {"id": "t1", **odd}))

    assert delivery.parent_id == ""
    assert delivery.values["dueDate"] == "soon"


# As the stand-in sends them


@pytest.mark.parametrize("body", ["flat", "wrapped"])
@pytest.mark.parametrize("lacks_contact", [True, False])
def test_a_whole_life_is_told_event_by_event(body, lacks_contact):
    world, sent = World(), []
    world.switch(webhook_body=body, task_create_lacks_contact=lacks_contact)
    world.app.extensions["sender"].transport = httpx.MockTransport(
        lambda request: sent.append(request) or httpx.Response(200)
    )
    hooks.set_webhook(world.store, url="http://crosswalk.example/", always=True)
    person = world.contact(tags=["lead"])
    due = "2026-03-03T10:00:00.000Z"
    for kind, values in (
        ("note", {"body": "Hello"}),
        ("task", {"title": "Call", "dueDate": due}),
        ("appointment", {"calendarId": "SbxCalendarConsult01", "startTime": due}),
    ):
        record = world.write(kind, None, values, person)
        world.write(
            kind, record, {"completed": True} if kind == "task" else {"title": "T"}
        )
        world.delete(kind, record)
    world.delete("contact", world.connector.get("contact", person))
    assert world.app.extensions["sender"].drain(10)

    deliveries = [
        delivery
        for each in sent
        for delivery in MODULE.parse(WebhookRequest(each.content, dict(each.headers)))
    ]

    told = {delivery.event_type for delivery in deliveries}
    assert told >= {
        *("ContactCreate", "ContactDelete", "NoteCreate", "NoteUpdate", "NoteDelete"),
        *("TaskCreate", "TaskComplete", "TaskDelete", "AppointmentCreate"),
        *("AppointmentUpdate", "AppointmentDelete"),
    }
    for delivery in deliveries:
        assert delivery.account_id == NORTHLIGHT_ID
        assert delivery.object_type, delivery.event_type
        if delivery.object_type != "contact" and (
            delivery.event_type != "TaskCreate" or not lacks_contact
        ):
            assert delivery.parent_id == person, delivery.event_type
