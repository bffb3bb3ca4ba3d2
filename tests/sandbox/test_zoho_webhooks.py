"""Zoho's webhooks in the sandbox: setting them, signing, firing."""

from __future__ import annotations

import hashlib
import hmac
import json

import httpx
import pytest

from sandbox.zoho import desk
from tests.sandbox.zoho_client import Sandbox

SECRET = "abcdefghij1234"
URL = "http://product.example/hooks/zoho/t0ken"


class Inbox:
    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return httpx.Response(200)


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def zoho(inbox) -> Sandbox:
    return Sandbox(webhook_transport=httpx.MockTransport(inbox))


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


def test_the_endpoint_can_be_missing_as_nobody_found_it_for_invoice(zoho):
    zoho.switch(zoho_webhook_endpoint=False)

    answer = hook(zoho)

    assert (answer.status_code, answer.json()["code"]) == (404, 5)
