"""Writing HighLevel's notes, tasks and appointments: every field by every call."""

from __future__ import annotations

import json

import pytest

from crosswalk.errors import (
    OutcomeUnknown,
    RemoteNotFound,
    RemoteRejected,
)
from integrations.connectors.highlevel.spec import SPEC
from tests.integrations.connectors.highlevel_remote import ID, Remote
from tests.integrations.connectors.highlevel_samples import (
    ELEVEN,
    KEPT,
    MINIMAL,
    SAMPLES,
    TEN,
    TWELVE,
    every_type,
    made,
)
from tests.integrations.connectors.highlevel_world import World


@pytest.fixture
def world():
    return World()


@pytest.fixture
def person(world):
    return world.contact(firstName="Ada")


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

        expected = {**record.values, key: second}
        if "summary" in changed.values:  # made of the others
            expected["summary"] = changed.values["summary"]
        assert dict(changed.values) == expected, key
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
