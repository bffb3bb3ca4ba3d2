"""Zoho's webhooks in the sandbox: setting them, signing, firing."""

from __future__ import annotations

import hashlib
import hmac
import json

import httpx
import pytest

from sandbox.switches import Switches
from sandbox.zoho import MAIN_ID, SECOND_ID, desk
from tests.sandbox.zoho_client import Sandbox

SECRET = "abcdefghij1234"
URL = "http://product.example/hooks/zoho/t0ken"


class Inbox:
    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []
        self.statuses: list[int] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return httpx.Response(self.statuses.pop(0) if self.statuses else 200)


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def zoho(inbox) -> Sandbox:
    zoho = Sandbox(webhook_transport=httpx.MockTransport(inbox))
    zoho.switch(zoho_webhook_endpoint=True)
    return zoho


def hook(zoho: Sandbox, **more: object) -> httpx.Response:
    body = {"entity": "contact", "webhook_name": "Crosswalk", "url": URL} | more
    return zoho.call("POST", "/settings/webhooks", json=body)


def test_create_edit_and_delete_fire_with_the_contact_inside(zoho, inbox):
    hook(zoho)
    contact_id = zoho.create("Ada")["contact_id"]
    zoho.call("PUT", f"/contacts/{contact_id}", json={"website": "x"})
    zoho.call("DELETE", f"/contacts/{contact_id}")
    assert zoho.context.sender.drain()

    bodies = [json.loads(request.content) for request in inbox.requests]
    assert [body["contact"]["contact_id"] for body in bodies] == [contact_id] * 3
    assert [body["contact"]["website"] for body in bodies] == ["", "x", "x"]


def test_a_persons_edit_at_zoho_fires_and_has_another_author(zoho, inbox):
    hook(zoho)
    contact = zoho.create("Ada", contact_persons=[{"first_name": "A"}])
    desk.contact_save(zoho.context, contact["contact_id"], {"email": "a@b.example"})
    assert zoho.context.sender.drain()

    sent = json.loads(inbox.requests[-1].content)["contact"]
    assert (sent["email"], sent["first_name"]) == ("a@b.example", "A")
    assert sent["last_modified_by_id"] != contact["last_modified_by_id"]
    assert sent["primary_contact_id"] == contact["primary_contact_id"]


def test_the_signature_covers_sorted_query_pairs_and_the_raw_body(zoho, inbox):
    hook(zoho, url=f"{URL}?b=2%202&a=1", secret=SECRET)
    zoho.create("Ada")
    assert zoho.context.sender.drain()

    (request,) = inbox.requests
    signed = b"a1b2 2" + request.content
    expected = hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
    assert request.headers["X-Zoho-Webhook-Signature"] == expected


def test_without_a_secret_there_is_no_signature(zoho, inbox):
    hook(zoho)
    zoho.create("Ada")
    assert zoho.context.sender.drain()

    assert "X-Zoho-Webhook-Signature" not in inbox.requests[0].headers


def test_a_webhook_is_listed_without_its_secret_and_deleted(zoho, inbox):
    created = hook(zoho, secret=SECRET)
    webhook_id = created.json()["webhook"]["webhook_id"]

    listed = zoho.call("GET", "/settings/webhooks").json()["webhooks"]
    zoho.call("DELETE", f"/settings/webhooks/{webhook_id}")
    zoho.create("Ada")
    zoho.context.sender.drain()

    assert created.status_code == 201
    assert listed[0]["url"] == URL
    assert "secret" not in listed[0]
    assert inbox.requests == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"entity": "invoice"},
        {"url": ""},
        {"url": "ftp://x"},
        {"secret": "short"},
        {"webhook_name": "x" * 51},
    ],
)
def test_a_wrong_webhook_is_refused_with_code_2(zoho, wrong):
    answer = hook(zoho, **wrong)

    assert (answer.status_code, answer.json()["code"]) == (400, 2)


def test_the_endpoint_is_absent_as_nobody_found_it_for_invoice(zoho):
    zoho.switch(zoho_webhook_endpoint=Switches().zoho_webhook_endpoint)

    answer = hook(zoho)

    assert (answer.status_code, answer.json()["code"]) == (404, 5)


def rule(zoho: Sandbox, **fields: object) -> None:
    body = {"url": URL} | fields
    answer = zoho.http.put(f"/__/webhooks/zoho/{MAIN_ID}", json=body)
    assert answer.status_code == 200, answer.text


def sent(zoho: Sandbox, inbox: Inbox) -> list[httpx.Request]:
    assert zoho.context.sender.drain()
    return inbox.requests


def test_a_rule_fires_only_for_the_events_it_names(zoho, inbox):
    rule(zoho, events=["created", "deleted"])
    contact_id = zoho.create("Ada")["contact_id"]
    zoho.call("PUT", f"/contacts/{contact_id}", json={"website": "x"})
    zoho.call("DELETE", f"/contacts/{contact_id}")

    assert len(sent(zoho, inbox)) == 2


def test_a_rule_sends_the_body_a_person_wrote(zoho, inbox):
    rule(zoho, body='{"id": "${CONTACT.CONTACT_ID}", "who": "${contact_name}"}')
    contact = zoho.create('Ada "the first"')

    (request,) = sent(zoho, inbox)
    assert json.loads(request.content) == {
        "id": contact["contact_id"],
        "who": 'Ada "the first"',
    }


def test_a_form_is_signed_over_the_pairs_of_query_and_body(zoho, inbox):
    rule(
        zoho,
        url=f"{URL}?b=2",
        secret=SECRET,
        format="form",
        body="contact_id=${contact_id}&a=${contact_name}",
    )
    contact = zoho.create("Ada & Co")

    (request,) = sent(zoho, inbox)
    kind = "application/x-www-form-urlencoded"
    assert request.headers["Content-Type"] == kind
    signed = f"aAda & Cob2contact_id{contact['contact_id']}".encode()
    expected = hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
    assert request.headers["X-Zoho-Webhook-Signature"] == expected


@pytest.mark.parametrize(
    ("organization", "count"), [(MAIN_ID, 1), (SECOND_ID, 0), ("7", None)]
)
def test_a_test_event_goes_to_the_rules_of_one_organization(
    zoho, inbox, organization, count
):
    rule(zoho)
    answer = zoho.http.post(f"/__/webhooks/zoho/{organization}/test")

    assert answer.json().get("sent") == count
    assert answer.status_code == (404 if count is None else 200)
    assert len(sent(zoho, inbox)) == (count or 0)


def test_the_page_sends_a_test_event_and_says_so(zoho, inbox):
    rule(zoho)
    path = f"/webhooks/zoho/{MAIN_ID}/test"
    page = zoho.http.post(path, follow_redirects=True)

    assert "A test event is on its way" in page.text
    assert len(sent(zoho, inbox)) == 1
    assert "contact_id" in zoho.http.get("/webhooks").text
    assert zoho.http.post("/webhooks/zoho/7/test").status_code == 404


@pytest.mark.parametrize(
    ("switch", "count"),
    [({}, 2), ({"zoho_api_edits_fire": False}, 0), ({"zoho_deletes_fire": False}, 1)],
)
def test_edits_by_api_and_deletes_fire_or_not(zoho, inbox, switch, count):
    rule(zoho)
    zoho.switch(**switch)
    contact_id = zoho.create("Ada")["contact_id"]
    zoho.call("DELETE", f"/contacts/{contact_id}")

    assert len(sent(zoho, inbox)) == count


def test_a_persons_edit_at_the_screen_always_fires(zoho, inbox):
    rule(zoho)
    zoho.switch(zoho_api_edits_fire=False)
    contact = zoho.create("Ada", contact_persons=[{"first_name": "A"}])
    desk.contact_save(zoho.context, contact["contact_id"], {"email": "a@b.example"})

    assert len(sent(zoho, inbox)) == 1


def test_every_second_event_is_lost_by_switch(zoho, inbox):
    rule(zoho)
    zoho.switch(webhook_mode="lose_half")
    for name in "ABCD":
        zoho.create(name)

    assert len(sent(zoho, inbox)) == 2
    states = {each["state"] for each in zoho.context.store.all("delivery")}
    assert states == {"delivered", "lost"}


def test_a_delayed_event_leaves_when_its_time_has_come(zoho, inbox):
    rule(zoho)
    zoho.switch(webhook_delay_ms=60_000)
    zoho.create("Ada")
    early = zoho.context.sender.drain(0.2)
    zoho.clock.advance(61)

    assert not early
    assert len(sent(zoho, inbox)) == 1


def test_a_failed_delivery_is_tried_again_and_logged(zoho, inbox):
    inbox.statuses = [500, 200]
    rule(zoho)
    zoho.create("Ada")
    zoho.context.sender.drain()
    zoho.clock.advance(6)
    zoho.context.sender.drain()

    (delivery,) = zoho.http.get("/__/deliveries").json()["deliveries"]
    assert (delivery["state"], delivery["attempts"]) == ("delivered", 2)
