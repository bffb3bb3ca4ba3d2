"""Likely matches among those who are left over: raised for review, never linked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass

from mapping.convert import Side
from sync.engine.judge import MOST_SHOWN
from sync.engine.likeness import LIKELY_PERCENT, likeness
from sync.engine.people import SOUND, Person, Population, Verdict
from sync.engine.types import Candidate


@dataclass(frozen=True, slots=True)
class Guess:
    """Somebody across who is likely the same, how likely, and why."""

    pk: int
    percent: int
    words: str


def guesses_of(
    population: Population, person: Person, over: Set[int]
) -> Iterator[Guess]:
    """Yield who of the right is likely the same as a left one.

    `over`: those of the right whom nothing else speaks for. Who takes no part in the
    sync (a vendor) is nobody's likely match.
    """
    if person.excluded:
        return
    for value in person.keys(SOUND):
        crowd = population.crowd(SOUND, value)
        for them in population.holders("right", SOUND, value):
            if them.pk not in over or them.excluded:
                continue
            if population.are_apart(person, them):
                continue
            found = likeness(person, them, crowd)
            if found.percent >= LIKELY_PERCENT:
                yield Guess(them.pk, found.percent, found.words)


def likely_verdict(there: Side, name: str, guesses: Sequence[Guess]) -> Verdict:
    """Return the review of a person who is likely the same as somebody across."""
    ordered = sorted(guesses, key=lambda guess: (-guess.percent, guess.pk))
    best = ordered[0]
    return Verdict(
        "review",
        f"Likely somebody at {name}, {best.percent} %: {best.words}",
        "likely",
        candidates=tuple(
            Candidate(there, guess.pk, f"{guess.percent} %: {guess.words}")
            for guess in ordered[:MOST_SHOWN]
        ),
    )
