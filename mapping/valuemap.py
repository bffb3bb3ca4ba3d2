"""Value maps: the table in a field map that says which value is which. Pure.

A row is a left value and a right value. Rows are read in order, in both directions, so
several values of one side may become the same value of the other. An empty end means
"not carried"; `*` with an empty end means that of every other value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mapping.kinds import as_text, normal, quoted

Rows = Sequence[Sequence[str]]  # [left, right] each
REST = "*"
MAX_ROWS = 500
MAX_LENGTH = 500


@dataclass(frozen=True, slots=True)
class Mapped:
    """The value of the other side, None when it is not carried, or why there is none."""

    value: Any
    problem: str = ""


def value_mapped(rows: Rows, value: Any, *, to: str, kind: str) -> Mapped:
    """Return what a value becomes on the side `to`; `kind` is the type it comes from.

    Without a table a value stays as it is. Of a list each item is looked up.
    """
    if not rows:
        return Mapped(value)
    if isinstance(value, list | tuple):
        items = [value_mapped(rows, item, to=to, kind="text") for item in value]
        problem = next((item.problem for item in items if item.problem), "")
        if problem:
            return Mapped(value, problem)
        return Mapped([item.value for item in items if item.value is not None] or None)
    here, there = (0, 1) if to == "right" else (1, 0)
    wanted = _key(kind, value)
    for row in rows:
        if row[here] not in ("", REST) and _key(kind, row[here]) == wanted:
            return Mapped(row[there] or None)
    if any(row[here] == REST for row in rows):
        return Mapped(None)
    return Mapped(value, f"{quoted(as_text(value))} is not in its value map")


def _key(kind: str, value: Any) -> Any:
    found = normal(kind, value)
    return " ".join(str(as_text(value)).split()).casefold() if found is None else found


def rows_read(raw: object) -> list[list[str]]:
    """Return a table of foreign data as rows: {left: right} or [{left, right}].

    Raises ValueError with what is wrong, in words.
    """
    rows = list(_rows(raw))
    if len(rows) > MAX_ROWS:
        raise ValueError(f"may have {MAX_ROWS} rows at most")
    return rows


def _rows(raw: object) -> Iterator[list[str]]:
    if isinstance(raw, Mapping):
        pairs: list[tuple[Any, Any]] = list(raw.items())
    elif isinstance(raw, list) and all(_is_row(row) for row in raw):
        pairs = [(row["left"], row["right"]) for row in raw]
    else:
        raise ValueError("must be a table as in {left value: right value}")
    for pair in pairs:
        yield [_text(each) for each in pair]


def _is_row(row: object) -> bool:
    return isinstance(row, Mapping) and set(row) == {"left", "right"}


def _text(value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, str | int | float) or len(str(value)) > MAX_LENGTH:
        raise ValueError(f"takes texts and numbers of {MAX_LENGTH} characters at most")
    return str(as_text(value)).strip()


def rows_check(rows: Rows) -> str:
    """Return what is wrong with a table in words, "" when it can be used."""
    seen: set[tuple[str, str]] = set()
    for left, right in rows:
        if not left and not right:
            return "has a row with nothing on either side"
        if REST in (left, right) and left and right:
            return f"{REST} stands for all other values, so its other end must be empty"
        pair = (_key("text", left), _key("text", right))
        if pair in seen:
            return f"names {quoted(left or right)} twice in the same way"
        seen.add(pair)
    return ""


def rows_table(rows: Rows) -> Any:
    """Return rows as a configuration file has them; the reverse of `rows_read`."""
    lefts = [row[0] for row in rows]
    if len(set(lefts)) == len(lefts):
        return dict(zip(lefts, (row[1] for row in rows), strict=True))
    return [{"left": left, "right": right} for left, right in rows]
