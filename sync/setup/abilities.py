"""What each of a sync's systems can do with an object type, in words for people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from integrations.connectors.base import ConnectorSpec, ObjectSpec
from integrations.registry import spec as connector_spec
from mapping.convert import Side
from mapping.pairings import Pairing
from sync.models import Sync
from sync.policy import side_connection, system_name

SIDES: tuple[Side, Side] = ("left", "right")
VERBS: Mapping[str, str] = {"create": "Add", "update": "Edit", "delete": "Delete"}
PEOPLE, TAG = "contact", "tag"


@dataclass(frozen=True, slots=True)
class Ability:
    """What one system can do: (verb, whether it can), and what it says about it."""

    side: Side
    system: str
    plural: str  # what it calls them; "" where it has none
    verbs: tuple[tuple[str, bool], ...] = ()
    notes: tuple[str, ...] = ()


def abilities(sync: Sync, found: Pairing) -> list[Ability]:
    """Return what either side can do with an object type."""
    return [_ability(sync, side, found.type(side)) for side in SIDES]


def tag_abilities(sync: Sync) -> list[Ability]:
    """Return where either side keeps tags: they are a field of people, not a type."""
    return [_tags(sync, side) for side in SIDES]


def people_lost(sync: Sync) -> list[str]:
    """Return what does not travel with people, as sentences."""
    specs = [_spec(sync, side).object(PEOPLE) for side in SIDES]
    return list(dict.fromkeys(text for spec in specs for text in spec.not_carried))


def _ability(sync: Sync, side: Side, object_type: str) -> Ability:
    system = system_name(sync, side)
    if not object_type:
        return Ability(side, system, "")
    spec = _spec(sync, side).object(object_type)
    verbs = tuple((words, key in spec.operations) for key, words in VERBS.items())
    return Ability(side, system, spec.label_plural, verbs, _notes(spec))


def _notes(spec: ObjectSpec) -> tuple[str, ...]:
    """Return why something cannot be, as the system's facts say it."""
    return tuple(spec.cannot.values())


def _tags(sync: Sync, side: Side) -> Ability:
    system, spec = system_name(sync, side), _spec(sync, side)
    held = next((f for f in spec.object(PEOPLE).fields if f.type == "tags"), None)
    if held is None:
        why = spec.missing_objects.get(TAG) or f"{spec.label} has no tags."
        return Ability(side, system, "", notes=(why,))
    verbs = ("Add", held.is_writable), ("Remove", held.is_writable)
    return Ability(side, system, held.label, verbs)


def _spec(sync: Sync, side: Side) -> ConnectorSpec:
    return connector_spec(side_connection(sync, side).kind)
