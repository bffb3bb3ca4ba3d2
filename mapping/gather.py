"""Gathering: the value of a wire that begins with several fields of one side. Pure.

A line may say how the value of the side it comes from is made: a text out of a template,
the first of some fields that is not empty, or a value for the first tag that is there.
What is gathered is that side's value in every respect: it is compared with its base,
converted, shown and checked like the value of one field. Nothing takes it apart again, so
such a line goes one way (docs/decisions/0031).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from crosswalk.foreign import storable_text
from mapping.kinds import LISTS, as_text, item_key, items_of
from mapping.valuemap import MAX_LENGTH, MAX_ROWS, rows_read, rows_table

# One of the first three, "otherwise" beside "by_tag":
# {"template": "{firstName} {lastName}"}, {"first_of": ["mobile", "phone"]},
# {"by_tag": [["vip", "Gold"], ["b2b", "Silver"]], "otherwise": "Bronze"}
Gather = Mapping[str, Any]
HOWS = ("template", "first_of", "by_tag")
MAX_TEMPLATE = 1_000  # characters
MAX_FIELDS = 20
_NAMED = re.compile(r"\{([^{}]*)\}")
_LOOSE = " \t,;:/|-–·"  # what parts fields: nothing to part, nothing to write


def gather_keys(gather: Gather, own: str) -> tuple[str, ...]:
    """Return the keys of the fields that are gathered; `own` is the line's own."""
    if "template" in gather:
        keys = (key.strip() for key in _NAMED.findall(gather["template"]))
        return tuple(dict.fromkeys(key for key in keys if key))
    if "first_of" in gather:
        return tuple(dict.fromkeys(gather["first_of"]))
    return (own,)


def gathered(
    gather: Gather, own: str, values: Mapping[str, Any], missing: Any = None
) -> Any:
    """Return what a record's values come to; `missing` when one of them was not read."""
    keys = gather_keys(gather, own)
    if any(key not in values for key in keys):
        return missing
    if "template" in gather:
        return _from_template(gather["template"], values)
    if "first_of" in gather:
        found = (values[key] for key in keys)
        return next((value for value in found if not _is_empty(value)), None)
    tags = {item_key(item) for item in items_of(values[own])}
    rows = (row[1] for row in gather["by_tag"] if item_key(row[0]) in tags)
    return next(rows, gather.get("otherwise", "")) or None


def _from_template(template: str, values: Mapping[str, Any]) -> str | None:
    """Return a template filled in, None when all its fields are empty.

    Where one is empty, the space and the commas that would have parted it go too.
    """
    said = {key: _words(values[key.strip()]) for key in _NAMED.findall(template)}
    if not any(said.values()):
        return None
    text = _NAMED.sub(lambda found: said[found.group(1)], template)
    lines = (" ".join(line.split()) for line in text.split("\n"))
    text = "\n".join(lines).strip()
    return text if all(said.values()) else text.strip(_LOOSE)


def _words(value: Any) -> str:
    return "" if _is_empty(value) else str(as_text(value)).strip()


def _is_empty(value: Any) -> bool:
    return value in (None, "", [], {}) or (isinstance(value, str) and not value.strip())


def gathered_kind(gather: Gather, kinds: Iterable[str]) -> str:
    """Return the type of what is gathered, from those of its fields."""
    found = set(kinds)
    return found.pop() if "first_of" in gather and len(found) == 1 else "text"


def gathered_label(gather: Gather, labels: Sequence[str]) -> str:
    """Return what people call what is gathered."""
    if "template" in gather:
        return " + ".join(labels)
    return " or ".join(labels) if "first_of" in gather else f"{labels[0]} (by tag)"


def gather_read(raw: object) -> dict[str, Any]:
    """Return foreign data as a gathering, finished or not; {} when it says nothing.

    Raises ValueError with what is wrong, in words.
    """
    if raw in (None, {}):
        return {}
    if not isinstance(raw, Mapping):
        raise ValueError("must be as in {template: “{firstName} {lastName}”}")
    hows = [how for how in HOWS if how in raw]
    if len(hows) != 1 or not set(raw) <= {hows[0], "otherwise"}:
        raise ValueError(f"takes one of {', '.join(HOWS)}")
    how = hows[0]
    if "otherwise" in raw and how != "by_tag":
        raise ValueError("takes “otherwise” beside by_tag only")
    value = _READ[how](raw[how])
    if "otherwise" not in raw:
        return {how: value}
    return {how: value, "otherwise": _text(raw["otherwise"], MAX_LENGTH)}


def _text(raw: object, most: int) -> str:
    if not isinstance(raw, str) or len(raw) > most:
        raise ValueError(f"takes texts of at most {most} characters")
    return storable_text(raw)


def _template(raw: object) -> str:
    return _text(raw, MAX_TEMPLATE)


def _fields(raw: object) -> list[str]:
    if not isinstance(raw, list) or len(raw) > MAX_FIELDS:
        raise ValueError(f"first_of takes a list of at most {MAX_FIELDS} fields")
    return [_text(each, MAX_LENGTH) for each in raw]


def _rows(raw: object) -> list[list[str]]:
    """Return [tag, value] each, also of {tag: value}."""
    if isinstance(raw, list) and all(isinstance(row, list) for row in raw):
        if len(raw) > MAX_ROWS or any(len(row) != 2 for row in raw):
            raise ValueError("by_tag takes rows of a tag and a value")
        return [[_text(cell, MAX_LENGTH) for cell in row] for row in raw]
    return rows_read(raw)


_READ = {"template": _template, "first_of": _fields, "by_tag": _rows}


def gather_table(gather: Gather) -> dict[str, Any]:
    """Return a gathering as a configuration file has it; `gather_read` reads it."""
    if "by_tag" not in gather:
        return dict(gather)
    return {**gather, "by_tag": rows_table(gather["by_tag"])}


def gather_problem(gather: Gather, own: str, kinds: Mapping[str, str]) -> str:
    """Return why a gathering cannot be used, "" when it can.

    `own`: the key of the line's own field; `kinds`: key → type of all that are known.
    """
    keys = gather_keys(gather, own)
    if "template" in gather and not keys:
        return "needs a field in its text, as in {firstName}"
    if "first_of" in gather and len(keys) < 2:
        return "needs two fields or more"
    if len(keys) > MAX_FIELDS:
        return f"takes {MAX_FIELDS} fields at most"
    if own not in keys:
        return f"must name the field it belongs to, “{own}”"
    if unknown := next((key for key in keys if key not in kinds), ""):
        return f"names “{unknown}”, and there is no such field on that side"
    if "first_of" in gather and _mixes({kinds[key] for key in keys}):
        return "cannot mix lists with fields that hold one value"
    if "by_tag" in gather:
        return _tags_problem(gather["by_tag"])
    return ""


def _mixes(kinds: set[str]) -> bool:
    return bool(kinds & LISTS) and not kinds <= LISTS


def _tags_problem(rows: Sequence[Sequence[str]]) -> str:
    if not rows or any(not tag.strip() or not value.strip() for tag, value in rows):
        return "needs a value for each tag"
    tags = [item_key(tag) for tag, _ in rows]
    return "" if len(set(tags)) == len(tags) else "names a tag twice"
