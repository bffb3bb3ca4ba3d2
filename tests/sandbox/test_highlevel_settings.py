"""What a HighLevel location holds beside contacts: fields, businesses, calendars."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from sandbox.highlevel import hooks
from sandbox.highlevel.custom_fields import DATA_TYPES
from tests.sandbox.test_highlevel_support import LOCATION, Desk, new_contact

FIELDS = f"/locations/{LOCATION}/customFields"
CALENDAR = "SbxCalendarConsult01"
# A Tuesday, in the location's summer time.
OPEN, SHUT = "2026-06-02T10:00:00+01:00", "2026-06-02T20:00:00+01:00"


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def api(desk: Desk) -> httpx.Client:
    return desk.client()


def made(api: httpx.Client, **fields: object) -> str:
    contact_id: str
    answer = api.post("/contacts/", json=new_contact(**fields))
    contact_id = answer.json()["contact"]["id"]
    return contact_id


@pytest.mark.parametrize("data_type", DATA_TYPES)
def test_a_custom_field_of_every_type_is_made_changed_and_deleted(
    api: httpx.Client, data_type: str
) -> None:
    field = {"name": "Shoe size", "dataType": data_type, "options": ["38", "39"]}
    answer = api.post(FIELDS, json=field)
    made = answer.json()["customField"]
    path = f"{FIELDS}/{made['id']}"

    renamed = api.put(path, json={"name": "Size", "placeholder": "38"}).json()
    typed = api.put(path, json={"name": "Size", "dataType": "TEXT"})

    assert answer.status_code == 201
    assert (made["dataType"], made["fieldKey"]) == (data_type, "contact.shoe_size")
    assert renamed["customField"]["name"] == "Size"
    assert renamed["customField"]["fieldKey"] == "contact.shoe_size"
    assert typed.status_code == 422
    assert api.delete(path).json()["succeded"] is True
    assert api.get(path).status_code == 400


def test_two_fields_of_one_name_get_different_keys(api: httpx.Client) -> None:
    body = {"name": "Shoe size", "dataType": "TEXT"}

    keys = [api.post(FIELDS, json=body).json()["customField"]["fieldKey"] for _ in "12"]

    assert keys == ["contact.shoe_size", "contact.shoe_size_2"]


def test_the_boxes_of_a_textbox_list_have_ids(api: httpx.Client) -> None:
    field = {
        "name": "Children",
        "dataType": "TEXTBOX_LIST",
        "textBoxListOptions": [{"label": "First", "prefillValue": ""}, "Second"],
    }
    box = api.post(FIELDS, json=field).json()["customField"]
    first, second = box["picklistOptions"]
    value = {first["id"]: "Ada", second["id"]: "Allegra"}
    contact_id = made(api, customFields=[{"id": box["id"], "field_value": value}])

    search = {
        "locationId": LOCATION,
        "pageLimit": 5,
        "filters": [
            {
                "field": f"customFields.{box['id']}.{second['id']}",
                "operator": "eq",
                "value": "Allegra",
            }
        ],
    }
    rows = api.post("/contacts/search", json=search).json()["contacts"]

    assert [row["id"] for row in rows] == [contact_id]
    assert first["label"] == "First"


def test_a_business_lists_its_contacts_by_name(desk: Desk, api: httpx.Client) -> None:
    body = {"locationId": LOCATION, "name": "Engines"}
    business = api.post("/businesses/", json=body).json()["buiseness"]
    names = ("Charles", "Ada", "Betty")
    ids = {n: made(api, firstName=n, email=f"{n}@engine.example") for n in names}
    api.post(
        "/contacts/bulk/business",
        json={
            "locationId": LOCATION,
            "ids": list(ids.values()),
            "businessId": business["id"],
        },
    )
    path, place = f"/contacts/business/{business['id']}", {"locationId": LOCATION}

    def listed(**params: str) -> list[str]:
        rows = api.get(path, params=place | params).json()["contacts"]
        return [row["firstNameRaw"] for row in rows]

    assert listed() == ["Ada", "Betty", "Charles"]
    assert listed(skip="1", limit="1") == ["Betty"]
    assert listed(query="charles") == ["Charles"]
    assert listed(startAfter=f"ada,{ids['Ada']}") == ["Betty", "Charles"]
    assert api.get(path, params=place | {"limit": "x"}).status_code == 422


def test_businesses_are_changed_and_deleted(api: httpx.Client) -> None:
    body = {"locationId": LOCATION, "name": "Engines"}
    answer = api.post("/businesses/", json=body)
    path = f"/businesses/{answer.json()['buiseness']['id']}"

    api.put(path, json={"city": "London"})

    assert answer.status_code == 201
    assert api.get(path).json()["business"]["city"] == "London"
    assert api.put(path, json={"locationId": LOCATION}).status_code == 422
    assert api.delete(path).json()["success"] is True
    assert api.get(path).status_code == 400


def appointment(contact_id: str, **fields: object) -> dict[str, Any]:
    body = {"calendarId": CALENDAR, "locationId": LOCATION, "contactId": contact_id}
    return {**body, "startTime": OPEN, **fields}


def test_a_time_outside_the_hours_is_refused_unless_ignored(
    desk: Desk, api: httpx.Client
) -> None:
    path, contact_id = "/calendars/events/appointments", made(api)
    late = appointment(contact_id, startTime=SHUT)

    refused = api.post(path, json=late)
    ignored = api.post(path, json=late | {"ignoreFreeSlotValidation": True})
    desk.switch(slots_enforced=False)
    lax = api.post(path, json=late)

    assert refused.status_code == 400
    assert refused.json()["message"].startswith("The slot you have selected")
    assert (ignored.status_code, lax.status_code) == (200, 200)


def test_free_slots_leave_out_what_is_taken(api: httpx.Client) -> None:
    api.post("/calendars/events/appointments", json=appointment(made(api)))
    day = datetime(2026, 6, 2, tzinfo=UTC).timestamp() * 1000
    path = f"/calendars/{CALENDAR}/free-slots"
    params = {"startDate": int(day), "endDate": int(day) + 86_399_999}

    free = api.get(path, params=params).json()["2026-06-02"]["slots"]

    assert free[0] == "2026-06-02T09:00:00+01:00"
    assert free[-1] == "2026-06-02T16:30:00+01:00"
    assert OPEN not in free
    assert len(free) == 15
    long = params | {"endDate": int(day) + 32 * 86_400_000}
    assert api.get(path, params=long).status_code == 400


def test_times_of_an_appointment_in_each_read(desk: Desk, api: httpx.Client) -> None:
    contact_id = made(api)
    body = appointment(contact_id, description="Bring the album.")
    answer = api.post("/calendars/events/appointments", json=body).json()
    moment = round(datetime.fromisoformat(OPEN).timestamp() * 1000)
    window = {"startTime": moment, "endTime": moment, "calendarId": CALENDAR}

    (listed,) = api.get(f"/contacts/{contact_id}/appointments").json()["events"]
    (event,) = api.get(
        "/calendars/events", params={"locationId": LOCATION, **window}
    ).json()["events"]

    assert listed["startTime"] == "2026-06-02 10:00:00"
    assert event["startTime"] == OPEN
    assert event["notes"] == listed["notes"] == "Bring the album."
    assert "dateAdded" not in answer
    v3 = desk.client(version="v3")
    path = f"/calendars/events/appointments/{answer['id']}"
    assert "dateAdded" in v3.put(path, json={"title": "Album"}).json()


def test_an_appointments_event_holds_what_is_documented(
    desk: Desk, api: httpx.Client
) -> None:
    contact_id = made(api)
    hooks.set_webhook(desk.store, url="http://product.example/hook", always=True)

    api.post("/calendars/events/appointments", json=appointment(contact_id))

    (event,) = desk.events()
    sent = event["appointment"]
    assert (event["type"], event["locationId"]) == ("AppointmentCreate", LOCATION)
    assert sent["contactId"] == contact_id
    assert sent["startTime"] == OPEN
    assert sent["source"] == "api"
    assert not {"isRecurring", "rrule", "locationId"} & sent.keys()


def test_calendars_are_made_changed_and_deleted(api: httpx.Client) -> None:
    body = {"locationId": LOCATION, "name": "Fitting"}
    made = api.post("/calendars/", json=body).json()["calendar"]
    path = f"/calendars/{made['id']}"

    assert api.put(path, json={"slotDuration": 60}).json()["calendar"]["name"]
    assert api.get(path).json()["calendar"]["slotDuration"] == 60
    assert api.delete(path).json()["success"] is True
    assert api.get(path).status_code == 400


def test_names_of_v3_are_unknown_to_v2(desk: Desk, api: httpx.Client) -> None:
    contact_id = made(api)
    path = f"/contacts/{contact_id}/campaigns"

    assert api.delete(f"{path}/removeAll").status_code == 200
    assert api.delete(f"{path}/remove-all").status_code == 404
    assert desk.client(version="v3").delete(f"{path}/remove-all").is_success


def test_put_says_succeded_under_v2_and_succeeded_under_v3(desk: Desk) -> None:
    contact_id = made(desk.client())
    keys = [
        desk.client(version=version)
        .put(f"/contacts/{contact_id}", json={"city": "Bath"})
        .json()
        .keys()
        for version in ("2021-07-28", "v3")
    ]

    assert [("succeded" in each, "succeeded" in each) for each in keys] == [
        (True, False),
        (False, True),
    ]
