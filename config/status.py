"""How everything is going, as crosswalk_status prints it. Makes no vendor call."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, OuterRef, Subquery

from crosswalk.clock import iso, now
from integrations.models import Connection
from integrations.selectors import connection_status
from sync.jobs import heartbeat_age, worker_pids
from sync.models import Delivery, InboxEvent, Sync, SyncRecord
from synclog.models import SyncRun
from workspaces.models import Workspace


def status(workspace: Workspace | None = None) -> dict[str, Any]:
    """Return the status of one workspace, or of the whole installation."""
    scope = {"workspace": workspace} if workspace else {}
    connections = (
        Connection.objects.filter(**scope)
        .select_related("grant__workspace")
        .order_by("pk")
    )
    return {
        "schema": 1,
        "connections": [connection_status(connection) for connection in connections],
        "syncs": sync_statuses(scope),
        "worker": {"heartbeat_age_seconds": heartbeat_age(), "pids": worker_pids()},
        "queue": {
            "inbox": InboxEvent.objects.filter(
                next_at__isnull=False,
                **{f"connection__{key}": value for key, value in scope.items()},
            ).count(),
            "runs": SyncRun.objects.filter(state__in=SyncRun.ACTIVE, **scope).count(),
            "deliveries": Delivery.objects.filter(
                next_at__isnull=False, **scope
            ).count(),
        },
    }


def sync_statuses(scope: dict[str, Any]) -> list[dict[str, Any]]:
    """Return all syncs with their lists, in three queries however many there are."""
    latest = SyncRun.objects.filter(sync=OuterRef("pk")).order_by("-pk").values("pk")
    syncs = list(
        Sync.objects.filter(**scope)
        .annotate(last_run_id=Subquery(latest[:1]))
        .order_by("pk")
    )
    runs = SyncRun.objects.in_bulk([sync.last_run_id for sync in syncs])
    counts = list_counts([sync.pk for sync in syncs])
    return [
        {
            "name": sync.name,
            "state": sync.state,
            "last_run": run_status(runs.get(sync.last_run_id)),
            "lag_seconds": lag_seconds(sync),
            "records": {name: counts.get((sync.pk, name), 0) for name in LISTS},
        }
        for sync in syncs
    ]


LISTS = tuple(str(value) for value in SyncRecord.List.values)


def list_counts(sync_ids: list[int]) -> dict[tuple[int, str], int]:
    """Return (sync, list) → units."""
    rows = (
        SyncRecord.objects.filter(sync__in=sync_ids)
        .values_list("sync", "list")
        .annotate(units=Count("pk"))
        .order_by()
    )
    return {(sync, name): units for sync, name, units in rows}


def run_status(run: SyncRun | None) -> dict[str, Any] | None:
    """Return the short story of a run, None when there was none."""
    if run is None:
        return None
    return {
        "run": run.pk,
        "mode": run.mode,
        "state": run.state,
        "reason": run.reason,
        "started_at": iso(run.started_at),
        "finished_at": iso(run.finished_at),
        "resume_at": iso(run.next_at) if run.state == SyncRun.State.WAITING else None,
    }


def lag_seconds(sync: Sync) -> float | None:
    """Return how long ago a live sync last looked, None when it is not live."""
    if sync.state != Sync.State.LIVE:
        return None
    since = sync.polled_at or sync.went_live_at
    return round((now() - since).total_seconds(), 1) if since else None
