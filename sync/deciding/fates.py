"""The fates of pairs: what deciding needs to know beside the two records.

From stored rows to the engine's plain data, a chunk of links at a time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mapping.convert import Side
from sync.deciding.merging import gone_side, outlived, survivors_of
from sync.engine.removal import HELD, NO_FATE, WAYS, Fate, Way
from sync.models import PendingDelete, RecordLink, Sync
from synclog.models import SyncRun

UNASKED = ("archive", "mirror")  # policies that remove somebody by themselves


@dataclass(frozen=True, slots=True)
class Chosen:
    """A person's choice for the record of a pair at a side, as they saw it."""

    way: Way
    side: Side
    version: int


@dataclass(slots=True)
class Fates:
    """What became of the links of a sync, and what people chose for them.

    `chosen`: link → what a person chose for its record at a side.
    """

    sync: Sync
    object_type: str
    chosen: Mapping[int, Chosen] = field(default_factory=dict)
    is_held: bool = False  # nothing is removed without asking, in this run
    is_approved: bool = False  # a person has seen the plan: nothing is held
    _held: frozenset[int] = frozenset()
    _merged: dict[int, str] = field(default_factory=dict)
    _outlived: dict[int, str] = field(default_factory=dict)

    def learn(self, links: Sequence[RecordLink]) -> None:
        """Look up what is to be known of a chunk of links."""
        gone = [link for link in links if gone_side(link) and not link.tombstone]
        self._outlived = {}
        if not gone:
            self._held, self._merged = frozenset(), {}
            return
        found = survivors_of(self.sync, self.object_type, gone)
        self._merged = {pk: who[0].row.label for pk, who in found.items() if who}
        if self.sync.delete_policy in UNASKED:
            self._outlived = outlived(self.sync, self.object_type, gone)
        held = PendingDelete.objects.filter(link__in=gone, code=HELD)
        self._held = frozenset(held.values_list("link_id", flat=True))

    def of(self, link: RecordLink) -> Fate:
        """Return what is known of a link; `learn` has seen it."""
        held = not self.is_approved and (self.is_held or link.pk in self._held)
        chosen = self._choice(link)
        merged = self._merged.get(link.pk, "")
        lost = self._outlived.get(link.pk, "")
        if not (held or chosen or merged or lost or link.tombstone):
            return NO_FATE
        return Fate(link.tombstone, chosen, held, merged, lost)

    def _choice(self, link: RecordLink) -> Way | None:
        """Return what a person chose, unless the record was edited since they looked."""
        if link.pk not in self.chosen:
            return None
        chosen = self.chosen[link.pk]
        row = link.left if chosen.side == "left" else link.right
        return chosen.way if row.version == chosen.version else None


def removals_of(run: SyncRun) -> dict[int, Chosen]:
    """Return what people chose of pending deletes that a run carries out."""
    stored: dict[str, list[Any]] = run.checkpoint.get("removals", {})
    return {int(pk): Chosen(*each) for pk, each in stored.items() if each[0] in WAYS}
