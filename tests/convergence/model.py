"""What may stand in the end: judged by what people did, never by what the engine says.

Every value that a person writes is new in the world, so each stands for one edit. For
each person and field the model keeps the edits since both sides last came to rest on one
value. From these follows which values may stand in the end:

| edits since the rest | what must stand |
| --- | --- |
| none | the value of the rest, on both sides |
| on one side | the last one of them, on both sides |
| on both, with nothing run between them | the policy's choice, on both sides |
| on both, with a run (maybe a killed one) between | the last of one side, on both sides |

Where a policy cannot tell which is newer, the last of each side may stand side by side,
if the person is in the list of conflicts; where it asks, they must until a person decides.
Emptying erases nothing on the other side. What an undo has put back stays until somebody
edits that field (`Apart`).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.convergence.vendors import FIELDS, SIDES, Side, Values


@dataclass(frozen=True)
class Edit:
    """A value that a person wrote at one side."""

    side: Side
    value: str
    activity: int  # how many runs had been worked on by then


@dataclass
class Apart:
    """What an undo has put back, and what people have written since."""

    put_back: Values = field(default_factory=dict)  # side → value
    since: list[Edit] = field(default_factory=list)

    def problem(self, now: dict[Side, str], known: set[str]) -> str | None:
        """Return what is wrong with how an undone field stands, None if nothing."""
        if not {*now.values()} <= known:
            return f"{now}: a value that nobody wrote"
        last = {edit.side: edit.value for edit in self.since}
        if not last:
            back = [s for s in SIDES if now[s] != self.put_back.get(s, now[s])]
            return f"{now} where {self.put_back} was put back" if back else None
        stands = any(now[side] == value for side, value in last.items())
        return None if stands else f"{now} where {last} was written after the undo"


@dataclass
class History:
    """What became of one field of one person since both sides last agreed."""

    rest: set[str] = field(default_factory=set)
    edits: list[Edit] = field(default_factory=list)
    # the field was mapped anew since: what each side has meets without a base
    is_loose: bool = False
    is_decided: bool = False  # a person has chosen between its values
    apart: Apart | None = None
    ever: set[str] = field(default_factory=lambda: {""})

    def add(self, edit: Edit) -> None:
        """A person wrote a value."""
        self.edits.append(edit)
        self.ever.add(edit.value)
        if self.apart is not None:
            self.apart.since.append(edit)

    def put_back(self, side: Side, value: str) -> None:
        """An undo has written a value that was there before."""
        self.apart = self.apart or Apart()
        self.apart.put_back[side] = value

    def settle(self, value: str) -> None:
        """Both sides have come to rest on a value."""
        self.rest, self.edits, self.apart = {value}, [], None
        self.is_loose = self.is_decided = False

    def last(self, side: Side) -> str | None:
        """Return the last value written at a side, None when there is none."""
        values = [edit.value for edit in self.edits if edit.side == side]
        return values[-1] if values else None

    @property
    def is_mixed(self) -> bool:
        """Whether both sides were edited, and a run may have seen only some of it."""
        return len({edit.activity for edit in self.edits}) > 1

    def problem(
        self, now: dict[Side, str], policy: str, *, is_listed: bool
    ) -> str | None:
        """Return what is wrong with how a field stands in the end, None if nothing."""
        left, right = self.last("left"), self.last("right")
        if self.apart is not None:
            return self.apart.problem(now, self.ever)
        if "" in {edit.value for edit in self.edits} or "" in self.rest:
            return self._emptied(now, is_listed=is_listed)
        if self.is_loose:
            allowed = {*self.rest, *(edit.value for edit in self.edits)}
            return self._one_of(now, allowed, is_listed=is_listed)
        if left is None and right is None:
            return self._one_of(now, self.rest, is_listed=False)
        if left is None or right is None:
            return self._one_of(now, {left or right or ""}, is_listed=False)
        if policy == "newest" or self.is_decided:
            return self._one_of(now, {left, right}, is_listed=is_listed)
        if policy == "ask":
            return self._asked(now, left, right, is_listed=is_listed)
        if self.is_mixed:
            return self._one_of(now, {left, right}, is_listed=False)
        return self._one_of(now, {left if policy == "left" else right}, is_listed=False)

    def _one_of(
        self, now: dict[Side, str], allowed: set[str], *, is_listed: bool
    ) -> str | None:
        if now["left"] == now["right"] and now["left"] in allowed:
            return None
        if is_listed and {now["left"], now["right"]} <= allowed:
            return None
        return f"{now} where {sorted(allowed)} may stand"

    def _asked(
        self, now: dict[Side, str], left: str, right: str, *, is_listed: bool
    ) -> str | None:
        """Judge a field that both sides edited, of which nobody has chosen a value."""
        if self.is_mixed:  # a run may have carried one across before the other came
            return self._one_of(now, {left, right}, is_listed=is_listed)
        stands = is_listed and now == {"left": left, "right": right}
        return None if stands or left == right else f"{now}: nobody was asked"

    def _emptied(self, now: dict[Side, str], *, is_listed: bool) -> str | None:
        """Judge a field that somebody emptied: no other side's value is lost by it."""
        known = {*self.rest, *(edit.value for edit in self.edits), ""}
        for side in SIDES:
            last = self.last(side)
            other = now["right" if side == "left" else "left"]
            if now[side] not in known:
                return f"{now}: a value that nobody wrote"
            if last and now[side] != last and not self._was_met(side):
                return f"{now}: {last!r} of the {side} is lost"
            if not now[side] and other and last is None and "" not in self.rest:
                return f"{now}: erased on the {side}"
        return None

    def _was_met(self, side: Side) -> bool:
        """Whether the other side was edited too, so that its value may stand."""
        return any(edit.side != side and edit.value for edit in self.edits)


@dataclass
class Labels:
    """The items of one person's list: each is new in the world, and added once."""

    added: set[str] = field(default_factory=set)
    rested: set[str] = field(default_factory=set)  # both sides had them at rest once
    removed: set[str] = field(default_factory=set)
    doubtful: set[str] = field(default_factory=set)  # removed before they had rested

    def remove(self, item: str) -> None:
        """A person takes an item away."""
        (self.removed if item in self.rested else self.doubtful).add(item)

    def settle(self, items: set[str]) -> None:
        """Both sides have come to rest on a list."""
        self.rested |= items

    def problem(self, left: set[str], right: set[str]) -> str | None:
        """Return what is wrong with how both lists stand in the end, None if nothing."""
        if left != right:
            return f"{left} and {right}"
        if lost := self.added - self.removed - self.doubtful - left:
            return f"{lost} lost"
        if back := self.removed & left:
            return f"{back} back again"
        return None


@dataclass
class Human:
    """One person of flesh and blood, with at most one living record a side."""

    name: str  # the last name: nobody ever edits it
    records: dict[Side, str] = field(default_factory=dict)
    fields: dict[str, History] = field(default_factory=dict)
    labels: Labels = field(default_factory=Labels)
    # deleted somewhere in their life: the delete policy has a say in what becomes of
    # them, which other tests are about; here they must not come to be twice
    was_deleted: bool = False
    by_hand: set[Side] = field(default_factory=set)
    # a person at the dashboard has chosen something by which a record may go
    may_go: bool = False
    # a run has brought both of their records together
    is_met: bool = False
    # entered by hand at both sides, and edited before a run saw that it is one person
    is_unsure: bool = False

    def made(self, side: Side, record: str, values: Values, activity: int) -> None:
        """A person entered them at a side."""
        self.records[side] = record
        self.by_hand.add(side)
        for name in FIELDS:
            history = self.fields.setdefault(name, History())
            history.add(Edit(side, values[name], activity))

    def edited(self, side: Side, values: Values, activity: int) -> None:
        """A person changed fields of them."""
        for name, value in values.items():
            history = self.fields.setdefault(name, History())
            history.add(Edit(side, value, activity))
        if (
            len(self.by_hand) == 2
            and not self.is_met
            and {"first", "email"} & {*values}
        ):
            self.is_unsure = True

    def settle(
        self,
        now: dict[Side, Values],
        policy: str,
        both_ways: list[str],
        *,
        is_seen: bool,
    ) -> list[str]:
        """Note the fields on which both sides agree after a run that went through.

        `is_seen`: the run has seen both of their records, wherever they came from.
        Returns those that should not have come to rest on this value.
        """
        wrong = []
        self.is_met |= is_seen and now["left"]["email"] == now["right"]["email"]
        for name in FIELDS:
            if now["left"][name] == now["right"][name]:
                history = self.fields.setdefault(name, History())
                values = {side: now[side][name] for side in SIDES}
                problem = history.problem(values, policy, is_listed=False)
                if problem and name in both_ways and self.is_judged:
                    wrong.append(f"{name}: {problem}")
                history.settle(now["left"][name])
        return wrong

    @property
    def is_judged(self) -> bool:
        """Whether what becomes of them follows from the rules alone."""
        return not (self.was_deleted or self.is_unsure)

    def loosen(self, name: str) -> None:
        """A field was mapped otherwise: what each side has is decided without a base."""
        self.fields.setdefault(name, History()).is_loose = True
