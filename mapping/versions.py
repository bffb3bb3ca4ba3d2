"""The version that publishing a draft makes, and which of its lines it takes up again.

A line that was gone for some versions begins anew, as a new one does (design §3): what
both sides had when it was last in force says nothing of what is right today, for other
lines and other people have written to its fields since.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mapping.checks import SIDES, line_keys, writes_to
from mapping.fieldrule import rules_build
from mapping.models import Mapping as FieldMapping
from mapping.models import MappingVersion
from mapping.selectors import draft_lines

Line = Mapping[str, Any]


def version_next(mapping: FieldMapping) -> MappingVersion:
    """Return the version that publishing the draft makes, not saved yet."""
    last = mapping.versions.order_by("-number").first()
    number = last.number + 1 if last else 1
    lines = draft_lines(mapping)
    return MappingVersion(
        mapping=mapping,
        number=number,
        direction=mapping.direction,
        lines=lines,
        taken_up=_taken_up(mapping, _stamps(lines), number),
    )


def _taken_up(mapping: FieldMapping, stamps: set[str], number: int) -> dict[str, int]:
    """Return which lines some version took up again, this one or one before it."""
    before = mapping.published
    going_on = stamps & _stamps(_undisturbed(before)) if before else set()
    found = {
        stamp: since
        for stamp, since in (before.taken_up if before else {}).items()
        if stamp in going_on
    }
    if fresh := stamps - going_on:
        earlier = mapping.versions.values_list("lines", flat=True)
        known = fresh & set().union(*map(_stamps, earlier))
        found |= dict.fromkeys(sorted(known), number)
    return found


def _undisturbed(version: MappingVersion) -> list[Line]:
    """Return the lines of a version without those at rest whose field another writes."""
    lines, direction = version.lines, version.direction
    written = {
        (side, line[side])
        for line in lines
        for side in SIDES
        if writes_to(side, line, direction)
    }
    return [
        line
        for line in lines
        if line.get("write") != "never" or written.isdisjoint(_fields(line))
    ]


def _fields(line: Line) -> Iterable[tuple[str, str]]:
    return ((side, key) for side, keys in line_keys(line).items() for key in keys)


def _stamps(lines: Sequence[Line]) -> set[str]:
    """Return the stamps that lines have of themselves, whenever they came."""
    return {rule.stamp for rule in rules_build(lines, {}, {})}
