"""Zoho webhooks: the settings endpoint as Books documents it, signing, firing (§7)."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from flask import Response

from sandbox.context import Context
from sandbox.store import Document, Store
from sandbox.zoho import records
from sandbox.zoho.wire import (
    Call,
    ZohoError,
    answer,
    created,
    invalid_value,
    missing,
    route,
)

KIND = "zoho.webhook"
EVENTS = ("created", "edited", "deleted")
SIGNATURE_HEADER = "X-Zoho-Webhook-Signature"
TEXTS = {"webhook_name": 50, "description": 100, "url": 5000}


def webhook_save(
    store: Store,
    organization_id: str,
    fields: Mapping[str, Any],
    webhook_id: str = "",
) -> Document:
    """Create or change a webhook; in Zoho's own screen this is a workflow rule."""
    _check(fields)
    with store.lock:
        old = store.get(KIND, webhook_id) or {
            "webhook_id": records.new_id(store),
            "organization_id": organization_id,
            "entity": "contact",
            "webhook_name": "",
            "description": "",
            "method": "POST",
            "url": "",
            "secret": "",
            "events": list(EVENTS),
        }
        new = old | {key: value for key, value in fields.items() if key in old}
        new |= {key: old[key] for key in ("webhook_id", "organization_id")}
        store.put(KIND, new["webhook_id"], new)
    return new


def webhook_list(store: Store, organization_id: str) -> list[Document]:
    return [
        each for each in store.all(KIND) if each["organization_id"] == organization_id
    ]


def fire(
    context: Context,
    organization: Document,
    contact: Document,
    event: str,
    *,
    by_api: bool = True,
) -> None:
    """Queue a delivery to every webhook of the organization that wants the event.

    Whether a rule fires for changes made by API, and for deletes, is not verified.
    """
    switches = context.switches()
    if by_api and not switches.zoho_api_edits_fire:
        return
    if event == "deleted" and not switches.zoho_deletes_fire:
        return
    hooks = webhook_list(context.store, organization["organization_id"])
    wanted = [each for each in hooks if event in each["events"]]
    if not wanted:
        return
    detail = records.detail(context.store, organization, contact)
    body = json.dumps({"contact": detail}, ensure_ascii=False).encode()
    for hook in wanted:
        headers = {"Content-Type": "application/json"}
        if hook["secret"]:
            signature = sign(hook["secret"], hook["url"], body)
            headers[SIGNATURE_HEADER] = signature
        context.sender.emit("zoho", hook["url"], body, headers)


def sign(secret: str, url: str, body: bytes) -> str:
    """Hex HMAC-SHA256 of the sorted query pairs, joined bare, and the raw body."""
    query = parse_qsl(urlsplit(url).query, keep_blank_values=True)
    pairs = "".join(key + value for key, value in sorted(query)).encode()
    return hmac.new(secret.encode(), pairs + body, hashlib.sha256).hexdigest()


@route("POST", "/settings/webhooks", "settings.CREATE")
def create(call: Call) -> Response:
    _available(call)
    fields = call.body()
    if fields.get("entity") not in ("contact", "customer"):
        raise invalid_value("entity")
    if not fields.get("url"):
        raise invalid_value("url")
    hook = webhook_save(call.context.store, call.organization_id, fields)
    path = f"settings/webhooks/{hook['webhook_id']}"
    return created("The webhook has been created.", path, webhook=_shown(hook))


@route("GET", "/settings/webhooks", "settings.READ")
def listing(call: Call) -> Response:
    _available(call)
    hooks = webhook_list(call.context.store, call.organization_id)
    return answer(webhooks=[_shown(each) for each in hooks])


@route("GET", "/settings/webhooks/<webhook_id>", "settings.READ")
def detail(call: Call, webhook_id: str) -> Response:
    return answer(webhook=_shown(_get(call, webhook_id)))


@route("PUT", "/settings/webhooks/<webhook_id>", "settings.UPDATE")
def update(call: Call, webhook_id: str) -> Response:
    _get(call, webhook_id)
    hook = webhook_save(
        call.context.store, call.organization_id, call.body(), webhook_id
    )
    return answer("The webhook has been updated.", webhook=_shown(hook))


@route("DELETE", "/settings/webhooks/<webhook_id>", "settings.DELETE")
def delete(call: Call, webhook_id: str) -> Response:
    _get(call, webhook_id)
    call.context.store.delete(KIND, webhook_id)
    return answer("The webhook has been deleted.")


def _get(call: Call, webhook_id: str) -> Document:
    _available(call)
    hook = call.context.store.get(KIND, webhook_id)
    if hook is None or hook["organization_id"] != call.organization_id:
        raise missing("Webhook")
    return hook


def _available(call: Call) -> None:
    """Nobody found this page for Zoho Invoice, so it can be switched off (§7)."""
    if not call.context.switches().zoho_webhook_endpoint:
        raise ZohoError(5, "Invalid URL Passed", 404)


def _shown(hook: Document) -> Document:
    """The secret is never printed."""
    return {key: value for key, value in hook.items() if key != "secret"}


def _check(fields: Mapping[str, Any]) -> None:
    for name, length in TEXTS.items():
        value = fields.get(name, "")
        if not isinstance(value, str) or len(value) > length:
            raise invalid_value(name)
    url = fields.get("url", "")
    if url and urlsplit(url).scheme not in ("http", "https"):
        raise invalid_value("url")
    if fields.get("method", "POST") != "POST":
        raise invalid_value("method")
    secret = fields.get("secret", "")
    if secret and not re.fullmatch(r"[A-Za-z0-9]{12,50}", str(secret)):
        raise invalid_value("secret")
    events = fields.get("events", list(EVENTS))
    if not isinstance(events, list) or not set(events) <= set(EVENTS):
        raise invalid_value("events")
