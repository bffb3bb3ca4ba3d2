"""What a mapping would make of people: each step's value, what is written, what is lost.

Pure. The editor asks for it at every change, so it works on plain values, without the
database and without a call; the engine's own functions convert and compare.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mapping.convert import (
    Countries,
    FieldRule,
    Side,
    convert,
    is_empty,
    misfit,
    other,
)
from mapping.kinds import as_text
from mapping.roundtrip import round_trip
from mapping.transforms import Setting, apply_chain

SIDES: tuple[Side, Side] = ("left", "right")
SHOWN = 300  # characters of a value on a page
OTHERS = 3  # further people a wire is shown for
WAYS: Mapping[Side, str] = {"left": "to_left", "right": "to_right"}
Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Person:
    """A record of either side, or of both when they are linked; {} for nobody."""

    label: str
    left: Values = field(default_factory=dict)
    right: Values = field(default_factory=dict)

    def values(self, side: Side) -> Values:
        return self.left if side == "left" else self.right


@dataclass(frozen=True, slots=True)
class Way:
    """A value on its way: as it is, after each step, as written, and why it cannot be."""

    value: str
    steps: tuple[str, ...]
    result: str
    now: str
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Note:
    """Something to say of a wire. `level`: error, warning or ok."""

    level: str
    title: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Wire:
    """One wire's live result for one person, None where nothing flows."""

    to_right: Way | None
    to_left: Way | None


@dataclass(frozen=True, slots=True)
class Report:
    """What a wire does to many people: what is lost or refused, and a few of them."""

    notes: tuple[Note, ...]
    others: tuple[Mapping[str, str], ...]


@dataclass(frozen=True, slots=True)
class Setup:
    """What converting needs beyond the rules."""

    names: Mapping[Side, str]
    countries: Countries


def wires(
    rules: Sequence[FieldRule], person: Person | None, setup: Setup
) -> list[Wire]:
    """Return the live result of each rule for a person."""
    return [
        Wire(*(_way(rule, person, side, setup) for side in ("right", "left")))
        for rule in rules
    ]


def report(rule: FieldRule, people: Sequence[Person], setup: Setup) -> Report:
    """Return what a rule does to people: refused and lost values with examples."""
    notes = [*_refusals(rule, people, setup), *_losses(rule, people, setup)]
    tried = sum(_source(rule, each, _main(rule)) is not None for each in people)
    if not notes and tried and rule.direction == "both":
        who = "the one person" if tried == 1 else f"all {tried:,} people"
        notes = [Note("ok", "Comes back the same", f"for {who} tried.")]
    return Report(tuple(notes), _others(rule, people, setup))


def _main(rule: FieldRule) -> Side:
    """Return the side a wire is shown towards first."""
    return "right" if rule.flows("right") else "left"


def _source(rule: FieldRule, person: Person, to: Side) -> Any:
    side = other(to)
    value = rule.value(side, person.values(side))
    return None if is_empty(value) else value


def _way(rule: FieldRule, person: Person | None, to: Side, setup: Setup) -> Way | None:
    if person is None or not rule.flows(to):
        return None
    value = _source(rule, person, to)
    steps = stages(rule, value, to, setup.countries)
    result = convert(rule, value, to=to, countries=setup.countries)
    problem = _problem(rule, value, to, setup)
    now = person.values(to).get(rule.key(to))
    return Way(
        shown(value), tuple(map(shown, steps)), shown(result), shown(now), problem
    )


def stages(rule: FieldRule, value: Any, to: Side, countries: Countries) -> list[Any]:
    """Return a value after each step of a chain."""
    setting = Setting(country=countries.of(other(to)), reader=countries.of(to))
    chain = rule.chain(to)
    return [
        apply_chain(chain[: number + 1], value, setting) for number in range(len(chain))
    ]


def _problem(rule: FieldRule, value: Any, to: Side, setup: Setup) -> str:
    if is_empty(value):
        return ""
    where = setup.names[to]
    return misfit(rule, value, to=to, countries=setup.countries, where=where)


def _refusals(rule: FieldRule, people: Sequence[Person], setup: Setup) -> list[Note]:
    """Return how many people have a value that cannot be written, with an example."""
    notes = []
    for side in SIDES:
        if not rule.flows(side):
            continue
        values = [v for each in people if (v := _source(rule, each, side)) is not None]
        refused = [p for value in values if (p := _problem(rule, value, side, setup))]
        if refused:
            share = f"True for {len(refused):,} of {_people(len(values))} tried."
            title = f"{setup.names[side]} would refuse some values."
            notes.append(Note("warning", title, f"{refused[0]} {share}"))
    return notes


def _losses(rule: FieldRule, people: Sequence[Person], setup: Setup) -> list[Note]:
    """Return what does not survive going there and back."""
    if rule.fixed or not (rule.flows("left") and rule.flows("right")):
        return []
    tried, lost = 0, []
    for person in people:
        for to in SIDES:
            value = _source(rule, person, to)
            if value is None:
                continue
            trip = round_trip(rule, value, side=other(to), countries=setup.countries)
            tried += not trip.problem
            if not trip.problem and not trip.is_same:
                lost.append((value, trip.back))
    if not lost:
        return []
    before, after = map(shown, lost[0])
    change = f"“{before}” comes back as “{after}”." if after else f"“{before}” is lost."
    return [
        Note(
            "warning",
            "There and back is not the same.",
            f"{change} True for {len(lost):,} of {tried:,} values tried. Nothing loops: "
            "the value stays as it is until somebody edits the other side.",
        )
    ]


def _others(
    rule: FieldRule, people: Sequence[Person], setup: Setup
) -> tuple[Mapping[str, str], ...]:
    """Return a few more people, different ones, with what would be written."""
    to, found = _main(rule), {}
    for person in people:
        value = _source(rule, person, to)
        if value is None or shown(value) in found:
            continue
        problem = _problem(rule, value, to, setup)
        result = convert(rule, value, to=to, countries=setup.countries)
        found[shown(value)] = {
            "label": person.label,
            "value": shown(value),
            "result": problem or shown(result),
        }
        if len(found) == OTHERS:
            break
    return tuple(found.values())


def fields_told(
    rules: Sequence[FieldRule], found: Sequence[Wire]
) -> dict[Side, dict[str, dict[str, str]]]:
    """Return what each field would become: {side: {key: before, after, problem}}.

    A both-way wire is shown towards the right unless only the right has a value.
    """
    told: dict[Side, dict[str, dict[str, str]]] = {"left": {}, "right": {}}
    for rule, wire in zip(rules, found, strict=True):
        to: Side = "right" if _goes_right(wire) else "left"
        way = wire.to_right if to == "right" else wire.to_left
        if way is None or rule.key(to) in told[to]:
            continue
        is_kept = not way.value or rule.write == "never"
        after = way.now if is_kept or way.problem else way.result
        told[to][rule.key(to)] = {
            "before": way.now,
            "after": after,
            "problem": way.problem,
        }
    return told


def _goes_right(wire: Wire) -> bool:
    if wire.to_right is None:
        return False
    return wire.to_left is None or bool(wire.to_right.value) or not wire.to_left.value


def shown(value: Any) -> str:
    """Return a value as a page shows it, "" for an empty one."""
    if is_empty(value):
        return ""
    text = str(as_text(value))
    return f"{text[:SHOWN]}…" if len(text) > SHOWN else text


def _people(number: int) -> str:
    return "1 person" if number == 1 else f"{number:,} people"
