"""Checking the lines of a mapping before they are saved. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from integrations.connectors.base import Field, ObjectSpec
from mapping.gather import gather_keys, gather_problem, gathered_kind
from mapping.rulechecks import has_constant, rule_problems
from mapping.transforms import check_chain

MAX_KEY_LENGTH = 120
CUSTOM_PREFIXES = ("customFields.", "custom_fields.")
CUSTOM_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:-]*")
DIRECTIONS = ("both", "left_to_right", "right_to_left")
WRITES = ("always", "if_empty", "on_create", "append", "never")
CONFLICTS = ("", "left", "right", "newest", "ask")
SIDES = ("left", "right")
Line = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a line, and its dotted place: "fields[2].right"."""

    path: str
    message: str


def lines_check(
    lines: Sequence[Line],
    left_spec: ObjectSpec,
    right_spec: ObjectSpec,
    *,
    direction: str = "both",
    left_extra: Collection[str] = (),
    right_extra: Collection[str] = (),
) -> list[Problem]:
    """Return all problems of a mapping's lines; [] when they can be published.

    `direction` is the mapping's own; the extra keys are fields that an account
    has beyond its catalogue.
    """
    if not lines:
        return [Problem("fields", "map at least one field")]
    sides = {"left": (left_spec, left_extra), "right": (right_spec, right_extra)}
    problems: list[Problem] = []
    for number, line in enumerate(lines):
        problems += _choice_problems(f"fields[{number}]", line)
        fields = line_fields(line, left_spec, right_spec)
        problems += [
            Problem(f"fields[{number}].gather", message)
            for message in _gather_problems(line, left_spec, right_spec)
        ]
        problems += [
            Problem(f"fields[{number}].{key}", message)
            for key, message in rule_problems(line, fields)
        ]
        for side, (spec, extra) in sides.items():
            if has_constant(line) and not line[side]:
                continue
            path = f"fields[{number}].{side}"
            problems += _field_problems(path, side, line, spec, extra, direction)
    return [*problems, *_twice(lines, direction)]


def line_fields(
    line: Line, left_spec: ObjectSpec, right_spec: ObjectSpec
) -> dict[str, Field | None]:
    """Return the field of each side, that of several as one of what they come to."""
    specs = {"left": left_spec, "right": right_spec}
    fields = {side: spec.field(line[side]) for side, spec in specs.items()}
    gather = line.get("gather")
    side = source_side(line)
    own = fields[side]
    if gather and own is not None:
        known = map(specs[side].field, gather_keys(gather, line[side]))
        kind: Any = gathered_kind(gather, (each.type for each in known if each))
        fields[side] = replace(own, type=kind, options=())
    return fields


def line_keys(line: Line) -> dict[str, tuple[str, ...]]:
    """Return the keys of the fields that a line has on each side."""
    keys: dict[str, tuple[str, ...]] = {side: (line[side],) for side in SIDES}
    if gather := line.get("gather"):
        side = source_side(line)
        keys[side] = tuple(
            dict.fromkeys((line[side], *gather_keys(gather, line[side])))
        )
    return keys


def source_side(line: Line) -> str:
    """Return the side that a line which goes one way comes from."""
    return "right" if line.get("direction") == "right_to_left" else "left"


def _gather_problems(
    line: Line, left_spec: ObjectSpec, right_spec: ObjectSpec
) -> Iterator[str]:
    gather = line.get("gather")
    if not gather:
        return
    if line.get("direction", "both") == "both":
        yield (
            "makes one value of several fields, and nothing takes it apart again; "
            "choose one direction"
        )
    if has_constant(line):
        yield "and a fixed value exclude each other"
    side = source_side(line)
    spec = left_spec if side == "left" else right_spec
    kinds: dict[str, str] = {field.key: field.type for field in spec.fields}
    for key in gather_keys(gather, line[side]):
        if is_custom(key):  # of an account whose own fields are not known yet
            kinds.setdefault(key, "text")
    if words := gather_problem(gather, line[side], kinds):
        yield words


def is_lost(key: str, spec: ObjectSpec, *, is_complete: bool) -> bool:
    """Whether a key names one of an account's own fields that is there no more.

    `is_complete`: whether all the account's own fields are known.
    """
    return is_complete and is_custom(key) and spec.field(key) is None


def is_custom(key: str) -> bool:
    """Whether a key has the form of an account's own field, in any catalogue."""
    prefix = next((p for p in CUSTOM_PREFIXES if key.startswith(p)), "")
    return bool(prefix) and CUSTOM_NAME.fullmatch(key[len(prefix) :]) is not None


def writes_to(side: str, line: Line, direction: str = "both") -> bool:
    """Whether a line of a mapping of this direction ever writes to a side."""
    if has_constant(line) and not line[side]:
        return False
    toward = "left_to_right" if side == "right" else "right_to_left"
    allowed = {"both", toward}
    return (
        line.get("write", "always") != "never"
        and line.get("direction", "both") in allowed
        and direction in allowed
    )


def _choice_problems(path: str, line: Line) -> Iterator[Problem]:
    choices = {
        "direction": ("both", DIRECTIONS),
        "write": ("always", WRITES),
        "conflict": ("", CONFLICTS),
    }
    for key, (default, allowed) in choices.items():
        if line.get(key, default) not in allowed:
            words = ", ".join(word for word in allowed if word)
            yield Problem(f"{path}.{key}", f"must be one of {words}")
    for key in ("to_right", "to_left"):
        for words in check_chain(line.get(key, [])):
            yield Problem(f"{path}.{key}", words)


def _field_problems(
    path: str,
    side: str,
    line: Line,
    spec: ObjectSpec,
    extra: Collection[str],
    direction: str,
) -> Iterator[Problem]:
    key = line[side]
    field = spec.field(key)
    if not key:
        yield Problem(path, "needs a field, or a fixed value to write")
    elif len(key) > MAX_KEY_LENGTH:
        yield Problem(path, f"must have 1 to {MAX_KEY_LENGTH} characters")
    elif field is None and key not in extra and not is_custom(key):
        yield Problem(path, f"there is no field “{key}” on the {side} side")
    elif field and not field.is_writable and writes_to(side, line, direction):
        away = "left_to_right" if side == "left" else "right_to_left"
        why = f" ({field.help.rstrip('.')})" if field.is_custom and field.help else ""
        yield Problem(
            path,
            f"“{field.label}” can only be read{why}; set the direction to {away}, or "
            "write to never",
        )


def _twice(lines: Sequence[Line], direction: str) -> Iterator[Problem]:
    pairs: dict[tuple[str, str], int] = {}
    targets: dict[tuple[str, str], int] = {}
    for number, line in enumerate(lines):
        first = pairs.setdefault((line["left"], line["right"]), number)
        if first != number:
            yield Problem(f"fields[{number}]", f"is the same pair as fields[{first}]")
            continue
        for side in SIDES:
            if not writes_to(side, line, direction):
                continue
            first = targets.setdefault((side, line[side]), number)
            if first != number:
                yield Problem(
                    f"fields[{number}].{side}",
                    f"fields[{first}] already writes “{line[side]}” on the {side} "
                    "side; only one line can",
                )
