"""How well matching does on people of whom the truth is known."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from integrations.mirroring.keys import record_keys
from integrations.registry import spec
from mapping.convert import Side
from sync.deciding.people import person_make
from sync.engine.match import match_all
from sync.engine.people import STRONG, Person, Population, Verdict
from tests.sync.messy import Messy, Sides, true_pairs

KINDS = ("email", "phone", "name")
RIGHT = 10_000_000  # where the numbers of the right side begin
OF = {
    "left": spec("highlevel").object("contact"),
    "right": spec("zoho_invoice").object("contact"),
}


@dataclass(slots=True)
class Score:
    """What became of the people of one case."""

    people: int = 0
    pairs: int = 0
    linked: int = 0  # of the pairs
    reviewed: int = 0  # of the pairs: the partner is among those who are shown
    wrong: int = 0  # links of two people
    needless: int = 0  # people under review to whom nobody true is shown

    @property
    def recall(self) -> float:
        """Return which part of the pairs was linked or shown to a person."""
        return (self.linked + self.reviewed) / self.pairs if self.pairs else 1.0


@dataclass(slots=True)
class Report:
    """Scores by case, those with a key in common, and reasons of needless reviews."""

    cases: dict[str, Score] = field(default_factory=dict)
    sharing: Score = field(default_factory=Score)
    total: Score = field(default_factory=Score)
    codes: Counter[str] = field(default_factory=Counter)


def person(side: Side, pk: int, messy: Messy) -> Person:
    """Return an invented record as matching sees it."""
    values = messy.highlevel if side == "left" else messy.zoho
    keys = record_keys(OF[side], values, "GB")
    return person_make(OF[side], pk, values, "", keys)


def populate(sides: Sides) -> Population:
    """Return the invented people as a population."""
    return Population(
        {n: person("left", n, each) for n, each in enumerate(sides.left, 1)},
        {n: person("right", n, each) for n, each in enumerate(sides.right, RIGHT + 1)},
    )


def judged(sides: Sides) -> Report:
    """Match invented people and compare what comes out with the truth."""
    population = populate(sides)
    left, right = match_all(population, KINDS)
    truth: dict[int, set[int]] = {}
    for one, two in true_pairs(sides):
        truth.setdefault(one + 1, set()).add(RIGHT + two + 1)
        truth.setdefault(RIGHT + two + 1, set()).add(one + 1)
    messy = dict(enumerate(sides.left, 1)) | dict(enumerate(sides.right, RIGHT + 1))
    report = Report()
    for pk, each in messy.items():
        is_left = pk < RIGHT
        verdict = (left if is_left else right)[pk]
        scores = [report.cases.setdefault(each.case, Score()), report.total]
        if is_left and _shares(population, pk, truth.get(pk, ())):
            scores.append(report.sharing)
        _count(scores, report, pk, verdict, truth, messy)
    return report


def _shares(population: Population, pk: int, partners: object) -> bool:
    mine = population.left[pk]
    return any(
        set(mine.keys(kind)) & set(population.right[them].keys(kind))
        for them in partners  # type: ignore[attr-defined]
        for kind in STRONG
    )


def _count(
    scores: list[Score],
    report: Report,
    pk: int,
    verdict: Verdict,
    truth: dict[int, set[int]],
    messy: dict[int, Messy],
) -> None:
    true = truth.get(pk, set())
    shown = {each.pk for each in verdict.candidates}
    same_person = {p for p in shown if messy[p].truth == messy[pk].truth}
    needless = verdict.kind == "review" and not same_person
    if needless:
        report.codes[verdict.code] += 1
    for score in scores:
        score.people += 1
        score.needless += needless
        if pk < RIGHT:
            score.pairs += bool(true)
            score.linked += verdict.kind == "link" and verdict.partner in true
            score.wrong += verdict.kind == "link" and verdict.partner not in true
            score.reviewed += verdict.kind == "review" and bool(shown & true)
