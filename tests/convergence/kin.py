"""What hangs under the people of a town, and what must become of it.

Each text is new in the world and names the thing it is about, so every edit can be
followed and every double is seen. In the end, of a thing that nobody deleted:

| where | what must stand |
| --- | --- |
| both sides can have it | one record a side, saying what the policy chooses |
| one side cannot (a task made at Zoho) | one record, where it was made |

What somebody deleted at a side never comes back there. At the other it stays, or goes if
the sync is to mirror deletes, but not with an edit that had not been carried across.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sync.models import Intent
from tests.convergence.childhands import (
    APPOINTMENT,
    FIELDS,
    MORE,
    NOTE,
    TASK,
    TEXT,
    ChildHands,
    Said,
    Seen,
)
from tests.convergence.model import Edit, History, Human
from tests.convergence.vendors import SIDES, Side

# where a person can change what is there
EDITABLE = {NOTE: ("left",), TASK: SIDES, APPOINTMENT: ("left",)}
MAKEABLE = {NOTE: SIDES, TASK: SIDES, APPOINTMENT: ("left",)}


def across(side: Side) -> Side:
    """Return the other side."""
    return "right" if side == "left" else "left"


@dataclass
class Child:
    """A note, task or appointment: one thing, with at most one record a side."""

    number: int
    kind: str
    human: Human
    made_at: Side
    fields: dict[str, History] = field(default_factory=dict)
    # values that a side was seen to have, by field
    shown: dict[tuple[Side, str], set[str]] = field(default_factory=dict)
    present: set[Side] = field(default_factory=set)
    deleted: set[Side] = field(default_factory=set)  # by a person
    # edited by a person at a side, and never seen across: no delete may take it away
    protected: set[Side] = field(default_factory=set)
    # touched by a person while a lost create of it had not been looked for yet: whose
    # record that was can be told by nobody
    is_unsure: bool = False

    @property
    def name(self) -> str:
        return f"{self.kind} {self.number} of {self.human.name}"

    @property
    def stays(self) -> bool:
        """Whether it is never made across: HighLevel has no task without a due date."""
        return self.kind == TASK and self.made_at == "right"

    def wrote(self, side: Side, said: Said, activity: int) -> None:
        """A person wrote it, or changed it."""
        for name, value in said.items():
            history = self.fields.setdefault(name, History())
            history.add(Edit(side, value, activity))
        if across(side) in self.deleted:
            self.protected.add(side)

    def saw(self, side: Side, seen: Seen) -> None:
        """Note what a side has."""
        self.present.add(side)
        for name, value in seen.said.items():
            self.shown.setdefault((side, name), set()).add(value)

    def removed(self, side: Side, rest: Seen | None) -> None:
        """A person deleted it at a side; `rest` is what the other has."""
        self.deleted.add(side)
        self.present.discard(side)
        self.protected.discard(side)
        there = across(side)
        for name, value in rest.said.items() if rest else ():
            last = self.fields[name].last(there)
            if last == value and value not in self.shown.get((side, name), set()):
                self.protected.add(there)

    def is_judged(self, name: str) -> bool:
        """Whether a field must agree: the text of a task flows from the left only, so
        what is written at the right stays there until the left one changes."""
        edits = self.fields[name].edits
        return name != MORE or all(edit.side == "left" for edit in edits)

    def settle(self, left: Seen, right: Seen, policy: str) -> list[str]:
        """Note the fields on which both sides agree after a run that went through."""
        wrong = []
        for name in FIELDS[self.kind]:
            now = self.now(name, left, right)
            if now["left"] == now["right"]:
                problem = self.fields[name].problem(now, policy, is_listed=False)
                if problem and not self.is_unsure and self.is_judged(name):
                    wrong.append(f"{self.name}: {name}: {problem}")
                self.fields[name].settle(now["left"])
        return wrong

    def now(self, name: str, left: Seen, right: Seen) -> dict[Side, str]:
        """Return what both sides have in a field."""
        return {"left": left.said[name], "right": right.said[name]}


@dataclass
class Kin:
    """All children of a town, and the hands of those who write them."""

    town: Any  # tests.convergence.town.Town
    hands: ChildHands
    kinds: tuple[str, ...]
    children: list[Child] = field(default_factory=list)

    # --- people ---------------------------------------------------------------------

    def create(self, human: Human, side: Side, kind: str) -> None:
        """Somebody writes something new about a person."""
        at = human.records[side]
        if side == "right" and kind == TASK and not self.hands.has_project(at):
            return
        said = self._words(FIELDS[kind])
        child = Child(len(self.children), kind, human, side)
        self.hands.create(side, kind, child.number, at, said)
        self.children.append(child)
        child.wrote(side, said, self.town.moment())
        self._look([child])

    def edit(self, child: Child, side: Side, names: Iterable[str]) -> None:
        """Somebody changes what it says."""
        [seen] = self._here(child, side)
        said = self._words([name for name in FIELDS[child.kind] if name in names])
        self._doubt(child, side)
        self.hands.edit(side, child.kind, child.number, seen, said)
        child.wrote(side, said, self.town.moment())
        self._look([child])

    def delete(self, child: Child, side: Side) -> None:
        """Somebody deletes it at a side; of a comment being replaced, both of it."""
        self._doubt(child, side)
        for seen in self._here(child, side):
            self.hands.delete(side, child.kind, seen)
        rest = self._here(child, across(side))
        child.removed(side, rest[0] if rest else None)

    def editable(self, side: Side) -> list[Child]:
        """Return what can be changed at a side: what is there once."""
        living = self.hands.living()[side]
        return [
            child
            for child in self.children
            if side in EDITABLE[child.kind] and len(living[child.number]) == 1
        ]

    def deletable(self, side: Side) -> list[Child]:
        """Return what is there at a side."""
        living = self.hands.living()[side]
        return [child for child in self.children if living[child.number]]

    def _words(self, names: Iterable[str]) -> Said:
        said = {}
        for name in names:
            self.town.number += 1
            said[name] = f"words {self.town.number}"
        return said

    def _doubt(self, child: Child, side: Side) -> None:
        """A person touches a record that we may have made, and do not know of yet."""
        child.is_unsure |= Intent.objects.filter(
            state=Intent.State.PENDING,
            record__isnull=True,
            object_type=child.kind,
            side=side,
        ).exists()

    def _here(self, child: Child, side: Side) -> list[Seen]:
        return self.hands.living()[side][child.number]

    # --- what is seen ---------------------------------------------------------------

    def observe(self) -> None:
        """Look at both vendors: is anything there twice, or gone that nobody deleted?"""
        self._look(self.children)

    def _look(self, children: Iterable[Child]) -> None:
        living = self.hands.living()
        for child in children:
            for side in SIDES:
                records = living[side][child.number]
                if problem := self._twice(child, records) or self._gone(
                    child, side, records
                ):
                    told = [str(living), *self.town.told()]
                    raise AssertionError(
                        "\n".join([f"{child.name} {problem} at the {side}", *told])
                    )
                for seen in records:
                    child.saw(side, seen)

    def _twice(self, child: Child, records: list[Seen]) -> str:
        """A comment stands beside the one that replaces it, never beside its like."""
        said = Counter(seen.said[TEXT] for seen in records)
        return (
            "is twice"
            if not child.is_unsure and max(said.values(), default=0) > 1
            else ""
        )

    def _gone(self, child: Child, side: Side, records: list[Seen]) -> str:
        """Whether a record went that must not, or came back."""
        if child.is_unsure or child.human.was_deleted:
            return ""
        if records:
            return "came back" if side in child.deleted else ""
        if side not in child.present:
            return ""
        child.present.discard(side)
        may = self.town.delete_policy == "mirror" and across(side) in child.deleted
        if not may:
            return "was deleted"
        return "was deleted with an edit" if side in child.protected else ""

    def settle(self) -> None:
        """Note what has come to rest: a run went through, and both sides agree."""
        living = self.hands.living()
        wrong = []
        for child in self.children:
            left, right = (living[side][child.number] for side in SIDES)
            if len(left) == len(right) == 1 and child.human.is_judged:
                wrong += child.settle(left[0], right[0], self.town.policy)
        assert not wrong, [*wrong, *self.town.told()]

    # --- judgement ------------------------------------------------------------------

    def problems(self, paired: set[str], units: list[dict[str, Any]]) -> list[str]:
        """Return what is wrong at the end; `paired` are the names of linked people."""
        living = self.hands.living()
        found = []
        for child in self.children:
            if child.is_unsure or child.human.name not in paired:
                continue
            records = {side: living[side][child.number] for side in SIDES}
            lists = self._lists(child, records, units)
            found += [
                f"{child.name}: {problem} ({lists}) {records}"
                for problem in self._wrong(child, records, lists)
            ]
        return found

    def _lists(
        self, child: Child, records: dict[Side, list[Seen]], units: list[dict[str, Any]]
    ) -> set[str]:
        ids = {side: {seen.id for seen in records[side]} for side in SIDES}
        return {
            unit["list"]
            for unit in units
            if unit["object"] == child.kind
            and any(unit[side] in ids[side] for side in SIDES)
        }

    def _wrong(
        self, child: Child, records: dict[Side, list[Seen]], lists: set[str]
    ) -> Iterable[str]:
        counts = {side: len(records[side]) for side in SIDES}
        if max(counts.values()) > 1:
            yield f"stands {counts} times"
        elif child.deleted:
            yield from self._wrongly_deleted(child, counts, lists)
        elif child.stays:
            if counts != {"left": 0, "right": 1}:
                yield f"stands {counts} times"
        elif counts != {"left": 1, "right": 1}:
            yield f"stands {counts} times"
        else:
            left, right = (records[side][0] for side in SIDES)
            for name in filter(child.is_judged, FIELDS[child.kind]):
                problem = child.fields[name].problem(
                    child.now(name, left, right),
                    self.town.policy,
                    is_listed=lists == {"conflict"},
                )
                if problem:
                    yield f"{name}: {problem}"

    def _wrongly_deleted(
        self, child: Child, counts: dict[Side, int], lists: set[str]
    ) -> Iterable[str]:
        for side in SIDES:
            gone = across(side) in child.deleted and side not in child.deleted
            if not gone or not counts[side] or self.town.delete_policy != "mirror":
                continue
            flows = child.kind != APPOINTMENT or side == "right"
            if flows and not child.stays and lists != {"review"}:
                yield f"was not deleted at the {side}"
