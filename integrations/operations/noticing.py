"""Deliveries about records that are watched and that no sync reads."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import uuid4

from crosswalk.clock import now
from crosswalk.errors import RemoteNotFound
from integrations.mirroring.mirror import record_gone, records_store
from integrations.models import Connection, RemoteRecord
from integrations.session import Session
from synclog.models import Event, OperationCall

WORKFLOW, WORKFLOW_TRIGGER = "workflow", "hl.workflow_webhook"
SOON = timedelta(minutes=1)  # for how long a call under way may still answer


def is_writing(connection: Connection) -> bool:
    """Whether an operation is writing there: its own echo must find it in the mirror."""
    return OperationCall.objects.filter(
        connection=connection,
        writes=True,
        state=OperationCall.State.PENDING,
        created_at__gt=now() - SOON,
    ).exists()


def notice_read(
    session: Session,
    object_type: str,
    record_id: str,
    *,
    parent_id: str = "",
    event_type: str = "",
) -> str:
    """Read the record that a delivery named into the mirror; return what it was.

    A record that is not there is gone, whatever the delivery says: "gone", else "read".
    """
    connection = session.connection
    try:
        record = session.connector.get(object_type, record_id, parent_id)
    except RemoteNotFound:
        row = row_of(connection, object_type, record_id)
        row.connection = connection
        record_gone(row, RemoteRecord.Proof.NOTICE)
        return "gone"
    records_store(connection, object_type, [record], notices={record_id: event_type})
    return "read"


def row_of(connection: Connection, object_type: str, record_id: str) -> RemoteRecord:
    """Return the mirror's row of a record; one that was never read gets an empty one."""
    row, _ = RemoteRecord.objects.get_or_create(
        connection=connection,
        object_type=object_type,
        remote_id=record_id,
        defaults={"read_at": now()},
    )
    return row


def workflow_told(connection: Connection, body: Mapping[str, Any], cause: str) -> None:
    """Write the event of a workflow that called; its delivery is the cause."""
    held = connection.watched.get(WORKFLOW) or {}
    if WORKFLOW_TRIGGER not in held.get("keys", ()):
        return
    workflow = body.get("workflow")
    named = workflow.get("name") if isinstance(workflow, dict) else workflow
    contact = str(body.get("contact_id") or body.get("contactId") or "")
    call_id = str(uuid4())
    record = {
        "id": call_id,
        "workflow": str(named or ""),
        "contact_id": contact,
        "data": dict(body),
    }
    payload = {
        "operation": WORKFLOW_TRIGGER,
        "connection": connection.name,
        "object_type": WORKFLOW,
        "id": call_id,
        "parent_id": contact,
        "label": str(named or "Workflow")[:200],
        "change": "created",
        "record": record,
        "changed": {},
        "added": [],
        "removed": [],
        "noticed_at": now().isoformat(),
    }
    Event.objects.bulk_create(
        [
            Event(
                workspace_id=connection.workspace_id,
                type=WORKFLOW_TRIGGER,
                cause=f"{WORKFLOW_TRIGGER} {connection.pk} {cause}"[:160],
                payload=payload,
            )
        ],
        ignore_conflicts=True,
    )
