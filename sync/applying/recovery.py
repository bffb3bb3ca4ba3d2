"""After a kill: every open intent is looked at before anything else is written.

Whether a call was done is found out here and noted; the units themselves are finished
when the run writes again (`finish` in sync/applying/writing.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.db import transaction
from django.db.models import Q

from crosswalk.clock import now
from crosswalk.errors import AuthError, PermanentError
from integrations.connectors.base import Record
from integrations.mirroring.mirror import record_store, record_written
from integrations.models import RemoteRecord
from mapping.convert import Side, other
from sync.applying.begun import KEY as BEGUN
from sync.applying.begun import note_put, notes, notes_take_over
from sync.applying.childlooks import child_adopted, look_among, parent_of_create
from sync.applying.collisions import is_same, looks
from sync.applying.removing import removal_found, was_removed
from sync.context import RunContext, SyncBusy
from sync.deciding.units import Unit
from sync.engine.decide import decide_single
from sync.engine.match import NOBODY
from sync.models import Intent, RecordLink
from sync.policy import (
    field_meaning,
    object_spec,
    remote_type,
    side_connection,
    snapshot,
)
from sync.reading.pages import read_row
from synclog.models import SyncRun

UNRESOLVED = "unresolved"  # in the checkpoint: unit → what kept us from looking
SOON = timedelta(minutes=1)  # in which nobody has edited what was just made
CLOCKS_DIFFER = timedelta(minutes=10)  # ours and a vendor's, and how long a call takes


def recover(context: RunContext) -> int:
    """Settle the open intents of a sync; return how many there were.

    Where a system does not let us look, the intent stays open and its unit is held
    (`unresolved`): to write it might be to write it twice. Everything else goes on.
    """
    _wait_for_others(context)
    if BEGUN not in context.run.checkpoint:  # else it has been asked for: it goes on
        with transaction.atomic():
            notes(context.run)
            notes_take_over(context.run)
            context.save()
    intents = list(
        Intent.objects.filter(
            sync=context.sync, state=Intent.State.PENDING
        ).select_related("connection", "record", "source")
    )
    held: dict[str, list[str]] = {}
    for intent in intents:
        context.keep_going()
        try:
            _recover(context, intent)
        except AuthError:
            raise
        except PermanentError as error:
            held[intent.unit] = [error.message, error.code]
    if held != context.run.checkpoint.get(UNRESOLVED, {}):
        context.run.checkpoint[UNRESOLVED] = held
        context.save()
    return len(intents)


def _recover(context: RunContext, intent: Intent) -> None:
    if intent.record is None:
        _recover_create(context, intent)
    else:
        _recover_update(context, intent)


def unresolved(context: RunContext, unit: str) -> PermanentError | None:
    """Return why it is not known whether a call for a unit was done, None if it is."""
    told = context.run.checkpoint.get(UNRESOLVED, {}).get(unit)
    if told is None:
        return None
    message, code = told
    why = "Crosswalk could not look whether an earlier change of this was done: "
    return PermanentError(why + message, code=code)


def _wait_for_others(context: RunContext) -> None:
    """Let a cancelled run's process finish its calls: they are not lost, just late."""
    ended = SyncRun.objects.filter(
        sync=context.sync, mode=SyncRun.Mode.LIVE, next_at__isnull=False
    ).exclude(pk=context.run.pk)
    if any(run.is_held for run in ended):
        raise SyncBusy


def _side(intent: Intent) -> Side:
    return "left" if intent.side == "left" else "right"


def _recover_update(context: RunContext, intent: Intent) -> None:
    """Read the record anew, and see whether it has what was sent."""
    side = _side(intent)
    assert intent.record is not None  # noqa: S101
    row = read_row(context.sessions[side], intent.record)
    if intent.removes:
        _recover_removal(context, intent, row)
        return
    with transaction.atomic():
        if was_written(intent, row):
            _found(context, intent, intent.record.remote_id)
        else:
            _close(intent, Intent.State.ABANDONED)
        context.save()


def was_written(intent: Intent, row: RemoteRecord | None) -> bool:
    """Whether a record that was just read has what an intent was to write."""
    if row is None or row.gone_at is not None:
        return False
    spec, country = object_spec(row.connection, row.object_type), row.connection.country
    return all(
        field_meaning(spec, key, row.values.get(key), country)
        == field_meaning(spec, key, value, country)
        for key, value in intent.values.items()
    )


def _recover_removal(
    context: RunContext, intent: Intent, row: RemoteRecord | None
) -> None:
    """See whether a record was removed; a removal that was not is decided anew."""
    with transaction.atomic():
        if was_removed(intent, row):
            removal_found(intent, row)
            _found(context, intent, row.remote_id if row else "")
        else:
            _close(intent, Intent.State.ABANDONED)
        context.save()


def _recover_create(context: RunContext, intent: Intent) -> None:
    """Look whether the record was made: adopt it, else it is planned again."""
    side, source = _side(intent), intent.source
    if source is None or intent.object_type not in context.policies:
        _close(intent, Intent.State.ABANDONED)
        return
    is_child = bool(context.policies[intent.object_type].parent)
    records, ours = (_child_of if is_child else _person_of)(context, intent, side)
    with transaction.atomic():
        if ours is not None:
            _adopt(context, intent, side, ours)
        else:
            for record in records:  # whoever is there is matched like anybody else
                record_store(intent.connection, intent.object_type, record)
            _close(intent, Intent.State.ABANDONED)
        context.save()


def _person_of(
    context: RunContext, intent: Intent, side: Side
) -> tuple[Sequence[Record], Record | None]:
    """Return who is there, and who of them is our own create.

    What was made a while ago may have been edited since, and so may its source: then
    neither its unique name nor the match rules would find it. Whoever has a key that was
    sent and was made in those minutes is looked for by each key, and is ours.
    """
    kind, sent = intent.object_type, intent.values
    found: list[Record] = []
    is_old = now() - intent.created_at > SOON
    for records in looks(context, kind, side, sent):
        found += records
        for record in records:
            is_ours = is_same(context, kind, side, sent, record)
            if is_ours or (is_old and _is_of_then(context, intent, side, record)):
                return found, record
        if not is_old:
            break
    return found, None


def _is_of_then(
    context: RunContext, intent: Intent, side: Side, record: Record
) -> bool:
    """Whether a record was made when the call was, and is nobody's partner."""
    made = record.created_at
    if made is None or abs(made - intent.created_at) > CLOCKS_DIFFER:
        return False
    row = {f"{side}__remote_id": record.id, f"{side}__connection": intent.connection_id}
    if RecordLink.objects.filter(sync=context.sync, **row).exists():
        return False
    others = Intent.objects.filter(sync=context.sync, side=side, record=None)
    others = others.filter(Q(remote_id=record.id) | Q(state=Intent.State.PENDING))
    return not any(  # families share keys, and are made in the same minutes
        each.remote_id or is_same(context, each.object_type, side, each.values, record)
        for each in others.exclude(pk=intent.pk)
    )


def _child_of(
    context: RunContext, intent: Intent, side: Side
) -> tuple[Sequence[Record], Record | None]:
    """Return our own create among the children of its parent."""
    parent_id = parent_of_create(context, intent, side)
    sent = intent.values
    return (), look_among(context, intent.object_type, side, parent_id, sent)


def _adopt(context: RunContext, intent: Intent, side: Side, record: Record) -> None:
    """The create was done before the kill: it is finished as what it was."""
    stored = record_written(
        side_connection(context.sync, side),
        remote_type(context.sync, side, intent.object_type),
        remote_id=record.id,
        written=intent.values,
        answer=record,
    )
    if context.policies[intent.object_type].parent:
        child_adopted(context, intent, stored)
    found = notes(context.run)
    if intent.unit not in found:  # its run is forgotten: as it would be decided today
        source = intent.source
        assert source is not None  # noqa: S101
        policy = context.policies[intent.object_type]
        decision = decide_single(snapshot(source), other(side), NOBODY, policy)
        left = source if side == "right" else None
        right = source if side == "left" else None
        unit = Unit(intent.object_type, left, right, None, decision, key=intent.unit)
        note_put(context.run, unit, decision, [])
    found[intent.unit][side] = stored.pk
    _found(context, intent, record.id)


def _found(context: RunContext, intent: Intent, remote_id: str) -> None:
    """A call was done whose answer nobody got: note it as done, and count it."""
    side = _side(intent)
    note = notes(context.run).get(intent.unit)
    if note is not None:
        note["steps"].append(
            {
                "side": side,
                "label": intent.kind,
                "fields": list(intent.values),
                "found": True,
            }
        )
    context.count_found(side, intent.kind)
    _close(intent, Intent.State.DONE, remote_id)


def _close(intent: Intent, state: Intent.State, remote_id: str = "") -> None:
    intent.state = state
    intent.remote_id = remote_id
    intent.settled_at = now()
    intent.save(update_fields=["state", "remote_id", "settled_at"])
