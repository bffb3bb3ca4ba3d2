"""Reading what hangs under the people of a sync: their notes, tasks, appointments.

It comes after the people are decided, for only then is it known whose is wanted. Where
a system lists a type for the whole account, it is listed; else a call is made for each
person, and only when there is a cause: they were never looked at, they were edited, a
notice named one of theirs, or it is their turn in the daily round.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from crosswalk.clock import now
from crosswalk.errors import AuthError, PermanentError, RemoteNotFound
from integrations.connectors.base import Page, Record
from integrations.mirroring.mirror import (
    Cursor,
    absence_proved,
    cursor_get,
    cursor_set,
    records_store,
)
from integrations.models import UNDER_PARENT, ChildListing, RemoteRecord
from integrations.registry import spec as connector_spec
from mapping.convert import Side, other
from sync.context import SIDES, RunContext
from sync.deciding.families import TAKING_PART
from sync.models import PlannedChange, RecordLink
from sync.policy import remote_type, side_connection
from sync.reading.childlistings import children_listed
from sync.reading.pages import read_row
from sync.reading.unread import passed_over_words
from sync.setup.pollcost import sweep_budget
from sync.threads import side_by_side
from synclog.models import SyncRun

logger = logging.getLogger(__name__)
ROUND = timedelta(hours=24)  # after which a person is looked at without a cause
ROUND_A_RUN = 100  # people of the daily round that one run looks at, at most
RELIST = timedelta(hours=1)  # between two listings that take many calls
FEW_CALLS = 3  # a listing of no more is made with every poll
UNREAD = "unread"  # in the checkpoint: object type → why it could not be read
BY_NOTICE = "by_notice"  # in the checkpoint: deliveries said what to read


def children_read(context: RunContext, object_type: str) -> bool:
    """Bring the mirror of a child type up to date; whether it can be decided now.

    Goes on where it was cut off. A system that refuses to show a type (a permission was
    taken back, say) keeps nothing else from being synced: the run says so at its end.
    """
    unread: dict[str, str] = context.run.checkpoint.setdefault(UNREAD, {})
    if context.policies[object_type].parent and not _is_told(context.run):
        unread.pop(object_type, None)
        try:
            _read(context, object_type)
        except AuthError:
            raise
        except PermanentError as error:
            logger.warning("%s not read: %s", object_type, error.message)
            unread[object_type] = error.message
            context.save()
    return object_type not in unread


def unread_words(run: SyncRun) -> str:
    """Return what could not be read in a run, and why; "" when all could."""
    types = run.checkpoint.get(UNREAD, {}).values()
    return " ".join(dict.fromkeys([*types, *passed_over_words(run)]))


def _read(context: RunContext, object_type: str) -> None:
    policy = context.policies[object_type]
    sources: list[Side] = [side for side in SIDES if policy.flows(other(side))]
    for side in (*sources, *(side for side in SIDES if side not in sources)):
        reader = _Reader(context, side, object_type, is_source=side in sources)
        if reader.spec.listing == "account":
            reader.read_listing()
        else:
            reader.read_parents()


def _is_told(run: SyncRun) -> bool:
    """Whether it is said already which records a run is about."""
    is_sampled = run.checkpoint.get("sample") == 0  # people have used it up
    named = run.trigger == SyncRun.Trigger.RETRY or run.undo_of_id is not None
    return named or is_sampled or bool(run.checkpoint.get(BY_NOTICE))


@dataclass(slots=True)
class _Fetch:
    """One parent whose children are asked for."""

    parent: RemoteRecord
    is_swept: bool = False
    is_refused: bool = False  # the parent itself was not found: nothing was listed
    records: Sequence[Record] = field(default_factory=list)
    error: Exception | None = None


class _Reader:
    """The reading of one child type on one side."""

    def __init__(
        self, context: RunContext, side: Side, key: str, *, is_source: bool
    ) -> None:
        self.context = context
        self.side = side
        self.key = key
        self.is_source = is_source
        self.policy = context.policies[key]
        self.connection = side_connection(context.sync, side)
        self.type = remote_type(context.sync, side, key)
        self.session = context.sessions[side]
        self.system = connector_spec(self.connection.kind)
        self.spec = self.system.object(self.type)
        states = context.run.checkpoint.setdefault("children", {})
        self.state: dict[str, Any] = states.setdefault(f"{side}.{key}", {})

    # --- one call a parent --------------------------------------------------------------

    def read_parents(self) -> None:
        """List the children of each parent that is due."""
        while batch := self._due():
            self.context.keep_going()
            self._fetch(batch)

    def _due(self) -> list[_Fetch]:
        size = settings.SYNC_CONCURRENCY
        caused = [_Fetch(row) for row in self._caused()[:size]]
        return caused or [_Fetch(row, is_swept=True) for row in self._in_round(size)]

    def _caused(self) -> QuerySet[RemoteRecord]:
        """Return the parents there is a cause to look at."""
        listed = self._listings()
        never = Q(~Exists(listed))
        edited = listed.filter(
            Q(parent_edited_at__lt=OuterRef("edited_at"))
            | Q(parent_edited_at__isnull=True, record__edited_at__isnull=False)
        )
        cause = never | Q(Exists(edited)) if self.is_source else never
        after = self.state.get("after", 0)
        return self._parents().filter(cause, pk__gt=after).order_by("pk")

    def _in_round(self, size: int) -> list[RemoteRecord]:
        """Return whose turn it is in the round, within its part of the day's quota."""
        before = self._round_before()
        if not self.is_source or before is None:
            return []
        room = ROUND_A_RUN - self.state.get("swept", 0)
        allowed = sweep_budget(self.system)
        if allowed is not None:
            swept = ChildListing.objects.filter(
                record__connection=self.connection, swept_at__gt=now() - ROUND
            )
            room = min(room, allowed - swept.count())
        waiting = self._listings().filter(read_at__lt=before)
        rows = self._parents().filter(Exists(waiting))
        read_at = self._listings().values("read_at")[:1]
        rows = rows.order_by(Subquery(read_at), "pk")
        found = list(rows[: max(0, min(size, room))])
        self.state["swept"] = self.state.get("swept", 0) + len(found)
        return found

    def _round_before(self) -> datetime | None:
        """Return since when a person must have been looked at to be passed over.

        A run that somebody asks for looks at once, as far as the round allows.
        """
        run = self.context.run
        if run.trigger in {SyncRun.Trigger.MANUAL, SyncRun.Trigger.COMMAND}:
            return run.started_at
        return now() - ROUND if run.trigger == SyncRun.Trigger.SCHEDULE else None

    def _listings(self) -> QuerySet[ChildListing]:
        return ChildListing.objects.filter(record=OuterRef("pk"), object_type=self.type)

    def _parents(self) -> QuerySet[RemoteRecord]:
        """Return the parents in sync; of a side that is only written to, those with
        something to write."""
        links = RecordLink.objects.filter(
            sync=self.context.sync,
            object_type=self.policy.parent,
            tombstoned_at__isnull=True,
        )
        chosen = Q(pk__in=self._with_source(links).values(f"{self.side}_id"))
        if self.context.run.mode == SyncRun.Mode.TEST:
            planned = PlannedChange.objects.filter(
                plan=self.context.run.plan_id,
                object_type=self.policy.parent,
                outcome__in=TAKING_PART,
                **{f"{self.side}__isnull": False},
            )
            chosen |= Q(pk__in=self._with_source(planned).values(f"{self.side}_id"))
        return RemoteRecord.objects.filter(chosen, gone_at__isnull=True)

    def _with_source(self, pairs: QuerySet[Any]) -> QuerySet[Any]:
        if self.is_source:
            return pairs
        there = other(self.side)
        children = RemoteRecord.objects.filter(
            UNDER_PARENT,
            connection=side_connection(self.context.sync, there),
            object_type=remote_type(self.context.sync, there, self.key),
            parent_id=OuterRef(f"{there}__remote_id"),
            gone_at__isnull=True,
        )
        return pairs.filter(Exists(children))

    def _fetch(self, batch: list[_Fetch]) -> None:
        """Ask for a few parents' children side by side, and store what came."""
        before = self.session.calls.total()
        side_by_side(self._ask, batch)
        self.context.expect_calls(self.side, self.session.calls.total() - before)
        for fetch in batch:
            if fetch.error is None:
                self._keep(fetch)
        if not batch[-1].is_swept and not any(fetch.error for fetch in batch):
            self.state["after"] = batch[-1].parent.pk
        self.context.save()
        for fetch in batch:
            if fetch.error is not None:
                raise fetch.error

    def _ask(self, fetch: _Fetch) -> None:
        connector = self.session.connector
        try:
            fetch.records = connector.children(self.type, fetch.parent.remote_id)
        except RemoteNotFound:
            fetch.is_refused = True
        except Exception as error:  # raised in the main thread
            fetch.error = error

    def _keep(self, fetch: _Fetch) -> None:
        """Store one parent's children. What is missing is gone only if a read says so.

        Where a listing does not show all, what it shows changed is read itself: the
        rest may have changed with it. A parent that was not found has listed nothing:
        it is read itself, and what hung under it waits for what becomes of it.
        """
        if fetch.is_refused:
            self._read_again(fetch.parent)
            children_listed(fetch.parent, self.type, fetch.is_swept)
            return
        found = {record.id for record in fetch.records}
        is_partial = any(field.is_detail_only for field in self.spec.fields)
        doubtful = self._doubtful(fetch.records)
        partial = [row for row in doubtful if is_partial or row.gone_at]
        for row in partial:
            self._read_again(row)
        known = {row.remote_id for row in partial}
        fresh = [record for record in fetch.records if record.id not in known]
        records_store(self.connection, self.type, fresh)
        missing = RemoteRecord.objects.filter(
            UNDER_PARENT,
            connection=self.connection,
            object_type=self.type,
            parent_id=fetch.parent.remote_id,
        ).exclude(remote_id__in=found)
        self._confirm(missing)
        children_listed(fetch.parent, self.type, fetch.is_swept)

    # --- one listing for all ------------------------------------------------------------

    def read_listing(self) -> None:
        """List the type for the whole account, if that is due."""
        if not self.state:
            cursor = cursor_get(self.connection, self.type)
            if not self._is_due(cursor):
                return
            listing = cursor.listing + 1
            started_at = now().isoformat()
            self.state.update(listing=listing, next=None, calls=0, started=started_at)
        while not self.state.get("done"):
            self.context.keep_going()
            before = self.session.calls.total()
            page = self.session.connector.list_page(self.type, self.state["next"])
            calls = self.session.calls.total() - before
            self.context.expect_calls(self.side, calls)
            self._take(page, calls)

    def _is_due(self, cursor: Cursor) -> bool:
        """Whether to list now: a type that can't say what changed is listed whole."""
        if cursor.listed_at is None or self.context.run.scope == "all":
            return True
        if self.context.run.trigger != SyncRun.Trigger.SCHEDULE:
            return True
        return cursor.calls <= FEW_CALLS or now() - cursor.listed_at >= RELIST

    def _take(self, page: Page, calls: int) -> None:
        listing = self.state["listing"]
        doubtful = self._doubtful(page.records)
        for row in doubtful:
            self._read_again(row)
        known = {row.remote_id for row in doubtful}
        fresh = [record for record in page.records if record.id not in known]
        with transaction.atomic():
            records_store(self.connection, self.type, fresh, listing=listing)
            listed = self._rows().filter(remote_id__in=[r.id for r in page.records])
            is_gone = Q(gone_at__isnull=False)
            listed.filter(Q(remote_id__in=known) | is_gone).update(seen_listing=listing)
            self.state["calls"] += calls
            self.state["next"] = page.next
            self.context.save()
        if page.next is None:
            self._finish()

    def _doubtful(self, records: Sequence[Record]) -> list[RemoteRecord]:
        """Return known records of which a listing shows something else.

        Without a time of change nobody can tell which is the newer: the listing may lag
        behind our own write. It may lag behind a delete as well. So each of them is
        read itself, under the parent that shows it: it may have been another's.
        """
        shown = {r.id: r for r in records}
        timeless = [r.id for r in records if r.modified_at is None]
        is_back = Q(remote_id__in=shown, gone_at__isnull=False)
        rows = list(self._rows().filter(Q(remote_id__in=timeless) | is_back))
        for row in rows:
            row.parent_id = shown[row.remote_id].parent_id or row.parent_id
        return [row for row in rows if _differs(row, shown[row.remote_id])]

    def _finish(self) -> None:
        """Confirm what is missing, then say when this was listed."""
        if self.spec.lists_all:
            unseen = self._rows().exclude(seen_listing=self.state["listing"])
            self._confirm(unseen)
        started_at = datetime.fromisoformat(self.state["started"])
        with transaction.atomic():
            cursor = Cursor(
                listed_at=now(),
                polled_at=started_at,
                listing=self.state["listing"],
                calls=self.state["calls"],
            )
            cursor_set(self.connection, self.type, cursor)
            self.state["done"] = True
            self.context.save()

    # --- reading one --------------------------------------------------------------------

    def _rows(self) -> QuerySet[RemoteRecord]:
        return RemoteRecord.objects.filter(
            connection=self.connection, object_type=self.type
        )

    def _confirm(self, missing: QuerySet[RemoteRecord]) -> None:
        """Read what a listing did not show: that alone is no proof (design §4.8)."""
        for row in missing.filter(gone_at__isnull=True):
            self._read_again(row, RemoteRecord.Proof.LISTING)
        absence_proved(missing)

    def _read_again(self, row: RemoteRecord, proof: str = "read") -> None:
        before = self.session.calls.total()
        read_row(self.session, row, proof)
        self.context.expect_calls(self.side, self.session.calls.total() - before)


def _differs(row: RemoteRecord, record: Record) -> bool:
    """Whether a listing shows a record otherwise than it is known."""
    if row.gone_at is not None:
        return True
    known = row.values
    return any(key not in known or known[key] != v for key, v in record.values.items())
