"""Reading both sides as cheaply as they can be read, page by page.

A page is stored together with where to go on (design §4.7): a killed run reads at
most one page a side again. The cursor of a connection moves when its read is done.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet

from crosswalk.clock import now
from crosswalk.errors import RemoteNotFound
from integrations.connectors.base import ObjectSpec, Page
from integrations.mirroring.mirror import (
    Cursor,
    cursor_after,
    cursor_get,
    cursor_set,
    record_gone,
    record_store,
    records_store,
)
from integrations.models import Connection, RemoteRecord
from integrations.registry import spec as connector_spec
from mapping.convert import Side
from mapping.models import Mapping
from sync.context import SIDES, RunContext
from sync.policy import mapped_keys, object_spec, side_connection
from sync.reading.absence import absent_confirm
from sync.reading.drift import DriftWatch, delete_drift, drift_add
from sync.reading.hookmeter import meter_poll
from sync.reading.unread import Attempts
from synclog.models import SyncRun

DETAILS = 100  # records held at a time while their details are read


def read_all(context: RunContext) -> None:
    """Bring the mirror of both sides up to date. Goes on where it was cut off."""
    for object_type, policy in context.policies.items():
        if policy.parent:  # read once it is known whose parents are in sync
            continue
        for side in SIDES:
            reader = _Reader(context, side, object_type)
            reader.read_rows()
        for side in SIDES:
            _Reader(context, side, object_type).read_doubtful()
        for side in SIDES:
            _Reader(context, side, object_type).read_details()


def read_changes(context: RunContext, side: Side, object_type: str) -> None:
    """Read what has changed at a side. Goes on where it was cut off."""
    reader = _Reader(context, side, object_type)
    reader.read_rows()
    reader.read_doubtful()
    reader.read_details()


def read_state(context: RunContext, side: Side, object_type: str) -> dict[str, Any]:
    """Return how far what has changed at a side is read: {} is not begun, "whole" is
    read to the end, with all details."""
    found: dict[str, dict[str, Any]] = context.run.checkpoint.get("read", {})
    return found.get(f"{side}.{object_type}", {})


def is_listed(context: RunContext) -> bool:
    """Whether both sides were listed as a whole: else who fits a record is not known."""
    return all(
        cursor_get(side_connection(context.sync, side), object_type).listed_at
        for side, object_type in listable(context)
    )


def listable(context: RunContext) -> list[tuple[Side, str]]:
    """Return what is listed by account: not what hangs under a person."""
    return [
        (side, object_type)
        for object_type, policy in context.policies.items()
        for side in SIDES
        if not policy.parent
        and object_spec(side_connection(context.sync, side), object_type).listing
        == "account"
    ]


def sides_read_at(run: SyncRun) -> list[datetime]:
    """Return when each side was read: the first page of it, which is the oldest."""
    states = run.checkpoint.get("read", {}).values()
    return [datetime.fromisoformat(s["read_at"]) for s in states if "read_at" in s]


def sides_forget(context: RunContext, *, before: datetime) -> None:
    """Have what was read of a side before a time read anew: what has changed since."""
    states = context.run.checkpoint.get("read", {})
    for key, state in list(states.items()):
        if "read_at" in state and datetime.fromisoformat(state["read_at"]) < before:
            del states[key]


class _Reader:
    """The reading of one object type on one side."""

    def __init__(self, context: RunContext, side: Side, object_type: str) -> None:
        self.context = context
        self.side = side
        self.object_type = object_type
        self.connection: Connection = side_connection(context.sync, side)
        self.session = context.sessions[side]
        spec = connector_spec(self.connection.kind)
        self.overlap = timedelta(seconds=spec.overlap_seconds)
        states = context.run.checkpoint.setdefault("read", {})
        self.state: dict[str, Any] = states.setdefault(f"{side}.{object_type}", {})

    def read_rows(self) -> None:
        """Read all list pages that are still to be read."""
        if not self.state:
            self._begin()
        while not self.state.get("done"):
            self.context.keep_going()
            page = self._page()
            self.context.expect_calls(self.side, 1)
            self._take(page)

    def _begin(self) -> None:
        cursor = cursor_get(self.connection, self.object_type)
        polls_from = cursor.since(self.overlap)
        compares = self._compares_everything()
        since = None if compares or self._wants_listing(cursor) else polls_from
        if compares:
            told = polls_from.isoformat() if polls_from else None
            self.state.update(drift=True, told_from=told)
        self.state.update(
            since=since.isoformat() if since else None,
            started_at=now().isoformat(),
            listing=0 if since else cursor.listing + 1,
            next=None,
            newest=None,
            rows=0,
        )

    def _compares_everything(self) -> bool:
        """Whether the run is to list everybody: once, however often it reads."""
        done = self.context.run.checkpoint.setdefault("compared", [])
        is_due = f"{self.side}.{self.object_type}" not in done
        return self.context.run.trigger == SyncRun.Trigger.RECONCILE and is_due

    def _wants_listing(self, cursor: Cursor) -> bool:
        """Whether a complete listing is cheaper than reading records one by one.

        So it is when one of the account's own fields was mapped since the last one:
        a list shows it of everybody, yet what was read before lacks it.
        """
        keys = self._own_listed_keys()
        if not keys or cursor.listed_at is None:
            return False
        published = Mapping.objects.filter(
            sync=self.context.sync,
            object_type=self.object_type,
            published__published_at__gt=cursor.listed_at,
        )
        if not published.exists():
            return False
        everybody = self._everybody().count()
        lacking = self._everybody().filter(lacks_any(keys)).count()
        pages = -(-everybody // self._spec().page_size)
        return lacking > pages

    def _own_listed_keys(self) -> list[str]:
        mapped = mapped_keys(self.context.policies[self.object_type], self.side)
        own = (f for f in self._spec().fields if f.is_custom and not f.is_detail_only)
        return [field.key for field in own if field.key in mapped]

    def _spec(self) -> ObjectSpec:
        return object_spec(self.connection, self.object_type)

    def _everybody(self) -> QuerySet[RemoteRecord]:
        return RemoteRecord.objects.filter(
            connection=self.connection,
            object_type=self.object_type,
            gone_at__isnull=True,
            excluded="",
        )

    def _page(self) -> Page:
        connector = self.session.connector
        since = self.state["since"]
        if since is None:
            return connector.list_page(self.object_type, self.state["next"])
        return connector.changes_page(
            self.object_type, datetime.fromisoformat(since), self.state["next"]
        )

    def _take(self, page: Page) -> None:
        """Store a page and where to go on, as one."""
        times = [r.modified_at for r in page.records if r.modified_at]
        if self.state["newest"]:
            times.append(datetime.fromisoformat(self.state["newest"]))
        with transaction.atomic():
            watch = self._watch(page)
            changed = records_store(
                self.connection,
                self.object_type,
                page.records,
                listing=self.state["listing"],
            )
            if self.state["since"]:
                polled_at = cursor_get(self.connection, self.object_type).polled_at
                meter_poll(self.connection, self.object_type, changed, polled_at)
            if watch is not None:
                drift_add(self.context.run, self.side, watch.changes(page.records))
            self._note_risen(page)
            self.state["newest"] = max(times).isoformat() if times else None
            self.state["rows"] += len(page.records)
            self.state.setdefault("read_at", now().isoformat())
            self.state["next"] = page.next
            if page.next is None:
                self._finish()
            self.context.save()

    def _finish(self) -> None:
        newest = self.state["newest"]
        cursor_set(
            self.connection,
            self.object_type,
            cursor_after(
                cursor_get(self.connection, self.object_type),
                started_at=datetime.fromisoformat(self.state["started_at"]),
                newest=datetime.fromisoformat(newest) if newest else None,
                overlap=self.overlap,
                was_listing=self.state["since"] is None,
            ),
        )
        self.state["done"] = True
        if self.state.get("drift"):
            key = f"{self.side}.{self.object_type}"
            self.context.run.checkpoint["compared"].append(key)

    def _watch(self, page: Page) -> DriftWatch | None:
        """Return what tells which rows of a page nobody had told of, if that counts."""
        if not self.state.get("drift"):
            return None
        told_from = self.state["told_from"]
        since = datetime.fromisoformat(told_from) if told_from else None
        return DriftWatch(self.connection, self.object_type, page.records, since)

    def _note_risen(self, page: Page) -> None:
        """Note who is listed though known to be gone: lists lag, so a read must tell."""
        rows = RemoteRecord.objects.filter(
            connection=self.connection,
            object_type=self.object_type,
            remote_id__in=[record.id for record in page.records],
            gone_at__isnull=False,
        )
        self.state.setdefault("risen", []).extend(rows.values_list("pk", flat=True))
        if self.state["listing"]:  # it does not lack them, whatever a read says
            rows.update(seen_listing=self.state["listing"])

    def read_doubtful(self) -> None:
        """Read one by one who is listed though gone, and whom a complete listing
        lacks."""
        attempts = Attempts(self.context, self.side)
        while self.state.get("risen"):
            self.context.keep_going()
            row = RemoteRecord.objects.get(pk=self.state["risen"][0])
            attempts.read(row, partial(self._read_one, row, RemoteRecord.Proof.READ))
            del self.state["risen"][0]
            self.context.save()
        attempts.settle()
        if not self.state.get("listing"):
            return
        absent_confirm(
            self.context, self.side, self.object_type, self.state, self._read_absent
        )

    def _read_absent(self, row: RemoteRecord) -> None:
        """Read a record that a complete listing lacks; note it where nobody told."""
        found = self._read_one(row, RemoteRecord.Proof.LISTING)
        if self.state.get("drift") and found is not None and found.gone_at is not None:
            deleted = delete_drift(self.connection, found)
            drift_add(self.context.run, self.side, deleted)

    def _read_one(self, row: RemoteRecord, proof: str) -> RemoteRecord | None:
        self.context.expect_calls(self.side, 1)
        return read_one(
            self.session,
            self.connection,
            row.object_type,
            row.remote_id,
            *([row.parent_id] if row.parent_id else []),
            proof=proof,
        )

    def read_details(self) -> None:
        """Read each record of which a mapped field is missing (design §4.12)."""
        after = 0
        attempts = Attempts(self.context, self.side, self._only_detail())
        while rows := list(self._lacking().filter(pk__gt=after)[:DETAILS]):
            for row in rows:
                self.context.keep_going()
                attempts.read(row, partial(self._read_detail, row))
                self.context.save()
            after = rows[-1].pk
        attempts.settle()
        self.state["whole"] = True

    def _read_detail(self, row: RemoteRecord) -> None:
        self.context.expect_calls(self.side, 1)
        read_one(self.session, self.connection, row.object_type, row.remote_id)

    def _only_detail(self) -> set[str]:
        """Return the mapped fields that no list shows."""
        keys = mapped_keys(self.context.policies[self.object_type], self.side)
        found = {key: self._spec().field(key) for key in keys}
        return {key for key, f in found.items() if f is not None and f.is_detail_only}

    def _lacking(self) -> QuerySet[RemoteRecord]:
        keys = mapped_keys(self.context.policies[self.object_type], self.side)
        missing = ~Q(pk__in=[]) if self._only_detail() else lacks_any(keys)
        # once per remote state: what even the detail does not report stays unread
        missing &= Q(detail_modified_at__isnull=True) | ~Q(
            detail_modified_at=F("modified_at")
        )
        return self._everybody().filter(missing).order_by("pk")


def lacks_any(keys: Iterable[str]) -> Q:
    """Return the condition that a record has not been read one of these fields."""
    missing = Q(pk__in=[])
    for key in keys:
        missing |= ~Q(values__has_key=key)
    return missing


def read_targets(context: RunContext) -> None:
    """Read just the records that a run names: a person asked to try them again."""
    for side in SIDES:
        connection = side_connection(context.sync, side)
        rows = RemoteRecord.objects.filter(
            pk__in=context.run.targets, connection=connection, gone_at__isnull=True
        )
        for row in rows:
            context.keep_going()
            context.expect_calls(side, 1)
            read_row(context.sessions[side], row)


def read_row(
    session: Any, row: RemoteRecord, proof: str = "read"
) -> RemoteRecord | None:
    """Read a stored record anew, under its parent where it has one.

    `proof`: as for `read_one`.
    """
    place = (row.object_type, row.remote_id, row.parent_id)
    return read_one(session, row.connection, *place, proof=proof)


def read_one(
    session: Any,
    connection: Connection,
    object_type: str,
    remote_id: str,
    parent_id: str = "",
    *,
    proof: str = "read",
) -> RemoteRecord | None:
    """Read one record by the consistent read; None when it is gone and was unknown.

    `proof`: what spoke of it being gone before this read confirmed it.
    """
    place = (remote_id, parent_id) if parent_id else (remote_id,)
    try:
        record = session.connector.get(object_type, *place)
    except RemoteNotFound:
        row = RemoteRecord.objects.filter(
            connection=connection, object_type=object_type, remote_id=remote_id
        ).first()
        return record_gone(row, proof) if row else None
    return record_store(connection, object_type, record)
