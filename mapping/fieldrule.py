"""One field map as plain data: which field is which, and how values travel. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import Any, Literal

from mapping.gather import (
    Gather,
    gather_keys,
    gathered,
    gathered_kind,
    gathered_label,
)
from mapping.kinds import LISTS, TEXTS
from mapping.transforms import Step

Side = Literal["left", "right"]


def other(side: Side) -> Side:
    """Return the opposite side."""
    return "right" if side == "left" else "left"


@dataclass(frozen=True)
class FieldRule:
    """One field map as the engine uses it: plain data, types and labels resolved."""

    left: str
    right: str
    direction: str = "both"
    write: str = "always"
    conflict: str = ""
    to_right: tuple[Step, ...] = ()
    to_left: tuple[Step, ...] = ()
    left_type: str = "text"
    right_type: str = "text"
    left_label: str = ""
    right_label: str = ""
    # operations ("create", "update", "upsert") by which each side can write it
    left_writes: frozenset[str] = field(default_factory=frozenset)
    right_writes: frozenset[str] = field(default_factory=frozenset)
    # what a choice on each side allows, () for any text
    left_options: tuple[str, ...] = ()
    right_options: tuple[str, ...] = ()
    value_map: tuple[tuple[str, str], ...] = ()  # mapping/valuemap.py
    # stands in for the field of the side that names none
    constant: Any = None
    # side → what is written there when somebody is new and the source is empty
    default: Mapping[str, Any] = field(default_factory=dict, hash=False)
    # how the value of the side it comes from is made of several fields: mapping/gather.py
    gather: Gather = field(default_factory=dict, hash=False)
    # the version that took it up again after it was gone, 0 if it never was
    since: int = 0

    def key(self, side: Side) -> str:
        """Return the field key on a side; of several that are gathered the line's own."""
        return self.left if side == "left" else self.right

    def keys(self, side: Side) -> tuple[str, ...]:
        """Return the keys of all fields that have to be read on a side."""
        if self.fixed == side:
            return ()
        if self.gathers == side:
            return gather_keys(self.gather, self.key(side))
        return (self.key(side),)

    def type(self, side: Side) -> str:
        """Return the field type on a side."""
        return self.left_type if side == "left" else self.right_type

    def label(self, side: Side) -> str:
        """Return the field label on a side."""
        text = self.left_label if side == "left" else self.right_label
        return text or self.key(side) or "Fixed value"

    @cached_property
    def fixed(self) -> Side | None:
        """Return the side that has a constant instead of a field, None if none has."""
        if self.constant is None:
            return None
        return "right" if self.left else "left"

    @property
    def gathers(self) -> Side | None:
        """Return the side whose value is made of several fields, None if neither's is."""
        if not self.gather:
            return None
        return "right" if self.direction == "right_to_left" else "left"

    @cached_property
    def is_list(self) -> bool:
        """Whether it joins lists: each item comes and goes on its own.

        A text beside a list holds its items, parted by commas.
        """
        kinds = {self.left_type, self.right_type}
        return bool(kinds & LISTS) and kinds <= LISTS | TEXTS

    def value(self, side: Side, values: Mapping[str, Any], missing: Any = None) -> Any:
        """Return what a record of a side has of the field, `missing` if not read."""
        if self.fixed == side:
            return self.constant
        if self.gathers == side:
            return gathered(self.gather, self.key(side), values, missing)
        return values.get(self.key(side), missing)

    def options(self, side: Side) -> tuple[str, ...]:
        """Return the options of the field on a side, () when it has none."""
        return self.left_options if side == "left" else self.right_options

    def chain(self, to: Side) -> tuple[Step, ...]:
        """Return the transforms towards a side."""
        return self.to_left if to == "left" else self.to_right

    def flows(self, to: Side) -> bool:
        """Whether values may ever be written to a side."""
        if to in (self.fixed, self.gathers):
            return False
        return self.write != "never" and self.direction in {
            "both",
            "left_to_right" if to == "right" else "right_to_left",
        }

    def writable(self, to: Side, *, creating: bool) -> bool:
        """Whether the system of a side can take the field."""
        if self.fixed == to:
            return False
        writes = self.left_writes if to == "left" else self.right_writes
        return "create" in writes if creating else bool(writes - {"create"})

    @cached_property
    def stamp(self) -> str:
        """What the base of this field map is filed under.

        It covers all that changes what a value means on the other side: a changed
        field map has no base and is decided by the first-merge rule (design §3). So has
        one that is taken up again: its old base is months old.
        """
        parts: list[Any] = [self.left, self.right]
        parts += [list(self.to_right), list(self.to_left)]
        if self.value_map or self.constant is not None:
            parts += [self.value_map, self.constant]
        if self.gather:
            parts += [{"gather": self.gather}]
        if self.since:
            parts += [{"since": self.since}]
        text = json.dumps(parts, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Countries:
    """The country of each side's account: numbers without a code belong there."""

    left: str = ""
    right: str = ""

    def of(self, side: Side) -> str:
        """Return the country of a side, the other's when it is not known."""
        if side == "left":
            return self.left or self.right
        return self.right or self.left


def rules_build(
    lines: Sequence[Mapping[str, Any]],
    left_fields: Mapping[str, Any],
    right_fields: Mapping[str, Any],
    taken_up: Mapping[str, int] = MappingProxyType({}),
) -> tuple[FieldRule, ...]:
    """Return published mapping lines as rules, with the catalogues' types.

    `left_fields` and `right_fields` are field key → catalogue entry with `type`,
    `label` and `writes`; a field no catalogue knows is a writable text. `taken_up`:
    which lines the version, or one before it, took up again.
    """
    rules = (_rule(line, left_fields, right_fields) for line in lines)
    return tuple(
        replace(rule, since=taken_up[rule.stamp]) if rule.stamp in taken_up else rule
        for rule in rules
    )


_UNKNOWN_WRITES = frozenset({"create", "update"})


def _rule(
    line: Mapping[str, Any],
    left_fields: Mapping[str, Any],
    right_fields: Mapping[str, Any],
) -> FieldRule:
    left, right = left_fields.get(line["left"]), right_fields.get(line["right"])
    rule = FieldRule(
        left=line["left"],
        right=line["right"],
        direction=line.get("direction", "both"),
        write=line.get("write", "always"),
        conflict=line.get("conflict", ""),
        to_right=tuple(line.get("to_right", ())),
        to_left=tuple(line.get("to_left", ())),
        left_type=left.type if left else "text",
        right_type=right.type if right else "text",
        left_label=left.label if left else "",
        right_label=right.label if right else "",
        left_writes=left.writes if left else _UNKNOWN_WRITES,
        right_writes=right.writes if right else _UNKNOWN_WRITES,
        left_options=left.options if left else (),
        right_options=right.options if right else (),
        value_map=tuple((row[0], row[1]) for row in line.get("value_map") or ()),
        constant=line.get("constant"),
        default=line.get("default") or {},
        gather=line.get("gather") or {},
    )
    side = rule.gathers
    if side is None:
        return rule
    return _gathering(rule, side, left_fields if side == "left" else right_fields)


def _gathering(rule: FieldRule, side: Side, fields: Mapping[str, Any]) -> FieldRule:
    """Return a rule with the type and the label of what it gathers on a side."""
    keys = rule.keys(side) or (rule.key(side),)
    found = [fields.get(key) for key in keys]
    kind = gathered_kind(rule.gather, (each.type if each else "text" for each in found))
    names = [each.label if each else key for each, key in zip(found, keys, strict=True)]
    label = gathered_label(rule.gather, names)
    if side == "left":
        return replace(rule, left_type=kind, left_label=label, left_options=())
    return replace(rule, right_type=kind, right_label=label, right_options=())
