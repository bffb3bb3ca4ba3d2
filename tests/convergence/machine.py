"""What may happen, in any order: the steps of the property test."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from sandbox.faults import FAULTS
from tests.convergence.judging import judge
from tests.convergence.mortal import Fate
from tests.convergence.town import Rules, Town
from tests.convergence.vendors import FIELDS, SIDES

sides = st.sampled_from(SIDES)
picks = st.integers(0, 20)
few_fields = st.sets(st.sampled_from(FIELDS), min_size=1, max_size=2)
MOST_PEOPLE = 6
skews = st.sampled_from((0, 0, -200, -7, 200))
rules = st.builds(
    Rules,
    conflict=st.sampled_from(("left", "right", "newest")),
    delete=st.sampled_from(("ignore", "archive", "ask", "mirror")),
    labels=st.booleans(),
    skew=skews,
)
whereabouts = st.sampled_from((("left",), ("right",), ("left", "right")))
# how a run comes about: its trigger and scope
KINDS = (("schedule", "dirty"), ("command", "all"))
fates = st.one_of(
    st.builds(Fate, statement=st.integers(1, 260)),
    st.builds(Fate, call=st.integers(1, 12), after=st.booleans()),
)
# the days' limits are counted here, too, and would have us wait for midnight
STRUCK = sorted(FAULTS.keys() - {"slow"})
WHERE = ("", "POST ", "PUT ", "GET ", "POST /contacts/?$", "/contacts/search$")


class Troubled(RuleBasedStateMachine):
    """Runs, notices, kills and faults, in any order; then quiet, then judgement."""

    make: Callable[[Rules], Town]
    leave: Callable[[], None]
    few: ClassVar = (16, 25)  # sequences, and steps of each, of every test run
    sequences = steps = 0

    @classmethod
    def told(cls) -> str:
        """Return what else is to be said of the steps that were taken."""
        return "no decisions"

    @invariant()
    def counted(self) -> None:
        type(self).steps += 1

    def __init__(self) -> None:
        super().__init__()
        self.town: Town | None = None

    # --- the product ------------------------------------------------------------------

    @rule(kind=st.sampled_from(KINDS))
    def run(self, kind: tuple[str, str]) -> None:
        self.town.work(*kind)

    @rule()
    def drain(self) -> None:
        self.town.drain()

    @rule(kind=st.sampled_from(KINDS), fate=fates)
    def run_killed(self, kind: tuple[str, str], fate: Fate) -> None:
        self.town.work(*kind, fate=fate)

    @rule(fate=fates)
    def drain_killed(self, fate: Fate) -> None:
        self.town.drain(fate=fate)

    # --- the post, time, trouble ------------------------------------------------------

    @rule(
        how=st.sampled_from(("all", "twice", "shuffled", "late", "lost")),
        seed=st.integers(0, 99),
    )
    def deliver(self, how: str, seed: int) -> None:
        self.town.deliver(how, seed)

    @rule(seconds=st.sampled_from((1, 3, 30, 90, 400, 4000, 30_000)))
    def wait(self, seconds: int) -> None:
        self.town.fly(seconds)

    @rule(
        system=st.sampled_from(("zoho", "highlevel")),
        match=st.sampled_from(WHERE),
        fault=st.sampled_from(STRUCK),
        times=st.integers(1, 3),
    )
    def fault(self, system: str, match: str, fault: str, times: int) -> None:
        self.town.fault(system=system, match=match, fault=fault, times=times)

    @rule(lag=st.sampled_from((0, 2000, 20_000)))
    def lag(self, lag: int) -> None:
        self.town.switch(search_lag_ms=lag)

    @rule(seconds=st.sampled_from((-7, 0, 7, 200)))
    def skew(self, seconds: int) -> None:
        self.town.clock.put_forward(timedelta(seconds=seconds))

    @rule(seconds=st.sampled_from((20, 3600)))
    def tokens(self, seconds: int) -> None:
        self.town.switch(zoho_access_token_seconds=seconds)

    def teardown(self) -> None:
        """Quiet, and judgement."""
        try:
            if self.town is not None:
                self.town.quiet()
                judge(self.town)
        finally:
            type(self).sequences += 1
            type(self).leave()


class Convergence(Troubled):
    """People come, change and go at either side, amid all that."""

    @initialize(
        rules=rules,
        people=st.lists(whereabouts, min_size=1, max_size=3),
        is_synced=st.booleans(),
    )
    def begin(self, rules: Rules, people: list[Any], is_synced: bool) -> None:
        self.town = type(self).make(rules)
        for where in people:
            self.town.create(where)
        if is_synced:
            self.town.work("command", "all")

    # --- people -----------------------------------------------------------------------

    @precondition(lambda self: len(self.town.humans) < MOST_PEOPLE)
    @rule(where=whereabouts)
    def create(self, where: Any) -> None:
        self.town.create(where)

    @rule(side=sides, pick=picks)
    def enter_across(self, side: Any, pick: int) -> None:
        other = "right" if side == "left" else "left"
        there = self.town.vendors.live(other)
        alone = [
            human
            for human in self.town.here(other)
            if side not in human.records
            and not human.was_deleted
            and there[human.records[other]]["email"]
        ]
        if alone:
            self.town.enter_across(alone[pick % len(alone)], side)

    @rule(side=sides, pick=picks, names=few_fields, empty=st.integers(0, 9))
    def edit(self, side: Any, pick: int, names: set[str], empty: int) -> None:
        here = self.town.here(side)
        if not here:
            return
        values = self.town.values(sorted(names))
        if empty == 0:
            values = dict.fromkeys(values, "")
        self.town.edit(here[pick % len(here)], side, values)

    @rule(pick=picks, name=st.sampled_from(FIELDS), gap=st.integers(0, 5))
    def edit_both(self, pick: int, name: str, gap: int) -> None:
        both = [human for human in self.town.humans if len(human.records) == 2]
        for side in SIDES if both else ():
            human = both[pick % len(both)]
            self.town.edit(human, side, self.town.values([name]))
            self.town.fly(gap)

    @rule(pick=picks, adds=st.booleans())
    def retag(self, pick: int, adds: bool) -> None:
        here = self.town.here("left")
        if self.town.is_labelled:  # mapped: five changes of mind an hour are a loop
            self.town.fly(20 * 60)
        if here:
            record = here[pick % len(here)].records["left"]
            tags = (
                {"add": ["vip"], "remove": []}
                if adds
                else {"add": [], "remove": ["vip"]}
            )
            self.town.vendors.retag(record, **tags)

    @precondition(lambda self: self.town.is_labelled)
    @rule(side=sides, pick=picks, adds=st.booleans())
    def label(self, side: Any, pick: int, adds: bool) -> None:
        here = self.town.here(side)
        if here:
            self.town.label(here[pick % len(here)], side, adds)

    @rule(side=sides, pick=picks)
    def delete(self, side: Any, pick: int) -> None:
        here = self.town.here(side)
        if here:
            self.town.delete(here[pick % len(here)], side)

    @rule(side=sides, pick=picks, names=few_fields)
    def merge(self, side: Any, pick: int, names: set[str]) -> None:
        """The vendor's own merge: one goes, the other takes some of its values."""
        here = self.town.here(side)
        if len(here) > 1:
            self.town.delete(here[pick % len(here)], side)
            kept = self.town.here(side)
            self.town.edit(
                kept[pick % len(kept)], side, self.town.values(sorted(names))
            )

    # --- the mapping ------------------------------------------------------------------

    @rule(
        name=st.sampled_from(("phone", "company", "website")),
        direction=st.sampled_from(("", "both", "left_to_right", "right_to_left")),
    )
    def remap(self, name: str, direction: str) -> None:
        self.town.remap(name, direction)
