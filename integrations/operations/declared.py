"""All operations that connectors declare, by key."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from integrations import registry
from integrations.connectors.operations import Absent, Operation


@cache
def operations() -> dict[str, Operation]:
    """Return key → operation, of all systems, in the order of the catalogue."""
    every = [each for kind, _ in registry.kinds() for each in operations_of(kind)]
    return {each.key: each for each in sorted(every, key=lambda each: each.row)}


def operations_of(kind: str) -> Sequence[Operation]:
    """Return the operations of one system."""
    return registry.connector(kind).operations


def absent_of(kind: str) -> Sequence[Absent]:
    """Return what people look for in a system and it lets no app do."""
    return registry.connector(kind).absent


@cache
def _kinds() -> dict[str, str]:
    return {
        each.key: kind for kind, _ in registry.kinds() for each in operations_of(kind)
    }


def kind_of(operation: Operation) -> str:
    """Return the system of an operation."""
    return _kinds()[operation.key]


def triggers_of(kind: str, object_type: str) -> list[Operation]:
    """Return the triggers that tell of records of an object type."""
    return [
        each
        for each in operations_of(kind)
        if each.trigger and each.trigger.object_type == object_type
    ]
