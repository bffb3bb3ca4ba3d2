"""People who stand in one of a sync's systems more than once, to merge them there."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.cache import cache
from django.db.models import Count, Max

from integrations.models import Connection, RecordKey, RemoteRecord
from mapping.convert import Side
from mapping.models import Mapping
from sync.context import SIDES
from sync.deciding.people import Keyring
from sync.engine.groups import groups
from sync.engine.people import STRONG
from sync.engine.shared import FEW
from sync.engine.types import Policy
from sync.models import Sync
from sync.policy import policy_build, side_connection, spec_at

SHARING_SECONDS = 600  # how long it may be that somebody fewer of many counts
MOST_KEYS = (
    1000  # shared keys that are looked into: more are shown once these are merged
)


@dataclass(frozen=True, slots=True)
class Group:
    """Records of one system that look like one person."""

    side: Side
    object_type: str
    records: tuple[RemoteRecord, ...]


def duplicates_of(sync: Sync) -> list[Group]:
    """Return the groups of all object types that are matched by e-mail or phone."""
    found = []
    for mapping in Mapping.objects.filter(sync=sync).order_by("object_type"):
        kind = mapping.object_type
        if spec_at(sync, "left", kind).match_fields.get("email"):
            policy = policy_build(sync, mapping)
            for side in SIDES:
                found += _groups(sync, kind, policy, side)
    return found


def duplicates_count(sync: Sync) -> dict[str, int]:
    """Return how many groups each side has, for the result of a test."""
    counts: dict[str, int] = {}
    for group in duplicates_of(sync):
        counts[group.side] = counts.get(group.side, 0) + 1
    return counts


def _groups(sync: Sync, object_type: str, policy: Policy, side: Side) -> list[Group]:
    pks: dict[Side, set[int]] = {"left": set(), "right": set()}
    pks[side] = _sharing(sync, object_type, side)
    population = Keyring(sync, object_type, policy).population(pks)
    found = groups(population, side)
    rows = RemoteRecord.objects.in_bulk([pk for members in found for pk in members])
    return [
        Group(side, object_type, tuple(rows[pk] for pk in members)) for members in found
    ]


def _sharing(sync: Sync, object_type: str, side: Side) -> set[int]:
    """Return the records that hold an e-mail or phone which a few others hold too.

    Found out once until somebody new comes: of those who go the groups are told, as
    they are built from what is there.
    """
    connection = side_connection(sync, side)
    newest = RecordKey.objects.aggregate(newest=Max("pk"))["newest"]
    known = f"sharing-{connection.pk}-{object_type}-{newest}"
    found: list[int] | None = cache.get(known)
    if found is None:
        found = sorted(_shared(connection, object_type))
        cache.set(known, found, SHARING_SECONDS)
    return set(found)


def _shared(connection: Connection, object_type: str) -> set[int]:
    keys = RecordKey.objects.filter(connection=connection, object_type=object_type)
    pks: set[int] = set()
    for kind in STRONG:
        shared = (
            keys.filter(kind=kind)
            .values("value")
            .annotate(holders=Count("*"))  # of the index alone
            .filter(holders__gt=1, holders__lte=FEW)
            .order_by("value")
            .values_list("value", flat=True)[:MOST_KEYS]
        )
        values = list(shared)
        pks.update(
            keys.filter(kind=kind, value__in=values).values_list("record_id", flat=True)
        )
    return pks
