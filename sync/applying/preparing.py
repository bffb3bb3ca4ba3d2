"""Units on their way: which calls each needs, found out for a whole chunk at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from crosswalk.errors import CrosswalkError
from integrations.connectors.base import Step
from integrations.mirroring.keys import UNIQUE, unique_key
from integrations.models import RecordKey, RemoteRecord
from mapping.convert import Side
from sync.applying.removing import removal_steps
from sync.applying.work import Work
from sync.context import SIDES, RunContext
from sync.deciding.replacing import replacing
from sync.policy import object_spec, record_of, remote_type, side_connection


class Preparer:
    """Turns the decisions of a chunk into the calls they need.

    What that takes from the mirror (whose keys are shared, which names are taken) is
    asked for once a chunk.
    """

    def __init__(self, context: RunContext) -> None:
        self.context = context
        self._given: set[tuple[Side, str]] = set()  # names of this chunk's creates
        self._free: dict[tuple[Side, str], bool] = {}  # as the mirror said

    def prepare(self, works: Sequence[Work]) -> None:
        """Fill the queues; what cannot be written gets its error."""
        for object_type in sorted({work.unit.object_type for work in works}):
            mine = [work for work in works if work.unit.object_type == object_type]
            if self.context.policies[object_type].parent:
                continue  # children have neither keys nor names
            for side in SIDES:
                self._share_facts(mine, side)
                self._look_up_names(mine, side, object_type)
        for work in works:
            try:
                work.queue = self._steps(work)
            except CrosswalkError as error:
                work.error = error
            work.total = len(work.queue)

    def _steps(self, work: Work) -> list[tuple[Side, Step]]:
        decision = work.unit.decision
        if decision.remove:
            side = decision.remove.side
            connector = self.context.sessions[side].connector
            removal = removal_steps(connector, work.unit, decision.remove)
            return [(side, step) for step in removal]
        if decision.create_side:
            return self._create_steps(work, decision.create_side)
        return [
            (side, step) for side in SIDES for step in self._update_steps(work, side)
        ]

    def _update_steps(self, work: Work, side: Side) -> Sequence[Step]:
        unit = work.unit
        values, row = unit.decision.writes(side), unit.row(side)
        if row is None:
            return ()
        connector = self.context.sessions[side].connector
        if self.context.policies[unit.object_type].side(side).replaces:
            under = unit.parent_id(side)
            steps, work.old[side] = replacing(connector, row, values, under)
            return steps
        if not values:
            return ()
        before = record_of(row, work.facts.get(side))
        return connector.steps(row.object_type, before, values)

    def _create_steps(self, work: Work, side: Side) -> list[tuple[Side, Step]]:
        object_type = work.unit.object_type
        values = work.unit.decision.writes(side)
        name = self._free_name(work, side, values)
        if name:
            spec = object_spec(side_connection(self.context.sync, side), object_type)
            values[spec.match_fields["name"][0]] = name
        connector = self.context.sessions[side].connector
        kind = remote_type(self.context.sync, side, object_type)
        parent = work.unit.parent_id(side)
        under = (parent,) if parent else ()
        steps = connector.steps(kind, None, values, *under)
        return [(side, step) for step in steps]

    # --- names -----------------------------------------------------------------------

    def _free_name(self, work: Work, side: Side, values: dict[str, Any]) -> str:
        """Return a unique name the mirror does not hold, "" where none is needed."""
        while name := self._name(work, side, values):
            key = (side, unique_key(name))
            if key not in self._free:
                self._ask(side, work.unit.object_type, [key[1]])
            if self._free[key] and key not in self._given:
                self._given.add(key)
                return name
            work.name_attempt += 1
        return ""

    def _name(self, work: Work, side: Side, values: dict[str, Any]) -> str:
        connector = self.context.sessions[side].connector
        kind = remote_type(self.context.sync, side, work.unit.object_type)
        return connector.unique_name(kind, values, work.name_attempt)

    def _look_up_names(
        self, works: Iterable[Work], side: Side, object_type: str
    ) -> None:
        """Ask for the names that the creates of a chunk would like to have."""
        wanted = (
            self._name(work, side, work.unit.decision.writes(side))
            for work in works
            if work.unit.decision.create_side == side
        )
        keys = {unique_key(name) for name in wanted if name}
        new = [key for key in keys if (side, key) not in self._free]
        if new:
            self._ask(side, object_type, new)

    def _ask(self, side: Side, object_type: str, keys: Sequence[str]) -> None:
        held = set(
            RecordKey.objects.filter(
                connection=side_connection(self.context.sync, side),
                object_type=object_type,
                kind=UNIQUE,
                value__in=keys,
            ).values_list("value", flat=True)
        )
        self._free.update({(side, key): key not in held for key in keys})

    # --- keys ------------------------------------------------------------------------

    def _share_facts(self, works: Iterable[Work], side: Side) -> None:
        """Say which keys of a record others share: it can't be named by those."""
        rows = {
            work.unit.row(side): work
            for work in works
            if not work.unit.decision.create_side and work.unit.decision.writes(side)
        }
        shared = keys_shared([row for row in rows if row is not None])
        for row, work in rows.items():
            if row is not None:
                work.facts[side] = {"ambiguous_keys": sorted(shared[row.pk])}


def keys_shared(rows: Sequence[RemoteRecord]) -> dict[int, set[str]]:
    """Return, by record, the kinds of keys that other records have as well.

    The records are of one connection and object type.
    """
    shared: dict[int, set[str]] = defaultdict(set)
    if not rows:
        return shared
    kinds = ("email", "phone")
    mine = RecordKey.objects.filter(record__in=[row.pk for row in rows])
    keys = list(mine.filter(kind__in=kinds).values_list("record", "kind", "value"))
    holders: dict[tuple[str, str], set[int]] = defaultdict(set)
    everybody = RecordKey.objects.filter(
        connection=rows[0].connection_id,
        object_type=rows[0].object_type,
        kind__in=kinds,
        value__in={value for _, _, value in keys},
    )
    for record, kind, value in everybody.values_list("record", "kind", "value"):
        holders[kind, value].add(record)
    for record, kind, value in keys:
        if holders[kind, value] - {record}:
            shared[record].add(kind)
    return shared
