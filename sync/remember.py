"""Remembering what was decided and done: links, bases, lists and log entries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from crosswalk.clock import now
from crosswalk.errors import CrosswalkError
from crosswalk.redact import redact_text
from integrations.keys import first_email
from mapping.convert import Side
from sync.engine.sets import items_known, lists_agreed
from sync.engine.types import LIST_OF, BaseValue, Decision, FieldChange
from sync.engine.undo import UNDONE
from sync.models import RecordLink, Sync, SyncRecord
from sync.policy import object_spec, side_connection
from sync.units import Unit
from synclog.models import LogEntry, SyncRun

# how long a failing record rests before it is tried again by itself
RETRY_LADDER = (60, 300, 1800, 7200, 21600)


def link_make(sync: Sync, unit: Unit, how: str) -> RecordLink:
    """Return the link of a unit's pair, made now if it is new (idempotent)."""
    assert unit.left is not None  # noqa: S101
    assert unit.right is not None  # noqa: S101
    link, _ = RecordLink.objects.get_or_create(
        sync=sync,
        left=unit.left,
        right=unit.right,
        defaults={"object_type": unit.object_type, "how": how[:20]},
    )
    unit.link = link
    return link


def link_bury(link: RecordLink, why: str) -> None:
    """Tombstone a link, one of whose records was removed by us (idempotent)."""
    if link.tombstone != why:
        link.tombstoned_at, link.tombstone = now(), why
        link.save(update_fields=["tombstoned_at", "tombstone"])


def base_agreed(link: RecordLink, decision: Decision) -> bool:
    """Take fields that mean the same on both sides into the base; True if it moved."""
    moved = False
    for change in decision.changes:
        if change.action != "agree":
            continue
        entry = agreed_entry(change, link.base.get(change.rule.stamp))
        if link.base.get(change.rule.stamp) != entry:
            link.base[change.rule.stamp] = entry
            moved = True
    return moved


def base_written(
    link: RecordLink,
    changes: Iterable[FieldChange],
    side: Side,
    written: Mapping[str, Any],
    reported: Mapping[str, Any],
) -> None:
    """Advance the base of the fields that one step has written (design §4.3)."""
    for change in changes:
        key = change.rule.key(side)
        if change.action != "write" or change.side != side or key not in written:
            continue
        old = link.base.get(change.rule.stamp)
        entry = base_entry(change, reported.get(key, written[key]), old)
        if key not in reported:
            entry["unconfirmed"] = side
        if change.reason_code == UNDONE:
            entry["apart"] = True
        link.base[change.rule.stamp] = entry


def agreed_entry(change: FieldChange, old: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the base of a field that needs no write; of lists what both have."""
    if not change.rule.is_list:
        return {"left": change.left, "right": change.right}
    left, right = lists_agreed(change.rule, change.left, change.right, _value_of(old))
    return {"left": left, "right": right}


def base_entry(
    change: FieldChange, now: Any, old: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return what both sides have once a change is written and reads `now`.

    `old` is the entry before it. What somebody adds to a list while it is written is
    none of it, and a text that is still to be written on the other side stays news.
    """
    entry = {"left": change.left, "right": change.right}
    side = change.side
    if side is None:
        return entry
    entry[side] = now
    if change.pending:
        entry[side] = (old or {}).get(side)
    if change.rule.is_list and change.reason_code != UNDONE:
        sent = (side, change.before, change.after)
        entry["left"], entry["right"] = lists_agreed(
            change.rule, entry["left"], entry["right"], _value_of(old), sent=sent
        )
    return entry


def _value_of(entry: Mapping[str, Any] | None) -> BaseValue | None:
    if entry is None:
        return None
    return BaseValue(entry["left"], entry["right"], entry.get("unconfirmed", ""))


def changes_json(decision: Decision) -> list[dict[str, Any]]:
    """Return the field changes of a decision as stored in plans and the log."""
    return [
        {
            "left": change.rule.left,
            "right": change.rule.right,
            "label": change.rule.label(change.side or "left"),
            "side": change.side or "",
            "action": change.action,
            "before": change.before,
            "after": change.after,
            "left_value": change.left,
            "right_value": change.right,
            "reason": change.reason,
        }
        for change in decision.changes
        if change.action in {"write", "conflict", "refuse"}
        or (change.action == "keep" and change.left != change.right)
    ]


def detail_json(decision: Decision) -> dict[str, Any]:
    """Return what a person needs to see of a review or a conflict."""
    if decision.candidates:
        return {
            "candidates": [
                {"side": c.side, "record": c.pk, "why": c.why}
                for c in decision.candidates
            ]
        }
    conflicts = [c for c in changes_json(decision) if c["action"] == "conflict"]
    return {"conflicts": conflicts} if conflicts else {}


def main_side(decision: Decision) -> str:
    """Return the side a decision writes to, "both" when it is both, else ""."""
    if decision.create_side or decision.remove:
        removed = decision.remove.side if decision.remove else ""
        return decision.create_side or removed
    sides = decision.sides_written
    if len(sides) == 2:
        return "both"
    return sides[0] if sides else ""


class Ledger:
    """Collects what a chunk's units came to, and saves it in few statements."""

    def __init__(self, run: SyncRun, sync: Sync) -> None:
        self.run = run
        self.sync = sync
        self._entries: list[LogEntry] = []
        self._units: list[tuple[Unit, CrosswalkError | None]] = []
        self._untouched: list[Unit] = []

    def add(
        self,
        unit: Unit,
        *,
        steps: list[dict[str, Any]] | None = None,
        error: CrosswalkError | None = None,
        is_bug: bool = False,
        always: bool = False,
    ) -> None:
        """Note what became of one unit. Untouched units are only counted."""
        outcome = unit.decision.outcome
        if self.run.undo_of_id is not None and outcome == "excluded":
            # spared by an undo: logged, and in whatever list it was
            self._entries.append(self._entry(unit, steps or [], error, is_bug))
            self.run.done_units += 1
            return
        self._units.append((unit, error))
        touched = outcome in {"create", "update", "delete", "link", "failed"}
        if touched or always:
            self._entries.append(self._entry(unit, steps or [], error, is_bug))
        else:
            self._untouched.append(unit)

    def _entry(
        self,
        unit: Unit,
        steps: list[dict[str, Any]],
        error: CrosswalkError | None,
        is_bug: bool,
    ) -> LogEntry:
        decision = unit.decision
        return LogEntry(
            workspace_id=self.run.workspace_id,
            run=self.run,
            object_type=unit.object_type,
            unit=unit.key,
            left_id=unit.left.remote_id if unit.left else "",
            right_id=unit.right.remote_id if unit.right else "",
            label=unit.label[:200],
            email=self._email(unit)[:254],
            outcome=decision.outcome,
            side=main_side(decision),
            reason=decision.reason[:400],
            reason_code=decision.reason_code,
            changes=changes_json(decision),
            trace=[list(step) for step in decision.trace],
            steps=steps,
            error_code=error.code if error else "",
            error_message=redact_text(error.message) if error else "",
            error_detail=redact_text(error.detail)[:2000] if error else "",
            is_bug=is_bug,
        )

    def _email(self, unit: Unit) -> str:
        for side, row in (("left", unit.left), ("right", unit.right)):
            if row is not None:
                connection = side_connection(self.sync, side)
                found = first_email(
                    object_spec(connection, unit.object_type), row.values
                )
                if found:
                    return found
        return ""

    def save(self) -> None:
        """Save entries and lists, and count. Call in the transaction of the checkpoint.

        Untouched units have no entry: the checkpoint keeps their count, and until their
        chunk is done their names, so that none is counted twice after a kill.
        """
        LogEntry.objects.bulk_create(self._entries)
        by_unit = {entry.unit: entry for entry in self._entries}
        _lists_save(self.sync, self._units, by_unit)
        if self.run.undo_of_id is not None:
            self._look_again()
        checkpoint = self.run.checkpoint
        tally = checkpoint.setdefault("tally", {})
        for unit in self._untouched:
            outcome = str(unit.decision.outcome)
            tally[outcome] = tally.get(outcome, 0) + 1
        names = checkpoint.setdefault("untouched", [])
        names += [unit.key for unit in self._untouched]
        self.run.done_units += len(self._units)
        self._entries, self._units, self._untouched = [], [], []

    def _look_again(self) -> None:
        """Have the next poll decide undone units: other fields of theirs may wait."""
        left = [unit.left.pk for unit, _ in self._units if unit.left]
        SyncRecord.objects.filter(sync=self.sync, left_id__in=left).update(
            left_version=0, right_version=0
        )


LISTED = (
    "left",
    "right",
    "list",
    "reason",
    "reason_code",
    "label",
    "detail",
    "left_version",
    "right_version",
    "attempts",
    "retry_at",
    "last_entry",
    "updated_at",
)


def _lists_save(
    sync: Sync,
    units: list[tuple[Unit, CrosswalkError | None]],
    entries: Mapping[str, LogEntry],
) -> None:
    """Put each unit into exactly one list."""
    lefts = [u.left.pk for u, _ in units if u.left]
    rights = [u.right.pk for u, _ in units if u.right]
    stored = SyncRecord.objects.filter(sync=sync)
    by_left = {r.left_id: r for r in stored.filter(left_id__in=lefts)}
    by_right = {r.right_id: r for r in stored.filter(right_id__in=rights)}
    made: list[SyncRecord] = []
    changed: list[SyncRecord] = []
    doubled: list[int] = []
    for unit, error in units:
        left = by_left.get(unit.left.pk) if unit.left else None
        right = by_right.get(unit.right.pk) if unit.right else None
        if left and right and left.pk != right.pk:
            doubled.append(right.pk)  # two units became one pair
        record = left or right
        is_new = record is None
        record = record or SyncRecord(sync=sync, object_type=unit.object_type)
        if _list_fill(record, unit, error, entries.get(unit.key)):
            (made if is_new else changed).append(record)
    SyncRecord.objects.filter(pk__in=doubled).delete()
    SyncRecord.objects.bulk_create(made)
    for record in changed:  # measured: several times faster than bulk_update
        record.save(update_fields=LISTED)


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
    record.list = LIST_OF[decision.outcome]
    record.reason = decision.reason[:400]
    record.reason_code = decision.reason_code
    record.label = unit.label[:200]
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


def _shape(record: SyncRecord) -> tuple[Any, ...]:
    return (
        record.left_id,
        record.right_id,
        record.list,
        record.reason,
        record.reason_code,
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
    written = decision.writes(side)
    for change in decision.changes:
        key = change.rule.key(side)
        if seen is None:
            continue
        if key in written:
            if _rode_along(change, side, row.values.get(key)):
                return seen.version
            continue
        if row.values.get(key) != seen.values.get(key):
            return seen.version
    return row.version


def _rode_along(change: FieldChange, side: Side, now: Any) -> bool:
    """Whether a list that was written reads otherwise than as it was sent."""
    if change.action != "write" or change.side != side or not change.rule.is_list:
        return False
    sent = items_known(change.rule, side, change.after)
    return sent.keys() != items_known(change.rule, side, now).keys()
