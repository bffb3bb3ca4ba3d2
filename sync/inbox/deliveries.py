"""Deliveries as data: from the bytes of a request, into the rows of the inbox."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

from crosswalk.errors import WebhookRejected
from crosswalk.foreign import storable_text
from integrations.connectors.base import Delivery, WebhookRequest
from sync.inbox.hookroutes import Route
from sync.models import InboxEvent

LATE = timedelta(minutes=5)
MAX_ID = 80  # of a record; a longer id is none of a vendor's
MAX_PAIRS = 1000
CONTENT_TYPES = {"application/json", "application/x-www-form-urlencoded"}
TOO_LARGE = "The delivery is too large."
APP = "app"  # in the place of an object type: what concerns the app itself


def request_of(environ: Mapping[str, Any], limit: int) -> WebhookRequest:
    """Return a delivery's bytes and headers; refuse what is too large or foreign.

    `environ` is WSGI's. Raises WebhookRejected with 400, 413 or 415.
    """
    length = str(environ.get("CONTENT_LENGTH") or 0)
    if not (length.isascii() and length.isdecimal()) or len(length) > 18:
        raise WebhookRejected("The delivery names no length.", status=400)
    if int(length) > limit:
        raise WebhookRejected(TOO_LARGE, status=413)
    kind = str(environ.get("CONTENT_TYPE", "")).partition(";")[0].strip().lower()
    if kind not in CONTENT_TYPES:
        raise WebhookRejected("Only JSON and form deliveries are read.", status=415)
    is_chunked = "HTTP_TRANSFER_ENCODING" in environ and int(length) == 0
    body = environ["wsgi.input"].read(limit + 1 if is_chunked else int(length))
    if len(body) > limit:
        raise WebhookRejected(TOO_LARGE, status=413)
    return WebhookRequest(
        body=bytes(body),
        headers=headers_of(environ),
        query=query_of(str(environ.get("QUERY_STRING", ""))),
    )


def headers_of(environ: Mapping[str, Any]) -> dict[str, str]:
    """Return the headers by their lower-cased names."""
    found = {
        name[5:].replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    found["content-type"] = environ.get("CONTENT_TYPE", "")
    return found


def query_of(text: str) -> list[tuple[str, str]]:
    """Return the pairs of an address's query."""
    if not text:
        return []
    try:
        decoded = text.encode("latin-1").decode(errors="replace")
        return parse_qsl(decoded, keep_blank_values=True, max_num_fields=MAX_PAIRS)
    except ValueError as error:
        raise WebhookRejected("The address cannot be read.", status=400) from error


def is_known(delivery: Delivery) -> bool:
    """Whether a delivery tells of a record, or of the app, in a way we can use."""
    if delivery.lifecycle:
        return True
    return bool(delivery.object_type) and 0 < len(delivery.record_id) <= MAX_ID


def numbered(deliveries: Sequence[Delivery]) -> list[Delivery]:
    """Return the parts of one delivery with an id each: its own id is taken once."""
    return [
        replace(each, delivery_id=f"{each.delivery_id[:110]} {number}")
        if each.delivery_id and number > 1
        else each
        for number, each in enumerate(deliveries, 1)
    ]


def event_of(
    route: Route, delivery: Delivery, request: WebhookRequest, moment: datetime
) -> InboxEvent:
    """Return the row of a delivery for one connection."""
    body = storable_text(request.body.decode(errors="replace"))
    late = bool(delivery.sent_at and abs(moment - delivery.sent_at) > LATE)
    event = InboxEvent(
        connection_id=route.pk,
        delivery_id=delivery.delivery_id[:120] or None,
        event_type=delivery.event_type[:60],
        object_type=delivery.object_type,
        record_id=delivery.record_id,
        parent_id=delivery.parent_id[:MAX_ID],
        is_delete=delivery.deleted,
        is_late=late,
        body=body,
        values=dict(delivery.values),
        next_at=moment,
    )
    if delivery.lifecycle:
        event.object_type, event.record_id = APP, delivery.lifecycle
        event.values = {
            "account_id": delivery.account_id,
            "company_id": delivery.company_id,
            "sent_at": delivery.sent_at.isoformat() if delivery.sent_at else "",
        }
    return event
