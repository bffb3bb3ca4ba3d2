"""Zoho webhooks: the rules of an organization, their payload, signing, firing (§7).

In Zoho a person sets them up at the screen: a workflow rule that names the events, and
a webhook with its address, its secret and what to send.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

from sandbox.context import Context
from sandbox.store import Document, Store
from sandbox.zoho import records
from sandbox.zoho.wire import invalid_value

KIND = "zoho.webhook"
EVENTS = ("created", "edited", "deleted")
FORMATS = ("json", "form")
SIGNATURE_HEADER = "X-Zoho-Webhook-Signature"
TEXTS = {"webhook_name": 50, "description": 100, "url": 5000, "body": 100_000}
TYPES = {"json": "application/json", "form": "application/x-www-form-urlencoded"}
# ${contact_id}, or as the screen writes it ${CONTACT.CONTACT_ID}.
PLACEHOLDER = re.compile(r"\$\{(?:contact\.|customer\.)?(\w+)\}", re.IGNORECASE)


def by_organization(hook: Document) -> list[str]:
    return [hook["organization_id"]]


def webhook_save(
    store: Store,
    organization_id: str,
    fields: Mapping[str, Any],
    webhook_id: str = "",
) -> Document:
    """Create or change a webhook; in Zoho's own screen this is a workflow rule.

    `body` is what to send, with placeholders; empty, the whole contact is sent.
    """
    _check(fields)
    blank = {
        "organization_id": organization_id,
        "entity": "contact",
        "webhook_name": "",
        "description": "",
        "method": "POST",
        "url": "",
        "secret": "",
        "events": list(EVENTS),
        "format": "json",
        "body": "",
    }
    with store.lock:
        old = blank | (store.get(KIND, webhook_id) or {})
        old.setdefault("webhook_id", records.new_id(store))
        new = old | {key: value for key, value in fields.items() if key in old}
        new |= {key: old[key] for key in ("webhook_id", "organization_id")}
        store.put(KIND, new["webhook_id"], new)
    return new


def webhook_list(store: Store, organization_id: str) -> list[Document]:
    return store.find(KIND, by_organization, organization_id)


def rule_set(
    store: Store, organization_id: str, fields: Mapping[str, Any]
) -> Document | None:
    """Change the organization's first rule or make it; without an address it goes."""
    with store.lock:
        found = webhook_list(store, organization_id)
        webhook_id = found[0]["webhook_id"] if found else ""
        if fields.get("url"):
            fields = {"webhook_name": "Crosswalk", **fields}
            return webhook_save(store, organization_id, fields, webhook_id)
        if webhook_id:
            store.delete(KIND, webhook_id)
    return None


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
    wanted = [
        each
        for each in webhook_list(context.store, organization["organization_id"])
        if event in each["events"]
    ]
    if wanted:
        detail = records.detail(context.store, organization, contact)
        for hook in wanted:
            _send(context, hook, detail)


def fire_document(
    context: Context, organization: Document, entity: str, shown: Document
) -> None:
    """Queue a delivery about a document of sale to every webhook of the organization.

    A rule of its own text is about contacts and says nothing of documents.
    """
    for hook in webhook_list(context.store, organization["organization_id"]):
        if hook.get("body") or hook.get("format") == "form":
            continue
        body = json.dumps({entity: shown}, ensure_ascii=False).encode()
        headers = {"Content-Type": TYPES["json"]}
        if hook["secret"]:
            headers[SIGNATURE_HEADER] = sign(hook["secret"], hook["url"], body)
        context.sender.emit("zoho", hook["url"], body, headers)


def fire_test(context: Context, organization: Document) -> int:
    """One event to each rule, about some contact there is; how many were sent."""
    organization_id = organization["organization_id"]
    contacts = context.store.find(
        records.KIND, records.by_organization, organization_id
    )
    detail: Document = {"contact_id": "260815000000000000", "contact_name": "Test"}
    if contacts:
        detail = records.detail(context.store, organization, contacts[0])
    found = webhook_list(context.store, organization_id)
    for hook in found:
        _send(context, hook, detail)
    return len(found)


def payload(hook: Document, contact: Document) -> bytes:
    """The body of a delivery: the entity, or the rule's own text filled in."""
    template, form = hook.get("body", ""), hook.get("format") == "form"
    if not template and form:
        template = "contact_id=${contact_id}"
    if not template:
        return json.dumps({"contact": contact}, ensure_ascii=False).encode()

    def filled(match: re.Match[str]) -> str:
        value = str(contact.get(match[1].lower(), ""))
        return quote(value) if form else json.dumps(value, ensure_ascii=False)[1:-1]

    return PLACEHOLDER.sub(filled, template).encode()


def sign(secret: str, url: str, body: bytes, *, form: bool = False) -> str:
    """Hex HMAC-SHA256 of the sorted pairs, joined bare, and the raw JSON body.

    The pairs are those of the query and, if it is one, of the form.
    """
    pairs = parse_qsl(urlsplit(url).query, keep_blank_values=True)
    if form:
        pairs += parse_qsl(body.decode(), keep_blank_values=True)
    text = "".join(key + value for key, value in sorted(pairs)).encode()
    signed = text if form else text + body
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def _send(context: Context, hook: Document, contact: Document) -> None:
    form, body = hook.get("format") == "form", payload(hook, contact)
    headers = {"Content-Type": TYPES["form" if form else "json"]}
    if hook["secret"]:
        signature = sign(hook["secret"], hook["url"], body, form=form)
        headers[SIGNATURE_HEADER] = signature
    context.sender.emit("zoho", hook["url"], body, headers)


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
    if fields.get("format", "json") not in FORMATS:
        raise invalid_value("format")
