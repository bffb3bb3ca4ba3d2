"""The inbox: stored webhook deliveries, drained in batches, one read a record.

A delivery is a hint (design §4.10): the record itself is read. A delivery whose
content is what we already have is an echo or old news and costs no call.
"""

from __future__ import annotations

from collections import defaultdict

from django.db.models import Q

from crosswalk.clock import now
from integrations.models import Connection, RemoteRecord
from mapping.models import Mapping
from sync.context import SIDES, RunContext
from sync.models import InboxEvent, Sync
from sync.policy import mapped_keys, side_connection
from sync.reading import read_one

BATCH = 200
READ_ONE_BY_ONE = 20  # more changed records than this are cheaper to list


def inbox_take(context: RunContext) -> bool:
    """Read what the waiting deliveries of both connections name.

    Returns False when there are so many that listing the changes is cheaper; the
    deliveries are settled either way once the read is done.
    """
    events = list(
        InboxEvent.objects.filter(
            next_at__isnull=False,
            connection_id__in=[context.sync.left_id, context.sync.right_id],
        ).order_by("pk")[:BATCH]
    )
    context.run.checkpoint["inbox"] = [event.pk for event in events]
    for side in SIDES:
        connection = side_connection(context.sync, side)
        wanted = _wanted(
            context,
            connection,
            side,
            [e for e in events if e.connection_id == connection.pk],
        )
        if len(wanted) > READ_ONE_BY_ONE:
            return False
        for object_type, record_id in wanted:
            context.keep_going()
            context.expect_calls(side, 1)
            read_one(context.sessions[side], connection, object_type, record_id)
    return True


def inbox_settle(context: RunContext) -> None:
    """Close the deliveries that this run has read."""
    pks = context.run.checkpoint.pop("inbox", [])
    InboxEvent.objects.filter(pk__in=pks, next_at__isnull=False).update(
        next_at=None, handled_at=now(), outcome="read"
    )


def _wanted(
    context: RunContext,
    connection: Connection,
    side: str,
    events: list[InboxEvent],
) -> list[tuple[str, str]]:
    """Return the records to read, each once, without those that bring no news."""
    found: dict[tuple[str, str], bool] = defaultdict(bool)
    for event in events:
        policy = context.policies.get(event.object_type)
        if policy is None or not event.record_id:
            continue
        keys = mapped_keys(policy, "left" if side == "left" else "right")
        key = (event.object_type, event.record_id)
        found[key] |= event.is_delete or not _is_known(connection, event, keys)
    return [key for key, news in found.items() if news]


def _is_known(connection: Connection, event: InboxEvent, keys: set[str]) -> bool:
    """Whether a delivery reports every mapped field, each as we have it."""
    if not event.values or not keys <= event.values.keys():
        return False
    row = RemoteRecord.objects.filter(
        connection=connection,
        object_type=event.object_type,
        remote_id=event.record_id,
        gone_at__isnull=True,
    ).first()
    return row is not None and all(
        key in row.values and row.values[key] == event.values[key] for key in keys
    )


def inbox_waits(sync: Sync) -> bool:
    """Whether deliveries of a sync's connections wait to be read."""
    return InboxEvent.objects.filter(
        next_at__isnull=False, connection_id__in=(sync.left_id, sync.right_id)
    ).exists()


def inbox_syncs() -> list[Sync]:
    """Return the live syncs for which deliveries wait; others are closed unread."""
    waiting = InboxEvent.objects.filter(next_at__lte=now())
    connections = set(waiting.values_list("connection_id", flat=True).distinct())
    if not connections:
        return []
    syncs = list(
        Sync.objects.filter(
            Q(left_id__in=connections) | Q(right_id__in=connections),
            state=Sync.State.LIVE,
        )
    )
    served = {pk for sync in syncs for pk in (sync.left_id, sync.right_id)}
    waiting.exclude(connection_id__in=served).update(
        next_at=None, handled_at=now(), outcome="no live sync"
    )
    types = set(
        Mapping.objects.filter(sync__in=syncs).values_list("object_type", flat=True)
    )
    waiting.exclude(object_type__in=types).update(
        next_at=None, handled_at=now(), outcome="not synced"
    )
    return syncs
