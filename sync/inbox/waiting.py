"""The inbox between runs: what waits, for which syncs, and what is put off or closed."""

from __future__ import annotations

from datetime import timedelta
from itertools import product

from django.db.models import F, Q, QuerySet

from crosswalk.clock import now
from integrations.models import Connection
from mapping.models import Mapping
from sync.inbox.deliveries import APP
from sync.models import InboxEvent, Sync
from synclog.models import SyncRun

# seconds until the next try, by how many there were; after the last it stays failed
LADDER = (5, 15, 60, 300, 900, 3600, 4 * 3600, 12 * 3600)
LEFT_SECONDS = 3  # until what was not tried is due again
CLOSED_AT_ONCE = 500  # a writer must not be held up for long
FAILED = "failed"
RUN = "run "
WORKING = (Connection.Health.ACTIVE, Connection.Health.DEGRADED)


def owner_of(run: SyncRun) -> str:
    """Return the name under which a run takes deliveries."""
    return f"{RUN}{run.pk}"


def waiting() -> QuerySet[InboxEvent]:
    """Return the deliveries that are due and that no run has taken."""
    return InboxEvent.objects.filter(next_at__lte=now(), lease_owner="")


def close(events: QuerySet[InboxEvent], outcome: str) -> None:
    """Settle deliveries for good."""
    events.filter(next_at__isnull=False).update(
        next_at=None, lease_owner="", handled_at=now(), outcome=outcome, error=""
    )


def put_off(
    events: QuerySet[InboxEvent], reason: str, *, was_tried: bool = True
) -> None:
    """Give deliveries back, to be tried again later: later each time.

    After the last step of the ladder they stay failed, until a person replays them.
    What was not tried itself (the system was down by then) has lost no attempt.
    """
    moment, reason = now(), reason[:400]
    given = {"lease_owner": "", "error": reason}
    if not was_tried:
        events.update(
            next_at=moment + timedelta(seconds=LEFT_SECONDS),
            attempts=F("attempts") - 1,
            **given,
        )
        return
    events.filter(attempts__gt=len(LADDER)).update(
        next_at=None, handled_at=moment, outcome=FAILED, **given
    )
    for attempt, seconds in enumerate(LADDER, 1):
        events.filter(attempts=attempt, next_at__isnull=False).update(
            next_at=moment + timedelta(seconds=seconds), **given
        )


def release(run: SyncRun, reason: str) -> None:
    """Give back what a run had taken when it ended without having read it."""
    put_off(InboxEvent.objects.filter(lease_owner=owner_of(run)), reason)


def release_orphans() -> None:
    """Give back what runs had taken that were ended by somebody else."""
    taken = InboxEvent.objects.filter(
        next_at__isnull=False, lease_owner__startswith=RUN
    )
    owners = set(taken.values_list("lease_owner", flat=True).distinct())
    if not owners:
        return
    numbers = [int(owner.removeprefix(RUN)) for owner in owners]
    active = SyncRun.objects.filter(pk__in=numbers, state__in=SyncRun.ACTIVE)
    orphans = owners - {owner_of(run) for run in active}
    put_off(taken.filter(lease_owner__in=orphans), "The run that read it was stopped.")


def replay(events: QuerySet[InboxEvent]) -> int:
    """Have failed or put-off deliveries read again at once; return how many."""
    return events.filter(Q(outcome=FAILED) | ~Q(error=""), lease_owner="").update(
        next_at=now(), handled_at=None, outcome="", attempts=0
    )


# --- for which syncs --------------------------------------------------------------------


def inbox_waits(sync: Sync) -> bool:
    """Whether deliveries that a sync reads are due."""
    due = waiting().filter(connection_id__in=(sync.left_id, sync.right_id))
    return due.filter(object_type__in=list(_types([sync])[sync.pk])).exists()


def inbox_syncs() -> list[Sync]:
    """Return the live syncs that can read waiting deliveries now.

    Deliveries for which there is no such sync at all are closed unread. While a
    connection needs reconnecting, a run is under way or the sync rests after the
    first people of a plan, they wait.
    """
    release_orphans()
    due = waiting().exclude(object_type=APP)
    found = set(due.values_list("connection_id", "object_type").distinct())
    if not found:
        return []
    connections = {connection for connection, _ in found}
    syncs = list(
        Sync.objects.filter(
            Q(left_id__in=connections) | Q(right_id__in=connections),
            Q(state=Sync.State.LIVE) | Q(canary__isnull=False),
        ).select_related("left", "right")
    )
    types = _types(syncs)
    reads = {
        sync.pk: set(product((sync.left_id, sync.right_id), types[sync.pk]))
        for sync in syncs
    }
    served = {pair for pairs in reads.values() for pair in pairs}
    for connection, object_type in found - served - watched_of(found - served):
        has_sync = any(connection == each for each, _ in served)
        _close_some(
            due.filter(connection=connection, object_type=object_type),
            "not synced" if has_sync else "no live sync",
        )
    busy = SyncRun.objects.filter(
        sync__in=syncs, mode=SyncRun.Mode.LIVE, state__in=SyncRun.ACTIVE
    )
    is_busy = set(busy.values_list("sync_id", flat=True))
    return [
        sync
        for sync in syncs
        if reads[sync.pk] & found and sync.pk not in is_busy and _works(sync)
    ]


def watched_of(pairs: set[tuple[int, str]]) -> set[tuple[int, str]]:
    """Return those that a trigger waits for: they are read without a sync."""
    if not pairs:
        return set()
    rows = Connection.objects.filter(pk__in={pk for pk, _ in pairs}).exclude(watched={})
    held = dict(rows.values_list("pk", "watched"))
    return {(pk, kind) for pk, kind in pairs if kind in held.get(pk, ())}


def served_pairs(pairs: set[tuple[int, str]]) -> set[tuple[int, str]]:
    """Return those (connection, object type) that a live sync reads."""
    connections = {pk for pk, _ in pairs}
    syncs = Sync.objects.filter(
        Q(left_id__in=connections) | Q(right_id__in=connections),
        Q(state=Sync.State.LIVE) | Q(canary__isnull=False),
    )
    types = _types(list(syncs))
    read = {
        pair
        for sync in syncs
        for pair in product((sync.left_id, sync.right_id), types[sync.pk])
    }
    return pairs & read


def _works(sync: Sync) -> bool:
    is_live = sync.state == Sync.State.LIVE
    return is_live and sync.left.health in WORKING and sync.right.health in WORKING


def _types(syncs: list[Sync]) -> dict[int, set[str]]:
    """Return the object types that each sync maps."""
    found: dict[int, set[str]] = {sync.pk: set() for sync in syncs}
    mapped = Mapping.objects.filter(sync__in=syncs).values_list(
        "sync_id", "object_type"
    )
    for sync_id, object_type in mapped:
        found[sync_id].add(object_type)
    return found


def _close_some(events: QuerySet[InboxEvent], outcome: str) -> None:
    pks = list(events.order_by("pk").values_list("pk", flat=True)[:CLOSED_AT_ONCE])
    if pks:
        close(InboxEvent.objects.filter(pk__in=pks), outcome)
