"""How much speaks for two fields being the same, each piece with its reason. Pure.

Pieces of evidence are weights that add up, as logarithms of how much likelier they make
it (Fellegi and Sunter's way of matching records, here on fields). A weight of 1 doubles
the odds about three times over; the table at the top is all there is to tune, against
the gold lists of `python -m benchmarks.suggest`.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from rapidfuzz.distance import JaroWinkler
from rapidfuzz.fuzz import token_sort_ratio

from mapping.suggest.fields import Known
from mapping.suggest.words import Meaning

PRIOR = -4.0  # two fields taken at random are hardly ever the same
SAME_NAME = 7.5
SAME_SUBJECT = 6.0
OTHER_SUBJECT = -5.0
NEAR_NAME = 4.0  # times how near
RARE_WORD = 3.0  # a word that one field of each side has, and no other
OTHER_QUALIFIER = -4.5  # billing and shipping
LONE_QUALIFIER = -2.2  # "Phone" and "Emergency phone"
SPARE_WORDS = -1.6  # "Start date" and "Start date of the trial"
SAME_FAMILY = 0.8
OTHER_FAMILY = -1.5  # a text may hold anything, but seldom does
SAME_OPTIONS = 3.0  # times the share of options in common
SAME_VALUES = 8.5  # times how many of the people have the same value on both sides
OTHER_VALUES = -4.5
OTHER_SHAPE = -2.0
ACCEPTED = 9.0
READ_ONLY = -1.5  # one side can only be read: kept by its system for itself
FEWEST_PAIRS = 4  # people with both values, before they say anything
USUAL_QUALIFIER = -1.2  # "Street" is the one that is billed, if there is no better
USUAL = frozenset({"billing", "work"})
NEAR = 0.90  # Jaro-Winkler above which a word is one mistyped


@dataclass(frozen=True, slots=True)
class Piece:
    """One reason, with what it weighs."""

    weight: float
    words: str = ""  # "" for what a person need not read


def name_pieces(left: Known, right: Known, rare: Collection[str]) -> list[Piece]:
    """Return what the names of two fields say: the better of labels and keys.

    `rare`: the words that one field of each side has, and no other.
    """
    ways = [(left.label, right.label), (left.key, right.key)]
    ways += [(left.label, right.key), (left.key, right.label)]
    found = [_compare(one, two, rare) for one, two in ways]
    if left.words == right.words:
        found.append([Piece(SAME_NAME, "Same name")])
    return max(found, key=_sum)


def _compare(one: Meaning, two: Meaning, rare: Collection[str]) -> list[Piece]:
    pieces: list[Piece] = []
    if one.subject and two.subject:
        if one.subject != two.subject:
            return [Piece(OTHER_SUBJECT)]
        pieces.append(Piece(SAME_SUBJECT, _subject_words(one, two)))
    pieces += _qualifier_pieces(one, two)
    pieces += _word_pieces(one, two, rare)
    return pieces


def _subject_words(one: Meaning, two: Meaning) -> str:
    if one.called == two.called:
        return "Same name"
    return f"“{one.called}” and “{two.called}” mean the same"


def _qualifier_pieces(one: Meaning, two: Meaning) -> list[Piece]:
    mine, theirs = one.qualifiers, two.qualifiers
    if mine == theirs:
        return [Piece(0.5 * len(mine))]
    if mine - theirs and theirs - mine:
        return [Piece(OTHER_QUALIFIER)]
    lone = mine ^ theirs
    return [
        Piece(USUAL_QUALIFIER if each in USUAL else LONE_QUALIFIER) for each in lone
    ]


def _word_pieces(one: Meaning, two: Meaning, rare: Collection[str]) -> list[Piece]:
    """Return what the words say that the lexicon does not know."""
    if not one.words and not two.words:
        return []
    if not one.words or not two.words:
        return [Piece(SPARE_WORDS * min(2, len(one.words or two.words)))]
    nearness = word_nearness(one.words, two.words)
    if nearness >= 1:
        return [Piece(SAME_NAME, "Same name")]
    if nearness > 0:
        own = any(word in rare and word in two.words for word in one.words)
        weight = NEAR_NAME * (2 * nearness - 1) + (RARE_WORD if own else 0.0)
        return [Piece(weight, "Similar name")]
    return [Piece(SPARE_WORDS * 2)]


def word_nearness(one: tuple[str, ...], two: tuple[str, ...]) -> float:
    """Return how alike two lists of words are, from 0 to 1, whatever their order."""
    if sorted(one) == sorted(two):
        return 1.0
    near = sum(max(_alike(word, other) for other in two) for word in one)
    near += sum(max(_alike(word, other) for other in one) for word in two)
    by_word = near / (len(one) + len(two))
    whole = token_sort_ratio(" ".join(one), " ".join(two)) / 100
    return min(0.99, max(by_word, whole if whole > NEAR else 0.0))


def _alike(one: str, two: str) -> float:
    if one == two:
        return 1.0
    short, long = sorted((one, two), key=len)
    if len(short) >= 3 and long.startswith(short):
        return 0.95  # an abbreviation
    if short.isdigit() or long.isdigit() or len(short) < 4:
        return 0.0
    near = JaroWinkler.similarity(one, two)
    return near if near >= NEAR else 0.0


def type_pieces(left: Known, right: Known) -> list[Piece] | None:
    """Return what the types say; None when no value could go across."""
    one, two = left.family, right.family
    if "file" in (one, two):
        return None
    if one == two:
        kind = _FAMILY_WORDS.get(one, "")
        return [Piece(SAME_FAMILY if kind else 0.0, kind)]
    if {one, two} <= {"choice", "text", "list", "bool"} or "text" in (one, two):
        is_far = "text" in (one, two) and {one, two} & {"number", "date", "bool"}
        return [Piece(OTHER_FAMILY if is_far else OTHER_FAMILY / 3)]
    return None


_FAMILY_WORDS: Mapping[str, str] = {
    "email": "Both are e-mail addresses",
    "phone": "Both are phone numbers",
    "date": "Both are dates",
    "number": "Both are numbers",
    "url": "Both are web addresses",
    "list": "Both are lists",
}


def option_pieces(left: Known, right: Known) -> list[Piece]:
    """Return what the options of two pick-lists say."""
    mine = {option.casefold() for option in left.field.options}
    theirs = {option.casefold() for option in right.field.options}
    if not mine or not theirs:
        return []
    shared = len(mine & theirs) / min(len(mine), len(theirs))
    if not shared:
        return [Piece(-1.0)]
    words = f"{len(mine & theirs)} options in common"
    return [Piece(SAME_OPTIONS * shared, words)]


def value_pieces(left: Known, right: Known, *, are_pairs: bool) -> list[Piece]:
    """Return what the values of a sample say.

    `are_pairs`: the two samples are of the same people, in the same order.
    """
    if are_pairs:
        both = [
            (a, b) for a, b in zip(left.values, right.values, strict=False) if a and b
        ]
        if len(both) >= FEWEST_PAIRS:
            return [_agreement(both)]
    if left.filled >= FEWEST_PAIRS and right.filled >= FEWEST_PAIRS:
        common = sum(
            min(share, right.shapes.get(shape, 0.0))
            for shape, share in left.shapes.items()
        )
        return [Piece(OTHER_SHAPE * (1 - common))]
    return []


def _agreement(both: list[tuple[str, str]]) -> Piece:
    """Return what people say of whom both values are known.

    A value that everybody has agrees with anything: what counts is how many values
    there are.
    """
    same = sum(one == two for one, two in both)
    kinds = min(len({one for one, _ in both}), len({two for _, two in both}))
    telling = min(1.0, math.log2(kinds) / 2) if kinds > 1 else 0.1
    share = same / len(both)
    if share >= 0.5:
        words = f"{same} of {len(both)} people have the same value in both"
        return Piece(SAME_VALUES * share * telling, words)
    return Piece(OTHER_VALUES * (1 - 2 * share) * telling)


def _sum(pieces: list[Piece]) -> float:
    return sum(piece.weight for piece in pieces)


def confidence(pieces: list[Piece]) -> float:
    """Return how sure all pieces together make it, from 0 to 1."""
    return 1 / (1 + math.exp(-(PRIOR + _sum(pieces))))
