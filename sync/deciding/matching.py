"""Who is who among a few people, with all who could have a say in it, at once.

Any number of people: sync/deciding/matchrun.py.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Protocol

from django.db.models import Exists, OuterRef, QuerySet

from integrations.models import RemoteRecord
from mapping.convert import Side
from sync.deciding.people import Key, Keyring, Pks, overcrowded
from sync.engine.match import match_all
from sync.engine.people import KEY_KINDS, NOBODY, SIDES, SOUND, Verdict
from sync.engine.types import Policy
from sync.models import RecordLink, Sync
from sync.policy import side_connection


class Lookup(Protocol):
    """The verdicts of one side: a dict, or stored ones (sync/deciding/verdicts.py)."""

    def get(self, pk: int, default: Verdict, /) -> Verdict:
        """Return the verdict of a record, the default when it is nobody's match."""
        ...


Verdicts = Mapping[Side, Lookup]
Made = dict[Side, dict[int, Verdict]]
NONE_LEFT_OUT: Pks = MappingProxyType({})


def verdicts_make(
    sync: Sync,
    object_type: str,
    policy: Policy,
    *,
    without: Pks = NONE_LEFT_OUT,
    among: Mapping[Side, Collection[int]] | None = None,
) -> Made:
    """Return the verdicts of unlinked records: of all, or of those `among`.

    `without`: see Keyring. All of them are held in memory together with their
    neighbours; whoever asks sees to it that they are few.
    """
    seeds: dict[Side, set[int]] = {
        side: set(
            among[side]
            if among is not None
            else unlinked(sync, side, object_type).values_list("pk", flat=True)
        )
        for side in SIDES
    }
    keyring = Keyring(sync, object_type, policy, without)
    near, crowded = _neighbours(keyring, seeds)
    left, right = match_all(keyring.population(near, crowded), policy.match)
    return {
        "left": {pk: verdict for pk, verdict in left.items() if pk in seeds["left"]},
        "right": {pk: verdict for pk, verdict in right.items() if pk in seeds["right"]},
    }


def verdict_one(
    sync: Sync, object_type: str, policy: Policy, side: Side, pk: int
) -> Verdict:
    """Return the verdict of one unlinked record."""
    among: dict[Side, set[int]] = {"left": set(), "right": set()}
    among[side].add(pk)
    made = verdicts_make(sync, object_type, policy, among=among)
    return made[side].get(pk, NOBODY)


def unlinked(sync: Sync, side: Side, object_type: str) -> QuerySet[RemoteRecord]:
    """Return the living records of a side that no link of the sync holds."""
    mine = RecordLink.objects.filter(sync=sync, **{side: OuterRef("pk")})
    return RemoteRecord.objects.filter(
        ~Exists(mine),  # by index, record for record; a list of all would not scale
        connection=side_connection(sync, side),
        object_type=object_type,
        gone_at__isnull=True,
    )


def _neighbours(keyring: Keyring, seeds: Pks) -> tuple[Pks, set[Key]]:
    """Return all who may have a say in the verdicts of some people, and crowded keys.

    First those whose names sound alike and those who share a key. A verdict can depend
    on whether a partner is taken by somebody at a stronger key, and that on others
    again: two more steps for each kind of key, or until there is nobody new.
    """
    near: dict[Side, set[int]] = {side: set(seeds[side]) for side in SIDES}
    for side, pks in keyring.asked_of(seeds).items():
        near[side] |= pks
    crowded: set[Key] = set()
    asked: set[Key] = set()
    fresh = near["left"] | near["right"]
    for step in range(2 * len(keyring.policy.match) + 2):
        kinds = [kind for kind in KEY_KINDS if kind != SOUND or not step]
        found = keyring.keys_of(fresh, kinds)
        keys = {key for mine in found.values() for key in mine} - asked
        asked |= keys
        held = keyring.holders(keys)
        crowded |= overcrowded(held)
        before = near["left"] | near["right"]
        for key, by_side in held.items():
            if key not in crowded:
                for side in SIDES:
                    near[side].update(by_side[side])
        fresh = (near["left"] | near["right"]) - before
        if not fresh:
            break
    return near, crowded
