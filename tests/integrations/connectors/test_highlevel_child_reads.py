"""Reading HighLevel's notes, tasks and appointments: lists, details, permissions."""

from __future__ import annotations

import itertools
import json

import pytest

from crosswalk.errors import (
    AuthError,
    PermanentError,
    RateLimited,
    RemoteNotFound,
    RemoteRejected,
    TransientError,
)
from integrations.connectors.base import Record
from integrations.connectors.highlevel.spec import SPEC
from tests.integrations.connectors.contract import pages
from tests.integrations.connectors.highlevel_remote import ID, Remote
from tests.integrations.connectors.highlevel_samples import (
    MINIMAL,
    SAMPLES,
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
    assert all(end == start for (_, end), (start, _) in itertools.pairwise(spans))


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


@every_type
@pytest.mark.parametrize("body", [{}, [], {"notes": None, "tasks": 1, "events": ["x"]}])
def test_an_answer_without_a_list_is_no_empty_list(kind, body):
    with pytest.raises(TransientError):
        Remote(body).connector.children(kind, ID)


@pytest.mark.parametrize("kind", ["task", "appointment"])
def test_nor_is_a_page_without_one_the_last(kind):
    with pytest.raises(TransientError):
        Remote({}).connector.list_page(kind, None)


@every_type
@pytest.mark.parametrize(
    ("status", "message", "error", "code"),
    [
        (400, "Note with id n1 not found", RemoteNotFound, ""),
        (404, "Not found", RemoteNotFound, ""),
        (404, "Cannot GET /x", PermanentError, "wrong_address"),
        (401, "Invalid JWT", AuthError, ""),
        (401, "This authClass type is not allowed", AuthError, "company_token"),
        (422, ["title must be a string"], RemoteRejected, ""),
        (429, "Too Many Requests", RateLimited, ""),
        (500, "", TransientError, ""),
    ],
)
def test_refusals_mean_for_children_what_they_mean_for_contacts(
    kind, status, message, error, code
):
    remote = Remote(*[(status, {"message": message}, {})] * 3)

    with pytest.raises(error) as caught:
        remote.connector.get(kind, "n1", ID)

    assert not code or caught.value.code == code


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
    (step,) = remote.connector.delete_steps(kind, record)
    with pytest.raises(RemoteNotFound):
        remote.connector.perform(kind, step, record)
    assert remote.requests == []


def test_the_401_of_a_calendar_call_is_remembered_for_the_connection():
    remote = Remote((401, {"message": "Invalid JWT"}, {}))

    with pytest.raises(PermanentError):
        remote.connector.list_page("appointment", None)

    assert remote.api.refused is not None
