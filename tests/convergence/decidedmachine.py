"""What people at the dashboard may decide, in any order, beside all that happens."""

from __future__ import annotations

from collections import Counter
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from tests.convergence.dashboard import Dashboard
from tests.convergence.machine import (
    MOST_PEOPLE,
    Convergence,
    fates,
    picks,
    sides,
    skews,
    whereabouts,
)
from tests.convergence.town import Rules

rules = st.builds(
    Rules,
    skew=skews,
    conflict=st.sampled_from(("ask", "ask", "newest", "left")),
    delete=st.sampled_from(("ask", "ask", "archive", "mirror")),
)
ways = st.sampled_from(("delete", "archive", "keep"))
mostly_alive = st.one_of(st.none(), st.none(), fates)


class DecidedConvergence(Convergence):
    """Conflicts, matches and deletes are decided, runs undone, amid all the rest."""

    few = (8, 25)
    decisions: ClassVar[Counter[str]] = Counter()  # that were there to take

    @classmethod
    def told(cls) -> str:
        return ", ".join(f"{n} {what}" for what, n in sorted(cls.decisions.items()))

    @initialize(
        rules=rules,
        people=st.lists(whereabouts, min_size=1, max_size=3),
        is_synced=st.booleans(),
    )
    def begin(self, rules: Rules, people: list[Any], is_synced: bool) -> None:
        super().begin(rules, people, is_synced)
        self.dashboard = Dashboard(self.town)
        self.town.lookers.append(self.dashboard.observe)

    @rule(pick=picks, winner=sides, fate=mostly_alive)
    def resolve(self, pick: int, winner: Any, fate: Any) -> None:
        self._carried("conflicts", self.dashboard.resolve(pick, winner), fate)

    @precondition(lambda self: len(self.town.humans) < MOST_PEOPLE)
    @rule(pick=picks)
    def relate(self, pick: int) -> None:
        here = self.town.here("right")
        if here:
            self.town.relate(here[pick % len(here)])

    @rule(pick=picks, fate=mostly_alive)
    def match(self, pick: int, fate: Any) -> None:
        self._carried("matches", self.dashboard.match(pick), fate)

    @rule(side=sides, pick=picks)
    def delete_and_tell(self, side: Any, pick: int) -> None:
        """Without a notice a delete is proved by the night's listing alone."""
        self.delete(side, pick)
        self.town.deliver("all", 0)
        self.town.drain()

    @rule(pick=picks, way=ways, fate=mostly_alive)
    def remove(self, pick: int, way: str, fate: Any) -> None:
        self._carried("deletes", self.dashboard.remove(pick, way), fate)

    @rule(
        pick=picks,
        created=st.sampled_from(("leave", "leave", "archive", "delete")),
        fate=mostly_alive,
    )
    def undo(self, pick: int, created: Any, fate: Any) -> None:
        self.decisions["undos"] += self.dashboard.undo(pick, created, fate)

    def _carried(self, what: str, run: Any, fate: Any) -> None:
        """Have what was decided carried out at once, or left to what comes next."""
        self.decisions[what] += run is not None
        if run is not None and fate is not None:
            self.town.carry_out(run, fate)
