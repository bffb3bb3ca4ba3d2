"""Writing to Zoho Invoice: the planned calls, what they do, and its errors."""

from __future__ import annotations

import copy

import pytest

from crosswalk.errors import (
    NameTaken,
    OutcomeUnknown,
    RemoteNotFound,
    RemoteRejected,
)
from integrations.connectors.base import Record
from tests.integrations.connectors.zoho_remote import (
    CONTACT_PATH,
    ID,
    PERSON_PATH,
    PRIMARY,
    Zoho,
    detail,
    fixture,
    kinds,
    known,
    listed,
    ok,
    performed,
    refusal,
)

# Planning


def test_a_create_is_one_post_with_its_person():
    after = {
        "contact_name": "Acme",
        "company_name": "Acme",
        "first_name": "Ann",
        "email": "ann@acme.example",
        "phone": None,
        "website": "",
        "billing_address.city": "Bath",
        "custom_fields.cf_plan": "gold",
    }

    (step,) = Zoho().connector.steps("contact", None, after)

    assert step.body == {
        "contact_type": "customer",
        "customer_sub_type": "business",
        "contact_name": "Acme",
        "company_name": "Acme",
        "billing_address": {"city": "Bath"},
        "custom_fields": [{"api_name": "cf_plan", "value": "gold"}],
        "contact_persons": [
            {
                "first_name": "Ann",
                "email": "ann@acme.example",
                "is_primary_contact": True,
            }
        ],
    }


def test_a_create_without_person_values_sends_no_person():
    after = {"contact_name": "Acme", "email": None}

    (step,) = Zoho().connector.steps("contact", None, after)

    assert "contact_persons" not in step.body
    assert step.body["customer_sub_type"] == "individual"


def test_contact_fields_take_one_call():
    steps = Zoho().connector.steps("contact", listed(), {"website": None})

    assert kinds(steps) == ["update_contact"]


def test_person_fields_take_one_call_when_the_person_is_known():
    steps = Zoho().connector.steps("contact", known(), {"email": "n@x.example"})

    assert kinds(steps) == ["update_person"]


def test_person_fields_need_a_read_when_the_person_is_unknown():
    steps = Zoho().connector.steps("contact", listed(), {"email": "n@x.example"})

    assert kinds(steps) == ["read", "update_person"]
    assert [step.writes for step in steps] == [False, True]


def test_both_kinds_take_two_calls_while_there_are_persons():
    after = {"email": "n@x.example", "website": "https://x.example"}

    steps = Zoho().connector.steps("contact", known(), after)

    assert kinds(steps) == ["update_person", "update_contact"]
    assert [step.fields for step in steps] == [("email",), ("website",)]


def test_both_kinds_share_a_call_while_there_is_no_person_after_looking_again():
    nobody = Record(ID, listed().values, "detail", facts={"primary_person": ""})
    after = {"email": "n@x.example", "website": "https://x.example"}

    steps = Zoho().connector.steps("contact", nobody, after)

    assert kinds(steps) == ["read", "update_contact"]


def test_an_address_needs_a_read_when_it_is_not_known():
    after = {"billing_address.city": "Bath"}

    assert kinds(Zoho().connector.steps("contact", listed(), after)) == [
        "read",
        "update_contact",
    ]
    assert kinds(Zoho().connector.steps("contact", known(), after)) == [
        "update_contact"
    ]


def test_one_read_serves_both_person_and_address():
    after = {"billing_address.city": "Bath", "email": "n@x.example"}

    steps = Zoho().connector.steps("contact", listed(), after)

    assert kinds(steps) == ["read", "update_person", "update_contact"]


def test_the_person_is_read_again_when_the_list_shows_somebody_else():
    moved = known(first_name="Peter", email="peter.parker@bowman.example")

    steps = Zoho().connector.steps("contact", moved, {"phone": "1"})

    assert kinds(steps) == ["read", "update_person"]


# Writing


def test_a_create_returns_the_contact_and_who_is_primary():
    zoho = Zoho((201, fixture("contact_saved")))
    (step,) = zoho.connector.steps("contact", None, {"contact_name": "Bowman"})

    result = zoho.connector.perform("contact", step, None)

    assert zoho.sent()[:2] == ("POST", "/invoice/v3/contacts")
    assert (result.record_id, result.record.via) == (ID, "write")
    assert result.record.facts["primary_person"] == PRIMARY
    assert result.record.facts["status"] == "active"


@pytest.mark.parametrize(
    "answer",
    [
        (201, {"code": 0}),
        (500, {"code": 1000, "message": "Internal error"}),
        (200, {"code": 1000, "message": "Internal error"}),
        (200, '{"code": 0, "con'),
        (503, "<html>busy</html>"),
    ],
)
def test_a_create_that_is_not_confirmed_is_never_repeated(answer):
    zoho = Zoho(answer)
    (step,) = zoho.connector.steps("contact", None, {"contact_name": "Bowman"})

    with pytest.raises(OutcomeUnknown):
        zoho.connector.perform("contact", step, None)

    assert len(zoho.requests) == 1


def test_an_update_is_repeated_when_zoho_fails():
    zoho = Zoho(
        (500, {"code": 1000}), (200, {"code": 1000}), ok(fixture("contact_saved"))
    )

    performed(zoho, known(), {"website": "https://x.example"})

    assert len(zoho.requests) == 3


def test_clearing_a_field_sends_empty_text():
    zoho = Zoho(ok(fixture("contact_saved")))

    performed(zoho, known(), {"website": None})

    assert zoho.sent() == ("PUT", CONTACT_PATH, {"website": ""})


def test_a_person_is_written_alone_with_its_required_fields():
    zoho = Zoho(ok(fixture("person_saved")))

    _, result = performed(zoho, known(), {"email": "new@bowman.example"})

    assert zoho.sent() == (
        "PUT",
        PERSON_PATH,
        {"contact_id": ID, "first_name": "Will", "email": "new@bowman.example"},
    )
    assert result.record.values["email"] == "new@bowman.example"
    assert result.record.modified_at is None


def test_a_person_answer_may_be_a_list():
    answer = fixture("person_saved")
    answer["contact_person"] = [answer["contact_person"]]

    _, result = performed(Zoho(ok(answer)), known(), {"email": "new@bowman.example"})

    assert result.record.values["first_name"] == "Will"


def test_the_person_stays_known_after_our_own_write():
    record, _ = performed(
        Zoho(ok(fixture("person_saved"))), known(), {"email": "new@bowman.example"}
    )

    assert kinds(Zoho().connector.steps("contact", record, {"phone": "1"})) == [
        "update_person"
    ]


def test_a_read_tells_the_person_to_write_on():
    zoho = Zoho(ok(detail()), ok(fixture("person_saved")))

    performed(zoho, listed(), {"email": "new@bowman.example"})

    assert [zoho.sent(n)[:2] for n in (0, 1)] == [
        ("GET", CONTACT_PATH),
        ("PUT", PERSON_PATH),
    ]


def test_a_contact_that_turns_out_to_have_no_person_gets_one():
    empty = {"contact_persons": [], "primary_contact_id": "", "first_name": ""}
    empty |= {"last_name": "", "email": "", "phone": ""}
    zoho = Zoho(ok(detail(**empty)), ok(fixture("contact_saved")))

    performed(zoho, listed(), {"email": "n@x.example", "phone": None})

    person = {"email": "n@x.example", "is_primary_contact": True}
    assert zoho.sent() == ("PUT", CONTACT_PATH, {"contact_persons": [person]})


def test_a_first_person_and_contact_fields_share_one_call():
    nobody = Record(ID, {}, "detail", facts={"primary_person": ""})
    empty = {"contact_persons": [], "primary_contact_id": ""}
    zoho = Zoho(ok(detail(**empty)), ok(fixture("contact_saved")))

    performed(zoho, nobody, {"email": "n@x.example", "website": "https://x.example"})

    assert set(zoho.sent()[2]) == {"website", "contact_persons"}


def test_nobody_is_replaced_where_no_person_is_primary():
    answer = detail(primary_contact_id="")
    for person in answer["contact"]["contact_persons"]:
        person["is_primary_contact"] = False
    zoho = Zoho(ok(answer))

    with pytest.raises(RemoteRejected, match="primary"):
        performed(zoho, listed(), {"email": "n@x.example"})

    assert [request.method for request in zoho.requests] == ["GET"]


def test_no_update_ever_sends_the_persons_of_a_contact_that_has_some():
    zoho = Zoho(ok(detail()), ok(fixture("person_saved")), ok(fixture("contact_saved")))

    performed(zoho, listed(), {"email": "n@x.example", "website": "https://x.example"})

    assert all("contact_persons" not in (zoho.sent(n)[2] or {}) for n in range(3))


def test_an_address_goes_out_complete_with_what_is_not_mapped():
    zoho = Zoho(ok(detail()), ok(fixture("contact_saved")))

    performed(zoho, listed(), {"billing_address.city": "Bath"})

    assert zoho.sent()[2] == {
        "billing_address": {
            "attention": "Accounts",
            "address": "4900 Hopyard Rd",
            "street2": "Suite 310",
            "city": "Bath",
            "state": "CA",
            "zip": "94588",
            "country": "U.S.A",
        }
    }


def test_a_vanished_person_does_not_read_as_a_vanished_contact():
    moved = detail(primary_contact_id="77")
    zoho = Zoho(refusal(1002, 404), ok(moved), ok(fixture("person_saved")))

    performed(zoho, known(), {"email": "n@x.example"})

    assert zoho.sent()[1].endswith("/contactpersons/77")


def test_a_person_that_stays_missing_is_a_refusal():
    zoho = Zoho(refusal(1002, 404), ok(detail()), refusal(1002, 404))

    with pytest.raises(RemoteRejected, match="contact person"):
        performed(zoho, known(), {"email": "n@x.example"})


def test_a_vanished_contact_is_not_found():
    zoho = Zoho(refusal(1002, 404), refusal(1002, 404))

    with pytest.raises(RemoteNotFound):
        performed(zoho, known(), {"email": "n@x.example"})


def test_the_name_goes_along_where_zoho_insists_on_it():
    zoho = Zoho(refusal(3013), ok(fixture("contact_saved")))
    record = known()

    performed(zoho, record, {"website": "https://x.example"})

    assert zoho.sent()[2] == {
        "website": "https://x.example",
        "contact_name": record.values["contact_name"],
    }


def test_a_taken_name_does_not_keep_other_fields_from_being_written():
    zoho = Zoho(refusal(3062), ok(fixture("contact_saved")))
    after = {"website": "https://x.example", "contact_name": "Taken"}

    performed(zoho, known(), after)

    assert zoho.sent()[2] == {"website": "https://x.example"}


@pytest.mark.parametrize("answers", [[refusal(3062)], [refusal(3013)]])
def test_a_name_alone_that_is_refused_stays_refused(answers):
    with pytest.raises(RemoteRejected):
        performed(Zoho(*answers), known(), {"contact_name": "Taken"})


def test_a_name_that_zoho_insists_on_but_another_holds_is_a_taken_name():
    zoho = Zoho(refusal(3013), refusal(3062))

    with pytest.raises(NameTaken):
        performed(zoho, known(), {"website": "https://x.example"})

    assert len(zoho.requests) == 2


# Names


@pytest.mark.parametrize(
    ("values", "attempt", "expected"),
    [
        ({"company_name": " Acme \n Ltd ", "first_name": "Ann"}, 0, "Acme Ltd"),
        ({"first_name": "Ann", "last_name": "Lee", "email": "a@x"}, 0, "Ann Lee"),
        ({"first_name": "Ann", "email": "a@x"}, 1, "Ann (a@x)"),
        ({"first_name": "Ann", "phone": "+44 1"}, 1, "Ann (+44 1)"),
        ({"first_name": "Ann", "email": "a@x"}, 3, "Ann (a@x) 3"),
        ({"email": "a@x", "phone": "+44 1"}, 1, "a@x (+44 1)"),
        ({"mobile": "+44 2"}, 0, "+44 2"),
        ({"first_name": "Ann"}, 1, "Ann 2"),
        ({}, 0, ""),
    ],
)
def test_the_customer_name_is_company_else_person_else_address(
    values, attempt, expected
):
    assert Zoho().connector.unique_name("contact", values, attempt) == expected


def test_a_long_name_is_cut_before_its_mark():
    values = {"company_name": "N" * 300, "email": "a@x.example"}

    name = Zoho().connector.unique_name("contact", values, 2)

    assert len(name) == 200
    assert name.endswith("N (a@x.example) 2")


def test_steps_change_neither_the_record_nor_the_values():
    record, after = known(), {"email": None, "billing_address.city": "Bath"}
    before = copy.deepcopy((record, after))

    Zoho().connector.steps("contact", record, after)

    assert (record, after) == before
