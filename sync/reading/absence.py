"""Proof of absence: whom a complete listing lacks, confirmed by a read each.

Zoho's pages are numbered, so a delete during a listing can hide a living record; and
HighLevel's listing lags behind what was just made. So nobody counts as gone because a
listing lacks them: the consistent read decides. A listing that lacks most of those we
know is not believed at all, and a person is asked.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from crosswalk.errors import CrosswalkError
from integrations.mirroring.mirror import absence_proved
from integrations.models import Connection, RemoteRecord
from mapping.convert import Side
from sync.context import RunContext
from sync.engine.guards import listing_trip
from sync.models import Sync
from sync.policy import side_connection, system_name
from sync.reading.unread import Attempts
from sync.setup.saving import sync_pause

Read = Callable[[RemoteRecord], None]


class ListingDoubted(CrosswalkError):
    """A complete listing showed far fewer records than are known."""

    code = "listing_doubted"


def absent(
    connection: Connection, object_type: str, *, listing: int, began: datetime
) -> QuerySet[RemoteRecord]:
    """Return the records that a complete listing lacked, and nothing has shown since
    it began."""
    return RemoteRecord.objects.filter(
        connection=connection,
        object_type=object_type,
        gone_at__isnull=True,
        seen_listing__lt=listing,
        read_at__lt=began,
    ).order_by("pk")


def absent_confirm(
    context: RunContext,
    side: Side,
    object_type: str,
    state: dict[str, Any],
    read: Read,
) -> None:
    """Read whoever a listing lacked, one by one.

    Goes on where it was cut off: whoever was read is no longer missing. Raises
    ListingDoubted, and pauses the sync, when too many are.
    """
    connection = side_connection(context.sync, side)
    began = datetime.fromisoformat(state["started_at"])
    missing = absent(connection, object_type, listing=state["listing"], began=began)
    if "believed" not in state:
        _believe(context, side, object_type, connection, missing.count())
        state["believed"] = True
        context.save()
    attempts = Attempts(context, side)
    for pk in list(missing.values_list("pk", flat=True)):
        context.keep_going()
        row = RemoteRecord.objects.get(pk=pk)
        attempts.read(row, partial(read, row))
        context.save()
    attempts.settle()
    absence_proved(
        RemoteRecord.objects.filter(
            connection=connection,
            object_type=object_type,
            seen_listing__lt=state["listing"],
            gone_at__lt=began,
        )
    )


def _believe(
    context: RunContext,
    side: Side,
    object_type: str,
    connection: Connection,
    missing: int,
) -> None:
    """Raise unless a listing is plausible, or a person has let the sync go on since
    the same was said of the one before."""
    known = RemoteRecord.objects.filter(
        connection=connection, object_type=object_type, gone_at__isnull=True
    ).count()
    sync, key = context.sync, f"{side}.{object_type}"
    is_short = listing_trip(known, known - missing)
    was_doubted = key in sync.doubted_listings
    if is_short and not was_doubted:
        _doubt(context, side, key, known, known - missing)
    if was_doubted:
        del sync.doubted_listings[key]
        sync.save(update_fields=["doubted_listings"])


def _doubt(context: RunContext, side: Side, key: str, known: int, listed: int) -> None:
    name = system_name(context.sync, side)
    reason = (
        f"{name} listed only {listed:,} of the {known:,} people we know there. Nobody "
        "was taken as deleted, and nothing was written. Look at "
        f"{name}: if the others were really deleted, resume this sync and compare "
        "everything again; each of them is then looked up before anything happens."
    )
    sync = context.sync
    with transaction.atomic():
        sync.doubted_listings[key] = listed
        sync.save(update_fields=["doubted_listings"])
        if sync.state == Sync.State.LIVE:
            sync_pause(sync=sync, actor=None, reason=reason)
    raise ListingDoubted(reason)
