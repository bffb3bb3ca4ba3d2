"""A pair of records kept in step in memory: vendors, edits, and the base between."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from mapping.convert import FieldRule, Side, same_meaning
from sync.engine.decide import decide_pair
from sync.engine.types import Decision, Policy, SideFacts, Snapshot
from sync.policy import base_read
from sync.remembering.bases import base_agreed, base_written

START = datetime(2026, 1, 1, tzinfo=UTC)
ANY = frozenset({"create", "update"})
SIDES: tuple[Side, ...] = ("left", "right")
Store = Callable[[Any], Any]


def moment(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def span(start: float, end: float) -> list[str]:
    """Return an interval as the mirror stores it."""
    return [moment(start).isoformat(), moment(end).isoformat()]


def rule(kind: str = "text", **more: Any) -> FieldRule:
    """Return a field map from `a` on the left to `b` on the right."""
    more.setdefault("left_writes", ANY)
    more.setdefault("right_writes", ANY)
    return FieldRule(
        more.pop("left", "a"),
        more.pop("right", "b"),
        left_type=kind,
        right_type=kind,
        **more,
    )


def policy(*rules: FieldRule, **more: Any) -> Policy:
    more.setdefault("left", SideFacts("Left", "GB"))
    more.setdefault("right", SideFacts("Right", "GB"))
    return Policy(rules=rules, **more)


def snap(values: Mapping[str, Any], **more: Any) -> Snapshot:
    return Snapshot(pk=1, remote_id="1", values=values, **more)


@dataclass
class Vendor:
    """One side's record: how it stores what it is sent, and what it answers."""

    stores: Store = lambda value: value
    answers: bool = True
    remote: dict[str, Any] = field(default_factory=dict)
    mirror: dict[str, Any] = field(default_factory=dict)

    def read(self) -> None:
        self.mirror = dict(self.remote)

    def write(self, values: Mapping[str, Any]) -> dict[str, Any]:
        stored = {key: self.stores(value) for key, value in values.items()}
        self.remote.update(stored)
        reported = stored if self.answers else {}
        self.mirror.update({**values, **reported})
        return reported


@dataclass
class Pair:
    """Two vendors with one person each, linked."""

    policy: Policy
    left: Vendor
    right: Vendor
    base: dict[str, Any] = field(default_factory=dict)

    def vendor(self, side: Side) -> Vendor:
        return self.left if side == "left" else self.right

    def sync(self, **snapshots: Any) -> Decision:
        """Read both, decide, apply; return the decision."""
        self.left.read()
        self.right.read()
        return self.apply(**snapshots)

    def apply(self, **snapshots: Any) -> Decision:
        decision = decide_pair(
            snap(self.left.mirror, **snapshots.get("left", {})),
            snap(self.right.mirror, **snapshots.get("right", {})),
            base_read(self.base),
            self.policy,
        )
        link: Any = SimpleNamespace(base=self.base)
        base_agreed(link, decision)
        for side in SIDES:
            values = decision.writes(side)
            if values:
                reported = self.vendor(side).write(values)
                base_written(link, decision.changes, side, values, reported)
        return decision

    def agrees(self, on: FieldRule) -> bool:
        return same_meaning(
            on,
            self.left.remote.get("a"),
            self.right.remote.get("b"),
            self.policy.countries,
        )


def pair(on: Policy, left: Any, right: Any, **more: Any) -> Pair:
    """Return a pair of plain vendors that hold one value each."""
    return Pair(
        on,
        Vendor(
            more.get("left_stores", _same), more.get("left_answers", True), {"a": left}
        ),
        Vendor(
            more.get("right_stores", _same),
            more.get("right_answers", True),
            {"b": right},
        ),
    )


def _same(value: Any) -> Any:
    return value
