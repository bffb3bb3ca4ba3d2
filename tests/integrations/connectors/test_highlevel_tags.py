"""HighLevel's tags: added and removed one by one, never replaced."""

from __future__ import annotations

import json

import pytest

from integrations.connectors.base import Record
from tests.integrations.connectors.highlevel_remote import ID, LOCATION, Remote
from tests.integrations.connectors.highlevel_world import World


def before(*tags):
    return Record(ID, {"tags": list(tags) or None}, "detail")


def steps(known, after):
    found = Remote().connector.steps("contact", known, {"tags": after})
    return [(step.kind, dict(step.body), step.fields) for step in found]


def test_what_is_new_is_added_and_what_is_missing_removed():
    assert steps(before("lead", "vip"), ["vip", "Customer"]) == [
        ("add_tags", {"tags": ["Customer"]}, ()),
        ("remove_tags", {"tags": ["lead"]}, ("tags",)),
    ]


def test_only_the_last_call_says_that_the_field_is_written():
    assert steps(before("lead"), ["lead", "vip"]) == [
        ("add_tags", {"tags": ["vip"]}, ("tags",))
    ]


@pytest.mark.parametrize("same", [["VIP"], ["vip", "Vip "], "vip"])
def test_case_and_repeats_make_no_difference(same):
    assert steps(before("vip"), same) == []


@pytest.mark.parametrize("empty", [None, [], [""]])
def test_emptied_tags_are_those_that_were_known(empty):
    assert steps(before("lead", "vip"), empty) == [
        ("remove_tags", {"tags": ["lead", "vip"]}, ("tags",))
    ]


def test_tags_that_were_not_read_are_read_first():
    assert steps(Record(ID, {}, "list"), ["vip"]) == [
        ("read", {}, ()),
        ("add_tags", {"tags": ["vip"]}, ()),
        ("remove_tags", {"keep": ["vip"]}, ("tags",)),
    ]


def test_on_a_create_they_ride_along():
    (step,) = Remote().connector.steps(
        "contact", None, {"email": "a@b.example", "tags": ["vip", "VIP", "lead"]}
    )

    assert step.body == {
        "locationId": LOCATION,
        "email": "a@b.example",
        "tags": ["vip", "lead"],
    }
    assert step.fields == ("email", "tags")


def test_other_fields_go_before_them_and_without_them():
    found = Remote().connector.steps(
        "contact", before("lead"), {"city": "London", "tags": ["vip"]}
    )

    assert [step.kind for step in found] == ["update", "add_tags", "remove_tags"]
    assert found[0].body == {"city": "London"}


def test_a_tag_given_meanwhile_stays():
    world = World()
    person = world.contact(tags=["lead", "old"])
    record = world.connector.get("contact", person)
    world.save(person, {"tags": ["lead", "old", "by hand"]})

    record = world.write("contact", record, {"tags": ["lead", "new"], "city": "York"})

    assert sorted(record.values["tags"]) == ["by hand", "lead", "new"]


def test_a_tag_given_meanwhile_stays_though_the_company_changes_too():
    world = World()
    person = world.contact(tags=["lead"])
    record = world.connector.get("contact", person)
    world.save(person, {"tags": ["lead", "by hand"]})

    record = world.write("contact", record, {"tags": ["vip"], "companyName": "E"})

    assert sorted(record.values["tags"]) == ["by hand", "vip"]
    assert record.values["companyName"] == "E"


def test_unread_tags_become_exactly_those_wanted():
    world = World()
    person = world.contact(tags=["lead", "old"])
    record = Record(person, {}, "list")

    record = world.write("contact", record, {"tags": ["Lead", "new"]})

    assert sorted(record.values["tags"]) == ["lead", "new"]


def test_nothing_to_remove_after_the_read_makes_no_call():
    world = World()
    person = world.contact(tags=["lead"])

    world.write("contact", Record(person, {}, "list"), {"tags": ["lead", "new"]})

    assert not [each for each in world.sent if each.startswith("DELETE")]


def test_the_answer_reports_all_tags_that_are_there_now():
    remote = Remote((201, {"tags": ["lead", "vip"]}, {}))
    (step,) = remote.connector.steps(
        "contact", before("lead"), {"tags": ["lead", "vip"]}
    )

    result = remote.connector.perform("contact", step, before("lead"))

    assert result.record.values == {"tags": ["lead", "vip"]}
    assert remote.calls == [f"POST /contacts/{ID}/tags"]


def test_a_removal_carries_its_body_though_it_is_a_delete():
    remote = Remote({"tags": []})
    (step,) = remote.connector.steps("contact", before("lead"), {"tags": None})

    result = remote.connector.perform("contact", step, before("lead"))

    assert remote.calls == [f"DELETE /contacts/{ID}/tags"]
    assert json.loads(remote.requests[0].content) == {"tags": ["lead"]}
    assert result.record.values == {"tags": None}


def test_adding_tags_is_repeated_after_a_server_error():
    remote = Remote((502, {}, {}), (201, {"tags": ["vip"]}, {}))
    (step,) = remote.connector.steps("contact", before(), {"tags": ["vip"]})

    remote.connector.perform("contact", step, before())

    assert len(remote.requests) == 2
