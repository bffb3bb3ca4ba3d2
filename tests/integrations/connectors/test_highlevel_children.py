"""HighLevel's notes, tasks and appointments: every field through every call."""

from __future__ import annotations

import json

import pytest

from crosswalk.errors import (
    OutcomeUnknown,
    PermanentError,
    RemoteNotFound,
    RemoteRejected,
)
from integrations.connectors.base import Record
from integrations.connectors.highlevel.spec import SPEC
from tests.integrations.connectors.contract import pages
from tests.integrations.connectors.highlevel_remote import ID, Remote
from tests.integrations.connectors.highlevel_world import World

USER, CALENDAR = "SbxUserOwenHartley01", "SbxCalendarConsult01"
TEN, ELEVEN = "2026-03-03T10:00:00.000Z", "2026-03-03T11:00:00.000Z"
TWELVE = "2026-03-03T12:00:00.000Z"
# object type → field → two values that come back as they were written
SAMPLES = {
    "note": {
        "body": ("Called, no answer", "Called again:\nwants a quote"),
        "title": ("Call", "Second call"),
        "color": ("#FFAA00", "#00AAFF"),
        "pinned": (True, False),
        "userId": (USER, "SbxUserPriyaNair0002"),
    },
    "task": {
        "title": ("Send quote", "Send contract"),
        "body": ("By post", "By e-mail"),
        "dueDate": (TEN, ELEVEN),
        "completed": (True, False),
        "assignedTo": (USER, "SbxUserPriyaNair0002"),
    },
    "appointment": {
        "title": ("Fitting", "Second fitting"),
        "calendarId": (CALENDAR, CALENDAR),
        "startTime": (TEN, ELEVEN),
        "endTime": (ELEVEN, TWELVE),
        "appointmentStatus": ("confirmed", "showed"),
        "assignedUserId": (USER, "SbxUserPriyaNair0002"),
        "address": ("Zoom", "12 High Street"),
        "description": ("Bring samples", "Bring the contract"),
    },
}
MINIMAL = {
    "note": {"body": "Hello"},
    "task": {"title": "Call", "dueDate": TEN},
    "appointment": {"calendarId": CALENDAR, "startTime": TEN, "endTime": TWELVE},
}
# what cannot be emptied, because HighLevel needs it or does not say how
KEPT = {
    "note": {"body"},
    "task": {"title", "dueDate"},
    "appointment": {"calendarId", "startTime", "endTime", "appointmentStatus"},
}
TYPES = tuple(SAMPLES)
every_type = pytest.mark.parametrize("kind", TYPES)


@pytest.fixture
def world():
    return World()


@pytest.fixture
def person(world):
    return world.contact(firstName="Ada")


def made(world, kind, person, **values):
    return world.write(kind, None, {**MINIMAL[kind], **values}, person)


# Writing


@every_type
def test_samples_cover_all_that_can_be_written(kind):
    fields = SPEC.object(kind).fields

    assert {f.key for f in fields if f.is_writable} == set(SAMPLES[kind])


@every_type
def test_each_field_round_trips_through_a_create(world, person, kind):
    for key, (value, _) in SAMPLES[kind].items():
        record = made(world, kind, person, **{key: value})

        assert record.values[key] == value, key
        assert record.parent_id == person


@every_type
def test_each_field_round_trips_through_an_update(world, person, kind):
    record = made(world, kind, person)
    for key, values in SAMPLES[kind].items():
        for value in values:
            record = world.write(kind, record, {key: value})

            assert record.values[key] == value, key


@every_type
def test_all_fields_round_trip_in_one_call(world, person, kind):
    record = made(world, kind, person)
    after = {key: second for key, (_, second) in SAMPLES[kind].items()}

    steps = world.connector.steps(kind, record, after)
    record = world.write(kind, record, after)

    assert len(steps) == 1
    assert {key: record.values[key] for key in after} == after


@every_type
def test_each_field_is_emptied_or_says_that_it_cannot_be(world, person, kind):
    record = made(world, kind, person)
    for key, (value, _) in SAMPLES[kind].items():
        record = world.write(kind, record, {key: value})
        if key in KEPT[kind]:
            with pytest.raises(RemoteRejected) as caught:
                world.connector.steps(kind, record, {key: None})
            assert caught.value.code == "field_not_emptied"
            continue

        record = world.write(kind, record, {key: None})

        assert record.values[key] in (None, False), key


@every_type
def test_an_update_leaves_other_fields_alone(world, person, kind):
    samples = {key: first for key, (first, _) in SAMPLES[kind].items()}
    record = made(world, kind, person, **samples)
    for key, (_, second) in SAMPLES[kind].items():
        if key == "startTime":
            continue  # the end equals it by then: HighLevel moves it
        changed = world.write(kind, record, {key: second})

        assert dict(changed.values) == {**record.values, key: second}, key
        record = changed


def test_moving_only_the_start_of_an_appointment_keeps_its_end(world, person):
    record = made(world, "appointment", person)

    record = world.write("appointment", record, {"startTime": ELEVEN})

    assert record.values["endTime"] == TWELVE


@every_type
def test_what_is_deleted_is_not_found_and_deleting_again_is_fine(world, person, kind):
    record = made(world, kind, person)

    world.delete(kind, record)
    world.delete(kind, record)

    with pytest.raises(RemoteNotFound, match=f"this {kind}"):
        world.connector.get(kind, record.id, person)


@every_type
def test_read_only_fields_are_refused_and_not_dropped(world, person, kind):
    record = made(world, kind, person)

    with pytest.raises(RemoteRejected) as caught:
        world.connector.steps(kind, record, {"id": "x"})

    assert caught.value.code == "field_not_writable"


@every_type
def test_a_create_without_what_it_needs_is_refused(world, person, kind):
    with pytest.raises(RemoteRejected) as caught:
        world.connector.steps(kind, None, {}, person)

    assert caught.value.code == "value_missing"


@every_type
def test_a_create_without_a_contact_is_refused(world, kind):
    with pytest.raises(RemoteRejected) as caught:
        world.connector.steps(kind, None, MINIMAL[kind])

    assert caught.value.code == "parent_unknown"


@every_type
def test_a_create_whose_answer_names_nothing_is_of_unknown_outcome(kind):
    remote = Remote((200, {}, {}))
    (step,) = remote.connector.steps(kind, None, MINIMAL[kind], ID)

    with pytest.raises(OutcomeUnknown):
        remote.connector.perform(kind, step, None)


def test_only_done_has_a_call_of_its_own(world, person):
    record = made(world, "task", person)
    world.requests.clear()

    world.write("task", record, {"completed": True})

    assert world.sent[0] == f"PUT /contacts/{person}/tasks/{record.id}/completed"


def test_a_new_task_is_open_unless_said_otherwise():
    (step,) = Remote().connector.steps("task", None, MINIMAL["task"], ID)

    assert step.body["values"]["completed"] is False
    assert "completed" not in step.fields


def test_times_are_sent_in_one_form():
    (step,) = Remote().connector.steps(
        "task", None, {"title": "Call", "dueDate": "2026-03-03T12:00:00+02:00"}, ID
    )

    assert step.body["values"]["dueDate"] == TEN


def test_an_appointment_outside_the_calendars_hours_is_refused_in_words(world, person):
    with pytest.raises(RemoteRejected, match="no longer available"):
        made(world, "appointment", person, startTime="2026-03-03T02:00:00.000Z")


def test_deleting_an_appointment_sends_an_empty_object_as_the_vendor_asks(
    world, person
):
    record = made(world, "appointment", person)
    world.requests.clear()

    world.delete("appointment", record)

    assert world.sent == [f"DELETE /calendars/events/{record.id}"]
    assert json.loads(world.requests[0].content) == {}


def test_one_of_a_series_is_read_and_left_alone():
    remote = Remote({"event": {"id": "abc_1729821600000_1800", "contactId": ID}})

    record = remote.connector.get("appointment", "abc_1729821600000_1800")

    assert record.excluded == "recurring"
    for act in (
        lambda: remote.connector.steps("appointment", record, {"title": "x"}),
        lambda: remote.connector.delete_steps("appointment", record),
    ):
        with pytest.raises(RemoteRejected) as caught:
            act()
        assert caught.value.code == "recurring"


# Reading


@every_type
def test_children_of_a_contact_are_all_of_them_and_no_others(world, kind):
    person, other = world.contact(), world.contact()
    ids = {made(world, kind, person).id for _ in range(4)}
    made(world, kind, other)

    found = world.connector.children(kind, person)

    assert {record.id for record in found} == ids
    assert {record.parent_id for record in found} == {person}


@every_type
def test_a_row_of_a_list_never_contradicts_the_detail(world, person, kind):
    samples = {key: first for key, (first, _) in SAMPLES[kind].items()}
    record = made(world, kind, person, **samples)
    rows = list(world.connector.children(kind, person))
    if kind != "note":
        rows += world.connector.list_page(kind, None).records

    for row in rows:
        assert {k: record.values[k] for k in row.values} == dict(row.values)


@pytest.mark.parametrize("kind", ["note", "task"])
def test_a_field_left_out_is_empty(world, person, kind):
    record = made(world, kind, person)

    for field in SPEC.object(kind).fields:
        assert field.key in record.values, field.key


def test_a_contacts_list_of_appointments_says_nothing_of_the_description(world, person):
    made(world, "appointment", person, description="Bring samples")

    (row,) = world.connector.children("appointment", person)

    assert "description" not in row.values
    assert row.values["title"]


def test_times_without_a_zone_are_those_of_the_location(world, person):
    summer = "2026-06-02T10:00:00.000Z"  # 11:00 in London
    made(world, "appointment", person, startTime=summer, endTime=None)

    (row,) = world.connector.children("appointment", person)

    assert row.values["startTime"] == summer


def test_all_tasks_are_paged_to_the_end_once(world):
    people = [world.contact() for _ in range(3)]
    ids = [made(world, "task", each, title=f"{n}").id for each in people for n in "123"]

    found = pages(lambda cursor: world.connector.list_page("task", cursor))

    assert sorted(r.id for page in found for r in page.records) == sorted(ids)
    assert {r.parent_id for page in found for r in page.records} == set(people)


def test_tasks_deleted_between_pages_hide_no_others(world, person):
    records = [made(world, "task", person, title=f"{n}") for n in range(10)]
    doomed = iter(records[:4])

    found = pages(
        lambda cursor: world.connector.list_page("task", cursor),
        lambda: world.delete("task", next(doomed)),
    )

    seen = {record.id for page in found for record in page.records}
    assert seen >= {record.id for record in records[4:]}


def test_tasks_of_a_server_that_gives_fewer_than_asked_are_all_read():
    rows = [{"id": f"t{n}", "title": "x", "contactId": ID} for n in range(60)]
    asked = []

    def answer(request):
        body = json.loads(request.content)
        asked.append(body["limit"])
        return rows[body["skip"] : body["skip"] + 25]

    remote = Remote()
    remote.answer_with(lambda request: {"tasks": answer(request)})

    found = pages(lambda cursor: remote.connector.list_page("task", cursor))

    assert len({r.id for page in found for r in page.records}) == 60
    assert set(asked) == {100}


def test_appointments_are_listed_calendar_by_calendar_in_spans(world, person):
    inside = made(world, "appointment", person).id
    later = "2027-11-02T10:00:00.000Z"
    ahead = made(world, "appointment", person, startTime=later, endTime=None).id
    beyond = "2029-11-06T10:00:00.000Z"
    made(world, "appointment", person, startTime=beyond, endTime=None)
    world.requests.clear()

    found = pages(lambda cursor: world.connector.list_page("appointment", cursor))

    assert sorted(r.id for page in found for r in page.records) == sorted(
        [inside, ahead]
    )
    spans = [
        (int(each.url.params["startTime"]), int(each.url.params["endTime"]))
        for each in world.requests
        if each.url.path.endswith("/calendars/events")
    ]
    assert all(
        end == start for (_, end), (start, _) in zip(spans, spans[1:], strict=False)
    )


def test_a_location_without_calendars_has_no_appointments():
    page = Remote({"calendars": []}).connector.list_page("appointment", None)

    assert (list(page.records), page.next) == ([], None)


def test_calls_of_the_calendars_name_their_own_version():
    remote = Remote({"calendars": []}, {"notes": []})

    remote.connector.list_page("appointment", None)
    remote.connector.children("note", ID)

    versions = [each.headers["version"] for each in remote.requests]
    assert versions == ["2021-04-15", "2021-07-28"]


@every_type
def test_only_contacts_can_be_asked_for_their_changes(world, kind):
    with pytest.raises(PermanentError) as caught:
        world.connector.changes_page(kind, world.clock.now(), None)

    assert caught.value.message == SPEC.object(kind).cannot["changes"]


def test_notes_cannot_be_listed_for_the_whole_account(world):
    with pytest.raises(PermanentError) as caught:
        world.connector.list_page("note", None)

    assert caught.value.message == SPEC.object("note").cannot["list"]


# A child whose contact nobody named


def test_a_task_without_its_contact_is_found_by_the_search(world):
    people = [world.contact() for _ in range(5)]
    task = [made(world, "task", each) for each in people][-1]

    found = world.connector.get("task", task.id)

    assert (found.id, found.parent_id, found.via) == (task.id, people[-1], "detail")


def test_a_task_the_search_does_not_show_is_not_taken_as_gone(world):
    with pytest.raises(RemoteRejected) as caught:
        world.connector.get("task", "nowhere")

    assert caught.value.code == "parent_unknown"


def test_a_note_without_its_contact_cannot_be_read(world):
    with pytest.raises(RemoteRejected) as caught:
        world.connector.get("note", "n1")

    assert caught.value.code == "parent_unknown"


def test_an_appointment_needs_no_contact_to_be_read(world, person):
    record = made(world, "appointment", person)

    assert world.connector.get("appointment", record.id).parent_id == person


# Permissions


def test_without_the_task_search_tasks_of_a_contact_are_still_read():
    world = World(without=("locations/tasks.readonly",))
    person = world.contact()
    made(world, "task", person)

    assert len(world.connector.children("task", person)) == 1
    with pytest.raises(PermanentError, match=r"locations/tasks\.readonly") as caught:
        world.connector.list_page("task", None)
    assert caught.value.code == "scope_missing"


@pytest.mark.parametrize(
    ("scope", "act"),
    [
        ("calendars.readonly", lambda c: c.list_page("appointment", None)),
        ("calendars/events.readonly", lambda c: c.get("appointment", ID)),
        (
            "calendars/events.write",
            lambda c: c.perform(
                "appointment",
                c.steps("appointment", None, MINIMAL["appointment"], ID)[0],
                None,
            ),
        ),
    ],
)
def test_a_missing_calendar_permission_is_named(scope, act):
    with pytest.raises(PermanentError) as caught:
        act(World(without=(scope,)).connector)

    assert caught.value.code == "scope_missing"
    assert f"“{scope}”" in caught.value.message


@every_type
def test_ids_that_are_none_are_never_called(kind):
    remote = Remote()
    record = Record("../x", {}, "detail", parent_id=ID)

    with pytest.raises(RemoteNotFound):
        remote.connector.get(kind, "../x", ID)
    with pytest.raises(RemoteNotFound):
        remote.connector.children(kind, "../x")
    with pytest.raises(RemoteNotFound):
        (step,) = remote.connector.delete_steps(kind, record)
        remote.connector.perform(kind, step, record)
    assert remote.requests == []


def test_the_401_of_a_calendar_call_is_remembered_for_the_connection():
    remote = Remote((401, {"message": "Invalid JWT"}, {}))

    with pytest.raises(PermanentError):
        remote.connector.list_page("appointment", None)

    assert remote.api.refused is not None
