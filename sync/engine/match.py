"""Matching: which unlinked records of the two sides are the same person.

Exact on normalised e-mail and E.164 phone, then on the full name (design §7). A key
that several records of one side share never links; a shared key with clearly unlike
first names, and whoever looks like somebody already linked, goes to review. Of those
who are left over, who is likely the same goes to review too. Pure.

`match_all` judges people who fit into memory. sync/deciding/matchrun.py judges any number by
the same functions, a chunk at a time; a property test holds the two together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set

from mapping.convert import Side, other
from sync.engine.judge import judge
from sync.engine.likely import Guess, guesses_of, likely_verdict
from sync.engine.people import (
    NOBODY,
    SIDES,
    STRONG,
    Person,
    Population,
    Verdict,
    link_verdict,
)
from sync.engine.shared import is_role

__all__ = ["NOBODY", "Person", "Population", "Verdict", "match_all"]

Free = Mapping[Side, Set[int]]


def match_all(
    population: Population, kinds: Sequence[str]
) -> tuple[dict[int, Verdict], dict[int, Verdict]]:
    """Return the verdicts of the unlinked people of the left and the right side."""
    verdicts: dict[Side, dict[int, Verdict]] = {"left": {}, "right": {}}
    for left, (right, kind) in _links(population, kinds).items():
        verdicts["left"][left] = link_verdict(right, kind)
        verdicts["right"][right] = link_verdict(left, kind)
    for side in SIDES:
        for pk, person in population.people(side).items():
            if person.linked_to is None and pk not in verdicts[side]:
                verdicts[side][pk] = judge(population, side, person, kinds)
    if "name" in kinds:
        _add_likely(population, verdicts)
    return verdicts["left"], verdicts["right"]


def _add_likely(
    population: Population, verdicts: dict[Side, dict[int, Verdict]]
) -> None:
    """Turn "nobody" into a review where somebody across is likely the same."""
    over: Free = {
        side: {pk for pk, v in verdicts[side].items() if v is NOBODY} for side in SIDES
    }
    found: dict[Side, dict[int, list[Guess]]] = {"left": {}, "right": {}}
    for pk in over["left"]:
        for guess in guesses_of(population, population.left[pk], over["right"]):
            found["left"].setdefault(pk, []).append(guess)
            mirrored = Guess(pk, guess.percent, guess.words)
            found["right"].setdefault(guess.pk, []).append(mirrored)
    for side in SIDES:
        name = population.names[other(side)]
        for pk, guesses in found[side].items():
            verdicts[side][pk] = likely_verdict(other(side), name, guesses)


def _links(population: Population, kinds: Sequence[str]) -> dict[int, tuple[int, str]]:
    """Return the certain pairs, left pk → (right pk, kind of key).

    Stronger keys first. Within a kind both must name each other and nobody else, so
    that the order in which people are looked at never decides.
    """
    links: dict[int, tuple[int, str]] = {}
    free: dict[Side, set[int]] = {
        side: {p.pk for p in population.people(side).values() if p.linked_to is None}
        for side in SIDES
    }
    for kind in kinds:
        pairs = [
            (pk, them)
            for pk in free["left"]
            for them in fitting(population, population.left[pk], kind, free["right"])
        ]
        for left, right in only_pairs(pairs):
            links[left] = (right, kind)
            free["left"].discard(left)
            free["right"].discard(right)
    return links


def only_pairs(pairs: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield the pairs of which neither half is in another pair."""
    counts: dict[Side, dict[int, int]] = {"left": {}, "right": {}}
    for left, right in pairs:
        counts["left"][left] = counts["left"].get(left, 0) + 1
        counts["right"][right] = counts["right"].get(right, 0) + 1
    for left, right in pairs:
        if counts["left"][left] == counts["right"][right] == 1:
            yield left, right


def fitting(
    population: Population, person: Person, kind: str, free: Set[int]
) -> list[int]:
    """Return the free people of the right whom a left one's keys of a kind name.

    A key counts that nobody else on either side has. Left and right may change places:
    the answer is the same seen from there.
    """
    found: set[int] = set()
    for value in person.keys(kind):
        mine = population.holders("left", kind, value)
        theirs = population.holders("right", kind, value)
        if not len(mine) == len(theirs) == 1 or theirs[0].pk not in free:
            continue
        if _fits(population, kind, value, person, theirs[0]):
            found.add(theirs[0].pk)
    return sorted(found)


def _fits(
    population: Population, kind: str, value: str, person: Person, them: Person
) -> bool:
    if population.are_apart(person, them) or population.is_asked(person, them):
        return False
    if kind == "name":
        return not person.contradicts(them) and not any(
            _has_double(population, *pair) for pair in ((person, them), (them, person))
        )
    if kind == "email" and is_role(value) and bool(person.name) != bool(them.name):
        return False  # the office's address proves no one person of it
    if kind == "phone" and person.is_other(them):
        return False
    return not person.is_unlike(them)


def _has_double(population: Population, person: Person, them: Person) -> bool:
    """Whether a key of both is also held by somebody who may be the same person.

    Then a name would only guess which of the duplicates is meant.
    """
    return any(
        not person.is_unlike(double)
        for kind in STRONG
        for value in sorted(set(person.keys(kind)) & set(them.keys(kind)))
        for side in SIDES
        for double in population.holders(side, kind, value)
        if double is not person
        and double is not them
        and not population.are_apart(person, double)
    )
