"""The meter of notices: which changes a delivery told of, and which only the poll found."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.db.models import F, Q

from crosswalk.clock import now
from integrations.models import Connection, RemoteRecord
from sync.models import HookMeter, InboxEvent, Intent

# A younger change may still be told of: vendors deliver within seconds, not at once.
GRACE = timedelta(minutes=1)


def meter_add(
    connection_id: int, day: date, *, heard: int = 0, missed: int = 0
) -> None:
    """Add to the meter of a day."""
    HookMeter.objects.get_or_create(connection_id=connection_id, day=day)
    HookMeter.objects.filter(connection_id=connection_id, day=day).update(
        heard=F("heard") + heard, missed=F("missed") + missed
    )


def meter_poll(
    connection: Connection,
    object_type: str,
    changed: Sequence[RemoteRecord],
    since: datetime | None,
) -> None:
    """Judge the changed records of a page that a poll has read: told of, or missed.

    `since` is when the previous poll began. Connections that receive nothing are not
    judged, nor is what we wrote ourselves. Two queries a page with changes.
    """
    if not changed or since is None or connection.webhook_seen_at is None:
        return
    told = InboxEvent.objects.filter(
        Q(received_at__gte=since) | Q(next_at__isnull=False),
        connection=connection,
        object_type=object_type,
        record_id__in=[row.remote_id for row in changed],
    )
    ours = Intent.objects.filter(
        connection=connection,
        created_at__gte=since,
        record_id__in=[row.pk for row in changed],
    )
    heard_ids = set(told.values_list("record_id", flat=True))
    our_pks = set(ours.values_list("record_id", flat=True))
    moment = now()
    theirs = [row for row in changed if row.pk not in our_pks]
    heard = sum(row.remote_id in heard_ids for row in theirs)
    missed = sum(
        row.remote_id not in heard_ids
        and (row.modified_at is None or moment - row.modified_at > GRACE)
        for row in theirs
    )
    if heard or missed:
        meter_add(connection.pk, moment.date(), heard=heard, missed=missed)
