"""Units of a sync: linked pairs and unlinked records, decided one chunk at a time.

Nothing is held for long: links first, then the unlinked records of each side, each
in the order of their keys, so that a checkpoint is one number.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Protocol

from django.db.models import F, Q, QuerySet

from crosswalk.clock import now
from integrations.models import RemoteRecord
from mapping.convert import Side, other
from sync.deciding.families import Kinship
from sync.deciding.fates import Fates
from sync.deciding.matching import Verdicts, unlinked, verdict_one
from sync.deciding.pauses import pauses_of
from sync.engine.decide import decide_pair, decide_single
from sync.engine.holds import decide_held
from sync.engine.loops import loop_broken
from sync.engine.match import NOBODY, Verdict
from sync.engine.removal import BOTH_GONE, DELETED, MOVED, UNLINKED
from sync.engine.types import Choices, Decision, Policy, Snapshot
from sync.engine.undo_records import tombstoned
from sync.models import RecordLink, Sync, SyncRecord
from sync.policy import base_read, snapshot

CHUNK = 200
STAGES = ("links", "left", "right")


@dataclass(slots=True)
class Unit:
    """One unit with its rows and what was decided of it."""

    object_type: str
    left: RemoteRecord | None
    right: RemoteRecord | None
    link: RecordLink | None
    decision: Decision
    key: str = ""  # the record that stands for it; stays when a partner is created
    kin: Kinship | None = None  # of a child: the pair of parents it hangs under

    def __post_init__(self) -> None:
        if not self.key and self.left is not None:
            self.key = f"l{self.left.pk}"
        elif not self.key and self.right is not None:
            self.key = f"r{self.right.pk}"

    def row(self, side: Side) -> RemoteRecord | None:
        """Return the stored record of a side."""
        return self.left if side == "left" else self.right

    @property
    def label(self) -> str:
        """Return the name people know the record by, its parent's before it."""
        own = next((r.label for r in (self.left, self.right) if r and r.label), "")
        parent = self.kin.family.name if self.kin else ""
        return f"{parent}: {own}" if parent else own

    def parent_id(self, side: Side) -> str:
        """Return the remote id of the record under which it belongs on a side: that
        of its family, though its own record there may hang under another still."""
        parent = self.kin.family.parent(side) if self.kin else ""
        row = self.row(side)
        return parent or (row.parent_id if row else "")


# side → primary keys of rows, or a subquery that gives them
Targets = Mapping[Side, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """Where the iteration stands: everything up to `after` of `stage` is done.

    `resting`: how many pairs were passed over since the place before.
    """

    stage: str = "links"
    after: int = 0
    resting: int = 0


class Source(Protocol):
    """Where the units of a run come from, decided, a chunk at a time."""

    object_type: str
    scope: str
    verdicts: Verdicts

    def chunks(self, place: Place) -> Iterator[tuple[Place, list[Unit]]]:
        """Yield (place after the chunk, its units), from a place on."""
        ...


@dataclass(slots=True)
class UnitSource:
    """Yields chunks of decided units of one object type.

    `scope`: "all"; "dirty" (changed since decided, or not in sync); "records"
    (those whose rows are among `targets`). `rested_at`: when all had been decided by
    the rules that hold; then "all" counts the pairs at rest since, and decides the rest.
    """

    sync: Sync
    object_type: str
    policy: Policy
    verdicts: Verdicts
    links_until: int
    scope: str = "all"
    rested_at: datetime | None = None
    targets: Targets = field(default_factory=dict)
    # what a person decided of conflicts, by the pk of the left record
    choices: Mapping[int, Choices] = field(default_factory=dict)
    # records that a person has paused, with the reason; looked up for each chunk
    pauses: Mapping[int, str] = field(default_factory=dict)
    fates: Fates = field(init=False)

    def __post_init__(self) -> None:
        self.fates = Fates(self.sync, self.object_type)

    def chunks(self, place: Place) -> Iterator[tuple[Place, list[Unit]]]:
        """Yield (place after the chunk, its units), from a place on."""
        for stage in STAGES[STAGES.index(place.stage) :]:
            after = place.after if stage == place.stage else 0
            while True:
                last, units = self._chunk(stage, after)
                resting = self._resting(stage, after, last, len(units))
                if last is None and not resting:
                    break
                after = self.links_until if last is None else last
                yield Place(stage, after, resting), units

    def _chunk(self, stage: str, after: int) -> tuple[int | None, list[Unit]]:
        self.pauses = pauses_of(self.sync)
        if stage == "links":
            return self._pairs(after)
        return self._singles("left" if stage == "left" else "right", after)

    def _resting(self, stage: str, after: int, last: int | None, decided: int) -> int:
        """Return how many pairs of a stretch are as they were when last decided."""
        if stage != "links" or self.scope != "all" or not self.rested_at:
            return 0
        until = self.links_until if last is None else last
        stretch = living_links(self.sync, self.object_type)
        # never below nothing: a link may have gone since the others were looked up
        return max(0, stretch.filter(pk__gt=after, pk__lte=until).count() - decided)

    def _pairs(self, after: int) -> tuple[int | None, list[Unit]]:
        open_links = living_links(self.sync, self.object_type)
        links = list(
            self.dirty_links(open_links.filter(pk__gt=after, pk__lte=self.links_until))
            .select_related("left", "right")
            .order_by("pk")[:CHUNK]
        )
        self.fates.learn(links)
        return (links[-1].pk if links else None), self.decide_links(links)

    def decide_links(self, links: Sequence[RecordLink]) -> list[Unit]:
        """Decide linked pairs."""
        return [self.pair(link) for link in links]

    def dirty_links(self, links: QuerySet[RecordLink]) -> QuerySet[RecordLink]:
        """Return the links that this run's scope is about."""
        if self.scope == "records":
            return links.filter(
                Q(left_id__in=self.targets["left"])
                | Q(right_id__in=self.targets["right"])
            )
        if self.scope == "all" and not self.rested_at:
            return links
        if self.scope == "all":
            # what this run has settled before a kill is looked up by its own log
            resting = Q(list=SyncRecord.List.IN_SYNC, updated_at__lt=self.rested_at)
            return _moved(links, self.sync, resting)
        return _moved(links, self.sync, _at_rest())

    def pair(self, link: RecordLink) -> Unit:
        """Decide a linked pair."""
        left, right = snapshot(link.left), snapshot(link.right)
        decision = self.at_rest(link, left, right)
        if decision is None:
            is_moved = link.tombstone == MOVED
            decision = decide_pair(
                left,
                right,
                base_read(link.base),
                self.policy,
                link_how=MOVED if is_moved else "",
                link_why="It took the place of one that is gone." if is_moved else "",
                choices=self.choices.get(link.left_id, {}),
                fate=self.fates.of(link),
            )
            decision = self.unlooped(link, decision)
        return Unit(self.object_type, link.left, link.right, link, decision)

    def at_rest(
        self, link: RecordLink, left: Snapshot, right: Snapshot
    ) -> Decision | None:
        """Return the decision of a pair that people let rest: undone, or paused."""
        side: Side = "left" if link.tombstone_side == "left" else "right"
        undone = tombstoned(link.tombstone, side, left, right, self.policy)
        held = self.pauses.get(link.left_id) or self.pauses.get(link.right_id)
        if undone is not None or not held:
            return undone
        return decide_held(left, right, held)

    def unlooped(self, link: RecordLink, decision: Decision) -> Decision:
        """Return a decision, or what stops a field that flips to and fro."""
        if not link.frozen and not link.recent_writes:
            return decision
        frozen = link.frozen.get("for", "")
        return loop_broken(decision, frozen, link.recent_writes, self.policy, now())

    def _singles(self, side: Side, after: int) -> tuple[int | None, list[Unit]]:
        rows = self.loose_rows(side).filter(pk__gt=after)
        if self.scope == "records":
            rows = rows.filter(pk__in=self.targets[side])
        if self.scope == "dirty":
            rows = rows.exclude(pk__in=self._at_rest(side).values(f"{side}_id"))
        found = list(rows.order_by("pk")[:CHUNK])
        return (found[-1].pk if found else None), self.decide_loose(side, found)

    def _at_rest(self, side: Side) -> QuerySet[SyncRecord]:
        """Return what failed and is not due again, of a side that is as it was then."""
        return SyncRecord.objects.filter(
            sync=self.sync,
            list=SyncRecord.List.FAILING,
            retry_at__gt=now(),
            **{f"{side}_version": F(f"{side}__version"), f"{side}__isnull": False},
        )

    def loose_rows(self, side: Side) -> QuerySet[RemoteRecord]:
        """Return the rows of a side that no link holds."""
        return unlinked(self.sync, side, self.object_type)

    def decide_loose(self, side: Side, rows: Sequence[RemoteRecord]) -> list[Unit]:
        """Decide unlinked records."""
        verdicts = {row.pk: self.verdicts[side].get(row.pk, NOBODY) for row in rows}
        partners = self._partners(side, verdicts)
        units = (self.single(row, side, verdicts[row.pk], partners) for row in rows)
        return [unit for unit in units if unit is not None]

    def _partners(
        self, side: Side, verdicts: dict[int, Verdict]
    ) -> dict[int, RemoteRecord]:
        """Return who fits, by pk. Whose partner was linked or went meanwhile is judged
        anew: a short run may have gone between two slices of this one."""
        named = {v.partner for v in verdicts.values() if v.partner}
        if not named:
            return {}
        free = unlinked(self.sync, other(side), self.object_type).in_bulk(named)
        for pk, verdict in verdicts.items():
            if verdict.partner and verdict.partner not in free:
                again = verdict_one(self.sync, self.object_type, self.policy, side, pk)
                verdicts[pk] = again
                if again.partner:
                    free |= RemoteRecord.objects.in_bulk([again.partner])
        return free

    def single(
        self,
        row: RemoteRecord,
        side: Side,
        verdict: Verdict,
        partners: dict[int, RemoteRecord],
    ) -> Unit | None:
        """Decide an unlinked record; None when its partner's unit stands for it."""
        partner = partners.get(verdict.partner or 0)
        held = self.pauses.get(row.pk)
        if not held and partner is not None and partner.pk in self.pauses:
            held = "Whoever fits at the other side is paused."
        if held:
            return self.held(row, side, held)
        if verdict.kind == "link" and partner is not None:
            return self._new_pair(row, partner, side, verdict)
        decision = decide_single(snapshot(row), side, verdict, self.policy)
        left, right = (row, None) if side == "left" else (None, row)
        return Unit(self.object_type, left, right, None, decision)

    def held(self, row: RemoteRecord, side: Side, words: str) -> Unit:
        """Return a record that stays unlinked, for it or its partner is paused."""
        seen = snapshot(row)
        if side == "left":
            decision = decide_held(seen, None, words)
            return Unit(self.object_type, row, None, None, decision)
        decision = decide_held(None, seen, words)
        return Unit(self.object_type, None, row, None, decision)

    def _new_pair(
        self, row: RemoteRecord, partner: RemoteRecord, side: Side, verdict: Verdict
    ) -> Unit | None:
        left, right = (row, partner) if side == "left" else (partner, row)
        decision = decide_pair(
            snapshot(left),
            snapshot(right),
            {},
            self.policy,
            link_how=verdict.how,
            link_why=verdict.why,
        )
        if decision.reason_code == UNLINKED:
            return self._outside(row, side)
        if side == "right" and not self._stands_alone(left):
            return None  # the left record's unit is the pair
        return Unit(self.object_type, left, right, None, decision)

    def _outside(self, row: RemoteRecord, side: Side) -> Unit:
        """Decide a record that fits one across, where either is out of scope."""
        record, here = snapshot(row), self.policy.side(side)
        decision = decide_single(record, side, NOBODY, self.policy)
        if here.scope(record).standing != "out":
            there = self.policy.side("right" if side == "left" else "left").name
            reason = f"The same person at {there} is left out, so this one is too."
            decision = Decision("excluded", reason, "partner_out")
        left, right = (row, None) if side == "left" else (None, row)
        return Unit(self.object_type, left, right, None, decision)

    def _stands_alone(self, left: RemoteRecord) -> bool:
        """Whether the left half of a pair is not decided by this run itself."""
        if self.scope == "dirty":
            return self._at_rest("left").filter(left=left).exists()
        if self.scope != "records":
            return False
        return not RemoteRecord.objects.filter(
            pk=left.pk, pk__in=self.targets["left"]
        ).exists()


def living_links(sync: Sync, object_type: str) -> QuerySet[RecordLink]:
    """Return the links that are units: those of two deleted records are none."""
    links = RecordLink.objects.filter(sync=sync, object_type=object_type)
    return links.exclude(tombstone__in=(DELETED, BOTH_GONE))


def dirty_links(sync: Sync, object_type: str) -> QuerySet[RecordLink]:
    """Return the links of which a record changed since decided, or not in sync."""
    return _moved(living_links(sync, object_type), sync, _at_rest())


def _moved(links: QuerySet[RecordLink], sync: Sync, resting: Q) -> QuerySet[RecordLink]:
    """Return links without those of a resting list whose records are as decided."""
    settled = SyncRecord.objects.filter(
        resting,
        sync=sync,
        left_version=F("left__version"),
        right_version=F("right__version"),
    )
    return links.exclude(left_id__in=settled.values("left_id"))


def _at_rest() -> Q:
    """Lists whose unchanged units need no second look; failing ones rest a while."""
    return Q(list__in=(SyncRecord.List.IN_SYNC, SyncRecord.List.EXCLUDED)) | Q(
        list=SyncRecord.List.FAILING, retry_at__gt=now()
    )


def links_until(sync: Sync, object_type: str) -> int:
    """Return the newest link there is: later ones are this run's own."""
    newest = (
        RecordLink.objects.filter(sync=sync, object_type=object_type)
        .order_by("-pk")
        .values_list("pk", flat=True)
        .first()
    )
    return newest or 0


def with_failure(decision: Decision, reason: str, code: str) -> Decision:
    """Return a decision that failed on the way."""
    return replace(decision, outcome="failed", reason=reason[:400], reason_code=code)
