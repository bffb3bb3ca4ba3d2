"""What a person sets up at the vendor by hand, done at the sandbox for them.

Only for connections of the site "sandbox", whose address comes from settings: its
webhook keys, and where it sends what changes.
"""

from __future__ import annotations

import logging

import httpx
from django.conf import settings
from django.core.cache import cache

from integrations.http import client_build
from integrations.models import Connection, Site
from integrations.selectors import webhook_url
from integrations.session import default_transport

logger = logging.getLogger(__name__)
KEYS_SECONDS = 30
ROOTS = {"highlevel": "/highlevel/_sandbox", "zoho_invoice": "/zoho/_sandbox"}


def sandbox_keys(kind: str) -> list[str]:
    """Return the public keys the sandbox signs its deliveries with; [] without it."""
    if not settings.SANDBOX or kind != "highlevel":
        return []
    found: list[str] | None = cache.get(f"sandbox-keys-{kind}")
    if found is None:
        found = _ask_keys(kind)
        cache.set(f"sandbox-keys-{kind}", found, KEYS_SECONDS)
    return found


def sandbox_webhook_set(connection: Connection) -> bool:
    """Tell the sandbox where to send a connection's changes; False if it can't."""
    if connection.grant.site != Site.SANDBOX or not settings.SANDBOX:
        return False
    body = {
        "url": webhook_url(connection),
        "organization_id": connection.account_id,
    }
    try:
        with client_build(default_transport()) as client:
            client.put(
                _root(connection.kind) + "/webhook", json=body
            ).raise_for_status()
    except httpx.HTTPError as error:
        logger.warning("The sandbox took no webhook address: %s", error)
        return False
    return True


def _ask_keys(kind: str) -> list[str]:
    try:
        with client_build(default_transport()) as client:
            answer = client.get(_root(kind) + "/webhook-keys").raise_for_status()
            return [str(key) for key in answer.json()["keys"]]
    except (httpx.HTTPError, ValueError, KeyError) as error:
        logger.warning("The sandbox's webhook keys could not be read: %s", error)
        return []


def _root(kind: str) -> str:
    return f"{settings.SANDBOX_URL}{ROOTS[kind]}"
