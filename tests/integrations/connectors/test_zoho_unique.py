"""Creating customers at Zoho Invoice by a unique custom field, once proven."""

from __future__ import annotations

import pytest

from crosswalk.errors import AccessExpired, NameTaken, OutcomeUnknown, RateLimited
from integrations.connectors.base import Account
from sandbox.zoho import fields as sandbox_fields
from tests.integrations.connectors.zoho_remote import (
    ACCOUNT,
    Sandbox,
    Zoho,
    fixture,
    kinds,
    ok,
    refusal,
)

FIELD = "custom_fields.cf_link"
FACTS = {"unique_field": "cf_link"}
CHOSEN = Account(ACCOUNT.id, ACCOUNT.name, ACCOUNT.time_zone, facts=FACTS)
AFTER = {
    "contact_name": "Ada",
    FIELD: "hl-1",
    "first_name": "Ada",
    "email": "a@x.example",
}
HEADERS = {
    "x-unique-identifier-key": "cf_link",
    "x-unique-identifier-value": "hl-1",
    "x-upsert": "true",
}


@pytest.fixture
def zoho():
    zoho = Sandbox(**FACTS)
    sandbox_fields.field_define(
        zoho.app.extensions["store"],
        zoho.connector.account.id,
        "cf_link",
        "HighLevel id",
        is_unique=True,
    )
    return zoho


def upserted(*answers, after=AFTER):
    """Perform the first step of a create; return the remote and the result."""
    zoho = Zoho(*answers, account=CHOSEN)
    step = zoho.connector.steps("contact", None, after)[0]
    return zoho, zoho.connector.perform("contact", step, None)


def named(zoho, name):
    return zoho.connector.find("contact", "name", name)


def test_it_is_off_by_default():
    steps = Zoho().connector.steps("contact", None, AFTER)

    assert kinds(steps) == ["create"]


@pytest.mark.parametrize("value", [None, "", True, "naïve", "a\r\nX-Evil: 1"])
def test_without_a_value_that_fits_a_header_the_create_is_plain(value):
    after = {"contact_name": "Ada", FIELD: value}

    steps = Zoho(account=CHOSEN).connector.steps("contact", None, after)

    assert kinds(steps) == ["create"]


def test_a_create_by_the_unique_field_names_it_in_the_headers():
    zoho, result = upserted(ok(fixture("contact_saved")))

    request = zoho.requests[0]
    assert (request.method, request.url.path) == ("PUT", "/invoice/v3/contacts")
    assert {key: request.headers[key] for key in HEADERS} == HEADERS
    assert result.record_id


def test_the_first_call_never_carries_persons():
    zoho, _ = upserted(ok(fixture("contact_saved")))

    assert "contact_persons" not in zoho.sent()[2]


def test_a_customer_is_made_with_its_person(zoho):
    record = zoho.write("contact", None, AFTER)

    read = zoho.connector.get("contact", record.id)
    assert {key: read.values[key] for key in AFTER} == AFTER
    assert read.facts["persons"] == 1


def test_a_create_done_twice_makes_one_customer(zoho):
    first = zoho.write("contact", None, AFTER)
    second = zoho.write("contact", None, AFTER)

    assert first.id == second.id
    assert len(named(zoho, "Ada")) == 1


def test_a_second_person_survives_a_repeated_create(zoho):
    record = zoho.write("contact", None, AFTER)
    body = {"contact_id": record.id, "first_name": "Second"}
    zoho.call("POST", "/contacts/contactpersons", body)

    zoho.write("contact", None, {**AFTER, "email": "new@x.example"})

    names = {row["first_name"] for row in zoho.persons(record.id).values()}
    assert names == {"Ada", "Second"}


def test_a_lost_answer_is_repeated_without_harm(zoho):
    fault = {"system": "zoho", "match": "PUT /contacts", "times": 1}
    zoho.switch(fail_next=[fault | {"fault": "commit_then_500", "seconds": 0}])
    steps = zoho.connector.steps("contact", None, AFTER)

    zoho.connector.perform("contact", steps[0], None)

    assert len(named(zoho, "Ada")) == 1


def test_an_organization_without_it_gets_the_plain_create(zoho):
    zoho.switch(zoho_unique_upsert=False)
    steps = zoho.connector.steps("contact", None, AFTER)

    made = zoho.connector.perform("contact", steps[0], None).record
    sent = len(zoho.sent)
    after = zoho.connector.perform("contact", steps[1], made)

    assert zoho.connector.get("contact", made.id).values["email"] == "a@x.example"
    assert after.record is None
    assert len(zoho.sent) == sent + 1  # the read above; the person was there already


@pytest.mark.parametrize(
    "answer", [refusal(5, 404), refusal(37, 405), refusal(2), refusal(1002, 404)]
)
def test_a_refusal_falls_back_to_the_plain_create(answer):
    zoho, result = upserted(answer, (201, fixture("contact_saved")))

    assert [r.method for r in zoho.requests] == ["PUT", "POST"]
    assert zoho.sent()[2]["contact_persons"][0]["email"] == "a@x.example"
    assert "x-upsert" not in zoho.requests[1].headers
    assert result.record_id


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        ([refusal(3062)], NameTaken),
        ([refusal(45, 429)], RateLimited),
        ([refusal(57, 401)] * 2, AccessExpired),
        ([ok({"code": 0})], OutcomeUnknown),
    ],
)
def test_what_is_no_refusal_of_the_headers_is_no_reason_to_fall_back(answers, error):
    with pytest.raises(error):
        upserted(*answers)


# The probe


def test_the_probe_finds_that_the_field_is_honoured_and_changes_nothing(zoho):
    before = zoho.call("GET", "/contacts?filter_by=Status.All")["contacts"]

    probe = zoho.connector.probe_unique_field("cf_link")

    assert probe.honoured
    assert probe.contact_id == ""
    assert zoho.call("GET", "/contacts?filter_by=Status.All")["contacts"] == before


def test_the_probe_asks_for_no_create():
    zoho = Zoho(refusal(1002, 404))

    zoho.connector.probe_unique_field(FIELD)

    assert "x-upsert" not in zoho.requests[0].headers
    assert zoho.requests[0].headers["x-unique-identifier-key"] == "cf_link"


def test_the_probe_finds_an_organization_without_it(zoho):
    zoho.switch(zoho_unique_upsert=False)

    probe = zoho.connector.probe_unique_field("cf_link")

    assert not probe.honoured
    assert "the usual way" in probe.text


def test_the_probe_finds_a_field_that_is_not_unique(zoho):
    store = zoho.app.extensions["store"]
    sandbox_fields.field_define(store, zoho.connector.account.id, "cf_any", "Any")

    assert not zoho.connector.probe_unique_field("cf_any").honoured


def test_the_probe_says_what_it_made_against_all_expectation():
    probe = Zoho(ok(fixture("contact_saved"))).connector.probe_unique_field("cf_link")

    assert not probe.honoured
    assert probe.contact_id
    assert "delete it" in probe.text


def test_the_probe_does_not_take_a_lost_permission_for_an_answer():
    with pytest.raises(AccessExpired):
        Zoho(*[refusal(57, 401)] * 2).connector.probe_unique_field("cf_link")
