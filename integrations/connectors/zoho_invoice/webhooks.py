"""Webhooks of Zoho Invoice: hints, set up by hand as a workflow rule.

What a delivery holds is chosen by the person who makes the rule, and its default form
is not documented for Invoice (sheet §7): whatever names a contact is good enough,
because the contact is read again anyway.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC
from typing import Any
from urllib.parse import parse_qsl

from crosswalk.errors import WebhookRejected
from crosswalk.foreign import json_read, storable_text
from integrations.connectors.base import Delivery, Values, WebhookRequest
from integrations.connectors.zoho_invoice.billing_spec import (
    ESTIMATE,
    INVOICE,
    PAYMENT,
)
from integrations.connectors.zoho_invoice.children import PERSON, TASK
from integrations.connectors.zoho_invoice.projects import is_ours
from integrations.connectors.zoho_invoice.rows import record_of
from integrations.connectors.zoho_invoice.spec import CONTACT

SIGNATURE = "x-zoho-webhook-signature"
FORM = "application/x-www-form-urlencoded"
JSON_TYPES = frozenset({"", "application/json", "text/json", "text/plain"})
ID_LENGTH = 50
PARTS = ("contact", "data", "customer")  # where a delivery may keep the contact
# under which names a delivery may hold a document, and where its id is
DOCUMENTS = (
    ("invoice", INVOICE, "invoice_id"),
    ("estimate", ESTIMATE, "estimate_id"),
    ("payment", PAYMENT, "payment_id"),
    ("customerpayment", PAYMENT, "payment_id"),
    ("customer_payment", PAYMENT, "payment_id"),
)


def verify(
    request: WebhookRequest, *, keys: Sequence[str] = (), secret: str = ""
) -> None:
    """Raise WebhookRejected unless the delivery is authentic.

    The connection's address holds an unguessable token that the receiver has checked.
    Once a secret is agreed, its signature is required as well: accepting a delivery
    without one would make the secret worthless.
    """
    if not secret:
        return
    given = request.headers.get(SIGNATURE, "")
    if not given:
        raise WebhookRejected("The delivery is not signed.", status=401)
    wanted = signature(request, secret)
    if not hmac.compare_digest(given.strip().lower().encode(), wanted.encode()):
        raise WebhookRejected("The delivery's signature does not fit.", status=401)


def signature(request: WebhookRequest, secret: str) -> str:
    """Return HMAC-SHA256 in hex over the sorted pairs, then the raw JSON body.

    Pairs are those of the query and of a form body, decoded, joined without any
    separator. From Zoho Billing's help on securing webhooks, the same engine:
    https://www.zoho.com/billing/kb/webhooks/securing-webhooks.html
    """
    pairs = list(request.query)
    body = request.body
    if content_type(request) == FORM:
        pairs += form_pairs(body)
        body = b""
    joined = "".join(key + value for key, value in sorted(pairs))
    return hmac.new(secret.encode(), joined.encode() + body, hashlib.sha256).hexdigest()


def parse(request: WebhookRequest) -> Sequence[Delivery]:
    """Return what a delivery hints at; raise WebhookRejected when it is unreadable.

    One that names nothing we know is authentic all the same, of a type we do not know.
    A change of a person is one of its customer too: e-mail and phone are a person's.
    """
    payload = payload_of(request)
    event = event_of(payload)
    deleted = "delete" in event.lower()
    contact_id = contact_id_of(payload)
    person_id = person_id_of(payload)
    tasks = task_ids_of(payload)
    found = [
        Delivery(event, "", TASK, each, "", deleted, parent_id=p) for each, p in tasks
    ]
    found += documents_of(payload, event)
    if person_id:
        person = Delivery(event, "", PERSON, person_id, "", deleted)
        found.append(replace(person, parent_id=contact_id))
    if contact_id:
        gone = deleted and not person_id  # only the person is
        values = values_of(payload)
        found.append(Delivery(event, "", CONTACT, contact_id, "", gone, values=values))
    return found or (Delivery(event, "", "", ""),)


def documents_of(payload: Mapping[str, Any], event: str) -> list[Delivery]:
    """Return the invoices, estimates and payments of a delivery.

    How a rule on their module names them is not documented: by the names their own
    reads have.
    """
    data = payload.get("data")
    places = [payload, data if isinstance(data, dict) else {}]
    return [
        Delivery(event if event != "contact" else kind, "", kind, found)
        for place in places
        for name, kind, key in DOCUMENTS
        if (found := id_in(place.get(name), key))
    ]


def values_of(payload: Mapping[str, Any]) -> Values:
    """Return the fields a delivery reports, to tell an echo of our own write.

    Its shape is the customer's choice: only what is present counts.
    """
    contact = payload.get("contact")
    if not isinstance(contact, dict) or "contact_id" not in contact:
        return {}
    return record_of(contact, "write", UTC).values


def payload_of(request: WebhookRequest) -> Mapping[str, Any]:
    """Return what a delivery says: a JSON object, or the pairs of a form.

    A rule may put parameters into the address as well, or instead; the body wins. The
    older form field JSONString holds the JSON (sheet §3).
    """
    asked = storable(request.query)
    kind = content_type(request)
    if kind == FORM:
        return {**asked, **form_payload(request.body)}
    if kind not in JSON_TYPES:
        raise WebhookRejected("Only JSON and form deliveries are read.", status=415)
    if asked and not request.body.strip():
        return asked
    return {**asked, **json_object(request.body)}


def form_payload(body: bytes) -> Mapping[str, Any]:
    """Return the pairs of a form; a pair that holds an entity holds it as JSON."""
    pairs: dict[str, Any] = storable(form_pairs(body))
    if "JSONString" in pairs:
        return json_object(pairs["JSONString"])
    for key in (*PARTS, "contact_person", "project"):
        if str(pairs.get(key, "")).lstrip().startswith("{"):
            pairs[key] = json_object(pairs[key])
    return pairs


def storable(pairs: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Return pairs as text that a database can keep."""
    return {storable_text(key): storable_text(value) for key, value in pairs}


def json_object(text: str | bytes) -> Mapping[str, Any]:
    """Return a JSON object or refuse the delivery."""
    try:
        value = json_read(text)
    except ValueError as exc:
        raise WebhookRejected("The delivery is not JSON.", status=400) from exc
    if not isinstance(value, dict):
        raise WebhookRejected("The delivery is not a JSON object.", status=400)
    return value


def form_pairs(body: bytes) -> list[tuple[str, str]]:
    """Return the decoded pairs of a form body or refuse the delivery."""
    try:
        return parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=1000)
    except ValueError as exc:
        raise WebhookRejected("The delivery is not a form.", status=400) from exc


def content_type(request: WebhookRequest) -> str:
    """Return the media type without its parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def event_of(payload: Mapping[str, Any]) -> str:
    """Return what happened, as far as the rule's maker included it."""
    for key in ("event_type", "action", "event"):
        if isinstance(payload.get(key), str) and payload[key]:
            return str(payload[key])[:100]
    return "contact"


def contact_id_of(payload: Mapping[str, Any]) -> str:
    """Return the contact's id, "" when the delivery names none."""
    places = [*places_of(payload), payload.get("contact_person")]
    return next(filter(None, (id_in(place, "contact_id") for place in places)), "")


def person_id_of(payload: Mapping[str, Any]) -> str:
    """Return the contact person's id, "" when the delivery is not about one."""
    places = [payload.get("contact_person"), *places_of(payload)]
    found = (id_in(place, "contact_person_id") for place in places)
    return next(filter(None, found), "")


def task_ids_of(payload: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the tasks, each with its customer, of a delivery about Crosswalk's own
    project of a customer; other projects are none of ours."""
    data = payload.get("data")
    inner = data.get("project") if isinstance(data, dict) else None
    project = payload.get("project") or inner
    customer = id_in(project, "customer_id")
    if not isinstance(project, dict) or not is_ours(project, customer or "-"):
        return []
    tasks = project.get("tasks")
    found = [id_in(t, "task_id") for t in tasks] if isinstance(tasks, list) else []
    return [(each, customer) for each in found if each]


def places_of(payload: Mapping[str, Any]) -> list[object]:
    """Return where a delivery may keep what it is about."""
    places = [payload, *(payload.get(part) for part in PARTS)]
    data = payload.get("data")
    if isinstance(data, dict):
        places += [data.get(part) for part in (*PARTS, "contact_person")]
    return places


def id_in(place: object, key: str) -> str:
    """Return an id as text, "" for none and for one too long to be one."""
    found = place.get(key) if isinstance(place, dict) else None
    if not isinstance(found, str | int) or isinstance(found, bool):
        return ""
    name = str(found).strip()
    return name if len(name) <= ID_LENGTH else ""
