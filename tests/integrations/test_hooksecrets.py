"""Secrets of deliveries: changing one over loses nothing and opens nothing."""

from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from integrations.access import hooksecrets
from integrations.access.hooksecrets import secret_stored, secrets_in_force
from integrations.models import Connection
from integrations.services import webhook_secret_save
from tests.config.rows import pair_make
from workspaces.models import Workspace

BODY = b'{"contact_id": "42"}'


@pytest.fixture
def zoho(workspace: Workspace) -> Connection:
    return pair_make(workspace)[1]


def deliver(client: Client, connection: Connection, secret: str = "") -> int:
    signature = hmac.new(secret.encode(), BODY, hashlib.sha256).hexdigest()
    headers = {"x-zoho-webhook-signature": signature} if secret else {}
    url = f"/hooks/c/{connection.webhook_token}/"
    return client.post(
        url, data=BODY, content_type="application/json", headers=headers
    ).status_code


def save(connection: Connection, secret: str) -> None:
    webhook_secret_save(connection=connection, secret=secret, actor=None)


def test_while_it_changes_over_both_secrets_count(
    client: Client, zoho: Connection
) -> None:
    save(zoho, "old-secret")
    save(zoho, "new-secret")

    statuses = [deliver(client, zoho, s) for s in ("old-secret", "new-secret", "x")]

    assert statuses == [200, 200, 401]
    assert deliver(client, zoho) == 401


def test_after_a_day_the_old_one_is_over(zoho: Connection, monkeypatch: Any) -> None:
    stored = secret_stored(secret_stored("", "old"), "new")

    moment = hooksecrets.now() + timedelta(days=1, seconds=1)
    monkeypatch.setattr(hooksecrets, "now", lambda: moment)

    assert secrets_in_force(stored) == ("new",)


def test_a_first_secret_shuts_the_unsigned_out(
    client: Client, zoho: Connection
) -> None:
    assert deliver(client, zoho) == 200

    save(zoho, "a-secret")

    assert deliver(client, zoho) == 401


def test_clearing_it_ends_the_old_one_too(zoho: Connection) -> None:
    save(zoho, "a-secret")
    save(zoho, "")

    assert zoho.webhook_secret == ""
    assert secrets_in_force("") == ("",)
