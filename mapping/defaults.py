"""Default field maps: which fields of two systems mean the same, found by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from integrations import registry
from integrations.connectors.base import Field, ObjectSpec

LINE_KEYS = ("left", "right", "direction", "write", "conflict", "to_right", "to_left")
RULE_KEYS = (
    "value_map",
    "constant",
    "default",
    "gather",
)  # a line has them where they say more
# A row is one meaning with the keys systems use for it, best first. The table has
# no sides: any two systems that know a key of a row are mapped, either way round.
SYNONYMS: tuple[tuple[str, ...], ...] = (
    ("firstName", "first_name"),
    ("lastName", "last_name"),
    ("email", "email_address"),
    ("phone", "phone_number", "mobile"),
    ("companyName", "company_name", "company"),
    ("website", "website_url"),
    # of what hangs under a person: a text, a title, a day, whether it is done
    ("body", "summary", "description"),
    ("title", "task_name"),
    ("dueDate", "due_date"),
    ("completed",),
    ("notes_text", "notes"),  # all notes in one text, and the field that holds it
)
CHAINS: dict[str, tuple[dict[str, Any], ...]] = {
    "phone": ({"name": "phone", "format": "e164"},),
    "email": ({"name": "email"},),
    "long_text": (),  # its lines stay lines
}
OTHER_CHAIN: tuple[dict[str, Any], ...] = ({"name": "trim"},)


@dataclass(frozen=True, slots=True)
class FieldMapData:
    """One line of a mapping as data, before it is stored."""

    left: str
    right: str
    direction: str = "both"
    write: str = "always"
    conflict: str = ""  # "" = as the sync says
    to_right: tuple[dict[str, Any], ...] = ()
    to_left: tuple[dict[str, Any], ...] = ()
    value_map: tuple[tuple[str, str], ...] = ()  # rows of left value, right value
    constant: Any = None  # instead of the field of the side that names none
    # side → what is written there when a person is new and the other side is empty
    default: Mapping[str, Any] = field(default_factory=dict)
    gather: Mapping[str, Any] = field(default_factory=dict)  # mapping/gather.py

    def as_line(self) -> dict[str, Any]:
        """Return the line as the JSON that is stored and published."""
        line = {key: getattr(self, key) for key in LINE_KEYS}
        line |= {"to_right": [*self.to_right], "to_left": [*self.to_left]}
        rules = {
            "value_map": [list(row) for row in self.value_map],
            "constant": self.constant,
            "default": dict(self.default),
            "gather": dict(self.gather),
        }
        return {**line, **rules_chosen(rules)}


def rules_chosen(rules: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of a line's rarer rules that say something; lines omit the others."""
    return {
        key: value for key, value in rules.items() if value not in (None, "", [], {})
    }


def default_field_maps(
    left_kind: str, right_kind: str, object_type: str
) -> list[FieldMapData]:
    """Return the field maps a person would start with, [] where nothing corresponds."""
    from mapping.pairings import pairing  # which itself asks what fields correspond

    found = pairing(left_kind, right_kind, object_type)
    if found.missing:
        return []
    left = registry.spec(left_kind).object(found.left)
    right = registry.spec(right_kind).object(found.right)
    return field_maps_of(left, right)


def field_maps_of(left: ObjectSpec, right: ObjectSpec) -> list[FieldMapData]:
    """Return the fields of two object types that mean the same, by name.

    Only fields that the list rows of both sides report: they cost no extra call. What
    hangs under a person is also written to a field that no list reports, one way: an
    edit of it there would cost a call each to be seen.
    """
    pairs = ((_first(left, row), _first(right, row)) for row in SYNONYMS)
    return list(_lines((a, b) for a, b in pairs if a and b))


def _first(spec: ObjectSpec, keys: tuple[str, ...]) -> Field | None:
    known = [found for key in keys if (found := spec.field(key))]
    listed = [f for f in known if not f.is_detail_only]
    written = [f for f in known if spec.parent and f.is_writable]
    return next(iter((*listed, *written)), None)


def _lines(pairs: Iterator[tuple[Field, Field]]) -> Iterator[FieldMapData]:
    for left, right in pairs:
        if not left.is_writable and not right.is_writable:
            continue
        if left.is_detail_only and right.is_detail_only:
            continue
        yield FieldMapData(
            left.key,
            right.key,
            direction=_direction(left, right),
            to_right=_chain(left, right),
            to_left=_chain(right, left),
        )


def _chain(source: Field, target: Field) -> tuple[dict[str, Any], ...]:
    """Return how a value is written; what was put together is cut to the field."""
    if source.is_derived and target.max_length:
        return ({"name": "truncate", "length": target.max_length},)
    return CHAINS.get(target.type, OTHER_CHAIN)


def _direction(left: Field, right: Field) -> str:
    if left.is_detail_only or right.is_detail_only:
        return "left_to_right" if right.is_detail_only else "right_to_left"
    if left.is_writable and right.is_writable:
        return "both"
    return "left_to_right" if right.is_writable else "right_to_left"
