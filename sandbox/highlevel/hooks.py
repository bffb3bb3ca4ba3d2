"""Webhooks as HighLevel sends them: flat body, envelope, two signatures (§9)."""

from __future__ import annotations

import base64
import json
import os
from functools import lru_cache
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import (
    RSAPrivateKey,
    generate_private_key,
)
from flask import g, has_request_context

from sandbox.context import Context
from sandbox.highlevel.accounts import APP_ID, VERSION_ID
from sandbox.highlevel.identifiers import iso, uuid_id
from sandbox.highlevel.installs import install_of
from sandbox.store import Document, Store

SETTINGS, WEBHOOK, KEYS = "highlevel_settings", "webhook", "webhook_keys"
# To these only the default address is told (§9).
LIFECYCLE = frozenset({"INSTALL", "UNINSTALL"})
URL_VARIABLE = "CROSSWALK_SANDBOX_HIGHLEVEL_WEBHOOK_URL"
ALWAYS_VARIABLE = "CROSSWALK_SANDBOX_HIGHLEVEL_WEBHOOK_ALWAYS"
# HighLevel signs with 4096 bits; half of that is made at once instead of in seconds.
RSA_BITS = 2048


def webhook_public_keys(store: Store) -> list[str]:
    """Both public keys as base64 DER SPKI, Ed25519 first."""
    ed25519, rsa = _keys(store)
    return [
        base64.b64encode(
            key.public_bytes(
                serialization.Encoding.DER,
                serialization.PublicFormat.SubjectPublicKeyInfo,
            )
        ).decode()
        for key in (ed25519.public_key(), rsa.public_key())
    ]


def webhook_url(store: Store) -> str:
    """Where events go: what was set on the page, else the environment's address."""
    return str(_settings(store).get("url") or os.environ.get(URL_VARIABLE, ""))


def set_webhook(
    store: Store,
    *,
    url: str,
    always: bool | None = None,
    events: dict[str, str] | None = None,
) -> None:
    """Set the default address, and per event an own address or "" for off (§9)."""
    changes: Document = {"url": url, "always": always, "events": events}
    given = {name: value for name, value in changes.items() if value is not None}
    store.put(SETTINGS, WEBHOOK, {**_settings(store), **given})


def is_always(store: Store) -> bool:
    """Whether events flow without an installed app too; off unless asked for."""
    on = os.environ.get(ALWAYS_VARIABLE, "").lower() in ("1", "true", "on", "yes")
    return bool(_settings(store).get("always", on))


def is_installed(store: Store, location: Document) -> bool:
    """Whether the app is installed there: webhooks belong to an app, not to a PIT."""
    return install_of(store, location) is not None


def emit(ctx: Context, kind: str, location: Document, fields: dict[str, Any]) -> None:
    """Send one event of a location, if anybody is to hear of it.

    Never call this under the store's lock: the sender has a lock of its own.
    """
    if _is_silent_echo(ctx):
        return
    if is_installed(ctx.store, location) or is_always(ctx.store):
        deliver(ctx, kind, {**fields, "locationId": location["id"]})


def deliver(ctx: Context, kind: str, fields: dict[str, Any]) -> None:
    """Sign and queue one event, wherever it belongs."""
    url = _address(ctx.store, kind)
    if not url:
        return
    switches = ctx.switches()
    event = _event(ctx, kind, fields, wrapped=switches.webhook_body == "wrapped")
    # The form of JSON.stringify, since HighLevel's own SDK verifies that (§9.1).
    body = json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()
    signed = _as_switched(signatures(ctx.store, body), switches.webhook_signatures)
    headers = {"Content-Type": "application/json", **signed}
    if switches.highlevel_retry_policy == "b":
        headers["deliveryId"] = uuid_id()
    ctx.sender.emit("highlevel", url, body, headers)


def _event(
    ctx: Context, kind: str, fields: dict[str, Any], *, wrapped: bool
) -> dict[str, Any]:
    """Flat as in real captures, or the entity in ``data`` as in the guide (§9)."""
    account: dict[str, Any]
    account = {n: fields[n] for n in ("locationId", "companyId") if n in fields}
    envelope = {
        "versionId": VERSION_ID,
        "appId": APP_ID,
        "timestamp": iso(ctx.clock.now()),
        "webhookId": uuid_id(),
    }
    if wrapped:
        return {"type": kind, **account, **envelope, "data": fields}
    return {"type": kind, **fields, **envelope}


def _address(store: Store, kind: str) -> str:
    if kind in LIFECYCLE:
        return webhook_url(store)
    events: dict[str, str] = _settings(store).get("events", {})
    return events.get(kind, webhook_url(store))


def _as_switched(signed: dict[str, str], wanted: str) -> dict[str, str]:
    """The signatures that are sent; a header may hold a literal “N/A” (§9.1)."""
    current, legacy = signed
    return {
        "both": signed,
        "current": {current: signed[current]},
        "legacy": {legacy: signed[legacy]},
        "na": {**signed, current: "N/A"},
        "none": {},
    }[wanted]


def _is_silent_echo(ctx: Context) -> bool:
    """A change by the API, where such changes are not told (§9: not documented)."""
    by_api = has_request_context() and bool(g.get("highlevel_api_call"))
    return by_api and not ctx.switches().echo_api_writes


def signatures(store: Store, body: bytes) -> dict[str, str]:
    ed25519, rsa = _keys(store)
    legacy = rsa.sign(body, padding.PKCS1v15(), hashes.SHA256())
    return {
        "X-GHL-Signature": base64.b64encode(ed25519.sign(body)).decode(),
        "X-WH-Signature": base64.b64encode(legacy).decode(),
    }


def _settings(store: Store) -> Document:
    return store.get(SETTINGS, WEBHOOK) or {}


def _keys(store: Store) -> tuple[Ed25519PrivateKey, RSAPrivateKey]:
    """The sandbox's own key pairs, made when first needed and kept."""
    with store.lock:
        kept = store.get(SETTINGS, KEYS)
        if kept is None:
            kept = {
                "ed25519": _pem(Ed25519PrivateKey.generate()),
                "rsa": _pem(generate_private_key(65537, RSA_BITS)),
            }
            store.put(SETTINGS, KEYS, kept)
    return _loaded(kept["ed25519"], kept["rsa"])


@lru_cache(maxsize=4)
def _loaded(ed25519: str, rsa: str) -> tuple[Ed25519PrivateKey, RSAPrivateKey]:
    first = serialization.load_pem_private_key(ed25519.encode(), None)
    second = serialization.load_pem_private_key(rsa.encode(), None)
    if not isinstance(first, Ed25519PrivateKey) or not isinstance(
        second, RSAPrivateKey
    ):
        raise TypeError("the kept webhook keys are of another kind")
    return first, second


def _pem(key: Ed25519PrivateKey | RSAPrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()
