"""Links of single pairs: made, put to rest, taken into use again."""

from __future__ import annotations

from crosswalk.clock import now
from sync.deciding.standins import stand_in
from sync.deciding.units import Unit
from sync.models import RecordLink, Sync


def link_make(sync: Sync, unit: Unit, how: str) -> RecordLink:
    """Return the link of a unit's pair, made now if it is new (idempotent)."""
    assert unit.left is not None  # noqa: S101
    assert unit.right is not None  # noqa: S101
    link, is_new = RecordLink.objects.get_or_create(
        sync=sync,
        left=unit.left,
        right=unit.right,
        defaults={
            "object_type": unit.object_type,
            "how": how[:20],
            "parent": unit.kin.link if unit.kin else None,
        },
    )
    if is_new:
        link_stands(link)
    unit.link = link
    return link


def link_stands(link: RecordLink) -> None:
    """Note on the records of a new link what they stand for (idempotent)."""
    for row in (link.left, link.right):
        stand_in(row, link.object_type)


TOMBSTONE = ("tombstoned_at", "tombstone", "tombstone_side")


def link_bury(link: RecordLink, why: str, side: str) -> None:
    """Tombstone a link whose record of a side was removed by us (idempotent)."""
    if link.tombstone != why:
        link.tombstoned_at, link.tombstone, link.tombstone_side = now(), why, side
        link.save(update_fields=TOMBSTONE)


def link_revive(link: RecordLink) -> None:
    """Take the tombstone off a link: its record is in use again (idempotent)."""
    link.tombstoned_at, link.tombstone, link.tombstone_side = None, "", ""
    link.save(update_fields=TOMBSTONE)
