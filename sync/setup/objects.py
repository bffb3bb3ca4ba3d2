"""Which object types a sync carries: people always, and what hangs under them by choice."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from crosswalk.errors import ConfigError
from integrations.connectors.base import ObjectSpec
from integrations.registry import spec as connector_spec
from mapping.convert import Side
from mapping.defaults import default_field_maps
from mapping.models import Mapping
from mapping.pairings import TOWARD, Pairing, pairing, pairings, switched_off
from mapping.selectors import published_lines
from mapping.services import mapping_publish, mapping_save
from sync.models import Intent, RecordLink, Sync
from sync.policy import (
    archives_in_vain,
    policy_build,
    side_connection,
    spec_at,
    system_name,
)
from sync.setup.planstate import plans_outdate
from sync.setup.pollcost import idle_cost
from sync.setup.saving import tell
from sync.setup.schedules import schedule_check
from synclog.models import SyncRun

SIDES: tuple[Side, Side] = ("left", "right")
CHUNK = 200


@dataclass(frozen=True, slots=True)
class ObjectChoice:
    """One object type as a person may choose it.

    `off` says why it cannot be chosen, "" when it can; `costs` and `lost` are sentences.
    """

    pairing: Pairing
    names: dict[Side, str]
    direction: str  # as it flows, "" while it does not
    off: str
    costs: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()

    @property
    def is_on(self) -> bool:
        return bool(self.direction)


def object_choices(sync: Sync) -> list[ObjectChoice]:
    """Return what hangs under people in either system: on, off, or why not at all."""
    found = pairings(sync.left.kind, sync.right.kind)
    directions = dict(
        Mapping.objects.filter(sync=sync, published__isnull=False).values_list(
            "object_type", "direction"
        )
    )
    return [
        _choice(sync, each, directions.get(each.key, ""))
        for each in found
        if _spec(sync, each).parent
    ]


@transaction.atomic
def object_switch_on(
    *, sync: Sync, object_type: str, direction: str, actor: AbstractBaseUser | None
) -> Mapping:
    """Have a sync carry an object type from its next run on. Idempotent.

    Raises ConfigError when the two accounts cannot, or when looking for its changes
    would take too much of the quota.
    """
    _must_be_a_child(sync, object_type)
    before = Mapping.objects.filter(sync=sync, object_type=object_type).first()
    kinds = sync.left.kind, sync.right.kind
    lines: Any = published_lines(before) if before else []
    mapping = mapping_save(
        sync=sync,
        object_type=object_type,
        direction=direction,
        lines=lines or default_field_maps(*kinds, object_type),
        actor=actor,
    )
    mapping_publish(mapping=mapping, actor=actor)
    carried = list(sync.mappings.values_list("object_type", flat=True))
    specs = [connector_spec(kind) for kind in kinds]
    schedule_check(sync.schedule or "manual", specs, carried)
    plans_outdate(sync=sync)
    return mapping


@transaction.atomic
def object_switch_off(
    *, sync: Sync, object_type: str, actor: AbstractBaseUser | None
) -> None:
    """Have a sync carry an object type no more. Idempotent.

    Everything stays where it is on both sides, and the links are remembered: switched on
    again, it goes on from there. Raises ConfigError while a run is under way.
    """
    _must_be_a_child(sync, object_type)
    mapping = Mapping.objects.filter(sync=sync, object_type=object_type).first()
    if mapping is None:
        return
    if SyncRun.objects.filter(sync=sync, state__in=SyncRun.ACTIVE).exists():
        raise ConfigError(
            "A run of this sync is under way. Wait for it, or stop it, and try again."
        )
    if Intent.objects.filter(sync=sync, state=Intent.State.PENDING).exists():
        raise ConfigError(
            "The last run was cut off, and what it began must be looked at first. Run "
            "the sync once more, then switch this off."
        )
    _bases_settle(sync, mapping)
    mapping.delete()
    sync.records.filter(object_type=object_type).delete()
    plans_outdate(sync=sync)
    tell(sync, "sync.config_changed", actor, {"changes": {object_type: ["on", "off"]}})


def _bases_settle(sync: Sync, mapping: Mapping) -> None:
    """Keep of a type's bases those in force, as the first version would file them.

    Its versions go, and begin anew when it is switched on again: nothing would tell any
    more what a line has agreed on lately from what it had long ago.
    """
    if mapping.versions.count() < 2:
        return
    rules = policy_build(sync, mapping).rules
    first = {rule.stamp: replace(rule, since=0).stamp for rule in rules}
    links = RecordLink.objects.filter(sync=sync, object_type=mapping.object_type)
    keys = list(links.values_list("pk", flat=True))
    for begin in range(0, len(keys), CHUNK):
        some = links.filter(pk__in=keys[begin : begin + CHUNK]).only("base")
        for link in some:
            link.base = {first[s]: e for s, e in link.base.items() if s in first}
        RecordLink.objects.bulk_update(some, ["base"])


def _must_be_a_child(sync: Sync, object_type: str) -> None:
    try:
        found = pairing(sync.left.kind, sync.right.kind, object_type)
    except KeyError:
        raise ConfigError("There is no such object type in these systems.") from None
    if not _spec(sync, found).parent:
        raise ConfigError(f"{found.label} are what this sync is about: they stay on.")


def _spec(sync: Sync, found: Pairing) -> ObjectSpec:
    side: Side = "left" if found.left else "right"
    kind = side_connection(sync, side).kind
    return connector_spec(kind).object(found.type(side))


def _choice(sync: Sync, found: Pairing, direction: str) -> ObjectChoice:
    names = {side: _name(sync, found, side) for side in SIDES}
    off = found.missing or switched_off(sync.left, sync.right, found.key)
    if found.missing:
        return ObjectChoice(found, names, direction, off)
    costs = tuple(_cost(sync, found, side) for side in SIDES)
    lost = (*found.no_create.values(), *found.lost, *_not_archived(sync, found))
    return ObjectChoice(found, names, direction, off, costs, lost)


def _not_archived(sync: Sync, found: Pairing) -> tuple[str, ...]:
    """Return what is said of a type when the sync archives and a system cannot."""
    left, right = (spec_at(sync, side, found.key) for side in SIDES)
    if not archives_in_vain(sync, left, right):
        return ()
    return (
        f"{found.label} cannot be archived. This sync archives whoever is deleted on "
        "one side; here it asks you each time.",
    )


def _name(sync: Sync, found: Pairing, side: Side) -> str:
    """Return what one side calls them, "" where it has none."""
    kind = side_connection(sync, side).kind
    own = found.type(side)
    return connector_spec(kind).object(own).label_plural if own else ""


def _cost(sync: Sync, found: Pairing, side: Side) -> str:
    """Return what looking for changes of a type costs at one side."""
    system = connector_spec(side_connection(sync, side).kind)
    name, plural = system_name(sync, side), _name(sync, found, side).lower()
    links = RecordLink.objects.filter(sync=sync, object_type="contact").count()
    spec = system.object(found.type(side))
    if spec.listing == "account":
        each = spec.listing_cost or f"a call for each {spec.page_size}"
        return f"{name} lists all {plural} at once: {each}, with a poll."
    if found.directions == (TOWARD[side],):
        return (
            f"{name}: {plural} are looked at once for each person to whom something is "
            "written."
        )
    cost = idle_cost(system, [found.type(side)], links)
    if not links:
        return (
            f"{name} shows {plural} one person at a time: a call for each person in the "
            "first run, and one each time a person is looked at again."
        )
    nights = "every day" if cost.nights <= 1 else f"every {cost.nights} days"
    first = "one call" if links == 1 else f"{links:,} calls"
    return (
        f"{name} shows {plural} one person at a time: {first} in the first run, then "
        f"{cost.sweep:,} a day at most, so that everybody is looked at {nights}."
    )
