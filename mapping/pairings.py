"""Which object types of two systems correspond, in which direction, and what is lost.

Everything here follows from what the connectors declare (`ObjectSpec.operations`,
`ConnectorSpec.missing_objects`, `stand_ins`): no system is named.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache

from integrations import registry
from integrations.access.permissions import missing_permissions
from integrations.connectors.base import ConnectorSpec, ObjectSpec
from integrations.fields.catalogue import facts_with_options, object_spec_of
from integrations.models import Connection
from mapping.convert import Side, other
from mapping.defaults import FieldMapData, field_maps_of

SIDES: tuple[Side, Side] = ("left", "right")
TOWARD: Mapping[Side, str] = {"left": "right_to_left", "right": "left_to_right"}


@dataclass(frozen=True, slots=True)
class Pairing:
    """One object type of a sync: what it is on each side.

    `key` is what the sync calls it. `directions` are those that are possible, the best
    first. `missing` says why there is none at all. `no_create` says of a side why
    nothing can be made there though what is there is kept in step.
    """

    key: str
    left: str
    right: str
    label: str
    directions: tuple[str, ...] = ("both", "left_to_right", "right_to_left")
    lost: tuple[str, ...] = ()
    missing: str = ""
    no_create: Mapping[Side, str] = field(default_factory=dict)

    def type(self, side: Side) -> str:
        """Return the object type on a side, "" where it has none."""
        return self.left if side == "left" else self.right

    @property
    def is_possible(self) -> bool:
        return not self.missing


@cache
def pairings(left_kind: str, right_kind: str) -> tuple[Pairing, ...]:
    """Return all object types of either system, parents before their children."""
    left, right = registry.spec(left_kind), registry.spec(right_kind)
    every = (*right.objects, *right.texts, *left.objects, *left.texts)
    specs = {spec.key: spec for spec in every}
    keys = sorted(specs, key=lambda key: bool(specs[key].parent))
    return tuple(_pairing(key, left, right) for key in keys)


def pairing(left_kind: str, right_kind: str, key: str) -> Pairing:
    """Return the pairing of an object type; KeyError when neither system has it."""
    for each in pairings(left_kind, right_kind):
        if each.key == key:
            return each
    raise KeyError(key)


def object_specs(
    left: Connection, right: Connection, key: str
) -> tuple[ObjectSpec, ObjectSpec]:
    """Return the facts of an object type on both sides, with the accounts' own fields.

    KeyError when the two systems have no such pair.
    """
    found = pairing(left.kind, right.kind, key)
    return object_spec_of(left, found.left), object_spec_of(right, found.right)


def switched_off(left: Connection, right: Connection, key: str) -> str:
    """Return what keeps an object type from flowing between two accounts, or "": a
    choice of a connection, or a permission that was not given."""
    found = pairing(left.kind, right.kind, key)
    for connection, object_type in ((left, found.left), (right, found.right)):
        if not object_type:
            continue
        spec = registry.spec(connection.kind).object(object_type)
        if spec.option and not facts_with_options(connection).get(spec.option):
            return spec.option_off
        for scope, disables in missing_permissions(connection):
            if scope.name in spec.scopes:
                return (
                    f"{disables} {connection.name} was connected without the permission "
                    f"{scope.name}. Reconnect it and allow everything on the list."
                )
    return ""


def _pairing(key: str, left: ConnectorSpec, right: ConnectorSpec) -> Pairing:
    systems: Mapping[Side, ConnectorSpec] = {"left": left, "right": right}
    own = {side: _own(systems[side], key) for side in SIDES}
    here = own["left"] or own["right"]
    assert here is not None  # noqa: S101 - one of them has it
    if own["left"] and own["right"]:
        return _equals(key, systems, own["left"], own["right"])
    side: Side = "right" if own["left"] else "left"
    stand_in = systems[side].stand_ins.get(key)
    if stand_in is None:
        why = str(systems[side].missing_objects.get(key) or "") or (
            f"{systems[side].label} has no {here.label_plural.lower()}."
        )
        types = (key, "") if side == "right" else ("", key)
        return Pairing(key, *types, here.label_plural, (), missing=why)
    types = (key, stand_in.object_type)
    if side == "left":
        types = (stand_in.object_type, key)
    lost = (*here.not_carried, *stand_in.lost)
    return Pairing(key, *types, here.label_plural, (TOWARD[side],), lost)


def _own(system: ConnectorSpec, key: str) -> ObjectSpec | None:
    every = (*system.objects, *system.texts)
    return next((spec for spec in every if spec.key == key), None)


def _equals(
    key: str,
    systems: Mapping[Side, ConnectorSpec],
    left: ObjectSpec,
    right: ObjectSpec,
) -> Pairing:
    lines = field_maps_of(left, right)
    if not lines and left.parent:
        why = f"No field of {left.label_plural.lower()} has a counterpart."
        return Pairing(key, key, key, left.label_plural, (), missing=why)
    specs: Mapping[Side, ObjectSpec] = {"left": left, "right": right}
    no_create = {
        side: why for side in SIDES if (why := _no_create(systems, specs, side, lines))
    }
    if len(no_create) == len(SIDES):
        why = no_create["right"]
        return Pairing(key, key, key, left.label_plural, (), missing=why)
    lost = tuple(dict.fromkeys((*left.not_carried, *right.not_carried)))
    label = right.label_plural if left.part_of else left.label_plural
    found = Pairing(key, key, key, label, lost=lost, no_create=no_create)
    written = [side for side in SIDES if specs[side].operations]
    if len(written) == len(SIDES):
        return found
    return replace(found, directions=tuple(TOWARD[side] for side in written))


def _no_create(
    systems: Mapping[Side, ConnectorSpec],
    specs: Mapping[Side, ObjectSpec],
    side: Side,
    lines: list[FieldMapData],
) -> str:
    """Return why nothing can be made on a side: a field it needs comes from nowhere."""
    spec = specs[side]
    if not spec.parent:
        return ""
    if spec.part_of:
        return str(spec.cannot["create"])
    filled = {line.left if side == "left" else line.right for line in lines}
    for needed in (f for f in spec.fields if f.required and f.is_writable):
        if needed.key not in filled:
            there, theirs = systems[other(side)], specs[other(side)]
            return (
                f"{needed.help or f'{systems[side].label} needs “{needed.label}”.'} "
                f"{theirs.label_plural} at {there.label} have nothing for it, so they "
                f"are not made at {systems[side].label}."
            )
    return ""
