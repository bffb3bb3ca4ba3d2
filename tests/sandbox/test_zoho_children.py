"""What hangs on a Zoho contact: comments, addresses, custom fields, bulk calls."""

from __future__ import annotations

import pytest

from sandbox.zoho import SECOND_ID
from tests.sandbox.zoho_client import persons

# Comments


def test_comments_come_mixed_with_the_history_newest_first(zoho):
    contact_id = zoho.create("Ada")["contact_id"]
    path = f"/contacts/{contact_id}/comments"
    zoho.call("PUT", f"/contacts/{contact_id}", json={"website": "x"})
    added = zoho.call("POST", path, json={"description": "Called back"})
    listed = zoho.call("GET", path).json()

    assert added.status_code == 201
    assert added.json()["message"] == "The comment has been added."
    comments = listed["contact_comments"]
    told = [(each["operation_type"], each["description"]) for each in comments]
    assert told == [
        ("", "Called back"),
        ("updated", "Contact updated"),
        ("added", "Contact created"),
    ]
    assert comments[0]["comment_id"] == added.json()["comment"]["comment_id"]
    assert (comments[0]["contact_name"], comments[0]["date"]) == ("Ada", "2026-07-01")
    assert comments[0]["time"] == "1:00 PM"


def test_a_comment_leaves_the_contacts_time_alone(zoho):
    contact = zoho.create("Ada")
    zoho.clock.advance(60)
    path = f"/contacts/{contact['contact_id']}/comments"
    zoho.call("POST", path, json={"description": "Called back"})

    read = zoho.read(contact["contact_id"])
    assert read["last_modified_time"] == contact["last_modified_time"]


def test_a_comment_is_deleted_but_history_is_not_and_nothing_is_edited(zoho):
    path = f"/contacts/{zoho.create('Ada')['contact_id']}/comments"
    zoho.call("POST", path, json={"description": "Called back"})
    comment, created = zoho.call("GET", path).json()["contact_comments"]
    edit = zoho.call("PUT", f"{path}/{comment['comment_id']}", json={})
    refused = zoho.call("DELETE", f"{path}/{created['comment_id']}")
    gone = zoho.call("DELETE", f"{path}/{comment['comment_id']}")
    again = zoho.call("DELETE", f"{path}/{comment['comment_id']}")

    assert (edit.status_code, edit.json()["code"]) == (405, 37)
    assert refused.json()["code"] == 1002
    assert gone.json()["code"] == 0
    assert again.json()["code"] == 1002
    assert len(zoho.call("GET", path).json()["contact_comments"]) == 1


@pytest.mark.parametrize(
    ("body", "code"), [({}, 2), ({"description": " "}, 2), ({"description": 1}, 2)]
)
def test_an_empty_comment_is_refused(zoho, body, code):
    path = f"/contacts/{zoho.create('Ada')['contact_id']}/comments"

    assert zoho.call("POST", path, json=body).json()["code"] == code


def test_the_answer_to_a_comment_may_carry_no_id(zoho):
    zoho.switch(zoho_comment_in_answer=False)
    path = f"/contacts/{zoho.create('Ada')['contact_id']}/comments"
    added = zoho.call("POST", path, json={"description": "Called back"})

    assert set(added.json()) == {"code", "message"}


def test_comments_come_in_pages(zoho):
    path = f"/contacts/{zoho.create('Ada')['contact_id']}/comments"
    zoho.call("POST", path, json={"description": "One"})
    first = zoho.call("GET", path, params={"per_page": "1"}).json()

    assert first["page_context"]["has_more_page"]
    assert len(first["contact_comments"]) == 1


# Addresses


def test_a_blank_contact_has_two_blank_addresses_with_ids(zoho):
    contact = zoho.create("Ada")
    path = f"/contacts/{contact['contact_id']}/address"
    listed = zoho.call("GET", path).json()["addresses"]

    assert [each["address_id"] for each in listed] == [
        contact["billing_address"]["address_id"],
        contact["shipping_address"]["address_id"],
    ]
    assert {each["address"] for each in listed} == {""}
    assert contact["addresses"] == []


def test_an_additional_address_is_added_changed_and_deleted(zoho):
    contact = zoho.create("Ada")
    path = f"/contacts/{contact['contact_id']}/address"
    zoho.clock.advance(60)
    added = zoho.call("POST", path, json={"city": "Leeds", "country": "UK"})
    address = added.json()["address_info"]
    one = f"{path}/{address['address_id']}"
    changed = zoho.call("PUT", one, json={"city": "York"}).json()
    read = zoho.read(contact["contact_id"])
    deleted = zoho.call("DELETE", one).json()

    assert (added.status_code, added.json()["message"]) == (
        201,
        "The address has been created.",
    )
    assert (address["city"], address["country_code"]) == ("Leeds", "GB")
    assert changed["message"] == "The address has been updated."
    assert changed["address_info"]["address_id"] == address["address_id"]
    assert (changed["address_info"]["city"], changed["address_info"]["country"]) == (
        "York",
        "",
    )
    assert read["addresses"] == [changed["address_info"]]
    assert read["last_modified_time"] > contact["last_modified_time"]
    assert deleted["message"] == "The address has been deleted."
    assert zoho.call("DELETE", one).json()["code"] == 1002


def test_billing_and_shipping_are_no_additional_addresses(zoho):
    contact = zoho.create("Ada")
    billing = contact["billing_address"]["address_id"]
    path = f"/contacts/{contact['contact_id']}/address/{billing}"

    assert zoho.call("DELETE", path).json()["code"] == 1002


def test_a_partial_address_is_completed_only_by_switch(zoho):
    contact = zoho.create("Ada", billing_address={"city": "Leeds", "zip": "LS1"})
    path = f"/contacts/{contact['contact_id']}"
    zoho.switch(zoho_partial_addresses=True)
    zoho.call("PUT", path, json={"billing_address": {"city": "York"}})
    merged = zoho.read(contact["contact_id"])["billing_address"]
    zoho.switch(zoho_partial_addresses=False)
    zoho.call("PUT", path, json={"billing_address": {"city": "York"}})
    replaced = zoho.read(contact["contact_id"])["billing_address"]

    assert (merged["city"], merged["zip"]) == ("York", "LS1")
    assert (replaced["city"], replaced["zip"]) == ("York", "")


# Custom fields


def test_custom_fields_come_back_as_list_and_as_hash(zoho):
    contact = zoho.create(
        "Ada",
        custom_fields=[
            {"api_name": "cf_highlevel_id", "value": "abc"},
            {"label": "Segment", "value": "Trade"},
            {"index": 4, "value": True},
        ],
    )

    assert contact["custom_field_hash"] == {
        "cf_highlevel_id": "abc",
        "cf_highlevel_id_unformatted": "abc",
        "cf_segment": "Trade",
        "cf_segment_unformatted": "Trade",
        "cf_newsletter": "True",
        "cf_newsletter_unformatted": True,
    }
    shown = [(each["api_name"], each["value"]) for each in contact["custom_fields"]]
    assert shown == [
        ("cf_highlevel_id", "abc"),
        ("cf_segment", "Trade"),
        ("cf_newsletter", True),
    ]
    row = zoho.call("GET", "/contacts", params={"contact_name": "Ada"}).json()
    assert row["contacts"][0]["custom_field_hash"] == contact["custom_field_hash"]


def test_a_list_names_the_definitions_or_by_switch_does_not(zoho):
    def named(**params: str) -> list[dict]:
        answer = zoho.call("GET", "/contacts", params=params).json()
        return answer["page_context"]["custom_fields"]

    fields = {each["api_name"]: each for each in named()}
    assert fields["cf_highlevel_id"]["is_unique"]
    options = [each["name"] for each in fields["cf_segment"]["values"]]
    assert options == ["Private", "Trade", "Public sector"]
    assert named(organization_id=SECOND_ID) == []
    zoho.switch(zoho_list_custom_fields=False)
    assert named() == []


def test_a_value_must_fit_the_type_of_its_field(zoho):
    for name, value in (("cf_segment", "Royal"), ("cf_birthday", "1 May")):
        fields = [{"api_name": name, "value": value}]
        body = {"contact_name": "Ada", "custom_fields": fields}
        assert zoho.call("POST", "/contacts", json=body).json()["code"] == 15


def test_an_unknown_custom_field_is_refused_or_passed_over(zoho):
    body = {"contact_name": "Ada", "custom_fields": [{"label": "Shoe", "value": "38"}]}
    refused = zoho.call("POST", "/contacts", json=body)
    zoho.switch(zoho_unknown_custom_fields="ignore")
    taken = zoho.call("POST", "/contacts", json=body)

    assert (refused.status_code, refused.json()["code"]) == (400, 2)
    assert taken.json()["contact"]["custom_field_hash"] == {}


def test_a_unique_field_holds_each_value_once(zoho):
    fields = {"custom_fields": [{"api_name": "cf_highlevel_id", "value": "abc"}]}
    first = zoho.create("Ada", **fields)
    second = zoho.call("POST", "/contacts", json={"contact_name": "Bob"} | fields)
    path = f"/contacts/{first['contact_id']}"

    assert (second.status_code, second.json()["code"]) == (400, 2)
    assert zoho.call("PUT", path, json=fields).json()["code"] == 0


# Upsert by unique field


def unique(value: str, name: str = "cf_highlevel_id", **more: str) -> dict[str, str]:
    return {
        "X-Unique-Identifier-Key": name,
        "X-Unique-Identifier-Value": value,
    } | more


def test_an_update_finds_its_contact_by_the_unique_field(zoho):
    fields = [{"api_name": "cf_highlevel_id", "value": "abc"}]
    contact = zoho.create("Ada", custom_fields=fields)
    answer = zoho.call("PUT", "/contacts", headers=unique("abc"), json={"website": "x"})

    assert (answer.status_code, answer.json()["message"]) == (
        200,
        "Contact information has been saved.",
    )
    assert answer.json()["contact"]["contact_id"] == contact["contact_id"]
    assert zoho.read(contact["contact_id"])["website"] == "x"


def test_an_upsert_creates_once_and_then_updates(zoho):
    fields = [{"api_name": "cf_highlevel_id", "value": "abc"}]
    body = {"contact_name": "Ada", "custom_fields": fields}
    headers = unique("abc", **{"X-Upsert": "true"})
    without = zoho.call("PUT", "/contacts", headers=unique("abc"), json=body)
    first = zoho.call("PUT", "/contacts", headers=headers, json=body)
    second = zoho.call("PUT", "/contacts", headers=headers, json=body)

    assert without.json()["code"] == 1002
    assert (first.status_code, first.json()["message"]) == (
        201,
        "The contact has been added.",
    )
    assert second.status_code == 200
    ids = {each.json()["contact"]["contact_id"] for each in (first, second)}
    assert len(ids) == 1


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Unique-Identifier-Key": "cf_highlevel_id"},
        unique("abc", "cf_segment"),
        unique("abc", "cf_nothing"),
    ],
)
def test_an_upsert_needs_a_field_set_up_as_unique_and_a_value(zoho, headers):
    answer = zoho.call("PUT", "/contacts", headers=headers, json={"website": "x"})

    assert (answer.status_code, answer.json()["code"]) == (400, 2)


def test_an_organization_may_not_know_the_upsert(zoho):
    zoho.switch(zoho_unique_upsert=False)
    answer = zoho.call("PUT", "/contacts", headers=unique("abc"), json={})

    assert (answer.status_code, answer.json()["code"]) == (405, 37)


# Bulk delete


def test_several_contacts_are_deleted_in_one_call_or_none(zoho):
    one, two = zoho.create("One")["contact_id"], zoho.create("Two")["contact_id"]
    wrong = zoho.call("DELETE", "/contacts", params={"contact_ids": f"{one},1"})
    still = zoho.read(one)["contact_name"]
    gone = zoho.call("DELETE", "/contacts", params={"contact_ids": f"{one},{two}"})

    assert wrong.json()["code"] == 1002
    assert still == "One"
    assert gone.json()["message"] == "The contacts have been deleted."
    assert zoho.call("GET", f"/contacts/{two}").json()["code"] == 1002
    assert zoho.call("DELETE", "/contacts").json()["code"] == 2


# What the sheet marks as unverified: either way, by switch


@pytest.mark.parametrize("status", [404, 400])
def test_a_missing_record_is_1002_under_either_status(zoho, status):
    zoho.switch(zoho_missing_status=status)
    answer = zoho.call("GET", "/contacts/1")

    assert (answer.status_code, answer.json()["code"]) == (status, 1002)


@pytest.mark.parametrize(("ignores", "code"), [(True, 3062), (False, 0)])
def test_names_differ_by_case_or_not(zoho, ignores, code):
    zoho.create("Ada")
    zoho.switch(zoho_names_ignore_case=ignores)

    answer = zoho.call("POST", "/contacts", json={"contact_name": "ADA"})
    assert answer.json()["code"] == code


@pytest.mark.parametrize(("everywhere", "code"), [(True, 3062), (False, 0)])
def test_an_inactive_contact_keeps_its_name_or_not(zoho, everywhere, code):
    contact_id = zoho.create("Ada")["contact_id"]
    zoho.call("POST", f"/contacts/{contact_id}/inactive")
    zoho.switch(zoho_names_unique_everywhere=everywhere)

    answer = zoho.call("POST", "/contacts", json={"contact_name": "Ada"})
    assert answer.json()["code"] == code


@pytest.mark.parametrize(("clears", "left"), [(True, ""), (False, "x")])
def test_an_empty_text_clears_a_field_or_is_passed_over(zoho, clears, left):
    contact = zoho.create(
        "Ada", website="x", **persons({"first_name": "A", "phone": "x"})
    )
    zoho.switch(zoho_blank_clears=clears)
    path = f"/contacts/{contact['contact_id']}"
    zoho.call("PUT", path, json={"website": ""})
    person = contact["primary_contact_id"]
    zoho.call("PUT", f"/contacts/contactpersons/{person}", json={"phone": ""})

    read = zoho.read(contact["contact_id"])
    assert (read["website"], read["phone"]) == (left, left)


@pytest.mark.parametrize("keeps", [True, False])
def test_a_persons_array_keeps_the_ids_sent_or_makes_new_ones(zoho, keeps):
    contact = zoho.create("Ada", **persons({"first_name": "A"}))
    zoho.switch(zoho_array_keeps_person_ids=keeps)
    old = contact["contact_persons"][0]["contact_person_id"]
    sent = persons({"contact_person_id": old, "first_name": "B"})
    path = f"/contacts/{contact['contact_id']}"
    after = zoho.call("PUT", path, json=sent).json()["contact"]

    (person,) = after["contact_persons"]
    assert person["first_name"] == "B"
    assert (person["contact_person_id"] == old) is keeps
    assert after["primary_contact_id"] == person["contact_person_id"]


@pytest.mark.parametrize("bumps", [True, False])
def test_a_persons_edit_bumps_the_contact_or_not(zoho, bumps):
    contact = zoho.create("Ada", **persons({"first_name": "A"}))
    zoho.switch(zoho_person_edits_bump=bumps)
    zoho.clock.advance(60)
    person = contact["primary_contact_id"]
    path = f"/contacts/contactpersons/{person}"
    zoho.call("PUT", path, json={"email": "a@b.example"})

    read = zoho.read(contact["contact_id"])
    assert read["email"] == "a@b.example"
    assert (read["last_modified_time"] > contact["last_modified_time"]) is bumps


@pytest.mark.parametrize("hides", [False, True])
def test_the_default_list_hides_inactive_contacts_or_not(zoho, hides):
    contact_id = zoho.create("Ada")["contact_id"]
    zoho.call("POST", f"/contacts/{contact_id}/inactive")
    zoho.switch(zoho_default_hides_inactive=hides)

    def found(**more: str) -> int:
        params = {"contact_name": "Ada"} | more
        return len(zoho.call("GET", "/contacts", params=params).json()["contacts"])

    assert found() == (0 if hides else 1)
    assert found(filter_by="Status.All") == 1


def test_a_page_is_never_larger_than_the_switch_says(zoho):
    zoho.switch(zoho_largest_page=50)
    answer = zoho.call("GET", "/contacts", params={"per_page": "200"}).json()

    assert len(answer["contacts"]) == 50
    assert answer["page_context"]["per_page"] == 50


def test_a_person_is_read_by_its_own_address_too(zoho):
    contact = zoho.create("Ada", **persons({"first_name": "A"}))
    path = f"/contacts/contactpersons/{contact['primary_contact_id']}"
    person = zoho.call("GET", path).json()["contact_person"]

    assert (person["first_name"], person["contact_id"]) == ("A", contact["contact_id"])
