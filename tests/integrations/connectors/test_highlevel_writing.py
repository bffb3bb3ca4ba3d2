"""HighLevel: which calls a change takes, and what comes of them."""

from __future__ import annotations

import httpx
import pytest

from crosswalk.errors import (
    DuplicateRefused,
    OutcomeUnknown,
    PermanentError,
    RemoteNotFound,
    RemoteRejected,
)
from integrations.connectors.base import Record
from tests.integrations.connectors.highlevel_remote import (
    ID,
    LOCATION,
    Remote,
    changed,
    fixture,
)

KEYS = {"email": "rubika@deos.example", "phone": "+18832327657"}
BEFORE = Record(ID, {**KEYS, "firstName": "Rubika", "companyName": "DGS"}, "detail")


def steps(after, before=BEFORE):
    return Remote().connector.steps("contact", before, after)


def perform(answer, after, before=BEFORE):
    remote = Remote(answer)
    step = next(each for each in steps(after, before) if each.writes)
    return remote, lambda: remote.connector.perform("contact", step, before)


# Which calls


def test_a_create_is_one_call_with_all_that_has_a_value():
    (step,) = steps({"firstName": "Jo", "email": "jo@x.example", "city": None}, None)

    assert step.kind == "create"
    assert step.fields == ("firstName", "email")
    assert step.body == {
        "locationId": LOCATION,
        "firstName": "Jo",
        "email": "jo@x.example",
    }


def test_an_update_sends_only_what_differs_and_no_location():
    (step,) = steps({"firstName": "Jo", "website": None})

    assert (step.kind, step.fields) == ("update", ("firstName", "website"))
    assert step.body == {"firstName": "Jo", "website": None}


def test_what_may_not_be_null_is_emptied_by_an_empty_text():
    (step,) = steps({"postalCode": None, "country": None, "dnd": None})

    assert step.body == {"postalCode": "", "country": "", "dnd": False}


def test_the_company_is_written_by_an_upsert_that_names_the_contact():
    look_up, step = steps({"companyName": "Engines", "city": "London"})

    assert (look_up.kind, look_up.writes, look_up.body) == ("look_up", False, KEYS)
    assert (step.kind, step.fields) == ("upsert", ("companyName", "city"))
    assert step.body == {
        "locationId": LOCATION,
        **KEYS,
        "companyName": "Engines",
        "city": "London",
    }


def test_the_company_is_emptied_by_null():
    _, step = steps({"companyName": None})

    assert step.body["companyName"] is None


def test_a_new_key_is_written_before_the_company():
    update, look_up, upsert = steps(
        {"companyName": "E", "email": "b@x.example", "city": "Y"}
    )

    assert update.kind == "update"
    assert update.body == {"email": "b@x.example", "city": "Y"}
    assert look_up.body == {"email": "b@x.example", "phone": KEYS["phone"]}
    assert upsert.fields == ("companyName",)
    assert upsert.body == {
        "locationId": LOCATION,
        "email": "b@x.example",
        "phone": KEYS["phone"],
        "companyName": "E",
    }


def test_an_emptied_key_does_not_name_the_contact():
    _, look_up, upsert = steps({"companyName": "E", "phone": None})

    assert look_up.body == {"email": KEYS["email"]}
    assert upsert.body == {
        "locationId": LOCATION,
        "email": KEYS["email"],
        "companyName": "E",
    }


def test_a_key_that_several_contacts_share_never_names_one():
    before = Record(ID, BEFORE.values, "detail", facts={"ambiguous_keys": ["email"]})

    look_up, step = steps({"companyName": "E"}, before)

    assert "email" not in {**look_up.body, **step.body}
    assert step.body["phone"] == KEYS["phone"]


@pytest.mark.parametrize(
    "before",
    [
        Record(ID, {"email": None, "firstName": "Jo"}, "detail"),
        Record(ID, KEYS, "detail", facts={"ambiguous_keys": ["email", "phone"]}),
    ],
)
def test_without_a_key_of_its_own_the_company_cannot_be_written(before):
    with pytest.raises(RemoteRejected) as caught:
        steps({"companyName": "E"}, before)

    assert caught.value.code == "company_not_writable"


@pytest.mark.parametrize(
    "key", ["id", "dateAdded", "dndSettings.SMS", "customFields.x", "unheard"]
)
def test_what_cannot_be_written_is_said_and_not_dropped(key):
    with pytest.raises(RemoteRejected) as caught:
        steps({key: "x"})

    assert caught.value.code == "field_not_writable"


def test_nothing_to_write_takes_no_call():
    assert list(steps({})) == []


def test_names_need_not_be_unique():
    assert Remote().connector.unique_name("contact", {"firstName": "Jo"}, 0) == ""


# What comes of them


def test_a_create_brings_back_the_id_and_what_the_answer_names():
    created = (201, fixture("contact_created"), {})
    remote, run = perform(created, {"email": "rubika@deos.example"}, None)

    result = run()

    assert remote.calls == ["POST /contacts/"]
    assert result.record_id == ID
    assert result.request_id == "a7d40e6c-78a8-4f0e-8a06-96a3ce3f0f61"
    assert result.record.via == "write"
    assert result.record.values["dateOfBirth"] == "1990-09-25"
    assert "timezone" not in result.record.values


def test_a_field_missing_from_the_answer_to_a_write_was_not_read():
    answer = {"succeded": True, "contact": {"id": ID, "firstName": "Jo", "city": None}}
    remote, run = perform(answer, {"firstName": "Jo"})

    result = run()

    assert remote.calls == [f"PUT /contacts/{ID}"]
    assert result.record.values == {"id": ID, "firstName": "Jo", "city": None}
    assert result.record.facts == {}


def test_a_duplicate_refusal_names_the_holder():
    _, run = perform(
        (400, fixture("duplicate_refused"), {}), {"phone": KEYS["phone"]}, None
    )

    with pytest.raises(DuplicateRefused) as caught:
        run()

    assert caught.value.remote_id == ID
    assert caught.value.matching_field == "phone"
    assert caught.value.request_id == "2b1f4a4c-7e33-4c0c-8d4e-3a37b6d2e6a9"


def test_a_422_keeps_the_message_of_each_field():
    _, run = perform((422, fixture("refused_422"), {}), {"firstName": "Jo"})

    with pytest.raises(RemoteRejected) as caught:
        run()

    assert caught.value.status == 422
    assert caught.value.fields == {
        "companyName": "property companyName should not exist",
        "email": "email must be an email",
        "tags": "each value in tags must be a string",
        "customFields": "customFields.0.id must be a string",
    }


def test_a_create_that_times_out_is_not_repeated():
    remote, run = perform(httpx.ReadTimeout("slow"), {"email": "a@b.example"}, None)

    with pytest.raises(OutcomeUnknown):
        run()

    assert len(remote.requests) == 1


def test_an_upsert_is_repeated_after_a_server_error():
    remote = Remote((502, {}, {}), fixture("contact_upserted"))
    _, step = steps({"companyName": "E"})

    result = remote.connector.perform("contact", step, BEFORE)

    assert result.record_id == ID
    assert remote.calls == ["POST /contacts/upsert"] * 2


def test_an_upsert_that_met_another_contact_is_an_error_that_names_both():
    answer = fixture("contact_upserted")
    answer["contact"] = changed(answer["contact"], {"id": "another"})
    _, run = perform(answer, {"companyName": "E"})

    with pytest.raises(RemoteRejected) as caught:
        run()

    assert caught.value.code == "upsert_other_contact"
    assert "another" in caught.value.detail
    assert ID in caught.value.detail


def test_an_upsert_that_made_a_contact_says_which():
    answer = fixture("contact_upserted") | {"new": True}
    answer["contact"] = changed(answer["contact"], {"id": "brandnew"})
    _, run = perform(answer, {"companyName": "E"})

    with pytest.raises(RemoteRejected, match="made a new person") as caught:
        run()

    assert caught.value.code == "upsert_other_contact"
    assert "new contact brandnew" in caught.value.detail


def test_an_update_of_a_deleted_contact_is_not_found():
    gone = (400, {"statusCode": 400, "message": f"Contact with id {ID} not found"}, {})
    _, run = perform(gone, {"firstName": "Jo"})

    with pytest.raises(RemoteNotFound):
        run()


@pytest.mark.parametrize("key", ["succeded", "succeeded"])
def test_an_update_that_did_not_succeed_is_an_error(key):
    _, run = perform({key: False}, {"firstName": "Jo"})

    with pytest.raises(RemoteRejected):
        run()


def test_a_missing_permission_is_named():
    refused = (401, {"message": "The token is not authorized for this scope."}, {})
    _, run = perform(refused, {"firstName": "Jo"})

    with pytest.raises(PermanentError, match=r"contacts\.write") as caught:
        run()

    assert caught.value.code == "scope_missing"


@pytest.mark.parametrize(
    "message",
    [
        "User with id u1 not found",
        "Custom field with id x not found",
        "location not found",
        "assignedTo: user not found",
    ],
)
def test_a_value_that_names_nothing_is_refused_and_the_person_is_not_gone(message):
    _, run = perform((400, {"statusCode": 400, "message": message}, {}), {"city": "Y"})

    with pytest.raises(RemoteRejected) as caught:
        run()

    assert message in caught.value.message
