"""Checking what a line of a mapping does beyond copying: constants, value maps,
defaults, appending, and whether its two fields can hold each other's values. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from integrations.connectors.base import Field
from mapping.kinds import LISTS, TEXTS, fit, quoted
from mapping.valuemap import REST, rows_check

SIDES = ("left", "right")
NO_LISTS = frozenset({"number", "money", "date", "datetime", "bool"})
Line = Mapping[str, Any]
Fields = Mapping[str, Field | None]  # by side; None: not in any catalogue
Found = Iterator[tuple[str, str]]  # key of the line → what is wrong there


def has_constant(line: Line) -> bool:
    """Whether a line writes a constant instead of one side's field."""
    return line.get("constant") not in (None, "", [])


def rule_problems(line: Line, fields: Fields) -> Found:
    """Yield what is wrong with a line's rules: (its key, the problem in words)."""
    if has_constant(line):
        yield from _constant_problems(line, fields)
    elif not _can_hold_each_other(fields):
        yield (
            "right",
            f"{_named(fields['left'])} and {_named(fields['right'])} cannot hold each "
            "other's values: one is a list; choose a text or a list for both",
        )
    if line.get("write") == "append":
        yield from _append_problems(line, fields)
    if line.get("value_map"):
        yield from _table_problems(line, fields)
    for side, value in (line.get("default") or {}).items():
        if side not in SIDES:
            yield "default", "is for the left or the right side"
        elif words := _unfit(fields[side], value):
            yield "default", words


def _constant_problems(line: Line, fields: Fields) -> Found:
    if line["left"] and line["right"]:
        yield (
            "constant",
            "stands in for the field of one side; leave out the left or the right field",
        )
        return
    if not line["left"] and not line["right"]:
        yield "constant", "needs a field that takes it; choose one"
        return
    side = "left" if line["left"] else "right"
    if line.get("value_map"):
        yield "constant", "needs no value map: write what is meant"
    if words := _unfit(fields[side], line["constant"]):
        yield "constant", words


def _can_hold_each_other(fields: Fields) -> bool:
    kinds = {field.type for field in fields.values() if field}
    return not (kinds & LISTS and kinds & NO_LISTS)


def _append_problems(line: Line, fields: Fields) -> Found:
    for side in SIDES:
        field = fields[side]
        if line[side] and field and field.type not in TEXTS | LISTS:
            yield (
                "write",
                f"append is for texts and lists, and {_named(field)} is neither",
            )
            return


def _table_problems(line: Line, fields: Fields) -> Found:
    rows = line["value_map"]
    if words := rows_check(rows):
        yield "value_map", words
        return
    for at, side in enumerate(SIDES):
        field = fields[side]
        values = (row[at] for row in rows if row[at] not in ("", REST))
        if words := next(filter(None, (_unfit(field, each) for each in values)), ""):
            yield "value_map", words
            return


def _unfit(field: Field | None, value: Any) -> str:
    """Return why a field cannot hold a value, "" when it can or nobody can tell."""
    if field is None or value in (None, ""):
        return ""
    problem = fit(field.type, field.options, value).problem
    return f"{_named(field)} {problem}" if problem else ""


def _named(field: Field | None) -> str:
    return quoted(field.label) if field else "the other field"
