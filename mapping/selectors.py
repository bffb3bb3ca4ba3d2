"""Mappings: reading what was drafted and what was published."""

from __future__ import annotations

from typing import Any

from mapping.defaults import LINE_KEYS, RULE_KEYS, rules_chosen
from mapping.models import FieldMap, Mapping


def published_lines(mapping: Mapping) -> list[dict[str, Any]]:
    """Return the lines in force, [] when nothing was published yet."""
    return list(mapping.published.lines) if mapping.published else []


def draft_lines(mapping: Mapping) -> list[dict[str, Any]]:
    """Return the lines as they are being edited, in order."""
    return [line_of(field_map) for field_map in mapping.field_maps.all()]


def line_of(field_map: FieldMap) -> dict[str, Any]:
    """Return a stored field map as a line."""
    rules = rules_chosen({key: getattr(field_map, key) for key in RULE_KEYS})
    return {**{key: getattr(field_map, key) for key in LINE_KEYS}, **rules}


def is_published(mapping: Mapping) -> bool:
    """Whether the draft is what is in force."""
    return bool(
        mapping.published
        and mapping.published.direction == mapping.direction
        and mapping.published.lines == draft_lines(mapping)
    )
