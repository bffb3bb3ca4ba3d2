"""Why a record is, or is not, in sync: its trace on demand, decided as a run would.

From what is stored, without a call; `look_again` reads the record first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from crosswalk.clock import now
from crosswalk.errors import ConfigError
from integrations.models import Connection, RemoteRecord
from integrations.session import connection_session
from mapping.convert import Side, other
from mapping.models import Mapping as FieldMapping
from sync.deciding.childunits import ChildSource
from sync.deciding.families import Families
from sync.deciding.matching import verdict_one
from sync.deciding.pauses import pauses_of
from sync.deciding.units import Unit, UnitSource
from sync.engine.people import Verdict
from sync.engine.trace import Names, Stage, Standing, trace_of
from sync.engine.types import Decision, FieldChange, Policy
from sync.models import RecordLink, Sync, SyncRecord
from sync.policy import names_of, policy_build, side_connection
from sync.reading.pages import read_one
from synclog.models import LogEntry

SIDES: tuple[Side, Side] = ("left", "right")
ENTRIES = 5
LINKED = {
    "email": "Linked: they have the same e-mail.",
    "phone": "Linked: they have the same phone number.",
    "name": "Linked: they have the same name, and nothing contradicts it.",
    "created": "Linked: one was created from the other.",
    "found": "Linked: one was there already when it was to be created.",
    "person": "Linked by a person.",
}


@dataclass(frozen=True, slots=True)
class Explanation:
    """One unit of a sync, how far it gets and why."""

    sync: Sync
    unit: Unit
    stages: tuple[Stage, ...]
    record: SyncRecord | None  # where it stands, None when no run has decided it
    entries: list[LogEntry]  # what the last runs did to it

    @property
    def decision(self) -> Decision:
        return self.unit.decision

    @property
    def fields(self) -> list[FieldChange]:
        """Return how each mapped field compares; none where it got no further."""
        stop = next(
            (each.key for each in self.stages[1:] if each.state == "stopped"), ""
        )
        return [] if stop in ("scope", "matched") else list(self.decision.changes)


def unit_key(side: str, row: int) -> str:
    """Return the name of the unit that a record stands for."""
    return f"{side[0]}{row}"


def explain(sync: Sync, key: str) -> Explanation:
    """Return why the unit of a record is where it is. No call, nothing is written.

    Raises ConfigError when the sync knows no such record, or nothing is mapped.
    """
    side, row = record_of_key(sync, key)
    link = _link(sync, side, row)
    object_type = link.object_type if link else row.object_type
    policy = _policy(sync, object_type)
    unit = _unit(sync, object_type, policy, side, row, link)
    record = _standing(sync, unit)
    names = names_of(sync)
    return Explanation(
        sync=sync,
        unit=unit,
        stages=trace_of(unit.decision, names, _facts(sync, names, unit, record)),
        record=record,
        entries=_entries(sync, unit),
    )


def record_of_key(sync: Sync, key: str) -> tuple[Side, RemoteRecord]:
    """Return side and stored record of a unit's name: "l12", "r7"."""
    side: Side = "right" if key[:1] == "r" else "left"
    number = key[1:]
    if key[:1] in ("l", "r") and number.isdecimal() and len(number) < 19:
        row = RemoteRecord.objects.filter(
            connection=side_connection(sync, side), pk=int(number)
        ).first()
        if row is not None:
            return side, row
    raise ConfigError(f"“{sync.name}” knows no such record. Search for the person.")


def _policy(sync: Sync, object_type: str) -> Policy:
    mapping = FieldMapping.objects.filter(
        sync=sync, object_type=object_type, published__isnull=False
    ).select_related("published")
    found = mapping.first()
    if found is None:
        raise ConfigError(
            f"Nothing is mapped in “{sync.name}” yet. Map its fields first."
        )
    return policy_build(sync, found)


def _link(sync: Sync, side: Side, row: RemoteRecord) -> RecordLink | None:
    links = RecordLink.objects.filter(sync=sync, **{side: row})
    return links.select_related("left", "right").first()


def _unit(
    sync: Sync,
    object_type: str,
    policy: Policy,
    side: Side,
    row: RemoteRecord,
    link: RecordLink | None,
) -> Unit:
    """Decide the unit of a record just as a run of it would."""
    verdicts: dict[Side, dict[int, Verdict]] = {"left": {}, "right": {}}
    if link is None and not policy.parent:
        verdicts[side][row.pk] = verdict_one(sync, object_type, policy, side, row.pk)
    given: dict[str, Any] = {
        "sync": sync,
        "object_type": object_type,
        "policy": policy,
        "verdicts": verdicts,
        "links_until": 0,
        "scope": "records",
        "targets": {"left": [], "right": []} | {side: [row.pk]},
    }
    source = (
        ChildSource(**given, families=Families(sync, policy.parent))
        if policy.parent
        else UnitSource(**given)
    )
    source.pauses = pauses_of(sync)
    if link is not None:
        source.fates.learn([link])
        (unit,) = source.decide_links([link])
        return unit
    (unit,) = source.decide_loose(side, [row])
    return unit


def _standing(sync: Sync, unit: Unit) -> SyncRecord | None:
    wanted = Q()
    if unit.left is not None:
        wanted |= Q(left=unit.left)
    if unit.right is not None:
        wanted |= Q(right=unit.right)
    found = SyncRecord.objects.filter(wanted, sync=sync)
    return found.select_related("sync__workspace", "left", "right").first()


def _facts(sync: Sync, names: Names, unit: Unit, record: SyncRecord | None) -> Standing:
    refused = ""
    if record is not None and record.list == SyncRecord.List.FAILING:
        refused = record.reason
    linked = LINKED.get(unit.link.how, "Linked before.") if unit.link else ""
    return Standing(blocked_words(sync, names), refused, linked)


def blocked_words(sync: Sync, names: Mapping[Side, str]) -> str:
    """Return why nothing of a sync flows by itself, "" when it does."""
    for side in SIDES:
        health = side_connection(sync, side).health
        if health == Connection.Health.NEEDS_RECONNECT:
            return f"{names[side]} must be connected again."
        if health == Connection.Health.DISABLED:
            return f"{names[side]} is disconnected."
    if sync.state == Sync.State.PAUSED:
        why = sync.paused_reason.rstrip(".")
        return f"The sync is paused: {why}." if why else "The sync is paused."
    if sync.state != Sync.State.LIVE:
        return "The sync is not live yet."
    return ""


def _entries(sync: Sync, unit: Unit) -> list[LogEntry]:
    """Return what the last runs did to a unit, the newest first: by its ids, each by
    an index."""
    pks: set[int] = set()
    for side in SIDES:
        row = unit.row(side)
        if row is None:
            continue
        entries = LogEntry.objects.filter(
            workspace=sync.workspace_id,
            object_type=unit.object_type,
            run__sync=sync,
            **{f"{side}_id": row.remote_id},
        )
        newest = entries.order_by("-at", "-pk").values_list("pk", flat=True)
        pks |= set(newest[:ENTRIES])
    found = LogEntry.objects.filter(pk__in=pks).select_related("run")
    return list(found.order_by("-at", "-pk")[:ENTRIES])


def look_again(sync: Sync, key: str) -> int:
    """Read both records of a unit from their systems; return how many were read.

    One call each. What has changed is decided by the next run.
    """
    side, row = record_of_key(sync, key)
    rows: dict[Side, RemoteRecord] = {side: row}
    link = RecordLink.objects.filter(sync=sync, **{side: row}).first()
    if link is not None:
        rows[other(side)] = link.right if side == "left" else link.left
    read = 0
    for each, known in rows.items():
        connection = side_connection(sync, each)
        with connection_session(connection, lane="person") as session:
            found = read_one(
                session, connection, known.object_type, known.remote_id, known.parent_id
            )
        read += found is not None
    return read


def as_json(found: Explanation) -> dict[str, Any]:
    """Return an explanation as commands print it."""
    unit, decision = found.unit, found.decision
    return {
        "label": unit.label,
        "object": unit.object_type,
        "left": unit.left.remote_id if unit.left else None,
        "right": unit.right.remote_id if unit.right else None,
        "list": found.record.list if found.record else None,
        "outcome": decision.outcome,
        "reason": decision.reason,
        "stages": [
            {"stage": each.key, "state": each.state, "words": each.words}
            for each in found.stages
        ],
        "fields": [
            {
                "left": change.rule.left,
                "right": change.rule.right,
                "left_value": change.left,
                "right_value": change.right,
                "action": change.action,
                "reason": change.reason,
            }
            for change in found.fields
        ],
        "at": now().isoformat(),
    }
