"""The inbox in a run: waiting deliveries taken in batches, one read a record.

A delivery is a hint (design §4.10): the record itself is read. A delivery whose
content is what we already have is an echo or old news and costs no call. One that
fails is put off with its reason, and keeps nothing else from being read.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db.models import F, Q, QuerySet

from crosswalk.clock import now
from crosswalk.errors import AuthError, CrosswalkError, RateLimited, TransientError
from integrations.models import Connection, RemoteRecord
from mapping.convert import Side
from mapping.models import Mapping
from sync.context import SIDES, RunContext
from sync.inbox.waiting import close, owner_of, put_off, waiting
from sync.models import InboxEvent, Sync
from sync.policy import (
    mapped_keys,
    object_spec,
    policy_build,
    remote_type,
    side_connection,
)
from sync.reading.hookmeter import meter_add
from sync.reading.pages import read_one

BATCH = 500
FEW = 20  # that a short run takes while a long one stands aside
READ_ONE_BY_ONE = 20  # more changed records than this are cheaper to list


@dataclass(slots=True)
class Wanted:
    """One record that deliveries speak of, and which ones they are."""

    object_type: str
    record_id: str
    parent_id: str = ""
    is_delete: bool = False
    is_news: bool = False
    events: list[int] = field(default_factory=list)


def inbox_take(context: RunContext) -> bool:
    """Read what the waiting deliveries of both connections name.

    Returns False when there are so many that listing the changes is cheaper; those
    are closed by `inbox_settle` once that is done.
    """
    if not context.run.checkpoint.get("read"):  # else a listing is under way, and
        _claim(context)  # may have passed what has come since
    reads_all = True
    for side in SIDES:
        connection = side_connection(context.sync, side)
        found = _wanted(context, connection, side)
        listable = [each for each in found if _is_listed(context, connection, each)]
        if len(listable) > READ_ONE_BY_ONE:
            reads_all = False
            if not context.run.checkpoint.get("read"):
                _claim_listed(context, connection)
            found = [each for each in found if each not in listable]
        _read(context, connection, side, found)
    return reads_all


def inbox_settle(context: RunContext) -> None:
    """Close the deliveries that this run has taken and not put off."""
    close(InboxEvent.objects.filter(lease_owner=owner_of(context.run)), "read")


# --- taking -----------------------------------------------------------------------------


def _open(context: RunContext) -> QuerySet[InboxEvent]:
    """Return the due deliveries of a sync's mapped types that nobody has taken."""
    sides = (context.sync.left_id, context.sync.right_id)
    return waiting().filter(
        connection_id__in=sides, object_type__in=list(context.policies)
    )


def _claim(context: RunContext) -> None:
    most = FEW if context.run.scope == "records" else BATCH
    pks = list(_open(context).order_by("pk").values_list("pk", flat=True)[:most])
    _take(context, InboxEvent.objects.filter(pk__in=pks, lease_owner=""))


def _claim_listed(context: RunContext, connection: Connection) -> None:
    """Take the rest, too, of what a listing of the changes will show."""
    types = [t for t in context.policies if _has_listing(context, connection, t)]
    _take(
        context,
        _open(context).filter(
            connection=connection, object_type__in=types, is_delete=False
        ),
    )


def _take(context: RunContext, events: QuerySet[InboxEvent]) -> None:
    events.update(lease_owner=owner_of(context.run), attempts=F("attempts") + 1)


def _has_listing(context: RunContext, connection: Connection, object_type: str) -> bool:
    """Whether a listing of changes shows a type; of children, none does."""
    if context.policies[object_type].parent:
        return False
    return object_spec(connection, object_type).listing == "account"


def _is_listed(context: RunContext, connection: Connection, wanted: Wanted) -> bool:
    """Whether a listing of the changes would show the record: not what is gone."""
    kind = wanted.object_type
    return not wanted.is_delete and _has_listing(context, connection, kind)


def _wanted(context: RunContext, connection: Connection, side: Side) -> list[Wanted]:
    """Return the records to read, each once; deliveries without news are closed."""
    rows = InboxEvent.objects.filter(
        lease_owner=owner_of(context.run), connection=connection
    ).order_by("pk")
    keys = {t: _keys(context, connection, side, t) for t in context.policies}
    found: dict[tuple[str, str], Wanted] = {}
    for event in rows.defer("body"):
        wanted = found.setdefault(
            (event.object_type, event.record_id),
            Wanted(event.object_type, event.record_id),
        )
        wanted.events.append(event.pk)
        wanted.parent_id = event.parent_id or wanted.parent_id
        wanted.is_delete |= event.is_delete
        wanted.is_news |= not _is_known(connection, event, keys[event.object_type])
    old = [pk for each in found.values() if not each.is_news for pk in each.events]
    close(InboxEvent.objects.filter(pk__in=old), "known")
    return [each for each in found.values() if each.is_news]


def _keys(
    context: RunContext, connection: Connection, side: Side, object_type: str
) -> set[str]:
    """Return the fields of a side that any live sync of the connection maps."""
    keys = mapped_keys(context.policies[object_type], side)
    others = Mapping.objects.filter(
        Q(sync__left=connection) | Q(sync__right=connection),
        object_type=object_type,
        sync__state=Sync.State.LIVE,
        published__isnull=False,
    ).exclude(sync=context.sync)
    for mapping in others.select_related("sync__left", "sync__right", "published"):
        there: Side = "left" if mapping.sync.left_id == connection.pk else "right"
        keys |= mapped_keys(policy_build(mapping.sync, mapping), there)
    return keys


def _is_known(connection: Connection, event: InboxEvent, keys: set[str]) -> bool:
    """Whether a delivery reports every mapped field, each as we have it.

    That somebody is gone whom we know to be gone is no news: our own deletes echo. It
    is where only a read said so, for that may have been a mistake (decision 0074).
    """
    if event.is_delete:
        gone = _known_record(connection, event, gone_at__isnull=False)
        return gone is not None and gone.gone_proof not in RemoteRecord.UNSURE_PROOFS
    if not event.values or not keys <= event.values.keys():
        return False
    row = _known_record(connection, event, gone_at__isnull=True)
    return row is not None and all(
        key in row.values and row.values[key] == event.values[key] for key in keys
    )


def _known_record(
    connection: Connection, event: InboxEvent, **standing: bool
) -> RemoteRecord | None:
    return RemoteRecord.objects.filter(
        connection=connection,
        object_type=event.object_type,
        remote_id=event.record_id,
        **standing,
    ).first()


# --- reading ----------------------------------------------------------------------------


def _read(
    context: RunContext, connection: Connection, side: Side, found: list[Wanted]
) -> None:
    """Read each record. Once the system does not answer, the rest is left for later,
    without counting as a try of theirs."""
    down: CrosswalkError | None = None
    for wanted in found:
        events = InboxEvent.objects.filter(pk__in=wanted.events)
        if down is not None:
            put_off(events, down.message, was_tried=False)
            continue
        context.keep_going()
        try:
            _read_record(context, connection, side, wanted)
        except (AuthError, RateLimited):
            raise  # nobody's own fault: the whole run waits or ends
        except CrosswalkError as error:
            put_off(events, error.message)
            down = error if isinstance(error, TransientError) else None
        else:
            close(events, "read")


def _read_record(
    context: RunContext, connection: Connection, side: Side, wanted: Wanted
) -> None:
    known = RemoteRecord.objects.filter(
        connection=connection,
        object_type=wanted.object_type,
        remote_id=wanted.record_id,
    )
    before, parent_id = known.values_list("version", "parent_id").first() or (None, "")
    context.expect_calls(side, 1)
    row = read_one(
        context.sessions[side],
        connection,
        wanted.object_type,
        wanted.record_id,
        wanted.parent_id or parent_id,
        proof="notice" if wanted.is_delete else "read",
    )
    if row is not None and row.gone_at is None:
        _pull_parent(context, connection, side, row)
    if row is not None and row.version != before:
        meter_add(connection.pk, now().date(), heard=1)
    if row is not None and context.run.scope == "records":
        context.run.targets.append(row.pk)
        context.run.save(update_fields=["targets"])


def _pull_parent(
    context: RunContext, connection: Connection, side: Side, row: RemoteRecord
) -> None:
    """Read the parent of a child if it was never read: it is decided first."""
    parent = context.policies[row.object_type].parent
    if not parent or not row.parent_id:
        return
    kind = remote_type(context.sync, side, parent)
    known = RemoteRecord.objects.filter(
        connection=connection, object_type=kind, remote_id=row.parent_id
    )
    if not known.exists():
        context.expect_calls(side, 1)
        read_one(context.sessions[side], connection, kind, row.parent_id)
