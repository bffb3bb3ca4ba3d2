"""Units begun: what is being written of a unit, in the checkpoint until it is logged.

A kill between two calls of a unit leaves it half written. It is finished as it was
decided: deciding anew would take our own write for the newer edit of the record, and
its first part would be missing in the log.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from integrations.models import RemoteRecord
from mapping.convert import Side, meaning
from sync.context import RunContext
from sync.deciding.families import Families
from sync.deciding.units import Unit
from sync.engine.types import Decision, FieldChange, Policy, Removal, Snapshot
from sync.engine.undo import UNDONE
from sync.models import RecordLink
from sync.policy import object_spec, remote_type, side_connection
from sync.remembering.bases import base_agreed, base_entry
from sync.remembering.links import link_make
from synclog.models import SyncRun

Note = dict[str, Any]
KEY = "begun"
EDITED = "Edited while this was being written: decided again by the next run."
KEPT_ACTIONS = {"write", "agree", "keep", "conflict", "refuse"}
RUNS_BACK = 10  # how far back an ended run may have left notes


def notes(run: SyncRun) -> dict[str, Note]:
    """Return the notes of a run by unit."""
    found: dict[str, Note] = run.checkpoint.setdefault(KEY, {})
    return found


def note_put(
    run: SyncRun, unit: Unit, decision: Decision, steps: list[dict[str, Any]]
) -> None:
    """Note what is decided of a unit, before it is written, and what is done of it."""
    notes(run)[unit.key] = {
        "type": unit.object_type,
        "left": unit.left.pk if unit.left else None,
        "right": unit.right.pk if unit.right else None,
        "outcome": decision.outcome,
        "reason": decision.reason,
        "code": decision.reason_code,
        "how": decision.link_how,
        "create": decision.create_side,
        "remove": [decision.remove.side, decision.remove.how]
        if decision.remove
        else [],
        "trace": [list(line) for line in decision.trace],
        # what was decided upon: a field edited meanwhile makes the unit due again
        "seen": _seen_of(decision),
        "changes": [
            {
                "stamp": change.rule.stamp,
                "action": change.action,
                "side": change.side,
                "before": change.before,
                "after": change.after,
                "left": change.left,
                "right": change.right,
                "reason": change.reason,
                "code": change.reason_code,
                "pending": change.pending,
            }
            for change in decision.changes
            if change.action in KEPT_ACTIONS
        ],
        "steps": list(steps),
    }


def _seen_of(decision: Decision) -> Note:
    """Return the versions and mapped fields of the records a decision was made of."""
    sides: tuple[Side, ...] = ("left", "right")
    seen: Note = {}
    for side in sides:
        record = decision.left if side == "left" else decision.right
        if record is not None:
            keys = [
                key for change in decision.changes for key in change.rule.keys(side)
            ]
            seen[side] = [record.version, {k: record.values.get(k) for k in keys}]
    return seen


def note_drop(run: SyncRun, key: str) -> None:
    """Forget a unit that is logged, or that is decided anew."""
    notes(run).pop(key, None)


def notes_take_over(run: SyncRun) -> None:
    """Take over what the runs before this one left half written."""
    mine = notes(run)
    ended = SyncRun.objects.filter(sync=run.sync_id, mode=run.mode, pk__lt=run.pk)
    ended = ended.exclude(state__in=SyncRun.ACTIVE)  # one that is aside goes on itself
    for before in ended.order_by("-pk")[:RUNS_BACK]:
        left = before.checkpoint.pop(KEY, None)
        if left:
            mine.update({key: note for key, note in left.items() if key not in mine})
            before.save(update_fields=["checkpoint"])


def decision_of(note: Note, policy: Policy) -> Decision:
    """Return what was decided. A field map changed since is left out."""
    rules = {rule.stamp: rule for rule in policy.rules}
    changes = tuple(
        FieldChange(
            rules[each["stamp"]],
            each["action"],
            each["reason"],
            each["code"],
            each["side"],
            each["before"],
            each["after"],
            each["left"],
            each["right"],
            each.get("pending", False),
        )
        for each in note["changes"]
        if each["stamp"] in rules
    )
    return Decision(
        note["outcome"],
        note["reason"],
        note["code"],
        _seen(note, "left"),
        _seen(note, "right"),
        changes=changes,
        create_side=note["create"],
        remove=Removal(*note["remove"]) if note.get("remove") else None,
        link_how=note["how"],
        trace=tuple((line[0], line[1]) for line in note["trace"]),
    )


def _seen(note: Note, side: Side) -> Snapshot | None:
    """Return a record as it was when the unit was decided: its mapped fields."""
    if side not in note["seen"]:
        return None
    version, values = note["seen"][side]
    return Snapshot(pk=note[side], remote_id="", values=values, version=version)


def unit_of(context: RunContext, key: str, note: Note) -> tuple[Unit, Decision] | None:
    """Return a unit begun with what is still to write of it, and its whole decision.

    None when nothing of it is done: then it is decided anew, in its place.
    """
    rows = RemoteRecord.objects.in_bulk(
        [pk for pk in (note["left"], note["right"]) if pk]
    )
    left, right = rows.get(note["left"]), rows.get(note["right"])
    policy = context.policies.get(note["type"])
    if left is None or right is None or policy is None:
        return None
    link = RecordLink.objects.filter(sync=context.sync, left=left, right=right).first()
    whole = decision_of(note, policy)
    unit = Unit(note["type"], left, right, link, whole, key=key)
    if policy.parent:
        families = Families(context.sync, policy.parent)
        # the family of the side it is written from
        if whole.writes("left"):
            unit.kin = families.one("right", right.parent_id)
        else:
            unit.kin = families.one("left", left.parent_id)
    if whole.remove:
        if not note["steps"]:
            return None
        unit.decision = replace(whole, remove=None)  # one call: it is done
        return unit, whole
    done, rest = _split(context, unit)
    is_begun = done or note["steps"]
    if not is_begun and (link is None or all(c.action != "write" for c in rest)):
        return None
    _take_into_base(context, unit, done)
    others = tuple(c for c in whole.changes if c.action != "write")
    unit.decision = replace(whole, changes=(*others, *rest), create_side=None)
    return unit, replace(whole, changes=(*others, *done, *rest))


def _split(
    context: RunContext, unit: Unit
) -> tuple[list[FieldChange], list[FieldChange]]:
    """Return the changes that are done, and those still to do.

    A field that is neither as before nor as meant was edited meanwhile: it is kept as
    it is, and decided anew by the next run.
    """
    done, rest = [], []
    for change in unit.decision.changes:
        if change.action != "write" or change.side is None:
            continue
        row = unit.row(change.side)
        now = row.values.get(change.rule.key(change.side)) if row else None
        if means_same(context, unit.object_type, change, now):
            done.append(change)
        elif now == change.before and row is not None and row.gone_at is None:
            rest.append(change)
        else:
            rest.append(replace(change, action="keep", reason=EDITED))
    return done, rest


def means_same(
    context: RunContext, object_type: str, change: FieldChange, now: Any
) -> bool:
    """Whether a field has come to mean what was to be written."""
    side: Side = change.side or "left"
    country = context.policies[object_type].side(side).country
    kind = change.rule.type(side)
    return bool(meaning(kind, now, country) == meaning(kind, change.after, country))


def _take_into_base(context: RunContext, unit: Unit, done: list[FieldChange]) -> None:
    """Link the pair, and remember what is done of it as agreed."""
    how = "created" if unit.decision.create_side else unit.decision.link_how
    link = unit.link or link_make(context.sync, unit, how or "matched")
    base_agreed(link, unit.decision)
    for change in done:
        row = unit.row(change.side or "left")
        if row is not None and change.side:
            now = row.values.get(change.rule.key(change.side))
            old = link.base.get(change.rule.stamp)
            entry = base_entry(change, now, old)
            if change.reason_code == UNDONE:
                entry["apart"] = True
            link.base[change.rule.stamp] = entry
    link.save(update_fields=["base"])


def sent_values(context: RunContext, unit: Unit, side: Side, body: Any) -> Note:
    """Return what a create sends by field, the unique name with it where there is one."""
    connection = side_connection(context.sync, side)
    kind = remote_type(context.sync, side, unit.object_type)
    spec = object_spec(connection, kind)
    sent = unit.decision.writes(side)
    for key in spec.match_fields.get("name", ()):
        if body.get(key):
            sent[key] = body[key]
    return sent
