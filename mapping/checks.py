"""Checking the lines of a mapping before they are saved. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from integrations.connectors.base import ObjectSpec
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
        fields = {side: spec.field(line[side]) for side, (spec, _) in sides.items()}
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
    if not key or len(key) > MAX_KEY_LENGTH:
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
