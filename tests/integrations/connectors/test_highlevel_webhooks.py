"""HighLevel's webhooks: signatures of both kinds, flat and wrapped events."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from crosswalk.errors import ConfigError, WebhookRejected
from integrations.connectors.base import WebhookRequest
from integrations.connectors.highlevel import MODULE
from integrations.connectors.highlevel.webhooks import BUILTIN_KEYS, public_key
from tests.integrations.connectors.highlevel_remote import ID, LOCATION, fixture

BODY = b'{"type":"ContactUpdate","id":"x"}'
CURRENT = Ed25519PrivateKey.generate()
LEGACY = rsa.generate_private_key(65537, 2048)


def public(key):
    der = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return base64.b64encode(der).decode()


KEYS = (public(CURRENT), public(LEGACY))


def current(body=BODY, key=CURRENT):
    return {"x-ghl-signature": base64.b64encode(key.sign(body)).decode()}


def legacy(body=BODY):
    signature = LEGACY.sign(body, padding.PKCS1v15(), hashes.SHA256())
    return {"x-wh-signature": base64.b64encode(signature).decode()}


def verify(headers, body=BODY, keys=KEYS):
    MODULE.verify(WebhookRequest(body, headers), keys=keys)


def refused(headers, body=BODY, keys=KEYS):
    with pytest.raises(WebhookRejected) as caught:
        verify(headers, body, keys)
    return caught.value.status == 401


@pytest.mark.parametrize("headers", [current(), legacy(), current() | legacy()])
def test_either_signature_is_accepted(headers):
    verify(headers)


@pytest.mark.parametrize("absent", ["N/A", "n/a", "", " "])
def test_a_header_that_says_nothing_is_absent(absent):
    verify({"x-ghl-signature": absent} | legacy())

    assert refused({"x-ghl-signature": absent, "x-wh-signature": absent})


def test_a_wrong_current_signature_is_not_saved_by_the_legacy_one():
    assert refused(current(b"other") | legacy())


def test_the_legacy_signature_counts_where_only_its_key_is_known():
    verify(current(b"other") | legacy(), keys=KEYS[1:])


def test_a_legacy_signature_without_its_key_is_refused():
    assert refused(legacy(), keys=KEYS[:1])


@pytest.mark.parametrize("signature", ["not base64!", "AAAA", "ünï"])
def test_a_malformed_signature_is_refused(signature):
    assert refused({"x-ghl-signature": signature})
    assert refused({"x-wh-signature": signature})


def test_a_missing_signature_is_refused():
    assert refused({})


def test_one_changed_byte_is_refused():
    assert refused(current(), BODY.replace(b"x", b"y"))
    assert refused(legacy(), BODY.replace(b"x", b"y"))


def test_any_of_several_keys_may_have_signed():
    other = Ed25519PrivateKey.generate()

    verify(current(key=other), keys=(*KEYS, public(other)))


def test_without_configured_keys_the_vendors_own_count():
    assert refused(current(), keys=())


def test_the_built_in_keys_are_one_of_each_kind():
    current_key, legacy_key = map(public_key, BUILTIN_KEYS)

    assert type(current_key).__name__ == "Ed25519PublicKey"
    assert legacy_key.key_size == 4096


@pytest.mark.parametrize(
    "key", ["nonsense", public(ec.generate_private_key(ec.SECP256R1()))]
)
def test_a_key_that_cannot_verify_is_a_mistake_in_the_settings(key):
    with pytest.raises(ConfigError):
        verify(current(), keys=(key,))


def parse(payload):
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    (delivery,) = MODULE.parse(WebhookRequest(body, {}))
    return delivery


def test_a_flat_event_is_a_hint_at_its_contact():
    delivery = parse(fixture("webhook_contact_update"))

    assert delivery.event_type == "ContactUpdate"
    assert (delivery.object_type, delivery.record_id) == ("contact", ID)
    assert delivery.account_id == LOCATION
    assert delivery.delivery_id == "7f3a1f0e-5b0f-4a7c-8b52-2a6cbb0e9b3d"
    assert delivery.sent_at == datetime(2026, 3, 4, 11, 39, 31, 120000, tzinfo=UTC)
    assert not delivery.deleted


def test_a_wrapped_event_reads_the_same_and_keeps_its_own_type():
    delivery = parse(fixture("webhook_wrapped"))

    assert delivery.event_type == "ContactDelete"
    assert (delivery.object_type, delivery.record_id) == ("contact", ID)
    assert delivery.account_id == LOCATION
    assert delivery.deleted


@pytest.mark.parametrize(
    "kind", ["ContactCreate", "ContactTagUpdate", "ContactDndUpdate"]
)
def test_every_contact_event_is_known(kind):
    delivery = parse(fixture("webhook_contact_update") | {"type": kind})

    assert delivery.object_type == "contact"


@pytest.mark.parametrize(
    "kind", ["INSTALL", "UNINSTALL", "LocationUpdate", "Whatever", None]
)
def test_other_events_name_no_record(kind):
    delivery = parse(fixture("webhook_uninstall") | {"type": kind, "id": "n1"})

    assert delivery.event_type == (kind or "")
    assert (delivery.object_type, delivery.record_id) == ("", "")
    assert delivery.account_id == LOCATION


def test_a_contact_event_without_an_id_names_no_record():
    assert parse({"type": "ContactUpdate", "locationId": LOCATION}).object_type == ""


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"\xff", b"[" * 100_000])
def test_what_is_no_json_object_is_refused(body):
    with pytest.raises(WebhookRejected) as caught:
        parse(body)

    assert caught.value.status == 400
