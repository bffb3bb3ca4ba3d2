"""Zoho's webhooks: signatures, and ids out of whatever a rule sends."""

from __future__ import annotations

import hashlib
import hmac
import json
from urllib.parse import urlencode

import pytest

from crosswalk.errors import WebhookRejected
from integrations.connectors.base import WebhookRequest
from integrations.connectors.zoho_invoice import MODULE

SECRET = "abcdef123456"
FORM = {"content-type": "application/x-www-form-urlencoded"}


def request(payload, headers=None, query=()):
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return WebhookRequest(body, headers or {"content-type": "application/json"}, query)


def signed(body, text, headers=None, query=()):
    digest = hmac.new(SECRET.encode(), text, hashlib.sha256).hexdigest()
    head = {**(headers or {}), "x-zoho-webhook-signature": digest}
    return WebhookRequest(body, head, query)


def test_the_published_example_is_signed_as_pairs_then_body():
    body = b'{"created_date":"2019-03-06","event_id":"5675"}'
    query = (("subscription_id", "90343"), ("name", "basic"))

    MODULE.verify(
        signed(body, b"namebasicsubscription_id90343" + body, query=query),
        keys=(),
        secret=SECRET,
    )


def test_a_form_is_signed_by_its_pairs_alone():
    body = urlencode({"b": "2 x", "a": "1"}).encode()

    MODULE.verify(signed(body, b"a1b2 x", FORM), keys=(), secret=SECRET)


def test_a_wrong_signature_is_refused():
    with pytest.raises(WebhookRejected) as caught:
        MODULE.verify(signed(b"{}", b"other"), keys=(), secret=SECRET)

    assert caught.value.status == 401


def test_a_missing_signature_is_refused_once_a_secret_is_agreed():
    with pytest.raises(WebhookRejected):
        MODULE.verify(request({}), keys=(), secret=SECRET)


def test_without_a_secret_the_address_is_the_proof():
    MODULE.verify(request({}), keys=(), secret="")


@pytest.mark.parametrize(
    "payload",
    [
        {"contact": {"contact_id": "46"}},
        {"contact_id": 46},
        {"data": {"contact_id": "46"}},
        {"data": {"contact": {"contact_id": "46"}}},
        {"customer": {"contact_id": " 46 "}},
    ],
)
def test_the_contact_is_found_wherever_it_is(payload):
    (delivery,) = MODULE.parse(request(payload))

    assert (delivery.object_type, delivery.record_id) == ("contact", "46")


@pytest.mark.parametrize(
    "pairs", [{"JSONString": '{"contact": {"contact_id": "46"}}'}, {"contact_id": "46"}]
)
def test_forms_are_read_too(pairs):
    (delivery,) = MODULE.parse(request(urlencode(pairs).encode(), FORM))

    assert delivery.record_id == "46"


@pytest.mark.parametrize(
    ("payload", "event", "deleted"),
    [
        ({"contact_id": "1"}, "contact", False),
        (
            {"contact_id": "1", "event_type": "contact.updated"},
            "contact.updated",
            False,
        ),
        ({"contact_id": "1", "action": "Deleted"}, "Deleted", True),
    ],
)
def test_the_event_says_what_happened(payload, event, deleted):
    (delivery,) = MODULE.parse(request(payload))

    assert (delivery.event_type, delivery.deleted) == (event, deleted)


def test_a_delivery_about_something_else_is_of_no_known_type():
    (delivery,) = MODULE.parse(request({"creditnote": {"creditnote_id": "9"}}))

    assert (delivery.object_type, delivery.record_id) == ("", "")


@pytest.mark.parametrize(
    ("payload", "kind"),
    [
        ({"invoice": {"invoice_id": "9"}}, "invoice"),
        ({"data": {"estimate": {"estimate_id": 9}}}, "estimate"),
        ({"customerpayment": {"payment_id": "9"}}, "payment"),
    ],
)
def test_a_delivery_about_a_document_names_it(payload, kind):
    (delivery,) = MODULE.parse(request(payload))

    assert (delivery.object_type, delivery.record_id) == (kind, "9")


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'"46"', b"\xff\xfe", b"[" * 100_000]
)
def test_what_is_not_a_json_object_is_refused(body):
    with pytest.raises(WebhookRejected) as caught:
        MODULE.parse(request(body))

    assert caught.value.status == 400


def test_a_broken_form_is_refused():
    with pytest.raises(WebhookRejected) as caught:
        MODULE.parse(request(b"JSONString=%7B", FORM))

    assert caught.value.status == 400


def test_an_unknown_content_type_is_refused():
    with pytest.raises(WebhookRejected) as caught:
        MODULE.parse(request(b"<a/>", {"content-type": "text/xml"}))

    assert caught.value.status == 415


# Persons, projects and the address


def hints(payload, headers=None, query=()):
    return [
        (d.object_type, d.record_id, d.parent_id, d.deleted)
        for d in MODULE.parse(request(payload, headers, query))
    ]


@pytest.mark.parametrize(
    "payload",
    [
        {"contact_person": {"contact_person_id": "7", "contact_id": "46"}},
        {"contact_id": "46", "contact_person_id": 7},
        {"data": {"contact_person": {"contact_person_id": "7"}, "contact_id": "46"}},
    ],
)
def test_a_changed_person_is_a_hint_at_its_customer_too(payload):
    assert hints(payload) == [
        ("contact_person", "7", "46", False),
        ("contact", "46", "", False),
    ]


def test_a_deleted_person_is_no_deleted_customer():
    person = {"contact_person_id": "7", "contact_id": "46"}
    payload = {"event_type": "contact_person.deleted", "contact_person": person}

    assert hints(payload) == [
        ("contact_person", "7", "46", True),
        ("contact", "46", "", False),
    ]


def test_a_person_alone_is_known_without_its_customer():
    assert hints({"contact_person": {"contact_person_id": "7"}}) == [
        ("contact_person", "7", "", False)
    ]


def project(**changes):
    tasks = [{"task_id": "8"}, {"task_id": 9}]
    found = {"project_id": "50", "customer_id": "46", "tasks": tasks}
    return {"project": found | {"description": "[crosswalk:46]"} | changes}


@pytest.mark.parametrize("payload", [project(), {"data": project()}])
def test_a_project_of_ours_hints_at_its_tasks(payload):
    assert hints(payload) == [("task", "8", "46", False), ("task", "9", "46", False)]


@pytest.mark.parametrize(
    "changes",
    [
        {"description": "Roof"},
        {"customer_id": ""},
        {"customer_id": "47"},
        {"tasks": "none"},
        {"tasks": [None, "x", {"task_id": True}]},
    ],
)
def test_other_projects_are_none_of_ours(changes):
    assert hints(project(**changes)) == [("", "", "", False)]


def test_what_is_no_object_is_passed_over():
    payload = {"data": "x", "project": [1], "contact": 3, "contact_person": "y"}

    assert hints(payload) == [("", "", "", False)]


def test_parameters_in_the_address_are_read_and_the_body_wins():
    query = (("contact_id", "1"),)

    assert hints(b"", {}, query) == [("contact", "1", "", False)]
    assert hints({"contact_id": "2"}, None, query) == [("contact", "2", "", False)]


def test_a_form_may_hold_an_entity_as_json():
    pairs = {"contact": '{"contact_id": "46"}', "event_type": "contact.created"}

    assert hints(urlencode(pairs).encode(), FORM) == [("contact", "46", "", False)]


def test_a_form_with_half_an_entity_is_refused():
    with pytest.raises(WebhookRejected):
        hints(urlencode({"contact": '{"contact_id": '}).encode(), FORM)


@pytest.mark.parametrize("event", ["contact.created", "contact.edited"])
def test_created_and_edited_are_both_reasons_to_read(event):
    assert hints({"event_type": event, "contact_id": "46"}) == [
        ("contact", "46", "", False)
    ]


def test_an_id_too_long_to_be_one_is_none():
    assert hints({"contact_id": "4" * 51}) == [("", "", "", False)]
