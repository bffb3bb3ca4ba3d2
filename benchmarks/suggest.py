"""How good the suggested mappings are: `python -m benchmarks.suggest`.

Precision: of what is suggested, the share a person would map. Recall: of what a person
would map, the share suggested. The gold lists are in benchmarks/gold/; tests hold the
figures (tests/mapping/test_suggest.py). Also times 300 × 300 fields.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from integrations import registry
from integrations.connectors.base import Field
from mapping.suggest import Sample, Suggestion, suggest

GOLD = Path(__file__).parent / "gold"


@dataclass(frozen=True)
class Case:
    """A schema on either side, people of both, and what is right."""

    name: str
    left: list[Field]
    right: list[Field]
    gold: frozenset[tuple[str, str]]
    sample: Sample

    def suggestions(self, *, with_people: bool) -> list[Suggestion]:
        sample = self.sample if with_people else Sample()
        return suggest(self.left, self.right, sample=sample)


@dataclass(frozen=True)
class Score:
    """What suggestions are worth against the gold list."""

    right: int
    suggested: int
    wanted: int

    @property
    def precision(self) -> float:
        return self.right / self.suggested if self.suggested else 1.0

    @property
    def recall(self) -> float:
        return self.right / self.wanted


def case_load(name: str) -> Case:
    """Return a case of benchmarks/gold/."""
    data = yaml.safe_load((GOLD / f"{name}.yaml").read_text())
    people = data.get("people", [])
    sample = Sample(
        [each["left"] for each in people],
        [each["right"] for each in people],
        are_pairs=bool(people),
    )
    if "systems" in data:
        specs = [registry.spec(kind).object("contact") for kind in data["systems"]]
        left, right = (list(spec.fields) for spec in specs)
    else:
        left, right = _fields(data["left"]), _fields(data["right"])
    gold = frozenset((one, two) for one, two in data["gold"])
    return Case(name, left, right, gold, sample)


def _fields(rows: list[dict[str, Any]]) -> list[Field]:
    return [Field(**{**row, "options": tuple(row.get("options", ()))}) for row in rows]


def score(case: Case, found: list[Suggestion]) -> Score:
    """Return how many suggestions are right."""
    pairs = {(each.left, each.right) for each in found}
    return Score(len(pairs & case.gold), len(pairs), len(case.gold))


def main() -> None:
    for name in ("standard", "messy", "clinic"):
        case = case_load(name)
        ways = (False, True) if case.sample.are_pairs else (False,)
        for with_people in ways:
            found = case.suggestions(with_people=with_people)
            got = score(case, found)
            what = "names and values" if with_people else "names alone"
            print(
                f"{name:9} {what:17} precision {got.precision:.3f}  recall "
                f"{got.recall:.3f}  ({got.right} right of {got.suggested} suggested, "
                f"{got.wanted} wanted)"
            )
            for each in found:
                if (each.left, each.right) not in case.gold:
                    print(f"    wrong: {_told(each)}")
            pairs = {(each.left, each.right) for each in found}
            for one, two in sorted(case.gold - pairs):
                print(f"    not suggested: {one} – {two}")
    print(f"300 × 300 fields: {_seconds():.2f} s")


def _told(each: Suggestion) -> str:
    reasons = "; ".join(each.reasons)
    return f"{each.left} – {each.right}  {each.confidence:.0%}  ({reasons})"


def _seconds() -> float:
    case = case_load("messy")
    left = [_copy(case.left, number) for number in range(300)]
    right = [_copy(case.right, number) for number in range(300)]
    began = time.perf_counter()
    suggest(left, right)
    return time.perf_counter() - began


def _copy(fields: list[Field], number: int) -> Field:
    each = fields[number % len(fields)]
    return Field(f"{each.key}{number}", f"{each.label} {number}", each.type)


if __name__ == "__main__":
    main()
