"""A field as suggesting sees it: what its names say and what its values look like. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from integrations.connectors.base import Field
from mapping.suggest.words import Meaning, meaning_of, words_of

# Types whose values may travel to each other as they are or after a simple step.
_FAMILIES: Mapping[str, str] = {
    "number": "number",
    "money": "number",
    "date": "date",
    "datetime": "date",
    "tags": "list",
    "choices": "list",
    "choice": "choice",
    "bool": "bool",
    "email": "email",
    "phone": "phone",
    "url": "url",
    "file": "file",
}
_TEXT = "text"
_SHAPES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("email", re.compile(r"[^@\s]+@[^@\s]+\.\w+")),
    ("url", re.compile(r"(https?://|www\.)\S+|[\w-]+(\.[\w-]+)*\.[a-z]{2,}", re.I)),
    ("date", re.compile(r"\d{4}-\d\d-\d\d([T ].*)?|\d{1,2}[./]\d{1,2}[./]\d{2,4}")),
    ("number", re.compile(r"[-+]?[\d.,]+\s?[%€$£]?|[€$£]\s?[\d.,]+")),
    ("phone", re.compile(r"\+?[\d\s()/.-]{7,}")),
    ("bool", re.compile(r"yes|no|true|false|ja|nein|oui|non|si|sí", re.I)),
)
TELLING_GROUPS = frozenset({"billing", "shipping"})
MOST_VALUES = 200  # a side, of the sample


@dataclass(frozen=True, slots=True)
class Known:
    """A field with all that is worth comparing, worked out once."""

    field: Field
    label: Meaning
    key: Meaning
    family: str
    words: frozenset[str]
    values: tuple[str, ...]  # of the sample, "" where empty, in its order
    shapes: Mapping[str, float]  # share of each

    @property
    def filled(self) -> int:
        return sum(1 for value in self.values if value)

    @property
    def distinct(self) -> frozenset[str]:
        return frozenset(value for value in self.values if value)


def known_of(each: Field, sample: Sequence[Mapping[str, Any]]) -> Known:
    """Return a field with its values in a sample of records."""
    values = tuple(plain(record.get(each.key)) for record in sample[:MOST_VALUES])
    label = _in_group(meaning_of(each.label), each.group)
    key = meaning_of(each.key)
    return Known(
        each,
        label,
        key,
        _FAMILIES.get(each.type, _TEXT),
        frozenset({*words_of(each.label), *words_of(each.key)}),
        values,
        _shapes_of(values),
    )


def _in_group(label: Meaning, group: str) -> Meaning:
    """Return a label with what its group adds: a shipping address is none to bill."""
    told = TELLING_GROUPS & meaning_of(group).qualifiers
    return replace(label, qualifiers=label.qualifiers | told)


def plain(value: Any) -> str:
    """Return a value in a form in which equal things of two systems are equal."""
    if value is None or value == [] or value == {}:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(sorted(plain(each) for each in value))
    text = " ".join(str(value).split()).casefold()
    digits = re.sub(r"\D", "", text)
    if len(digits) >= 7 and re.fullmatch(r"\+?[\d\s()/.-]+", text):
        return digits[-9:]  # a phone number, whatever its form
    if day := re.match(r"(\d{4}-\d\d-\d\d)([t ].*)?$", text):
        return day[1]
    if re.fullmatch(r"\d+\.0+", text):
        return text.split(".")[0]
    if text in {"true", "false"}:
        return "yes" if text == "true" else "no"
    return re.sub(r"^https?://(www\.)?|/$", "", text)


def _shapes_of(values: Iterable[str]) -> Mapping[str, float]:
    found = Counter(_shape(value) for value in values if value)
    total = found.total()
    return {shape: count / total for shape, count in found.items()}


def _shape(value: str) -> str:
    for name, pattern in _SHAPES:
        if pattern.fullmatch(value):
            return name
    return "words" if " " in value else "word"
