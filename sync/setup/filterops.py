"""Which operators fit a field, and in which form the value of each is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from integrations.connectors.base import Field
from sync.engine.scope import OPS, WITHOUT_VALUE

Shape = Literal["none", "text", "lines", "items", "number", "day", "option", "options"]
Choices = list[tuple[str, str]]

EMPTY = ("is_empty", "is_not_empty")
TEXT = ("contains", "not_contains", "equals", "not_equals", "starts_with")
AMONG = ("in", "not_in")
FITTING: Mapping[str, tuple[str, ...]] = {
    "tags": ("contains", "not_contains", *AMONG, *EMPTY),
    "choices": ("contains", "not_contains", *AMONG, *EMPTY),
    "choice": ("equals", "not_equals", *AMONG, *EMPTY),
    "bool": ("equals", *EMPTY),
    "number": ("equals", "not_equals", "greater", "less", *EMPTY),
    "money": ("equals", "not_equals", "greater", "less", *EMPTY),
    "date": ("equals", "before", "after", *EMPTY),
    "datetime": ("before", "after", *EMPTY),
    "file": EMPTY,
}
LISTS = frozenset({"tags", "choices"})
YES_NO: Choices = [("true", "Yes"), ("false", "No")]
BOOLS: Mapping[str, bool] = {"true": True, "false": False}


def ops_for(field: Field | None, current: str = "") -> Choices:
    """Return the operators of a field as (key, words), the likeliest first.

    One that is in use stays on offer, wherever it came from.
    """
    kind = field.type if field else "text"
    keys = FITTING.get(kind, (*TEXT, *AMONG, *EMPTY))
    if current in OPS and current not in keys:
        keys = (*keys, current)
    return [(key, OPS[key]) for key in keys]


def shape_for(field: Field | None, op: str) -> Shape:
    """Return how the value of a condition is asked for.

    "lines": a value a line; "items": values between commas; "option(s)": one, or some,
    of `options_for`.
    """
    kind = field.type if field else "text"
    is_many = op in AMONG
    if op in WITHOUT_VALUE:
        return "none"
    if options_for(field):
        return "options" if is_many or kind == "choices" else "option"
    if kind in LISTS:
        return "items"
    if is_many:
        return "lines"
    if op in {"greater", "less"} or kind in {"number", "money"}:
        return "number"
    return "day" if op in {"before", "after"} or kind == "date" else "text"


def options_for(field: Field | None) -> Choices:
    """Return the values that a field can have, as (value, words); [] for any."""
    if field is None:
        return []
    if field.type == "bool":
        return YES_NO
    return list(zip(field.options, field.names or field.options, strict=True))
