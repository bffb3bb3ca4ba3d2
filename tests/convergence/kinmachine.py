"""What may happen to notes, tasks and appointments, in any order."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from tests.convergence.childhands import APPOINTMENT, MORE, NOTE, TASK, TEXT
from tests.convergence.kin import MAKEABLE, Kin
from tests.convergence.machine import Troubled, picks, sides, skews, whereabouts
from tests.convergence.town import Rules

MOST_PEOPLE, MOST_CHILDREN = 3, 8
rules = st.builds(
    Rules,
    skew=skews,
    conflict=st.sampled_from(("left", "right", "newest")),
    delete=st.sampled_from(("ignore", "archive", "ask", "mirror")),
    carried=st.sampled_from(
        ((NOTE,), (NOTE,), (TASK,), (NOTE, APPOINTMENT), (NOTE, TASK, APPOINTMENT))
    ),
)


class KinConvergence(Troubled):
    """Children come, change and go at either side, amid notices, kills and faults."""

    few = (4, 18)

    @initialize(
        rules=rules,
        people=st.integers(1, 2),
        children=st.lists(st.tuples(sides, picks, picks), min_size=2, max_size=4),
        is_synced=st.booleans(),
    )
    def begin(
        self, rules: Rules, people: int, children: list[Any], is_synced: bool
    ) -> None:
        self.town = type(self).make(rules)
        for _ in range(people):
            self.town.create(("left", "right"))
        for each in children:
            self._write(*each)
        if is_synced:
            self.town.work("command", "all")

    @property
    def kin(self) -> Kin:
        return self.town.kin

    @precondition(lambda self: len(self.town.humans) < MOST_PEOPLE)
    @rule(where=whereabouts)
    def person(self, where: Any) -> None:
        self.town.create(where)

    @rule(side=sides, pick=picks)
    def rename(self, side: Any, pick: int) -> None:
        here = self.town.here(side)
        if here:
            self.town.edit(here[pick % len(here)], side, self.town.values(["first"]))

    @rule(side=sides, pick=picks, chance=st.integers(0, 5))
    def person_deleted(self, side: Any, pick: int, chance: int) -> None:
        here = self.town.here(side)
        if here and not chance:
            self.town.delete(here[pick % len(here)], side)

    @precondition(lambda self: len(self.kin.children) < MOST_CHILDREN)
    @rule(side=sides, pick=picks, kind=picks)
    def write(self, side: Any, pick: int, kind: int) -> None:
        self._write(side, pick, kind)

    def _write(self, side: Any, pick: int, kind: int) -> None:
        here = self.town.here(side)
        kinds = [each for each in self.kin.kinds if side in MAKEABLE[each]]
        if here and kinds:
            human = here[pick % len(here)]
            self.kin.create(human, side, kinds[kind % len(kinds)])

    @rule(side=sides, pick=picks, names=st.sampled_from(({TEXT}, {TEXT, MORE})))
    def rewrite(self, side: Any, pick: int, names: set[str]) -> None:
        found = self.kin.editable(side)
        if found:
            self.kin.edit(found[pick % len(found)], side, names)

    @rule(side=sides, pick=picks)
    def erase(self, side: Any, pick: int) -> None:
        found = self.kin.deletable(side)
        if found:
            self.kin.delete(found[pick % len(found)], side)
