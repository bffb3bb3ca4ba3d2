"""Selectors: what pages show of syncs, runs and people, each in a fixed number of
queries."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.db.models import (
    Count,
    Max,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
)

from crosswalk.clock import now
from integrations.models import Connection, RemoteRecord
from sync.failing import put_aside
from sync.models import Setup, Sync, SyncRecord, WorkerPulse
from synclog.models import LogEntry, SyncRun
from workspaces.models import Workspace

LISTS = tuple(str(value) for value in SyncRecord.List.values)
DECISIONS = (SyncRecord.List.REVIEW, SyncRecord.List.CONFLICT)
DELETES = "deletes"  # of those under review, who is gone on one side
DELETE_CODES = "delete_"  # how the codes of pending deletes begin: engine/removal.ASK …
IS_DELETE = Q(reason_code__startswith=DELETE_CODES)
PULSE_SECONDS = 60  # a worker that was silent for longer is taken for stopped
DAY = timedelta(hours=24)

Counts = dict[str, int]


# --- the shell ------------------------------------------------------------------------


def attention_count(workspace: Workspace) -> int:
    """Return how many things wait for a person: a cause is one, a decision is one."""
    groups = (
        SyncRecord.objects.filter(
            sync__workspace=workspace, list__in=(*DECISIONS, SyncRecord.List.FAILING)
        )
        .exclude(put_aside())
        .values_list("list", "sync", "reason_code", "field_map")
        .annotate(units=Count("pk"))
        .order_by()
    )
    waiting = sum(
        1 if name == SyncRecord.List.FAILING else units for name, *_, units in groups
    )
    broken = connections_broken(workspace).order_by().values("pk")
    stopped = syncs_stopped(workspace).order_by().values("pk")
    return waiting + broken.union(stopped, all=True).count()


def worker_state() -> dict[str, Any]:
    """Return whether a worker of this installation works, and what it still has to."""
    beat = WorkerPulse.objects.aggregate(last=Max("at"))["last"]
    alive = beat is not None and now() - beat < timedelta(seconds=PULSE_SECONDS)
    queued = SyncRun.objects.filter(state=SyncRun.State.QUEUED).count()
    return {"is_running": alive, "queued": queued}


# --- syncs ----------------------------------------------------------------------------


def sync_list(workspace: Workspace) -> QuerySet[Sync]:
    """Return a workspace's syncs with their connections."""
    found = Sync.objects.filter(workspace=workspace)
    return found.select_related(
        "workspace", "left__grant", "right__grant", "canary"
    ).order_by("pk")


def list_counts(syncs: Iterable[Sync]) -> dict[int, Counts]:
    """Return sync → list → units, in one query."""
    found: dict[int, Counts] = {sync.pk: dict.fromkeys(LISTS, 0) for sync in syncs}
    rows = (
        SyncRecord.objects.filter(sync__in=list(found))
        .values_list("sync", "list")
        .annotate(units=Count("pk"))
        .order_by()
    )
    for sync, name, units in rows:
        found[sync][name] = units
    return found


def last_runs(syncs: Iterable[Sync]) -> dict[int, SyncRun]:
    """Return sync → its last live run that has ended."""
    ended = SyncRun.objects.filter(
        sync=OuterRef("pk"), mode=SyncRun.Mode.LIVE, state__in=SyncRun.TERMINAL
    ).order_by("-pk")
    newest = Sync.objects.filter(pk__in=[sync.pk for sync in syncs]).annotate(
        newest=Subquery(ended.values("pk")[:1])
    )
    runs = SyncRun.objects.filter(pk__in=newest.values("newest"))
    return {run.sync_id: run for run in runs}


def active_runs(syncs: Iterable[Sync]) -> dict[int, SyncRun]:
    """Return sync → the run under way: a live one before a test, the long one of two."""
    runs = (
        SyncRun.objects.filter(
            sync__in=[sync.pk for sync in syncs], state__in=SyncRun.ACTIVE
        )
        .exclude(is_aside=True, started_at=None)  # it comes after the one under way
        .order_by("-mode", "is_aside")  # the last of a sync replaces those before it
    )
    return {run.sync_id: run for run in runs}


def runs_of_day(workspace: Workspace) -> list[SyncRun]:
    """Return the runs of the last 24 hours that touched something, with their counts."""
    return list(
        SyncRun.objects.filter(
            workspace=workspace,
            mode=SyncRun.Mode.LIVE,
            is_quiet=False,
            finished_at__gte=now() - DAY,
        ).only("sync_id", "finished_at", "counts", "by_side")[:5000]
    )


def setups_open(workspace: Workspace) -> QuerySet[Setup]:
    """Return the set-ups that were begun and not finished."""
    return Setup.objects.filter(
        workspace=workspace, finished_at__isnull=True
    ).select_related("left", "right", "sync")


def syncs_stopped(workspace: Workspace) -> QuerySet[Sync]:
    """Return the syncs whose last run failed as a whole, other than for a connection
    that must be connected again: a guard, a listing nobody believed, a broken rule."""
    ended = SyncRun.objects.filter(
        sync=OuterRef("pk"), mode=SyncRun.Mode.LIVE, state__in=SyncRun.TERMINAL
    ).order_by("-pk")
    fit = Connection.Health.NEEDS_RECONNECT
    return (
        Sync.objects.filter(workspace=workspace)
        .exclude(left__health=fit)
        .exclude(right__health=fit)
        .annotate(last_state=Subquery(ended.values("state")[:1]))
        .filter(last_state=SyncRun.State.FAILED)
        .order_by("name")
    )


def connections_broken(workspace: Workspace) -> QuerySet[Connection]:
    """Return the connections that somebody must connect again."""
    return (
        Connection.objects.filter(
            workspace=workspace, health=Connection.Health.NEEDS_RECONNECT
        )
        .select_related("grant")
        .order_by("name")
    )


# --- people ---------------------------------------------------------------------------


def record_list(workspace: Workspace) -> QuerySet[SyncRecord]:
    """Return a workspace's units with what a list shows of them."""
    return SyncRecord.objects.filter(sync__workspace=workspace).select_related(
        "sync__left__grant", "sync__right__grant", "left", "right", "last_entry"
    )


def decision_counts(workspace: Workspace) -> dict[str, int]:
    """Return how many people each kind of decision waits for, in one query: those of
    the two lists, and the pending deletes among those under review."""
    found = SyncRecord.objects.filter(sync__workspace=workspace, list__in=DECISIONS)
    return found.aggregate(
        **{
            str(name): Count("pk", filter=Q(list=name) & ~IS_DELETE)
            for name in DECISIONS
        },
        **{DELETES: Count("pk", filter=Q(list=SyncRecord.List.REVIEW) & IS_DELETE)},
    )


def candidates_of(records: Iterable[SyncRecord]) -> dict[int, RemoteRecord]:
    """Return the candidates of units under review, by pk, in one query."""
    rows = list(records)
    wanted = {
        candidate["record"]
        for record in rows
        for candidate in record.detail.get("candidates", ())
    }
    connections = {pk for r in rows for pk in (r.sync.left_id, r.sync.right_id)}
    found = RemoteRecord.objects.filter(pk__in=wanted, connection__in=connections)
    return {row.pk: row for row in found}


# --- runs -----------------------------------------------------------------------------


def run_list(workspace: Workspace) -> QuerySet[SyncRun]:
    """Return a workspace's runs, the newest first."""
    return (
        SyncRun.objects.filter(workspace=workspace)
        .select_related(
            "workspace",
            "sync__left__grant",
            "sync__right__grant",
            "sync__canary",
            "requested_by",
            "plan",
        )
        .order_by("-pk")
    )


def entry_list(run: SyncRun) -> QuerySet[LogEntry]:
    """Return what a run did to each person it touched, the newest first."""
    return LogEntry.objects.filter(run=run).order_by("-pk")


def entry_counts(run: SyncRun) -> Counts:
    """Return outcome → people a run has touched so far."""
    rows = (
        LogEntry.objects.filter(run=run)
        .values_list("outcome")
        .annotate(units=Count("pk"))
        .order_by()
    )
    return dict(rows)


def entry_causes(run: SyncRun) -> list[dict[str, Any]]:
    """Return why people failed in a run, the most people first."""
    failed = LogEntry.objects.filter(run=run, outcome=LogEntry.Outcome.FAILED)
    causes = failed.values("error_code").annotate(units=Count("pk"), side=Min("side"))
    return [{**each} for each in causes.order_by("-units", "error_code")]


def entries_of(runs: Iterable[SyncRun]) -> dict[int, list[LogEntry]]:
    """Return run → what it did, for runs that touched few people."""
    found: dict[int, list[LogEntry]] = {run.pk: [] for run in runs}
    for entry in LogEntry.objects.filter(run__in=list(found)).order_by("-pk"):
        found[entry.run_id].append(entry)
    return found


def of_either(rows: QuerySet[Any], pks: Iterable[int], *fields: str) -> QuerySet[Any]:
    """Return some fields of the pairs of which either record is among some.

    As a union: of an OR a database takes no index, or that of something else.
    """
    among = list(pks)
    lefts = rows.filter(left__in=among).order_by().values_list(*fields)
    return lefts.union(rows.filter(right__in=among).order_by().values_list(*fields))


def units_of(sync_id: int, entries: Iterable[LogEntry]) -> dict[str, SyncRecord]:
    """Return unit → where it stands now, of the people some entries are about."""
    keys = [entry.unit for entry in entries]
    lefts = [int(key[1:]) for key in keys if key.startswith("l")]
    rights = [int(key[1:]) for key in keys if key.startswith("r")]
    found: dict[str, SyncRecord] = {}
    for record in SyncRecord.objects.filter(
        Q(left_id__in=lefts) | Q(right_id__in=rights), sync=sync_id
    ):
        found[f"l{record.left_id}"] = found[f"r{record.right_id}"] = record
    return found
