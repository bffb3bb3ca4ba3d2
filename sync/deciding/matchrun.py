"""Matching any number of people for a run, a chunk at a time, in flat memory.

What is found goes into rows with the checkpoint, so that a slice or a kill costs one
chunk. The stages are those of sync.engine.match.match_all, whose verdicts they give:

    one for each kind of key    left people → pairs that fit; only the sole ones stay
    left, right                 who has no partner: review or nobody
    likely                      of those who are nobody's match, who is likely the same
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet

from crosswalk.clock import now
from integrations.models import RecordKey, RemoteRecord
from mapping.convert import Side
from sync.context import SIDES, RunContext
from sync.deciding.matching import Verdicts, unlinked, verdicts_make
from sync.deciding.people import Key, Keyring, Pks, overcrowded
from sync.deciding.verdicts import Known, StoredVerdicts
from sync.engine.judge import judge
from sync.engine.likely import guesses_of
from sync.engine.match import fitting
from sync.engine.people import SOUND, STRONG, Population
from sync.models import MatchVerdict

CHUNK = 500
FEW = 2000  # people who are matched in memory: a few thousand rows with neighbours
WHOLE = "all"
Kind = MatchVerdict.Kind


def verdicts_of(context: RunContext, object_type: str, without: Pks) -> Verdicts:
    """Match whom a run is about, and return what came of it.

    A run over everybody, or over a plan, stores it: it may go on for hours, and what it
    writes meanwhile must not change its mind. `without`: see Keyring.
    """
    sync, policy, run = context.sync, context.policies[object_type], context.run
    if run.scope != WHOLE and not run.plan_id:
        among = _few(context, object_type)
        if among is not None:
            return verdicts_make(
                sync, object_type, policy, without=without, among=among
            )
    state = _state(context, object_type)
    matching = _Matching(context, object_type, without, state)
    matching.go_on()
    state.setdefault("done", now().isoformat())
    known = Known(state["record"], state["key"])
    return {
        side: StoredVerdicts(sync, object_type, policy, side, run.pk, known)
        for side in SIDES
    }


def _few(context: RunContext, object_type: str) -> dict[Side, list[int]] | None:
    """Return the unlinked people a run is about, None when they are many."""
    found: dict[Side, list[int]] = {}
    for side in SIDES:
        rows = unlinked(context.sync, side, object_type)
        if context.run.scope == "records":
            rows = rows.filter(pk__in=context.run.targets)
        found[side] = list(rows.values_list("pk", flat=True)[: FEW + 1])
    return found if sum(map(len, found.values())) <= FEW else None


def _state(context: RunContext, object_type: str) -> dict[str, Any]:
    """Return where matching stands, from the start when there is none of this read."""
    states = context.run.checkpoint.setdefault("match", {})
    read = sorted(
        each.get("started_at", "")
        for each in context.run.checkpoint.get("read", {}).values()
    )
    state: dict[str, Any] = states.get(object_type, {})
    if state.get("read") != read:
        MatchVerdict.objects.filter(run=context.run, object_type=object_type).delete()
        state = {"read": read, "stage": 0, "after": 0}
        for name, model in (("record", RemoteRecord), ("key", RecordKey)):
            state[name] = model.objects.aggregate(newest=Max("pk"))["newest"] or 0
        states[object_type] = state
    return state


@dataclass(slots=True)
class _Matching:
    """The matching of one object type for one run."""

    context: RunContext
    object_type: str
    without: Pks
    state: dict[str, Any]
    keyring: Keyring = field(init=False)
    kinds: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        policy = self.context.policies[self.object_type]
        self.kinds = policy.match
        self.keyring = Keyring(
            self.context.sync, self.object_type, policy, self.without
        )

    @property
    def rows(self) -> QuerySet[MatchVerdict]:
        return MatchVerdict.objects.filter(
            run=self.context.run, object_type=self.object_type
        )

    def go_on(self) -> None:
        stages = [*self.kinds, "left", "right"]
        stages += ["likely"] if "name" in self.kinds else []
        while self.state["stage"] < len(stages):
            stage = stages[self.state["stage"]]
            self.context.keep_going()
            with transaction.atomic():
                last = self._chunk(stage)
                if last is None:
                    if stage in self.kinds:
                        self._keep_sole_pairs()
                    self.state.update(stage=self.state["stage"] + 1, after=0)
                else:
                    self.state["after"] = last
                self.context.save()

    def _chunk(self, stage: str) -> int | None:
        """Do the next chunk of a stage; return its last pk, None when there is none."""
        side: Side = "right" if stage == "right" else "left"
        seeds = list(
            self._over(side)
            .filter(pk__gt=self.state["after"], pk__lte=self.state["record"])
            .order_by("pk")
            .values_list("pk", flat=True)[:CHUNK]
        )
        if not seeds:
            return None
        if stage in self.kinds:
            made = self._find(stage, seeds)
        elif stage == "likely":
            made = self._guess(seeds)
        else:
            made = self._judge(side, seeds)
        MatchVerdict.objects.bulk_create(made, batch_size=CHUNK)
        return seeds[-1]

    def _over(self, side: Side) -> QuerySet[RemoteRecord]:
        """Return who has neither link nor verdict so far (of whom pairs found are none)."""
        mine = self.rows.filter(**{side: OuterRef("pk")}).exclude(
            kind__in=(Kind.FOUND, Kind.LIKELY)
        )
        people = unlinked(self.context.sync, side, self.object_type)
        return people.filter(~Exists(mine))

    def _free(self, pks: Collection[int]) -> set[int]:
        """Return who of some people of the right is over."""
        return set(self._over("right").filter(pk__in=pks).values_list("pk", flat=True))

    # --- certain ------------------------------------------------------------------------

    def _find(self, kind: str, seeds: list[int]) -> list[MatchVerdict]:
        population = self._sole_holders(kind, seeds)
        free = self._free(population.right.keys())
        return [
            self._row(Kind.FOUND, left=pk, right=them, code=kind)
            for pk in seeds
            if pk in population.left
            for them in fitting(population, population.left[pk], kind, free)
        ]

    def _sole_holders(self, kind: str, seeds: list[int]) -> Population:
        """Return the seeds, and who across alone holds a key that a seed alone holds."""
        keys = _all(self.keyring.keys_of(seeds, (kind,)))
        held = self.keyring.holders(keys)
        sole = {
            key: by_side
            for key, by_side in held.items()
            if all(len(by_side[side]) == 1 for side in SIDES)
        }
        near: dict[Side, set[int]] = {
            side: {pk for by_side in sole.values() for pk in by_side[side]}
            for side in SIDES
        }
        crowded = held.keys() - sole.keys()
        if kind == "name":  # a name is no proof where a double shares a stronger key
            pairs = [(each["left"][0], each["right"][0]) for each in sole.values()]
            shared = self.keyring.holders(self._shared(pairs, near))
            crowded |= overcrowded(shared)
            _add_holders(near, shared, crowded)
        return self.keyring.population(near, crowded)

    def _shared(self, pairs: list[tuple[int, int]], near: Pks) -> set[Key]:
        """Return the e-mails and phones that both of a pair hold."""
        keys = self.keyring.keys_of({*near["left"], *near["right"]}, STRONG)
        return {key for left, right in pairs for key in keys[left] & keys[right]}

    def _keep_sole_pairs(self) -> None:
        """Make links of the pairs of which neither half is in another pair."""
        found = self.rows.filter(kind=Kind.FOUND)
        several = Q()
        for side in SIDES:
            often = found.values(side).annotate(pairs=Count("pk")).filter(pairs__gt=1)
            several |= Q(**{f"{side}__in": often.values(side)})
        # listed before they are deleted: each half's count is of all that was found
        doubtful = list(found.filter(several).values_list("pk", flat=True))
        for start in range(0, len(doubtful), CHUNK):
            found.filter(pk__in=doubtful[start : start + CHUNK]).delete()
        found.update(kind=Kind.LINK)

    # --- for a person -------------------------------------------------------------------

    def _judge(self, side: Side, seeds: list[int]) -> list[MatchVerdict]:
        population = self._all_holders(side, seeds, self.kinds)
        people = population.people(side)
        made = []
        for pk in seeds:
            verdict = judge(population, side, people[pk], self.kinds)
            if verdict.kind == "review":
                candidates = [[c.side, c.pk, c.why] for c in verdict.candidates]
                row = self._row(
                    Kind.REVIEW,
                    code=verdict.code,
                    why=verdict.why,
                    candidates=candidates,
                    **{side: pk},
                )
                made.append(row)
        return made

    def _guess(self, seeds: list[int]) -> list[MatchVerdict]:
        population = self._all_holders("left", seeds, (SOUND,))
        over = self._free(population.right.keys())
        return [
            self._row(
                Kind.LIKELY,
                left=pk,
                right=guess.pk,
                code="likely",
                percent=guess.percent,
                why=guess.words,
            )
            for pk in seeds
            for guess in guesses_of(population, population.left[pk], over)
        ]

    def _all_holders(
        self, side: Side, seeds: list[int], kinds: Collection[str]
    ) -> Population:
        """Return the seeds and all who hold a key of theirs, but for crowded keys."""
        near: dict[Side, set[int]] = {"left": set(), "right": set()}
        near[side].update(seeds)
        for each, pks in self.keyring.asked_of(near).items():
            near[each] |= pks
        held = self.keyring.holders(_all(self.keyring.keys_of(seeds, kinds)))
        crowded = overcrowded(held)
        _add_holders(near, held, crowded)
        return self.keyring.population(near, crowded)

    def _row(self, kind: Kind, **values: Any) -> MatchVerdict:
        ids = {f"{side}_id": values.pop(side) for side in SIDES if side in values}
        return MatchVerdict(
            run=self.context.run,
            object_type=self.object_type,
            kind=kind,
            **ids,
            **values,
        )


def _add_holders(
    near: dict[Side, set[int]], held: Mapping[Key, Pks], crowded: Collection[Key]
) -> None:
    """Take in all who hold keys, but for crowded ones."""
    for key, by_side in held.items():
        if key not in crowded:
            for side in SIDES:
                near[side].update(by_side[side])


def _all(keys: dict[int, set[Key]]) -> Iterator[Key]:
    for mine in keys.values():
        yield from mine
