"""The verdicts that a run has stored, looked up one by one in the order of their pks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Exists, F, OuterRef, QuerySet

from integrations.models import RecordKey
from mapping.convert import Side, other
from sync.deciding.matching import Verdicts, verdict_one
from sync.engine.likely import Guess, likely_verdict
from sync.engine.people import Verdict, link_verdict
from sync.engine.types import Candidate, Policy
from sync.models import MatchVerdict, Sync
from sync.policy import side_connection

WINDOW = 500  # rows looked up at once


@dataclass(frozen=True, slots=True)
class Known:
    """Up to where records and keys were known when a run matched."""

    record: int
    key: int


@dataclass(slots=True)
class StoredVerdicts:
    """The stored verdicts of one side, to be asked for in the order of the records.

    Of records that came later, or were given other keys, nothing is stored: they are
    judged when their turn comes.
    """

    sync: Sync
    object_type: str
    policy: Policy
    side: Side
    run: int
    known: Known
    _until: int = 0  # the window: verdicts of the records after the last one's end
    _from: int = 1
    _found: dict[int, list[MatchVerdict]] = field(default_factory=dict)
    _changed: set[int] = field(default_factory=set)

    @property
    def rows(self) -> QuerySet[MatchVerdict]:
        """What is stored. "+ 0": it is looked up by record, not gone through by run."""
        return MatchVerdict.objects.alias(of=F("run_id") + 0).filter(
            of=self.run, object_type=self.object_type
        )

    def get(self, pk: int, default: Verdict, /) -> Verdict:
        """Return the verdict of a record, the default when it is nobody's match."""
        if not self._from <= pk <= self._until:
            self._look_up(pk)
        if pk > self.known.record or pk in self._changed:
            return verdict_one(self.sync, self.object_type, self.policy, self.side, pk)
        found = self._found.get(pk)
        return self._verdict(found) if found else default

    def _look_up(self, pk: int) -> None:
        """Make the window begin at a record."""
        rows = self.rows.filter(**{f"{self.side}__gte": pk}).order_by(self.side)
        found = list(rows[:WINDOW])
        self._from, self._until = pk, self.known.record
        if len(found) == WINDOW:
            # the last one's rows may go on beyond the window
            last = _half(found[-1], self.side)
            if last > pk:
                self._until = last - 1
            else:
                self._until = pk
                found = list(rows.filter(**{self.side: pk}))
        self._found = {}
        for each in found:
            self._found.setdefault(_half(each, self.side), []).append(each)
        changed = RecordKey.objects.filter(
            record_id__gte=pk, record_id__lte=self._until, pk__gt=self.known.key
        )
        self._changed = {
            *changed.values_list("record_id", flat=True),
            *self._met(pk).values_list("record_id", flat=True),
        }

    def _met(self, pk: int) -> QuerySet[RecordKey]:
        """Return the window's keys that somebody who came later holds across."""
        newer = RecordKey.objects.filter(
            connection=side_connection(self.sync, other(self.side)),
            object_type=self.object_type,
            kind=OuterRef("kind"),
            value=OuterRef("value"),
            pk__gt=self.known.key,
        )
        # "+ 0": SQLite would rather go through all keys of an account, by the index that
        # begins with it, than through those of a window of records
        mine = RecordKey.objects.alias(account=F("connection_id") + 0).filter(
            account=side_connection(self.sync, self.side).pk,
            record_id__gte=pk,
            record_id__lte=self._until,
            kind__in=("email", "phone", "name"),
        )
        return mine.filter(Exists(newer))

    def _verdict(self, found: Iterable[MatchVerdict]) -> Verdict:
        """Return what a record's rows come to."""
        there = other(self.side)
        guesses = []
        for each in found:
            if each.kind == MatchVerdict.Kind.LINK:
                return link_verdict(_half(each, there), each.code)
            if each.kind == MatchVerdict.Kind.REVIEW:
                candidates = tuple(Candidate(*one) for one in each.candidates)
                return Verdict("review", each.why, each.code, candidates=candidates)
            guesses.append(Guess(_half(each, there), each.percent, each.why))
        return likely_verdict(there, self.policy.side(there).name, guesses)


def pairs_count(verdicts: Verdicts) -> int:
    """Return how many pairs matching links."""
    left = verdicts["left"]
    if isinstance(left, StoredVerdicts):
        found = MatchVerdict.objects.filter(run=left.run, object_type=left.object_type)
        return found.filter(kind=MatchVerdict.Kind.LINK).count()
    if isinstance(left, dict):
        return sum(verdict.kind == "link" for verdict in left.values())
    return 0


def verdicts_drop(run_id: int) -> None:
    """Forget what matching said for a run that has ended."""
    MatchVerdict.objects.filter(run=run_id).delete()


def _half(row: MatchVerdict, side: Side) -> int:
    found = row.left_id if side == "left" else row.right_id
    assert found is not None  # noqa: S101 - asked of rows that have this side
    return found
