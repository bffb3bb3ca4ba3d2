"""Values side by side: what each system has, since when, and who put it there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from integrations.models import RemoteRecord
from mapping.convert import Side, is_empty
from sync.engine.types import FieldChange
from sync.policy import spec_at
from sync.telling.person import InSync
from synclog.models import LogEntry

# what a run would do with a field → (words, state whose look it has)
STATES = {
    "same": ("Same", "in_sync"),
    "agree": ("Same", "in_sync"),
    "write": ("To be written", "waiting"),
    "keep": ("Left different", "excluded"),
    "conflict": ("You decide", "conflict"),
    "unread": ("Not read yet", "excluded"),
    "refuse": ("Does not fit", "failing"),
}


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value comes from: written by a run, or seen at the system."""

    words: str
    at: datetime | None
    entry: LogEntry | None = None


@dataclass(frozen=True, slots=True)
class FieldShown:
    """One field of a person in one sync."""

    label: str
    left: Any
    right: Any
    words: str
    state: str
    why: str
    left_from: Origin | None
    right_from: Origin | None


def fields_shown(at: InSync, entries: Sequence[LogEntry]) -> list[FieldShown]:
    """Return the mapped fields of a person with where each value comes from."""
    if at.found is None:
        return []
    written = _written(at, entries)
    return [_field(at, change, written) for change in at.found.fields]


def _field(
    at: InSync, change: FieldChange, written: Mapping[tuple[str, str], LogEntry]
) -> FieldShown:
    words, state = STATES[change.action]
    rule = change.rule
    return FieldShown(
        label=rule.label("left"),
        left=change.left,
        right=change.right,
        words=words,
        state=state,
        why=change.reason,
        left_from=_origin(at, "left", rule.left, written),
        right_from=_origin(at, "right", rule.right, written),
    )


def _written(
    at: InSync, entries: Sequence[LogEntry]
) -> dict[tuple[str, str], LogEntry]:
    """Return (side, field) → the last entry in which a run wrote it."""
    found: dict[tuple[str, str], LogEntry] = {}
    for entry in entries:  # the newest first
        if entry.run.sync_id != at.sync.pk or entry.outcome not in {"update", "create"}:
            continue
        for change in entry.changes:
            side = change.get("side")
            if change.get("action") == "write" and side in {"left", "right"}:
                found.setdefault((side, str(change.get(side))), entry)
    return found


def _origin(
    at: InSync,
    side: Side,
    field: str,
    written: Mapping[tuple[str, str], LogEntry],
) -> Origin | None:
    row = at.found.unit.row(side) if at.found else None
    if row is None or not field:
        return None
    seen = _seen(row, field)
    entry = written.get((side, field))
    # what a run wrote is seen again by the read after it: older than that is a run's
    if entry is not None and (seen is None or seen <= (row.written_at or entry.at)):
        return Origin("written", entry.at, entry)
    if seen is not None:
        return Origin(f"changed at {at.names[side]}", seen)
    return Origin("read", row.read_at) if field in row.values else None


def _seen(row: RemoteRecord, field: str) -> datetime | None:
    """Return when a change of a field was first seen, None when none ever was."""
    times = row.field_times.get(field)
    try:
        return datetime.fromisoformat(times[1]) if times else None
    except (TypeError, ValueError, IndexError):
        return None


def others_shown(at: InSync) -> list[dict[str, Any]]:
    """Return the values that no line of the mapping carries, of either side."""
    if at.found is None:
        return []
    return list(_others(at))


def _others(at: InSync) -> Iterator[dict[str, Any]]:
    assert at.found is not None  # noqa: S101
    rules = [change.rule for change in at.found.decision.changes]
    for side in ("left", "right"):
        row = at.found.unit.row(side)
        if row is None:
            continue
        mapped = {rule.key(side) for rule in rules}
        spec = spec_at(at.sync, side, at.found.unit.object_type)
        labels = {field.key: field.label for field in spec.fields}
        for key, value in row.values.items():
            if key not in mapped and not is_empty(value):
                label = labels.get(key, key)
                yield {"side": side, "label": label, "value": value}
