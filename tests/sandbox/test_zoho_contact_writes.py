"""Zoho contacts at the stand-in: creating, changing, deleting, persons."""

from __future__ import annotations

import re

import pytest

from sandbox.zoho import SECOND_ID
from tests.sandbox.zoho_client import BOTH, LIST_ONLY, persons

# Create


def test_a_create_is_201_with_the_old_path_in_location(zoho):
    answer = zoho.call("POST", "/contacts", json={"contact_name": "Ada"})
    contact = answer.json()["contact"]

    assert answer.status_code == 201
    assert answer.json()["message"] == "The contact has been added."
    assert answer.headers["Location"] == f"/api/v3/contacts/{contact['contact_id']}"
    assert set(contact) >= BOTH
    assert not (LIST_ONLY & set(contact))
    assert "tags" not in contact
    assert contact["primary_contact_id"] == ""
    assert contact["billing_address"]["address_id"]
    assert contact["shipping_address"]["address"] == ""


@pytest.mark.parametrize("body", [{}, {"contact_name": ""}, {"contact_name": "  "}])
def test_a_contact_needs_a_name(zoho, body):
    answer = zoho.call("POST", "/contacts", json=body)

    assert answer.status_code == 400
    assert answer.json() == {"code": 3013, "message": "Enter a valid Contact Name"}


def test_names_are_unique_without_regard_to_case_across_vendors_and_inactive(zoho):
    vendor = zoho.create("Vendor", contact_type="vendor")
    zoho.call("POST", f"/contacts/{vendor['contact_id']}/inactive")

    answer = zoho.call("POST", "/contacts", json={"contact_name": "VENDOR"})

    assert answer.status_code == 400
    assert answer.json() == {
        "code": 3062,
        "message": 'The customer "VENDOR" already exists. Please specify a different '
        "name.",
    }


def test_the_same_name_is_free_in_another_organization(zoho):
    zoho.create("Ada")
    answer = zoho.call(
        "POST",
        "/contacts",
        params={"organization_id": SECOND_ID},
        json={"contact_name": "Ada"},
    )

    assert answer.status_code == 201


def test_top_level_person_fields_are_silently_ignored(zoho):
    contact = zoho.create("Ada", email="a@b.example", phone="1", first_name="Ada")

    assert (contact["email"], contact["phone"], contact["first_name"]) == ("", "", "")


def test_the_first_person_of_a_new_contact_is_primary(zoho):
    contact = zoho.create(
        "Ada",
        **persons({"first_name": "One", "email": "1@b.example"}, {"last_name": "2"}),
    )

    flags = [each["is_primary_contact"] for each in contact["contact_persons"]]
    assert flags == [True, False]
    assert contact["email"] == "1@b.example"
    assert (
        contact["primary_contact_id"]
        == (contact["contact_persons"][0]["contact_person_id"])
    )


def test_is_primary_contact_accepts_only_true(zoho):
    body = {"contact_name": "A"} | persons({"is_primary_contact": False})

    assert zoho.call("POST", "/contacts", json=body).json()["code"] == 2


def test_values_that_are_too_long_or_of_the_wrong_type_are_refused(zoho):
    long = zoho.call("POST", "/contacts", json={"contact_name": "x" * 201})
    number = zoho.call("POST", "/contacts", json={"contact_name": 5})
    text = zoho.call("POST", "/contacts", content=b"{")

    assert (long.status_code, long.json()["code"]) == (400, 15)
    assert (number.status_code, number.json()["code"]) == (400, 2)
    assert (text.status_code, text.json()["code"]) == (400, 4)


def test_payment_terms_without_a_label_leave_the_label(zoho):
    contact = zoho.create("Ada", payment_terms=15)

    assert contact["payment_terms"] == 15
    assert contact["payment_terms_label"] == "Due on Receipt"


# Update


def test_an_update_is_partial_and_bumps_the_time(zoho):
    before = zoho.create("Ada", website="https://a.example", notes="n")
    zoho.clock.advance(5)

    answer = zoho.call(
        "PUT", f"/contacts/{before['contact_id']}", json={"company_name": "Engine"}
    )
    after = answer.json()["contact"]

    assert answer.json()["message"] == "Contact information has been saved."
    assert (after["website"], after["notes"]) == ("https://a.example", "n")
    assert after["company_name"] == "Engine"
    assert after["last_modified_time"] > before["last_modified_time"]
    assert after["created_time"] == before["created_time"]


def test_an_update_to_a_taken_name_is_refused_but_to_the_own_name_is_not(zoho):
    zoho.create("Taken")
    path = f"/contacts/{zoho.create('Ada')['contact_id']}"

    assert zoho.call("PUT", path, json={"contact_name": "taken"}).json()["code"] == 3062
    assert zoho.call("PUT", path, json={"contact_name": "ADA"}).status_code == 200
    assert zoho.call("PUT", path, json={"contact_name": ""}).json()["code"] == 3013


def test_the_persons_array_replaces_all_and_keeps_the_ids_sent(zoho):
    before = zoho.create("Ada", **persons({"first_name": "A"}, {"first_name": "B"}))
    first = before["contact_persons"][0]["contact_person_id"]
    sent = persons(
        {"contact_person_id": first, "first_name": "A2"},
        {"first_name": "C", "is_primary_contact": True},
    )

    zoho.call("PUT", f"/contacts/{before['contact_id']}", json=sent)
    after = zoho.read(before["contact_id"])

    assert [each["first_name"] for each in after["contact_persons"]] == ["A2", "C"]
    assert after["contact_persons"][0]["contact_person_id"] == first
    assert after["first_name"] == "C"


def test_a_sent_address_is_complete_and_keeps_its_id(zoho):
    before = zoho.create("Ada", billing_address={"address": "1 Road", "country": "USA"})
    path = f"/contacts/{before['contact_id']}"

    after = zoho.call("PUT", path, json={"billing_address": {"city": "Leeds"}}).json()

    assert before["billing_address"]["country_code"] == "US"
    address = after["contact"]["billing_address"]
    assert (address["city"], address["address"]) == ("Leeds", "")
    assert address["address_id"] == before["billing_address"]["address_id"]


# Delete and status


def test_a_deleted_contact_is_1002_for_every_call(zoho):
    path = f"/contacts/{zoho.create('Ada')['contact_id']}"

    deleted = zoho.call("DELETE", path)
    again = [zoho.call(method, path, json={}) for method in ("GET", "PUT", "DELETE")]

    assert deleted.json() == {"code": 0, "message": "The customer has been deleted."}
    assert {each.status_code for each in again} == {404}
    assert again[0].json() == {"code": 1002, "message": "Contact does not exist"}


def test_a_contact_with_transactions_cannot_be_deleted(zoho):
    params = {"sort_column": "outstanding_receivable_amount", "sort_order": "D"}
    row = zoho.call("GET", "/contacts", params=params).json()["contacts"][0]

    answer = zoho.call("DELETE", f"/contacts/{row['contact_id']}")

    assert (answer.status_code, answer.json()["code"]) == (400, 3000)


def test_a_contact_is_marked_inactive_and_active(zoho):
    path = f"/contacts/{zoho.create('Ada')['contact_id']}"

    inactive = zoho.call("POST", f"{path}/inactive").json()["message"]
    status = zoho.call("GET", path).json()["contact"]["status"]
    active = zoho.call("POST", f"{path}/active").json()["message"]

    assert inactive == "The contact has been marked as inactive."
    assert status == "inactive"
    assert active == "The contact has been marked as active."


# Persons


def test_a_person_is_added_as_secondary_and_promoted(zoho):
    contact_id = zoho.create("Ada", **persons({"first_name": "A"}))["contact_id"]
    zoho.clock.advance(5)
    body = {"contact_id": contact_id, "first_name": "B", "email": "b@b.example"}

    answer = zoho.call("POST", "/contacts/contactpersons", json=body)
    person = answer.json()["contact_person"]
    promoted = zoho.call(
        "POST", f"/contacts/contactpersons/{person['contact_person_id']}/primary"
    )

    assert answer.status_code == 201
    assert answer.json()["message"] == "Contact person's information has been saved."
    assert person["is_primary_contact"] is False
    assert promoted.json()["message"] == (
        "This contact person has been marked as your primary contact person."
    )
    contact = zoho.read(contact_id)
    assert contact["email"] == "b@b.example"
    assert contact["last_modified_time"] > contact["created_time"]


def test_a_person_is_changed_partially_and_deleted(zoho):
    contact = zoho.create("Ada", **persons({"first_name": "A", "phone": "1"}))
    person_id = contact["primary_contact_id"]
    path = f"/contacts/contactpersons/{person_id}"

    zoho.call("PUT", path, json={"phone": "2"})
    changed = zoho.read(contact["contact_id"])
    zoho.call("DELETE", path)
    emptied = zoho.read(contact["contact_id"])

    assert (changed["first_name"], changed["phone"]) == ("A", "2")
    assert (emptied["contact_persons"], emptied["primary_contact_id"]) == ([], "")
    assert zoho.call("PUT", path, json={}).status_code == 404


def test_all_persons_are_listed_by_id_with_display_dates(zoho):
    body = zoho.call("GET", "/contacts/contactpersons", params={"page": "2"}).json()
    ids = [each["contact_person_id"] for each in body["contact_persons"]]

    assert len(ids) == 20
    assert ids == sorted(ids)
    assert re.fullmatch(
        r"\d\d [A-Z][a-z]{2} \d{4}", body["contact_persons"][0]["created_time"]
    )
    assert body["page_context"]["has_more_page"] is False


def test_the_persons_of_one_contact_are_listed_and_read(zoho):
    contact = zoho.create("Ada", **persons({"first_name": "A"}, {"first_name": "B"}))
    path = f"/contacts/{contact['contact_id']}/contactpersons"

    listed = zoho.call("GET", path).json()["contact_persons"]
    one = zoho.call("GET", f"{path}/{listed[1]['contact_person_id']}").json()

    assert [each["first_name"] for each in listed] == ["A", "B"]
    assert one["contact_person"]["first_name"] == "B"
    assert zoho.call("GET", f"{path}/1").json()["code"] == 1002
