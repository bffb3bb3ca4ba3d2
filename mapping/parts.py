"""Fields that hold what hangs under a record: no wire may lead there as well.

An object type may be part of another (`ObjectSpec.part_of`): its fields are fields of
that. Two mappings that write one field would undo each other's values for ever.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from integrations.models import Connection
from mapping.checks import SIDES, Problem
from mapping.models import Mapping
from mapping.pairings import object_specs
from mapping.selectors import draft_lines, published_lines

WIRED = "is mapped by a wire already; take that away or choose another"
Lines = Sequence[dict[str, Any]]


def part_problem(
    sync_id: int,
    sides: tuple[Connection, Connection],
    object_type: str,
    lines: Lines,
) -> Problem | None:
    """Return what is wrong with lines because another mapping of the sync has their
    field, None when nothing is."""
    mappings = {
        mapping.object_type: mapping
        for mapping in Mapping.objects.filter(sync_id=sync_id).exclude(
            object_type=object_type
        )
    }
    if not mappings:
        return None
    mine = object_specs(*sides, object_type)
    for number, side in enumerate(SIDES):
        whole = mappings.get(mine[number].part_of)
        taken = (
            dict.fromkeys(_keys(whole, side), WIRED)
            if whole
            else _held(mappings, sides, number, object_type)
        )
        found = next(_used(lines, side, taken), None)
        if found:
            return found
    return None


def _held(
    mappings: dict[str, Mapping],
    sides: tuple[Connection, Connection],
    number: int,
    object_type: str,
) -> dict[str, str]:
    """Return the fields of a type that hold what hangs under it, and in which words."""
    found = {}
    for key, mapping in mappings.items():
        spec = object_specs(*sides, key)[number]
        if spec.part_of == object_type:
            label = object_specs(*sides, key)[1 - number].label_plural
            words = f"holds {label}; switch that off or choose another"
            found.update(dict.fromkeys(_keys(mapping, SIDES[number]), words))
    return found


def _used(lines: Lines, side: str, taken: dict[str, str]) -> Iterator[Problem]:
    for number, line in enumerate(lines):
        if line[side] in taken:
            yield Problem(f"fields[{number}].{side}", taken[line[side]])


def _keys(mapping: Mapping, side: str) -> set[str]:
    """Return the fields of a side that a mapping has, in its draft or in force."""
    lines = [*draft_lines(mapping), *published_lines(mapping)]
    return {line[side] for line in lines if line[side]}
