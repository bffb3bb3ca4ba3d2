"""Deliveries at the edge: strange bytes are refused or stored, and never an error."""

from __future__ import annotations

import gzip
import json
from io import BytesIO
from typing import Any

import httpx
import pytest
from django.test import Client

from integrations.connectors.base import Record
from integrations.http import parse_body
from integrations.mirroring.mirror import records_store
from integrations.models import Connection, RemoteRecord
from sync.models import InboxEvent
from tests.config.rows import pair_make
from workspaces.models import Workspace

FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def zoho(workspace: Workspace) -> Connection:
    """A connection whose deliveries need nothing but its address."""
    return pair_make(workspace)[1]


def deliver(
    client: Client,
    connection: Connection,
    body: bytes,
    kind: str = "application/json",
    **more: Any,
) -> int:
    url = f"/hooks/c/{connection.webhook_token}/"
    return client.post(url, data=body, content_type=kind, **more).status_code


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b'{"contact_id": "4\\u00002", "contact": {"contact_id": "1"}}', "", 200),
        (b'{"contact_id": "42", "event_type": "\\ud800\\u0000"}', "", 200),
        (b"contact_id=4%002&note=%00", FORM, 200),
        (b"contact_id=42&raw=\x00", FORM, 200),
        (b'{"contact_id": 42, "contact": {"contact_id": 42, "x": 1e999}}', "", 200),
        (b'{"contact_id": "42", "note": "\xff\xfe"}', "", 400),
        (b"contact_id=42&raw=\xff", FORM, 400),
        (b"[" * 200_000, "", 400),
        (b"9" * 5_000, "", 400),
    ],
)
def test_a_strange_body_is_stored_or_refused(
    client: Client, zoho: Connection, body: bytes, kind: str, status: int
) -> None:
    assert deliver(client, zoho, body, kind or "application/json") == status

    stored = InboxEvent.objects.filter(record_id="42")
    assert stored.count() == (1 if status == 200 else 0)


def test_values_with_nul_are_stored_without(client: Client, zoho: Connection) -> None:
    body = {"contact": {"contact_id": "42", "contact_name": "Zo\x00ë"}}

    assert deliver(client, zoho, json.dumps(body).encode()) == 200

    event = InboxEvent.objects.get()
    assert event.values["contact_name"] == "Zoë"


def test_an_id_too_long_for_any_vendor_is_dropped(
    client: Client, zoho: Connection
) -> None:
    body = json.dumps({"contact_id": "4" * 5_000}).encode()

    assert deliver(client, zoho, body) == 200
    assert not InboxEvent.objects.exists()


def test_a_disconnected_account_takes_no_deliveries(
    client: Client, zoho: Connection
) -> None:
    zoho.health = Connection.Health.DISABLED
    zoho.save()

    assert deliver(client, zoho, b'{"contact_id": "42"}') == 404


def test_a_nonsense_length_is_refused(client: Client, zoho: Connection) -> None:
    status = deliver(client, zoho, b'{"contact_id": "42"}', CONTENT_LENGTH="many")

    assert status == 400


@pytest.mark.parametrize(
    ("body", "status"), [(b'{"contact_id": "42"}', 200), (b"x" * 5_000_000, 413)]
)
def test_a_chunked_delivery_is_read_as_far_as_it_may_be_long(
    client: Client, zoho: Connection, body: bytes, status: int
) -> None:
    stream = BytesIO(body)
    chunked = {
        "CONTENT_LENGTH": "",
        "HTTP_TRANSFER_ENCODING": "chunked",
        "wsgi.input": stream,
    }

    assert deliver(client, zoho, b"-", **chunked) == status
    assert stream.tell() < 2_000_000


def test_a_compressed_body_is_not_unpacked(client: Client, zoho: Connection) -> None:
    bomb = gzip.compress(b" " * 1_000_000)

    assert deliver(client, zoho, bomb, HTTP_CONTENT_ENCODING="gzip") == 400


def test_a_key_that_cannot_be_read_asks_the_vendor_to_come_again(
    client: Client, zoho: Connection, settings: Any
) -> None:
    settings.HIGHLEVEL_WEBHOOK_PUBLIC_KEYS = ["bm90IGEga2V5"]

    answer = client.post(
        "/hooks/crm/",
        data=b"{}",
        content_type="application/json",
        headers={"x-ghl-signature": "AAAA"},
    )

    assert answer.status_code == 503
    assert "bm90IGEga2V5" not in answer.content.decode()


def test_a_vendors_nul_never_reaches_the_database(zoho: Connection) -> None:
    answer = httpx.Response(
        200, content=b'{"id": "4\\u00002", "name": "A\\u0000\\ud800"}'
    )
    body, readable = parse_body(answer)

    records_store(
        zoho,
        "contact",
        [Record(id=body["id"], values={"contact_name": body["name"]}, via="list")],
    )

    assert readable
    assert RemoteRecord.objects.get().values == {"contact_name": "A"}
