"""HighLevel's events as hints of what to read (sheet §9).

Real deliveries are flat; the guide's samples wrap the record in `data`, beside which
`type` may be the *contact's* type (#264). Appointments come under `appointment`. What a
delivery leaves out (TaskCreate its contact, notes their title) says nothing about it:
only contacts come whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal
from uuid import uuid4

from crosswalk.errors import WebhookRejected
from crosswalk.foreign import json_read
from integrations.connectors.base import Delivery, ObjectSpec, Values, WebhookRequest
from integrations.connectors.highlevel.child_specs import (
    APPOINTMENT,
    APPOINTMENTS,
    NOTE,
    NOTES,
    TASK,
    TASKS,
)
from integrations.connectors.highlevel.childrows import child_of
from integrations.connectors.highlevel.contact_spec import CONTACT
from integrations.connectors.highlevel.rows import record_of
from integrations.connectors.highlevel.times import time_of

# Not all of these are sent today (there is no TaskUpdate): one more would be no surprise.
EVENTS: Mapping[str, Sequence[str]] = {
    CONTACT: ("Create", "Update", "Delete", "TagUpdate", "DndUpdate"),
    NOTE: ("Create", "Update", "Delete"),
    TASK: ("Create", "Update", "Complete", "Delete"),
    APPOINTMENT: ("Create", "Update", "Delete"),
}
OBJECT_TYPES = {
    f"{object_type.capitalize()}{what}": object_type
    for object_type, events in EVENTS.items()
    for what in events
}
CHILDREN: Mapping[str, ObjectSpec] = {
    NOTE: NOTES,
    TASK: TASKS,
    APPOINTMENT: APPOINTMENTS,
}
LIFECYCLE: Mapping[str, Literal["installed", "uninstalled"]] = {
    "INSTALL": "installed",
    "UNINSTALL": "uninstalled",
}


def parse(request: WebhookRequest) -> Sequence[Delivery]:
    """Return what a delivery hints at; an event we do not know names no object."""
    envelope = body_of(request)
    kind = word(envelope, "type") or word(part(envelope, "data"), "type")
    record = record_in(envelope, kind)
    object_type = OBJECT_TYPES.get(kind, "")
    record_id = word(record, "id")
    if not record_id:
        object_type = ""
    return [
        Delivery(
            event_type=kind,
            account_id=word(envelope, "locationId") or word(record, "locationId"),
            object_type=object_type,
            record_id=record_id if object_type else "",
            delivery_id=word(envelope, "webhookId") or word(record, "webhookId"),
            deleted=bool(object_type) and kind.endswith("Delete"),
            sent_at=time_of(envelope.get("timestamp") or record.get("timestamp")),
            values=values_of(object_type, kind, record),
            parent_id=word(record, "contactId") if object_type in CHILDREN else "",
            lifecycle=LIFECYCLE.get(kind, ""),
            company_id=word(envelope, "companyId") or word(record, "companyId"),
        )
    ]


def parse_call(request: WebhookRequest) -> Sequence[Delivery]:
    """Return the call of a workflow's step "Custom Webhook": its body is anyone's choice.

    It has no id, so each that arrives counts (sheet §9.1).
    """
    body = body_of(request) if request.body.strip() else {}
    return [
        Delivery(
            event_type="WorkflowWebhook",
            account_id="",
            object_type="workflow",
            record_id=word(body, "contact_id") or word(body, "contactId") or "call",
            delivery_id=f"call {uuid4()}",
        )
    ]


def record_in(envelope: dict[str, Any], kind: str) -> dict[str, Any]:
    """Return the record of a delivery, flat or wrapped, with its envelope around it."""
    inner = part(envelope, "data")
    event = {**envelope, **inner}
    if OBJECT_TYPES.get(kind) == APPOINTMENT:
        return {**event, **part(event, APPOINTMENT)}
    return event


def values_of(object_type: str, kind: str, record: dict[str, Any]) -> Values:
    """Return the fields a delivery reports, to tell an echo of our own write."""
    if object_type == CONTACT:
        return record_of(record, "webhook").values
    if object_type not in CHILDREN:
        return {}
    values = dict(child_of(CHILDREN[object_type], record, "webhook").values)
    return {**values, "completed": True} if kind == "TaskComplete" else values


def part(body: dict[str, Any], key: str) -> dict[str, Any]:
    """Return an object inside an event, an empty one for anything else."""
    value = body.get(key)
    return value if isinstance(value, dict) else {}


def body_of(request: WebhookRequest) -> dict[str, Any]:
    """Return the JSON object of a delivery; WebhookRejected when it is none."""
    try:
        body = json_read(request.body)
    except ValueError as exc:
        raise WebhookRejected("The delivery is not JSON.", status=400) from exc
    if not isinstance(body, dict):
        raise WebhookRejected("The delivery is no JSON object.", status=400)
    return body


def word(event: dict[str, Any], key: str) -> str:
    """Return a text of an event, "" for anything else."""
    value = event.get(key)
    return value if isinstance(value, str) else ""
