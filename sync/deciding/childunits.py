"""Units of what hangs under people: decided family by family, a chunk at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from integrations.models import UNDER_PARENT, RemoteRecord
from mapping.convert import Side, other
from sync.deciding.families import UNKNOWN, Families, Kinship, reopened
from sync.deciding.replacing import IS_LEFTOVER, is_leftover
from sync.deciding.standins import STANDS_IN, standing_for
from sync.deciding.units import Unit, UnitSource
from sync.engine.kin import (
    Family,
    decide_child,
    decide_children,
    decide_leftover,
    decide_moved,
    decide_over,
    pair_off,
)
from sync.models import RecordLink
from sync.policy import base_read, remote_type, side_connection, snapshot

STRAY = Kinship(Family(shut=UNKNOWN))


def loose_children(sync: Any, side: Side, object_type: str) -> QuerySet[RemoteRecord]:
    """Return the living children of a side that no link of the sync holds.

    No link of any type: a comment may be a note, or stand for an appointment. Then it is
    never a note, linked or not.
    """
    held = RecordLink.objects.filter(sync=sync).values(f"{side}_id")
    kind = remote_type(sync, side, object_type)
    rows = RemoteRecord.objects.filter(
        connection=side_connection(sync, side), object_type=kind, gone_at__isnull=True
    )
    mine = ~STANDS_IN if kind == object_type else standing_for(object_type)
    return rows.filter(mine).exclude(pk__in=held)


def is_together(link: RecordLink, kin: Kinship) -> bool:
    """Whether a pair hangs under one pair of parents, that of its left record."""
    here, there = link.left.parent_id, link.right.parent_id
    return not (here and there) or there == kin.family.right


@dataclass(slots=True, kw_only=True)
class ChildSource(UnitSource):
    """Yields chunks of decided units of one child type. See UnitSource."""

    families: Families

    def expected(self) -> int:
        """Return about how many units there are."""
        links = RecordLink.objects.filter(sync=self.sync, object_type=self.object_type)
        loose = (
            loose_children(self.sync, side, self.object_type).count()
            for side in self._sources()
        )
        return links.count() + max(0, *loose, 0)

    # --- linked ----------------------------------------------------------------------

    def dirty_links(self, links: QuerySet[RecordLink]) -> QuerySet[RecordLink]:
        """Return those to look at, with those whose parents are in sync again."""
        found = UnitSource.dirty_links(self, links)
        return found | reopened(links, self.sync) if self.scope == "dirty" else found

    def decide_links(self, links: Sequence[RecordLink]) -> list[Unit]:
        """Decide linked pairs of children."""
        kin = self.families.of("left", {link.left.parent_id for link in links})
        units = []
        for link in links:
            mine = kin.get(link.left.parent_id, STRAY)
            if is_together(link, mine):
                units.append(self._linked(link, mine))
            else:
                units.append(self._torn(link, mine))
        return units

    def _linked(self, link: RecordLink, kin: Kinship) -> Unit:
        left, right = snapshot(link.left), snapshot(link.right)
        decision = self.at_rest(link, left, right)
        if decision is None:
            decision = decide_children(
                left,
                right,
                base_read(link.base),
                self.policy,
                kin.family,
                choices=self.choices.get(link.left_id, {}),
                fate=self.fates.of(link),
            )
            decision = self.unlooped(link, decision)
        return Unit(self.object_type, link.left, link.right, link, decision, kin=kin)

    def _torn(self, link: RecordLink, kin: Kinship) -> Unit:
        """Decide a pair under two who are no pair: one was moved to somebody else, or
        their parent has another partner now.

        Where both live on it follows the one that was edited, else each goes alone.
        """
        theirs = self.families.one("right", link.right.parent_id)
        unit = self._linked(link, theirs if theirs.family.shut else kin)
        if link.left.gone_at or link.right.gone_at or link.tombstone:
            return unit
        if kin.is_over or theirs.is_over:
            seen = snapshot(link.left), snapshot(link.right)
            unit.decision = decide_over(*seen, self.policy)
            return unit
        unit.decision = decide_moved(unit.decision, self.policy)
        if unit.decision.writes("left"):
            unit.kin = theirs  # where it was edited says whose it is
        return unit

    # --- alone -----------------------------------------------------------------------

    def _sources(self) -> list[Side]:
        """Return the sides whose records are of this type: not where one stands in."""
        sides: tuple[Side, Side] = ("left", "right")
        return [
            side
            for side in sides
            if remote_type(self.sync, side, self.object_type) == self.object_type
        ]

    def loose_rows(self, side: Side) -> QuerySet[RemoteRecord]:
        """Return the rows of a side that may be units of their own."""
        rows = loose_children(self.sync, side, self.object_type)
        return rows if side in self._sources() else rows.filter(IS_LEFTOVER)

    def decide_loose(self, side: Side, rows: Sequence[RemoteRecord]) -> list[Unit]:
        """Decide children that have no link."""
        kin = self.families.of(side, {row.parent_id for row in rows})
        open_kin = {k: each for k, each in kin.items() if not each.family.shut}
        partners = self._partners_in(side, open_kin)
        units = [
            self._loose(side, row, kin.get(row.parent_id, STRAY), partners)
            for row in rows
        ]
        return [unit for unit in units if unit is not None]

    def _loose(
        self,
        side: Side,
        row: RemoteRecord,
        kin: Kinship,
        partners: dict[int, RemoteRecord],
    ) -> Unit | None:
        left, right = (row, None) if side == "left" else (None, row)
        if is_leftover(row):
            decision = decide_leftover(snapshot(row), side, self.policy)
            return Unit(self.object_type, left, right, None, decision, kin=kin)
        partner = partners.get(row.pk)
        held = self.pauses.get(row.pk)
        if not held and partner is not None and partner.pk in self.pauses:
            held = "What fits at the other side is paused."
        if held:
            unit = self.held(row, side, held)
            unit.kin = kin
            return unit
        if partner is None:
            decision = decide_child(snapshot(row), side, self.policy, kin.family)
            return Unit(self.object_type, left, right, None, decision, kin=kin)
        if side == "right" and not self._stands_alone(partner):
            return None  # the left record's unit is the pair
        left, right = (row, partner) if side == "left" else (partner, row)
        decision = decide_children(
            snapshot(left), snapshot(right), {}, self.policy, kin.family, is_new=True
        )
        return Unit(self.object_type, left, right, None, decision, kin=kin)

    def _partners_in(
        self, side: Side, kin: dict[str, Kinship]
    ) -> dict[int, RemoteRecord]:
        """Return the counterpart of each loose child of these families."""
        mine = self._by_parent(side, kin.keys())
        there = other(side)
        theirs = self._by_parent(there, {k.family.parent(there) for k in kin.values()})
        found: dict[int, RemoteRecord] = {}
        for parent_id, each in kin.items():
            rows: dict[Side, list[RemoteRecord]] = {
                side: mine[parent_id],
                there: theirs[each.family.parent(there)],
            }
            pairs = pair_off(
                [snapshot(row) for row in rows["left"]],
                [snapshot(row) for row in rows["right"]],
                self.policy,
            )
            known = {row.pk: row for row in (*rows["left"], *rows["right"])}
            for one, two in pairs.items():
                found[one if side == "left" else two] = known[
                    two if side == "left" else one
                ]
        return found

    def _by_parent(self, side: Side, parent_ids: Any) -> dict[str, list[RemoteRecord]]:
        rows = loose_children(self.sync, side, self.object_type)
        found: dict[str, list[RemoteRecord]] = defaultdict(list)
        among = [each for each in parent_ids if each]
        for row in rows.filter(UNDER_PARENT, parent_id__in=among):
            if not is_leftover(row):
                found[row.parent_id].append(row)
        return found
