"""Polls of watches: what changed since the last one, found without any delivery.

`Watch.place`: "modified" the remote time up to which all is read, "page" where a
reading of all that was begun goes on, "begun" when it began.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import httpx
from django.db.models import F

from crosswalk.clock import now
from crosswalk.errors import AuthError, CrosswalkError, RemoteNotFound
from crosswalk.leases import claim
from integrations import registry
from integrations.access.grants import connection_refused
from integrations.connectors.base import JSONValue, Page, Record
from integrations.mirroring.mirror import record_gone, records_store
from integrations.models import ChildListing, Connection, RemoteRecord, Watch
from integrations.operations.watching import needs_baseline, polls_of, watched_write
from integrations.session import Session, connection_session

SLICE_SECONDS = 12.0
SHORTEST = timedelta(minutes=5)
DAY = timedelta(days=1)
SHARE = 0.05  # of the day's calls, for the polls of one watch
LATER = timedelta(minutes=15)  # after a failure
CONFIRMED = 20  # records that a listing lacked, asked for one by one
PARENTS = 10  # of which the children are read each time


def watches_due() -> list[Watch]:
    """Return the watches whose reading is due, of connections that work."""
    health = Connection.Health
    rows = Watch.objects.filter(
        next_at__lte=now(),
        connection__health__in=(health.ACTIVE, health.DEGRADED),
    )
    return list(rows.order_by("next_at")[:50])


def watch_poll(
    watch_id: int,
    *,
    early: bool = False,
    transport: httpx.BaseTransport | None = None,
    seconds: float = SLICE_SECONDS,
) -> Watch | None:
    """Read what a watch waits for, for a slice; None when somebody else does."""
    watch = claim(Watch, watch_id, early=early)
    if watch is None:
        return None
    connection = Connection.objects.select_related("grant").get(pk=watch.connection_id)
    watch.connection = connection
    watch.error, following = "", None
    deadline = time.monotonic() + seconds
    try:
        with connection_session(
            connection, lane="poll", transport=transport
        ) as session:
            try:
                is_over = _read(session, watch, deadline)
            finally:
                watch.calls = session.calls.total()
        following = now() + interval(watch) if is_over else now()
    except CrosswalkError as error:
        watch.error = error.message[:400]
        if isinstance(error, AuthError):
            connection_refused(connection=connection, reason=error.message)
        following = now() + max(
            LATER, timedelta(seconds=getattr(error, "retry_after", 0))
        )
    finally:
        _settle(watch, following or now() + LATER)
    return watch


def interval(watch: Watch) -> timedelta:
    """Return until when a watch rests: its polls take a small part of the day's calls."""
    limits = registry.spec(watch.connection.kind).limits
    day = next((each.calls for each in limits if each.window == "day"), 0)
    if not day:
        return SHORTEST
    return max(SHORTEST, DAY * max(1, watch.calls) / (day * SHARE))


def _settle(watch: Watch, following: datetime) -> None:
    """Save how far the reading is and give the lease back; a stopped watch stays so."""
    Watch.objects.filter(pk=watch.pk, lease_owner=watch.lease_owner).update(
        place=watch.place,
        listed_at=watch.listed_at,
        baseline_at=watch.baseline_at,
        polled_at=now(),
        calls=watch.calls,
        error=watch.error,
        next_at=following,
        attempts=0,
        lease_owner="",
        lease_until=None,
    )


def _read(session: Session, watch: Watch, deadline: float) -> bool:
    """Read once in each way the watch needs; False when it must go on."""
    if needs_baseline(watch) and watch.baseline_at is None:
        if not _read_all(session, watch, deadline):
            return False
        watch.baseline_at = now()
        _write_baseline(watch)
    elif "listing" in polls_of(watch) and _is_listing_due(watch):
        return _read_all(session, watch, deadline)
    if "changes" in polls_of(watch):
        _read_changes(session, watch)
    if "children" in polls_of(watch):
        _read_children(session, watch)
    return True


def _write_baseline(watch: Watch) -> None:
    fresh = Connection.objects.get(pk=watch.connection_id)
    held = fresh.watched.get(watch.object_type)
    if held:
        watch.keys = held["keys"]
        watched_write(fresh, watch)
        watch.connection.watched = fresh.watched


def _is_listing_due(watch: Watch) -> bool:
    """Whether all is to be read: each time where that is the only way, else daily."""
    if polls_of(watch) == {"listing"} or watch.listed_at is None:
        return True
    return now() - watch.listed_at >= DAY


# --- all of them ------------------------------------------------------------------------


def _read_all(session: Session, watch: Watch, deadline: float) -> bool:
    """Read a complete listing, page by page; what it lacks may be gone."""
    place = dict(watch.place)
    begun = place.get("begun") or now().isoformat()
    cursor: JSONValue | None = place.get("page")
    while True:
        page = session.connector.list_page(watch.object_type, cursor)
        records_store(session.connection, watch.object_type, page.records)
        _note_newest(watch, page)
        cursor = page.next
        if cursor is None:
            break
        watch.place = {**watch.place, "page": cursor, "begun": begun}
        if time.monotonic() > deadline:
            return False
    watch.place = {k: v for k, v in watch.place.items() if k == "modified"}
    watch.listed_at = now()
    _confirm_gone(session, watch, datetime.fromisoformat(begun))
    return True


def _confirm_gone(session: Session, watch: Watch, begun: datetime) -> None:
    """Ask for what the listing lacked: a delete needs proof."""
    spec = registry.spec(session.connection.kind).known(watch.object_type)
    if spec is None or not spec.lists_all or watch.baseline_at is None:
        return
    lacking = RemoteRecord.objects.filter(
        connection=session.connection,
        object_type=watch.object_type,
        gone_at=None,
        read_at__lt=begun,
    )
    for row in lacking.order_by("pk")[:CONFIRMED]:
        try:
            record = session.connector.get(
                watch.object_type, row.remote_id, row.parent_id
            )
        except RemoteNotFound:
            row.connection = session.connection
            record_gone(row, RemoteRecord.Proof.LISTING)
        else:
            records_store(session.connection, watch.object_type, [record])


# --- what changed -----------------------------------------------------------------------


def _read_changes(session: Session, watch: Watch) -> None:
    """Read what changed since the last time, and a little before that."""
    overlap = registry.spec(session.connection.kind).overlap_seconds
    known = watch.place.get("modified")
    since = datetime.fromisoformat(known) if known else watch.since
    since -= timedelta(seconds=overlap)
    for page in _change_pages(session, watch.object_type, since):
        records_store(session.connection, watch.object_type, page.records)
        _note_newest(watch, page)


def _change_pages(
    session: Session, object_type: str, since: datetime
) -> Iterator[Page]:
    cursor: JSONValue | None = None
    while True:
        page = session.connector.changes_page(object_type, since, cursor)
        yield page
        cursor = page.next
        if cursor is None:
            return


def _note_newest(watch: Watch, page: Page) -> None:
    """Move on to the newest time of a page that is safely stored."""
    times = [each.modified_at for each in page.records if each.modified_at]
    known = watch.place.get("modified")
    if known:
        times.append(datetime.fromisoformat(known))
    if times:
        watch.place = {**watch.place, "modified": max(times).isoformat()}


# --- what hangs under them --------------------------------------------------------------


def _read_children(session: Session, watch: Watch) -> None:
    """Read what hangs under records that changed, and under a few others in turn.

    Some vendors do not count a new child as a change of its parent: those not looked
    at for longest are looked at too.
    """
    spec = registry.spec(session.connection.kind).known(watch.object_type)
    assert spec is not None  # noqa: S101 - a watch is of a known object type
    if watch.listed_at is None:
        _read_parents(session, spec.parent)
        watch.listed_at = now()
    changed = _parents_changed(session, watch, spec.parent)
    rows = RemoteRecord.objects.filter(
        connection=session.connection, object_type=spec.parent, gone_at=None
    )
    others = _longest_not_read(rows.exclude(remote_id__in=changed), watch.object_type)
    chosen = [*rows.filter(remote_id__in=changed), *others][: PARENTS + len(changed)]
    for parent in chosen:
        try:
            found = session.connector.children(watch.object_type, parent.remote_id)
        except RemoteNotFound:
            continue
        records_store(session.connection, watch.object_type, found)
        ChildListing.objects.update_or_create(
            record=parent,
            object_type=watch.object_type,
            defaults={"read_at": now()},
        )


def _read_parents(session: Session, parent_type: str) -> None:
    """Read once what there is for children to hang under."""
    cursor: JSONValue | None = None
    while True:
        page = session.connector.list_page(parent_type, cursor)
        records_store(session.connection, parent_type, page.records)
        cursor = page.next
        if cursor is None:
            return


def _parents_changed(session: Session, watch: Watch, parent_type: str) -> list[str]:
    """Return the parents that changed since the last time; they are stored too."""
    found: list[Record] = []
    known = watch.place.get("modified")
    since = datetime.fromisoformat(known) if known else watch.since
    for page in _change_pages(session, parent_type, since):
        records_store(session.connection, parent_type, page.records)
        _note_newest(watch, page)
        found += page.records
    return [each.id for each in found]


def _longest_not_read(rows: Any, object_type: str) -> list[RemoteRecord]:
    """Return the parents whose children nobody has read, or not for longest."""
    read = ChildListing.objects.filter(object_type=object_type)
    never = rows.exclude(pk__in=read.values("record_id")).order_by("-pk")
    found = list(never[:PARENTS])
    if len(found) < PARENTS:
        oldest = rows.filter(child_listings__object_type=object_type).order_by(
            F("child_listings__read_at")
        )
        found += list(oldest[: PARENTS - len(found)])
    return found
