"""There and back: what a field map makes of a value once it has gone both ways. Pure.

A pair of conversions that loses something is no loop, since each side is compared with
its own base. But people should know of it before they rely on the field.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from mapping.convert import Countries, convert, is_empty, meaning, misfit
from mapping.fieldrule import FieldRule, Side, other
from mapping.kinds import as_text, quoted

SHOWN = 5  # values that a warning names
MANY_OPTIONS = 100  # more are not tried
WORDS = ("Anna Maria", "VIP", "a, b")
SAMPLES: dict[str, tuple[Any, ...]] = {
    "email": ("anna@example.com",),
    "phone": ("+442079460958", "+4930123456"),
    "url": ("https://example.com/anna",),
    "number": (1200.5, 3),
    "money": (1200.5, 3),
    "date": ("2026-03-01", "2024-02-29"),
    "datetime": ("2026-03-01T00:30:00+00:00", "2026-02-28T23:30:00-05:00"),
    "bool": (True, False),
    "tags": (["vip"], ["vip", "b2b"]),
}


@dataclass(frozen=True, slots=True)
class RoundTrip:
    """What becomes of one value: on the other side, and back where it came from."""

    side: Side
    value: Any
    there: Any
    back: Any
    problem: str = ""  # why it cannot go across at all
    is_same: bool = True  # comes back meaning what it meant


def round_trip(
    rule: FieldRule,
    value: Any,
    *,
    side: Side = "left",
    countries: Countries = Countries(),  # noqa: B008 - frozen
) -> RoundTrip:
    """Send a value of a side through a field map and back."""
    to = other(side)
    there = convert(rule, value, to=to, countries=countries)
    problem = misfit(rule, value, to=to, countries=countries, where="the other side")
    back = convert(rule, there, to=side, countries=countries)
    kind, country = rule.type(side), countries.of(side)
    is_same = meaning(kind, back, country) == meaning(kind, value, country)
    return RoundTrip(side, value, there, back, problem, is_same)


def samples(rule: FieldRule, side: Side) -> Sequence[Any]:
    """Return values such as a side's field holds: its options, or some of its type."""
    kind, options = rule.type(side), rule.options(side)[:MANY_OPTIONS]
    if kind == "choices":
        return [[option] for option in options]
    if options and kind == "choice":
        return options
    rows = (row[0 if side == "left" else 1] for row in rule.value_map)
    if named := [row for row in rows if row not in ("", "*")]:
        return named
    return SAMPLES.get(kind, WORDS)


def losses(rule: FieldRule, countries: Countries) -> Iterator[RoundTrip]:
    """Yield the sample values that a field map which flows both ways does not keep.

    Of options also those that cannot go across; of other types everybody knows.
    """
    sides: tuple[Side, ...] = ("left", "right")
    if rule.fixed or not all(rule.flows(side) for side in sides):
        return
    for side in sides:
        for value in samples(rule, side):
            trip = round_trip(rule, value, side=side, countries=countries)
            if trip.problem:
                if rule.options(side) and rule.options(other(side)):
                    yield trip
            elif not trip.is_same:
                yield trip


def loss_warnings(
    rule: FieldRule, countries: Countries, names: dict[Side, str]
) -> list[str]:
    """Return a sentence per side whose values a field map does not keep."""
    found = list(losses(rule, countries))
    words = []
    for side, name in names.items():
        mine = [trip for trip in found if trip.side == side]
        if mine:
            shown = "; ".join(_words(trip) for trip in mine[:SHOWN])
            more = f"; and {len(mine) - SHOWN} more" if len(mine) > SHOWN else ""
            words.append(
                f"“{rule.label(side)}” of {name} does not come back as it went: "
                f"{shown}{more}."
            )
    return words


def _words(trip: RoundTrip) -> str:
    value = quoted(as_text(trip.value))
    if trip.problem:
        return f"{value} has no place on the other side"
    there, back = _shown(trip.there), _shown(trip.back)
    return f"{value} becomes {there}, and {back} on the way back"


def _shown(value: Any) -> str:
    return "nothing" if is_empty(value) else quoted(as_text(value))
