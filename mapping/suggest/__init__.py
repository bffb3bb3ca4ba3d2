"""Suggesting which field corresponds to which, with reasons and confidence. Pure.

`suggest` takes the fields of both sides, a sample of their values and what this
workspace accepted or refused before; it says nothing of fields that are mapped already.
Nothing flows by a suggestion until a person accepts it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from integrations.connectors.base import Field
from mapping.suggest.evidence import (
    ACCEPTED,
    READ_ONLY,
    Piece,
    confidence,
    name_pieces,
    option_pieces,
    type_pieces,
    value_pieces,
)
from mapping.suggest.fields import Known, known_of

__all__ = ["Sample", "Suggestion", "suggest"]
ENOUGH = 0.60  # below it nothing is suggested
CLEAR = 0.12  # how much surer than the next best one has to be
Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Sample:
    """Values of some records a side. `are_pairs`: of the same people, in order."""

    left: Sequence[Mapping[str, Any]] = ()
    right: Sequence[Mapping[str, Any]] = ()
    are_pairs: bool = False


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Two fields that seem to be the same. `confidence` from 0 to 1."""

    left: str
    right: str
    confidence: float
    direction: str  # as a field map has it
    reasons: tuple[str, ...] = field(default_factory=tuple)


def suggest(
    left: Sequence[Field],
    right: Sequence[Field],
    *,
    sample: Sample = Sample(),
    accepted: Collection[Pair] = (),
    refused: Collection[Pair] = (),
    taken: Collection[Pair] = (),
) -> list[Suggestion]:
    """Return suggestions, each field in one at most, surest first.

    `accepted` and `refused` are pairs of keys that people of this workspace decided
    on before; `taken` those that are mapped now.
    """
    used_left, used_right = {pair[0] for pair in taken}, {pair[1] for pair in taken}
    lefts = [known_of(f, sample.left) for f in left if f.key not in used_left]
    rights = [known_of(f, sample.right) for f in right if f.key not in used_right]
    rare = _rare(lefts) & _rare(rights)
    found = []
    for one, two in _worth_a_look(lefts, rights, sample, {*accepted}):
        if (one.field.key, two.field.key) in refused:
            continue
        pieces = _pieces(one, two, sample, accepted, rare)
        if pieces is not None and (sure := confidence(pieces)) >= ENOUGH / 2:
            found.append((sure, one, two, pieces))
    return [_suggestion(*each) for each in _assign(found)]


def _worth_a_look(
    lefts: Sequence[Known],
    rights: Sequence[Known],
    sample: Sample,
    accepted: Collection[Pair],
) -> Iterator[tuple[Known, Known]]:
    """Yield the pairs that have anything in common; 300 × 300 are too many to weigh."""
    index: dict[str, dict[int, Known]] = defaultdict(dict)
    for known in rights:
        for mark in _marks(known, sample):
            index[mark][id(known)] = known
    by_key = {known.field.key: known for known in rights}
    learned = defaultdict(list)
    for one_key, two_key in accepted:
        learned[one_key].append(two_key)
    for one in lefts:
        near: dict[int, Known] = {}
        for mark in _marks(one, sample):
            near.update(index.get(mark, {}))
        for key in learned[one.field.key]:
            if key in by_key:
                near[id(by_key[key])] = by_key[key]
        for two in near.values():
            yield one, two


def _marks(known: Known, sample: Sample) -> set[str]:
    """Return what a field shares with any other that may be the same."""
    found = set()
    for meaning in (known.label, known.key):
        if meaning.subject:
            found.add(f"subject {meaning.subject}")
        # an abbreviation begins alike; so does most of what is mistyped
        found.update(f"word {word[:3]}" for word in meaning.words)
    found.update(f"option {option.casefold()}" for option in known.field.options[:20])
    if sample.are_pairs:  # the same people's values, each with its place
        filled = [(n, v) for n, v in enumerate(known.values) if len(v) > 1]
        found.update(f"value {n} {v}" for n, v in filled[:40])
    return found


def _rare(fields: Sequence[Known]) -> set[str]:
    """Return the words that just one of some fields has in its label."""
    counts = Counter(word for each in fields for word in set(each.label.words))
    return {word for word, count in counts.items() if count == 1}


def _pieces(
    one: Known,
    two: Known,
    sample: Sample,
    accepted: Collection[Pair],
    rare: Collection[str],
) -> list[Piece] | None:
    if not one.field.is_writable and not two.field.is_writable:
        return None
    types = type_pieces(one, two)
    if types is None:
        return None
    pieces = [*name_pieces(one, two, rare), *types, *option_pieces(one, two)]
    pieces += value_pieces(one, two, are_pairs=sample.are_pairs)
    if not (one.field.is_writable and two.field.is_writable):
        pieces.append(Piece(READ_ONLY))
    if (one.field.key, two.field.key) in accepted:
        pieces.append(Piece(ACCEPTED, "You mapped these before"))
    return pieces


def _assign(
    found: list[tuple[float, Known, Known, list[Piece]]],
) -> Iterator[tuple[float, Known, Known, list[Piece]]]:
    """Yield the surest pairs, each field once.

    Where another pair of a field is nearly as sure, neither can be told: none is
    suggested, a person looks.
    """
    found.sort(key=lambda each: (-each[0], each[1].field.key, each[2].field.key))
    used: set[tuple[str, str]] = set()
    for number, (sure, one, two, pieces) in enumerate(found):
        left, right = ("left", one.field.key), ("right", two.field.key)
        if sure < ENOUGH or left in used or right in used:
            continue
        used |= {left, right}
        if not any(
            sure - rival < CLEAR and _rivals(each, one, two, used)
            for rival, *each in (row[:3] for row in found[number + 1 :])
        ):
            yield sure, one, two, pieces


def _rivals(
    pair: Sequence[Known], one: Known, two: Known, used: Collection[tuple[str, str]]
) -> bool:
    """Whether a pair claims one of two fields, and its own other one is still free."""
    left, right = pair
    if left is one:
        return ("right", right.field.key) not in used
    return right is two and ("left", left.field.key) not in used


def _suggestion(sure: float, one: Known, two: Known, pieces: list[Piece]) -> Suggestion:
    told = [p for p in sorted(pieces, key=lambda p: -p.weight) if p.words]
    reasons = dict.fromkeys(piece.words for piece in told if piece.weight > 0)
    return Suggestion(
        one.field.key, two.field.key, sure, _direction(one, two), tuple(reasons)[:3]
    )


def _direction(one: Known, two: Known) -> str:
    if one.field.is_writable and two.field.is_writable:
        return "both"
    return "left_to_right" if two.field.is_writable else "right_to_left"
