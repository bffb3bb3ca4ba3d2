"""Scope: which records a sync is about, by conditions on their fields. Pure.

A filter is plain data, as in the configuration file: a condition
`{"field", "op", "value"}`, or `{"and": [...]}` and `{"or": [...]}` of filters; `{}` lets
everybody in. A field that was not read makes a condition *unknown*, and an unknown
filter decides nothing: the record waits for a read instead of leaving the scope.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from mapping.convert import is_empty, meaning

OPS: Mapping[str, str] = {
    "equals": "is",
    "not_equals": "is not",
    "contains": "contains",
    "not_contains": "does not contain",
    "starts_with": "begins with",
    "in": "is one of",
    "not_in": "is none of",
    "is_empty": "is empty",
    "is_not_empty": "is filled",
    "greater": "is more than",
    "less": "is less than",
    "before": "is before",
    "after": "is after",
}
WITHOUT_VALUE = frozenset({"is_empty", "is_not_empty"})
WITH_LIST = frozenset(
    {"in", "not_in", "contains", "not_contains", "equals", "not_equals"}
)
MAX_DEPTH, MAX_CONDITIONS = 5, 50
Filter = Mapping[str, Any]
Standing = Literal["in", "out", "unknown"]


class FilterError(ValueError):
    """A filter that says nothing clear; `path` names the place: and[0].op."""

    def __init__(self, message: str, path: str = "") -> None:
        super().__init__(message)
        self.path = path


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a record stands, and the condition that decided it, as a sentence."""

    standing: Standing
    reason: str = ""


INSIDE = Scope("in")


def scope_of(
    values: Mapping[str, Any],
    wanted: Filter,
    types: Mapping[str, str],
    labels: Mapping[str, str],
) -> Scope:
    """Return whether a record's values pass a filter.

    `types` and `labels` are by field key; an unknown key is text, called by its key.
    """
    if not wanted:
        return INSIDE
    for word in ("and", "or"):
        if word in wanted:
            parts = [scope_of(values, each, types, labels) for each in wanted[word]]
            return _joined(word, parts)
    return _condition(values, wanted, types, labels)


def _joined(word: str, parts: Sequence[Scope]) -> Scope:
    """Join by Kleene's logic: what is unknown decides only if it must."""
    deciding, other = ("out", "in") if word == "and" else ("in", "out")
    for standing in (deciding, "unknown"):
        found = [part for part in parts if part.standing == standing]
        if found and standing == "in":
            return INSIDE
        if found:
            return found[0]
    if other == "in" or not parts:
        return INSIDE
    return Scope("out", " and ".join(part.reason for part in parts))


def _condition(
    values: Mapping[str, Any],
    condition: Filter,
    types: Mapping[str, str],
    labels: Mapping[str, str],
) -> Scope:
    key, op = str(condition["field"]), str(condition["op"])
    label = labels.get(key, key)
    if key not in values:
        return Scope("unknown", f"{label} has not been read yet.")
    kind = types.get(key, "text")
    if _TESTS[op](kind, values[key], condition.get("value")):
        return INSIDE
    return Scope("out", f"Not so: {sentence(condition, labels)}.")


def sentence(condition: Filter, labels: Mapping[str, str]) -> str:
    """Return a condition in words: Tags contains “customer”."""
    key, op = str(condition["field"]), str(condition["op"])
    words = f"{labels.get(key, key)} {OPS[op]}"
    if op in WITHOUT_VALUE:
        return words
    value = condition.get("value")
    items = value if isinstance(value, list) else [value]
    return f"{words} {', '.join(f'“{_said(item)}”' for item in items)}"


def _said(item: Any) -> Any:
    return ("no", "yes")[item] if isinstance(item, bool) else item


# --- conditions ---------------------------------------------------------------------


def _equals(kind: str, now: Any, value: Any) -> bool:
    if isinstance(now, list):
        return bool(meaning(kind, now) == meaning(kind, _as_list(value)))
    return bool(_plain(kind, now) == _plain(kind, value))


def _contains(kind: str, now: Any, value: Any) -> bool:
    if is_empty(now) or is_empty(value):
        return False
    if isinstance(now, list):
        wanted = meaning(kind, _as_list(value)) or ()
        return set(wanted) <= set(meaning(kind, now) or ())
    return _text(value) in _text(now)


def _starts_with(kind: str, now: Any, value: Any) -> bool:
    items = now if isinstance(now, list) else [now]
    return not is_empty(value) and any(
        _text(item).startswith(_text(value)) for item in items
    )


def _is_in(kind: str, now: Any, value: Any) -> bool:
    if isinstance(now, list):
        return any(_contains(kind, now, each) for each in _as_list(value))
    return any(_equals(kind, now, each) for each in _as_list(value))


def _greater(kind: str, now: Any, value: Any) -> bool:
    left, right = _number(now), _number(value)
    return left is not None and right is not None and left > right


def _less(kind: str, now: Any, value: Any) -> bool:
    left, right = _number(now), _number(value)
    return left is not None and right is not None and left < right


def _before(kind: str, now: Any, value: Any) -> bool:
    left, right = _day(now), _day(value)
    return left is not None and right is not None and left < right


def _after(kind: str, now: Any, value: Any) -> bool:
    left, right = _day(now), _day(value)
    return left is not None and right is not None and left > right


_TESTS: Mapping[str, Callable[[str, Any, Any], bool]] = {
    "equals": _equals,
    "not_equals": lambda kind, now, value: not _equals(kind, now, value),
    "contains": _contains,
    "not_contains": lambda kind, now, value: not _contains(kind, now, value),
    "starts_with": _starts_with,
    "in": _is_in,
    "not_in": lambda kind, now, value: not _is_in(kind, now, value),
    "is_empty": lambda kind, now, value: is_empty(now),
    "is_not_empty": lambda kind, now, value: not is_empty(now),
    "greater": _greater,
    "less": _less,
    "before": _before,
    "after": _after,
}


def _plain(kind: str, value: Any) -> Any:
    found: Any = meaning(kind, value)
    return found.casefold() if isinstance(found, str) else found


def _text(value: Any) -> str:
    return " ".join(str(value or "").split()).casefold()


def _as_list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _number(value: Any) -> Decimal | None:
    try:
        found = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def _day(value: Any) -> date | None:
    try:
        return datetime.fromisoformat(str(value)).date()
    except ValueError:
        return None


# --- reading a filter ----------------------------------------------------------------


def filter_read(raw: object) -> dict[str, Any]:
    """Return a filter of foreign data, checked; raises FilterError with its path."""
    counted = [0]
    return _read(raw, "", 0, counted)


def _read(raw: object, path: str, depth: int, counted: list[int]) -> dict[str, Any]:
    if not isinstance(raw, Mapping):
        raise FilterError("must be a condition, or {and: […]} or {or: […]}", path)
    if not raw and depth == 0:
        return {}
    if depth > MAX_DEPTH:
        raise FilterError(f"may be nested {MAX_DEPTH} deep at most", path)
    for word in ("and", "or"):
        if word in raw:
            return {word: _read_parts(raw, word, path, depth, counted)}
    counted[0] += 1
    if counted[0] > MAX_CONDITIONS:
        raise FilterError(f"may have {MAX_CONDITIONS} conditions at most", path)
    return _read_condition(raw, path)


def _read_parts(
    raw: Mapping[Any, Any], word: str, path: str, depth: int, counted: list[int]
) -> list[dict[str, Any]]:
    here = f"{path}.{word}" if path else word
    if set(raw) != {word}:
        raise FilterError(f"{word} stands alone", path)
    if not isinstance(raw[word], list) or not raw[word]:
        raise FilterError("must be a list of conditions", here)
    return [
        _read(each, f"{here}[{number}]", depth + 1, counted)
        for number, each in enumerate(raw[word])
    ]


def _read_condition(raw: Mapping[Any, Any], path: str) -> dict[str, Any]:
    def at(key: str) -> str:
        return f"{path}.{key}" if path else key

    if unknown := set(raw) - {"field", "op", "value"}:
        raise FilterError("is not known here", at(str(sorted(map(str, unknown))[0])))
    field, op = raw.get("field"), raw.get("op")
    if not isinstance(field, str) or not 0 < len(field) <= 120:
        raise FilterError("must name a field", at("field"))
    if not isinstance(op, str) or op not in OPS:
        raise FilterError(f"must be one of {', '.join(OPS)}", at("op"))
    if op in WITHOUT_VALUE:
        if "value" in raw:
            raise FilterError(f"{op} takes no value", at("value"))
        return {"field": field, "op": op}
    return {"field": field, "op": op, "value": _read_value(raw, op, at("value"))}


def _read_value(raw: Mapping[Any, Any], op: str, path: str) -> Any:
    value = raw.get("value")
    items = value if isinstance(value, list) else [value]
    if not items or not all(isinstance(each, str | int | float) for each in items):
        raise FilterError("must be a text or a number", path)
    if isinstance(value, list) and op not in WITH_LIST:
        raise FilterError(f"{op} takes one value", path)
    if any(len(str(each)) > 200 for each in items):
        raise FilterError("is too long", path)
    tester = {"greater": _number, "less": _number, "before": _day, "after": _day}
    if op in tester and tester[op](value) is None:
        kind = "a number" if op in {"greater", "less"} else "a day as in 2026-01-31"
        raise FilterError(f"must be {kind}", path)
    return value


def fields_in(wanted: Filter) -> frozenset[str]:
    """Return the keys of the fields that a filter looks at."""
    return frozenset(_fields(wanted))


def _fields(wanted: Filter) -> Iterator[str]:
    for word in ("and", "or"):
        for each in wanted.get(word, ()):
            yield from _fields(each)
    if "field" in wanted:
        yield str(wanted["field"])
