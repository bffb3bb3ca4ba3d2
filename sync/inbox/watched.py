"""Deliveries of records that a trigger waits for and that no sync reads."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta
from itertools import groupby

from django.db import transaction
from django.db.models import F, Q, QuerySet

from crosswalk.clock import now
from crosswalk.errors import CrosswalkError, RateLimited, RemoteRejected
from crosswalk.foreign import json_read
from crosswalk.leases import owner_is_dead, owner_name
from integrations.models import Connection
from integrations.operations.noticing import (
    WORKFLOW,
    is_writing,
    notice_read,
    workflow_told,
)
from integrations.session import Session, connection_session
from sync.inbox.waiting import (
    WORKING,
    close,
    put_off,
    served_pairs,
    waiting,
    watched_of,
)
from sync.models import InboxEvent

logger = logging.getLogger(__name__)
BATCH = 100
OWNER = "watch "
LEASE = timedelta(seconds=60)
LATER = "An operation is writing there at this moment."


def watched_pairs() -> set[tuple[int, str]]:
    """Return (connection, object type) of waiting deliveries that triggers alone read."""
    pairs = set(waiting().values_list("connection_id", "object_type").distinct())
    if not pairs:
        return set()
    found = watched_of(pairs)
    return found - served_pairs(found) if found else set()


def watched_take() -> int:
    """Read what waiting deliveries of watched records name; return how many."""
    _release_orphans()
    pairs = sorted(watched_pairs())
    taken = 0
    for pk, group in groupby(pairs, key=lambda pair: pair[0]):
        connection = Connection.objects.select_related("grant").get(pk=pk)
        if connection.health in WORKING:
            taken += _take(connection, [kind for _, kind in group])
    return taken


def _release_orphans() -> None:
    """Give back what a process had taken that was killed meanwhile."""
    taken = InboxEvent.objects.filter(
        next_at__isnull=False, lease_owner__startswith=OWNER
    )
    owners = set(taken.values_list("lease_owner", flat=True).distinct())
    dead = [each for each in owners if owner_is_dead(each.removeprefix(OWNER))]
    over = Q(lease_owner__in=dead) | Q(lease_until__lt=now())
    put_off(taken.filter(over), "Whoever read it was stopped.")


def _take(connection: Connection, object_types: Sequence[str]) -> int:
    due = waiting().filter(connection=connection, object_type__in=object_types)
    if is_writing(
        connection
    ):  # the echo of our own call must not come before its answer
        put_off(due, LATER, was_tried=False)
        return 0
    pks = list(due.order_by("pk").values_list("pk", flat=True)[:BATCH])
    owner = f"{OWNER}{owner_name()}"
    mine = waiting().filter(pk__in=pks)
    if not mine.update(
        lease_owner=owner, lease_until=now() + LEASE, attempts=F("attempts") + 1
    ):
        return 0
    rows = InboxEvent.objects.filter(pk__in=pks, lease_owner=owner)
    try:
        with connection_session(connection, lane="webhook") as session:
            for event in rows.order_by("pk"):
                _read(session, event)
    except CrosswalkError as error:  # the system as a whole: what is left waits
        put_off(rows, error.message)
    return len(pks)


def _read(session: Session, event: InboxEvent) -> None:
    """Read one record and settle its delivery with it."""
    row = InboxEvent.objects.filter(pk=event.pk)
    try:
        if event.object_type == WORKFLOW:
            _told(session.connection, event, row)
            return
        outcome = notice_read(
            session,
            event.object_type,
            event.record_id,
            parent_id=event.parent_id,
            event_type=event.event_type,
        )
    except RateLimited:
        raise
    except RemoteRejected as error:  # it cannot be read, and never could
        close(row, error.code)
    else:
        close(row, outcome)


def _told(connection: Connection, event: InboxEvent, row: QuerySet[InboxEvent]) -> None:
    body = json_read(event.body or "{}")
    with transaction.atomic():
        data = body if isinstance(body, dict) else {"body": body}
        workflow_told(connection, data, event.delivery_id or str(event.pk))
        close(row, "told")
