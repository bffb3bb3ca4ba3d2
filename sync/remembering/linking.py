"""Links and bases that a batch of units makes or moves, saved in two statements."""

from __future__ import annotations

from collections.abc import Iterable

from crosswalk.bulk import rows_create, rows_update, rows_where
from sync.deciding.units import Unit
from sync.models import RecordLink, Sync
from sync.remembering.links import link_stands


class LinkBook:
    """The links of a batch of units. Use it and save it in one transaction."""

    def __init__(self, sync: Sync, units: Iterable[Unit]) -> None:
        self.sync = sync
        lefts = [unit.left.pk for unit in units if unit.left and not unit.link]
        known = rows_where(RecordLink, {"left": lefts}, sync=sync)
        self._known = {(link.left_id, link.right_id): link for link in known}
        self._made: list[RecordLink] = []
        self._moved: dict[int, RecordLink] = {}

    def link(self, unit: Unit, how: str) -> RecordLink:
        """Return the link of a unit's pair, a new one if there is none yet."""
        assert unit.left is not None  # noqa: S101
        assert unit.right is not None  # noqa: S101
        link = unit.link or self._known.get((unit.left.pk, unit.right.pk))
        if link is None:
            link = RecordLink(
                sync=self.sync,
                object_type=unit.object_type,
                left=unit.left,
                right=unit.right,
                how=how[:20],
                parent=unit.kin.link if unit.kin else None,
            )
            self._made.append(link)
            link_stands(link)
        unit.link = link
        return link

    def moved(self, link: RecordLink) -> None:
        """Note that what a link remembers of its fields is to be saved."""
        if link.pk is not None:
            self._moved[link.pk] = link

    def save(self) -> None:
        """Save what is new and what moved."""
        rows_create(self._made)
        rows_update(list(self._moved.values()), ["base", "recent_writes", "frozen"])
        self._made, self._moved = [], {}
