"""The lists: each unit is in exactly one, as its last decision says."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from crosswalk.bulk import rows_insert, rows_update, rows_where
from crosswalk.clock import now
from crosswalk.errors import CrosswalkError
from mapping.convert import Side
from sync.deciding.units import Unit
from sync.engine.relations import items_known
from sync.engine.types import LIST_OF, Decision, FieldChange
from sync.engine.undo import UNDONE
from sync.models import Sync, SyncRecord
from sync.remembering.written import detail_json, refused_line
from synclog.models import LogEntry

# how long a failing record rests before it is tried again by itself
RETRY_LADDER = (60, 300, 1800, 7200, 21600)
MOVED = "moved"  # the reason code of a unit that somebody edited just before a write
LISTED = (
    "left",
    "right",
    "list",
    "reason",
    "reason_code",
    "field_map",
    "since",
    "label",
    "detail",
    "left_version",
    "right_version",
    "attempts",
    "retry_at",
    "last_entry",
    "updated_at",
)


def lists_save(
    sync: Sync,
    units: list[tuple[Unit, CrosswalkError | None]],
    entries: Mapping[str, LogEntry],
) -> None:
    """Put each unit into exactly one list."""
    if not units:
        return
    lefts = [u.left.pk for u, _ in units if u.left]
    rights = [u.right.pk for u, _ in units if u.right]
    stored = rows_where(SyncRecord, {"left": lefts, "right": rights}, sync=sync)
    by_left = {record.left_id: record for record in stored}
    by_right = {record.right_id: record for record in stored}
    made: list[SyncRecord] = []
    changed: list[SyncRecord] = []
    doubled: list[int] = []
    for unit, error in units:
        left = by_left.get(unit.left.pk) if unit.left else None
        right = by_right.get(unit.right.pk) if unit.right else None
        if left and right and left.pk != right.pk:
            doubled.append(right.pk)  # two units became one pair
        record = left or right
        if _is_over(unit):
            doubled += [record.pk] if record else []
            continue
        is_new = record is None
        record = record or SyncRecord(sync=sync, object_type=unit.object_type)
        if _list_fill(record, unit, error, entries.get(unit.key)):
            (made if is_new else changed).append(record)
    if doubled:
        SyncRecord.objects.filter(pk__in=doubled).delete()
    rows_insert(made)
    rows_update(changed, LISTED)


def _is_over(unit: Unit) -> bool:
    """Whether nothing is left of a unit: then it is in no list."""
    return all(row is None or row.gone_at for row in (unit.left, unit.right))


def _list_fill(
    record: SyncRecord,
    unit: Unit,
    error: CrosswalkError | None,
    entry: LogEntry | None,
) -> bool:
    """Fill a list row from a unit; False when nothing about it is new."""
    decision = unit.decision
    before = _shape(record)
    record.left, record.right = unit.left, unit.right
    record.list = _list_of(decision)
    record.reason = decision.reason[:400]
    record.reason_code = decision.reason_code
    record.label = unit.label[:200]
    record.field_map = refused_line(decision)
    if record.pk is None or before[2:4] != (record.list, record.reason_code):
        record.since = now()
    record.detail = detail_json(decision)
    record.left_version = _version(unit, "left")
    record.right_version = _version(unit, "right")
    if error is None:
        record.attempts, record.retry_at = 0, None
    else:
        rest = RETRY_LADDER[min(record.attempts, len(RETRY_LADDER) - 1)]
        record.attempts += 1
        record.retry_at = now() + timedelta(seconds=rest)
    if entry is not None:
        record.last_entry = entry
    return _shape(record) != before or record.pk is None


def _list_of(decision: Decision) -> str:
    """Return the list of a unit; one whose create was undone takes no part any more."""
    if decision.outcome == "delete" and decision.reason_code == UNDONE:
        return LIST_OF["excluded"]
    return LIST_OF[decision.outcome]


def _shape(record: SyncRecord) -> tuple[Any, ...]:
    return (
        record.left_id,
        record.right_id,
        record.list,
        record.reason_code,
        record.reason,
        record.field_map,
        record.label,
        repr(record.detail),
        record.left_version,
        record.right_version,
        record.attempts,
        record.last_entry_id,
    )


def _version(unit: Unit, side: Side) -> int:
    """Return the version of a record that its unit has come to terms with.

    A person's edit that rode along with the answer to our write has not been
    decided yet: then it is the version that was decided, and the unit is due again.
    """
    row = unit.row(side)
    if row is None:
        return 0
    decision = unit.decision
    seen = decision.left if side == "left" else decision.right
    if seen is None:
        return row.version
    if row.gone_at is not None and not seen.is_gone:
        return seen.version  # it went after it was decided
    if decision.reason_code == MOVED:
        return seen.version
    written = decision.writes(side)
    for change in decision.changes:
        for key in change.rule.keys(side):
            now = row.values.get(key)
            if key in written:
                is_other = _rode_along(change, side, now)
            else:
                is_other = now != seen.values.get(key)
            if is_other:
                return seen.version
    return row.version


def _rode_along(change: FieldChange, side: Side, now: Any) -> bool:
    """Whether a list that was written reads otherwise than as it was sent."""
    if change.action != "write" or change.side != side or not change.rule.is_list:
        return False
    sent = items_known(change.rule, side, change.after)
    return sent.keys() != items_known(change.rule, side, now).keys()
