"""Who stands in one system more than once: groups that share an e-mail or a phone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations

from mapping.convert import Side
from sync.engine.people import STRONG, Person, Population
from sync.engine.shared import is_of_many


def groups(population: Population, side: Side) -> list[tuple[int, ...]]:
    """Return the pks of each group of people of a side who look like one person.

    Two belong together who share an e-mail or a phone number, are not clearly of
    different first names, and are not kept apart; groups grow by their members.
    """
    root: dict[int, int] = {}
    for one, two in _alike(population, population.people(side), side):
        mine, theirs = _root(root, one.pk), _root(root, two.pk)
        root[max(mine, theirs)] = min(mine, theirs)
    found: dict[int, list[int]] = {}
    for pk in sorted(root):
        found.setdefault(_root(root, pk), []).append(pk)
    return [tuple(members) for members in found.values()]


def _root(root: dict[int, int], pk: int) -> int:
    """Return the smallest member of a person's group."""
    while root.setdefault(pk, pk) != pk:
        pk = root[pk]
    return pk


def _alike(
    population: Population, people: Mapping[int, Person], side: Side
) -> Iterator[tuple[Person, Person]]:
    for kind, value in _keys(people.values()):
        if is_of_many(population, kind, value):
            continue  # a switchboard: it would make one person of a company
        for one, two in combinations(population.holders(side, kind, value), 2):
            if not one.is_unlike(two) and not population.are_apart(one, two):
                yield one, two


def _keys(people: Iterable[Person]) -> list[tuple[str, str]]:
    return sorted(
        {
            (kind, value)
            for each in people
            for kind in STRONG
            for value in each.keys(kind)
        }
    )
