"""Rows that tests of pages begin with: a live sync, its people, its runs."""

from __future__ import annotations

from typing import Any

from crosswalk.clock import now
from integrations.models import RemoteRecord
from sync.models import Sync, SyncRecord
from sync.setup.saving import sync_go_live
from synclog.models import LogEntry, SyncRun
from tests.config.rows import mapped, sync_make
from workspaces.models import Workspace

PHONE_CHANGE = {
    "left": "phone",
    "right": "phone",
    "label": "Phone",
    "side": "right",
    "action": "write",
    "before": "+441184960111",
    "after": "+441184960222",
    "left_value": "+441184960222",
    "right_value": "+441184960111",
    "reason": "Changed at HighLevel.",
}


def live_sync(workspace: Workspace, **settings: Any) -> Sync:
    """Make a live sync of GHL and Zoho."""
    sync = mapped(sync_make(workspace, **settings))
    return sync_go_live(sync=sync, actor=None, tested=True)


def remote(sync: Sync, side: str, number: int, **values: str) -> RemoteRecord:
    """Make one stored record of a side."""
    connection = sync.left if side == "left" else sync.right
    return RemoteRecord.objects.create(
        connection=connection,
        object_type="contact",
        remote_id=f"{side}-{number}",
        label=f"Person {number}",
        values=values,
        read_at=now(),
    )


def unit(sync: Sync, name: str, number: int = 1, **fields: Any) -> SyncRecord:
    """Make one person of HighLevel in a list."""
    if "left" not in fields:
        fields["left"] = remote(sync, "left", number)
    return SyncRecord.objects.create(
        sync=sync,
        object_type="contact",
        list=name,
        label=f"Person {number}",
        **fields,
    )


def run_make(sync: Sync, state: str = "completed", **fields: Any) -> SyncRun:
    """Make a run, ended unless its state says otherwise."""
    ended = state in SyncRun.TERMINAL
    fields.setdefault("mode", SyncRun.Mode.LIVE)
    fields.setdefault("trigger", SyncRun.Trigger.MANUAL)
    return SyncRun.objects.create(
        workspace_id=sync.workspace_id,
        sync=sync,
        state=state,
        started_at=now(),
        finished_at=now() if ended else None,
        next_at=None if ended else now(),
        **fields,
    )


def entry_make(run: SyncRun, record: SyncRecord, **fields: Any) -> LogEntry:
    """Make what a run did to a person."""
    fields.setdefault("outcome", LogEntry.Outcome.UPDATE)
    entry = LogEntry.objects.create(
        workspace_id=run.workspace_id,
        run=run,
        object_type="contact",
        unit=f"l{record.left_id}",
        left_id=record.left.remote_id if record.left else "",
        label=record.label,
        side="right",
        **fields,
    )
    SyncRecord.objects.filter(pk=record.pk).update(last_entry=entry)
    return entry


def failing(sync: Sync, run: SyncRun, number: int = 1) -> SyncRecord:
    """Make one person whom Zoho Invoice refused."""
    said = "Zoho Invoice refused the values: invalid phone."
    record = unit(
        sync, "failing", number, reason=said, reason_code="remote_rejected", attempts=1
    )
    entry_make(
        run,
        record,
        outcome=LogEntry.Outcome.FAILED,
        reason=said,
        reason_code="remote_rejected",
        error_code="remote_rejected",
        error_message=said,
        error_detail="HTTP 400, code 2006",
        changes=[PHONE_CHANGE],
        trace=[["matched", "Nobody at Zoho Invoice fits."]],
    )
    return record
