"""The HighLevel sandbox's webhooks: when they are sent, what they hold, who signed."""

from __future__ import annotations

import base64
import json

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from sandbox.highlevel import accounts, hooks, service
from tests.sandbox.test_highlevel_support import (
    LOCATION,
    OTHER_LOCATION,
    Desk,
    new_contact,
)

URL = "http://product.example/hooks/left"


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    hooks.set_webhook(desk.store, url=URL, always=True)
    return desk


def types(desk: Desk) -> list[str]:
    return [event["type"] for event in desk.events()]


def test_an_event_is_flat_with_its_envelope(desk: Desk) -> None:
    contact = desk.client().post(
        "/contacts/", json=new_contact(name="Ada Lovelace", timezone="UTC")
    )

    (event,) = desk.events()

    assert event["type"] == "ContactCreate"
    assert event["id"] == contact.json()["contact"]["id"]
    assert event["locationId"] == LOCATION
    assert event["appId"] == event["versionId"] == accounts.APP_ID
    assert event["timestamp"] == "2026-06-01T12:00:00.000Z"
    assert len(event["webhookId"]) == 36
    assert event["name"] == "Ada Lovelace"
    assert (event["tags"], event["attachments"]) == ([], [])
    assert not {"dateUpdated", "timezone", "phone", "data"} & event.keys()


def test_both_signatures_hold_for_the_exact_body(desk: Desk) -> None:
    desk.client().post("/contacts/", json=new_contact(firstName="Zoë"))
    desk.events()
    keys = desk.bare().get("/_sandbox/webhook-keys").json()["keys"]
    new, old = (load_der_public_key(base64.b64decode(key)) for key in keys)
    (request,) = desk.received
    body = request.content
    signed = base64.b64decode(request.headers["X-GHL-Signature"])
    legacy = base64.b64decode(request.headers["X-WH-Signature"])

    assert isinstance(new, Ed25519PublicKey)
    assert isinstance(old, RSAPublicKey)
    new.verify(signed, body)
    old.verify(legacy, body, padding.PKCS1v15(), hashes.SHA256())
    with pytest.raises(InvalidSignature):
        new.verify(signed, body + b" ")
    # What V8's JSON.stringify would write, so that the vendor's SDK can verify it.
    compact = json.dumps(json.loads(body), ensure_ascii=False, separators=(",", ":"))
    assert body == compact.encode()


def test_the_keys_stay_the_same(desk: Desk) -> None:
    assert hooks.webhook_public_keys(desk.store) == hooks.webhook_public_keys(
        desk.store
    )


def test_every_kind_of_write_is_told(desk: Desk) -> None:
    api = desk.client()
    id = api.post("/contacts/", json=new_contact()).json()["contact"]["id"]
    api.put(f"/contacts/{id}", json={"city": "Bath"})
    api.post(f"/contacts/{id}/tags", json={"tags": ["VIP"]})
    api.put(f"/contacts/{id}", json={"dnd": True})
    api.post("/contacts/upsert", json=new_contact(city="York"))
    api.delete(f"/contacts/{id}")

    assert types(desk) == [
        *("ContactCreate", "ContactUpdate"),
        *("ContactUpdate", "ContactTagUpdate"),
        *("ContactUpdate", "ContactDndUpdate"),
        *("ContactUpdate", "ContactDelete"),
    ]


def test_creating_with_tags_tells_twice(desk: Desk) -> None:
    desk.client().post("/contacts/", json=new_contact(tags=["vip"]))

    assert types(desk) == ["ContactCreate", "ContactTagUpdate"]


def test_edits_on_the_page_are_told_like_the_apis(desk: Desk) -> None:
    contact = service.contact_save(desk.ctx, None, {"email": "ada@lovelace.example"})
    service.contact_save(desk.ctx, contact["id"], {"firstName": "Ada"})
    service.contact_delete(desk.ctx, contact["id"])

    assert types(desk) == ["ContactCreate", "ContactUpdate", "ContactDelete"]


def test_a_refused_write_is_not_told(desk: Desk) -> None:
    api = desk.client()
    api.post("/contacts/", json=new_contact())
    api.post("/contacts/", json=new_contact())

    assert types(desk) == ["ContactCreate"]


def test_without_an_installed_app_nothing_is_sent(desk: Desk) -> None:
    hooks.set_webhook(desk.store, url=URL, always=False)

    desk.client().post("/contacts/", json=new_contact())

    assert desk.events() == []


def test_an_installed_app_hears_of_its_location_alone(desk: Desk) -> None:
    hooks.set_webhook(desk.store, url=URL, always=False)
    desk.install()
    for location in (LOCATION, OTHER_LOCATION):
        service.contact_save(
            desk.ctx, None, {"locationId": location, "email": "x@y.example"}
        )

    assert [(e["type"], e["locationId"]) for e in desk.events()] == [
        ("INSTALL", LOCATION),
        ("ContactCreate", LOCATION),
    ]


def test_an_agency_install_hears_of_all_locations(desk: Desk) -> None:
    hooks.set_webhook(desk.store, url=URL, always=False)
    desk.install(account=accounts.COMPANY_ID)

    service.contact_save(
        desk.ctx, None, {"locationId": OTHER_LOCATION, "email": "x@y.example"}
    )

    assert [event["type"] for event in desk.events()] == ["INSTALL", "ContactCreate"]


def test_uninstalling_is_told_last(desk: Desk) -> None:
    desk.install()
    desk.bare().post("/_sandbox/uninstall", params={"id": LOCATION})

    assert desk.events()[-1]["type"] == "UNINSTALL"
    assert desk.events()[-1]["locationId"] == LOCATION


def test_the_address_is_set_over_http_or_by_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fresh = Desk()
    monkeypatch.setenv(hooks.URL_VARIABLE, "http://from.example/env")
    assert hooks.webhook_url(fresh.store) == "http://from.example/env"

    answer = fresh.bare().put("/_sandbox/webhook", json={"url": URL})

    assert answer.json()["url"] == hooks.webhook_url(fresh.store) == URL


def test_notes_and_tasks_send_their_fixed_lists(desk: Desk) -> None:
    api = desk.client()
    id = api.post("/contacts/", json=new_contact()).json()["contact"]["id"]
    api.post(f"/contacts/{id}/notes", json={"body": "Hello", "title": "Call"})
    due = {"title": "Call", "dueDate": "2026-07-01T10:00:00Z", "body": "soon"}
    task = api.post(f"/contacts/{id}/tasks", json={**due, "completed": False})
    path = f"/contacts/{id}/tasks/{task.json()['task']['id']}"
    api.put(path, json={"title": "Call back"})
    api.put(f"{path}/completed", json={"completed": True})

    note, made, done = desk.events()[1:]

    assert note["type"] == "NoteCreate"
    assert (note["body"], note["contactId"]) == ("Hello", id)
    assert "title" not in note
    assert made["type"] == "TaskCreate"
    assert not {"contactId", "body"} & made.keys()
    assert (done["type"], done["contactId"]) == ("TaskComplete", id)
