"""What hangs on contacts and locations of the HighLevel sandbox."""

from __future__ import annotations

import httpx
import pytest

from sandbox.highlevel import accounts
from tests.sandbox.test_highlevel_support import LOCATION, Desk, new_contact

CALENDAR = "SbxCalendarConsult01"


@pytest.fixture
def api() -> httpx.Client:
    return Desk().client()


@pytest.fixture
def contact(api: httpx.Client) -> str:
    """The address of a contact."""
    made = api.post("/contacts/", json=new_contact(tags=["one", "two"]))
    return f"/contacts/{made.json()['contact']['id']}"


def test_tags_are_added_and_removed_one_by_one(api: httpx.Client, contact: str) -> None:
    added = api.post(f"{contact}/tags", json={"tags": ["Three", "ONE"]})
    removed = api.request("DELETE", f"{contact}/tags", json={"tags": ["Two"]})

    assert (added.status_code, removed.status_code) == (201, 200)
    assert added.json()["tags"] == ["one", "two", "three"]
    assert removed.json()["tags"] == ["one", "three"]
    assert api.get(contact).json()["contact"]["tags"] == ["one", "three"]


def test_removing_tags_without_a_body_is_a_422(api: httpx.Client, contact: str) -> None:
    assert api.delete(f"{contact}/tags").status_code == 422


def test_unknown_tags_enter_the_dictionary(api: httpx.Client, contact: str) -> None:
    answer = api.get(f"/locations/{LOCATION}/tags")

    assert {"one", "two"} <= {tag["name"] for tag in answer.json()["tags"]}


def test_tags_of_many_contacts_change_at_once(api: httpx.Client, contact: str) -> None:
    id = contact.rpartition("/")[2]
    body = {"contacts": [id, "nobody"], "tags": ["Two"], "locationId": LOCATION}

    answer = api.post("/contacts/bulk/tags/update/remove", json=body)

    assert answer.status_code == 201
    assert answer.json()["errorCount"] == 1
    assert answer.json()["responses"][0]["tagsRemoved"] == ["two"]
    assert api.get(contact).json()["contact"]["tags"] == ["one"]


def test_notes_live_through_their_whole_life(api: httpx.Client, contact: str) -> None:
    made = api.post(f"{contact}/notes", json={"body": "Hello", "pinned": True})
    path = f"{contact}/notes/{made.json()['note']['id']}"
    changed = api.put(path, json={"title": "First"})

    assert made.status_code == 201
    assert changed.json()["note"]["body"] == "Hello"
    assert api.get(path).json()["note"] == changed.json()["note"]
    assert len(api.get(f"{contact}/notes").json()["notes"]) == 1
    assert api.delete(path).json()["succeded"] is True
    assert api.get(f"{contact}/notes").json()["notes"] == []


def test_a_note_needs_a_body_and_no_location(api: httpx.Client, contact: str) -> None:
    answer = api.post(f"{contact}/notes", json={"locationId": LOCATION})

    assert answer.status_code == 422
    assert "property locationId should not exist" in answer.json()["message"]
    assert "body should not be empty" in answer.json()["message"]


def test_tasks_live_through_their_whole_life(api: httpx.Client, contact: str) -> None:
    body = {"title": "Call", "dueDate": "2026-07-01T12:00:00+02:00", "completed": False}
    made = api.post(f"{contact}/tasks", json=body)
    path = f"{contact}/tasks/{made.json()['task']['id']}"
    done = api.put(f"{path}/completed", json={"completed": True})

    assert made.status_code == 201
    assert made.json()["task"]["dueDate"] == "2026-07-01T10:00:00.000Z"
    assert done.json()["task"]["completed"] is True
    assert len(api.get(f"{contact}/tasks").json()["tasks"]) == 1
    assert api.delete(path).json()["succeded"] is True
    assert api.get(path).status_code == 400


def test_tasks_of_a_location_are_searched_in_bulk(
    api: httpx.Client, contact: str
) -> None:
    for completed in (True, False):
        body = {"title": "Call", "dueDate": "2026-07-01", "completed": completed}
        api.post(f"{contact}/tasks", json=body)

    answer = api.post(f"/locations/{LOCATION}/tasks/search", json={"completed": False})

    (task,) = answer.json()["tasks"]
    assert contact.endswith(task["contactId"])


def test_notes_and_tasks_leave_the_contacts_date_alone(
    api: httpx.Client, contact: str
) -> None:
    before = api.get(contact).json()["contact"]["dateUpdated"]
    api.post(f"{contact}/notes", json={"body": "Hello"})

    assert api.get(contact).json()["contact"]["dateUpdated"] == before


def test_custom_fields_are_defined_and_listed(api: httpx.Client) -> None:
    path = f"/locations/{LOCATION}/customFields"
    made = api.post(path, json={"name": "Shoe size", "dataType": "NUMERICAL"})

    field = made.json()["customField"]
    assert made.status_code == 201
    assert field["fieldKey"] == "contact.shoe_size"
    listed = api.get(path, params={"model": "contact"}).json()["customFields"]
    assert field["id"] in {each["id"] for each in listed}
    assert api.get(path, params={"model": "moon"}).status_code == 422


def test_the_location_tells_country_zone_and_settings(api: httpx.Client) -> None:
    location = api.get(f"/locations/{LOCATION}").json()["location"]

    assert (location["country"], location["timezone"]) == ("GB", "Europe/London")
    assert location["settings"]["allowDuplicateContact"] is False


def test_the_users_of_a_location_are_listed(api: httpx.Client) -> None:
    users = api.get("/users/", params={"locationId": LOCATION}).json()["users"]

    assert users[0]["id"] == accounts.OWNER_USER_ID


def test_followers_campaigns_workflows_and_businesses(
    api: httpx.Client, contact: str
) -> None:
    followed = api.post(f"{contact}/followers", json={"followers": ["u1", "u2"]})
    left = api.request("DELETE", f"{contact}/followers", json={"followers": ["u1"]})
    body = {"locationId": LOCATION, "ids": [contact.rpartition("/")[2]]}
    business = api.post("/contacts/bulk/business", json={**body, "businessId": "b1"})

    assert followed.json()["followersAdded"] == ["u1", "u2"]
    assert left.json()["followers"] == ["u2"]
    assert business.json()["success"] is True
    listed = api.get("/contacts/business/b1", params={"locationId": LOCATION})
    assert listed.json()["count"] == 1
    place = {"locationId": LOCATION}
    campaign = api.get("/campaigns/", params=place).json()["campaigns"][0]["id"]
    workflow = api.get("/workflows/", params=place).json()["workflows"][0]["id"]
    assert api.post(f"{contact}/campaigns/{campaign}", json={}).status_code == 201
    assert api.post(f"{contact}/campaigns/c1", json={}).status_code == 400
    assert api.delete(f"{contact}/campaigns/removeAll").status_code == 200
    assert api.post(f"{contact}/workflow/{workflow}", json={}).status_code == 201
    assert api.post(f"{contact}/workflow/w1", json={}).status_code == 400
    assert api.delete(f"{contact}/workflow/{workflow}").status_code == 200


def test_appointments_live_through_their_whole_life(
    api: httpx.Client, contact: str
) -> None:
    body = {
        "calendarId": CALENDAR,
        "locationId": LOCATION,
        "contactId": contact.rpartition("/")[2],
        "startTime": "2026-07-16T11:00:00+01:00",
    }
    made = api.post("/calendars/events/appointments", json=body)
    id = made.json()["id"]
    path = f"/calendars/events/appointments/{id}"
    moved = api.put(path, json={"appointmentStatus": "showed"})
    listed = api.get(f"{contact}/appointments").json()["events"]
    window = {"startTime": 1784100000000, "endTime": 1784300000000}
    events = api.get(
        "/calendars/events",
        params={"locationId": LOCATION, "calendarId": CALENDAR, **window},
    )

    assert made.status_code == 200
    assert "dateAdded" not in made.json()
    assert moved.json()["appointmentStatus"] == "showed"
    # Local to the location, without a zone.
    assert listed[0]["startTime"] == "2026-07-16 11:00:00"
    assert listed[0]["endTime"] == "2026-07-16 11:30:00"
    assert [event["id"] for event in events.json()["events"]] == [id]
    gone = api.request("DELETE", f"/calendars/events/{id}", json={})
    assert (gone.status_code, gone.json()["succeeded"]) == (201, True)
    assert api.get(path).status_code == 400
