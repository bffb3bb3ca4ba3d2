"""Field definitions of a vendor's account, made safe before anything relies on them.

Whoever administers the remote account names these fields: keys, labels and options are
foreign data. Pure.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, get_args

from integrations.connectors.base import Field, FieldType

MAX_FIELDS = 500  # of one object type; HighLevel and Zoho allow a few hundred
MAX_OPTIONS = 500
HELP_LENGTH = 2000  # it may name the users whose ids a field takes
GROUP = "Custom fields"
KEY = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:-]{0,119}")
TYPES: tuple[str, ...] = get_args(FieldType)
READS = frozenset({"list", "detail", "write", "webhook"})


def fields_added(live: Iterable[Field], standard: Iterable[Field]) -> list[Field]:
    """Return the standard fields to which the account adds options or an explanation:
    its users, calendars and tags."""
    known = {field.key: field for field in standard}
    found = []
    for field in live:
        was = known.get(field.key)
        if was is None or field.is_custom:
            continue
        if (was.options, was.names, was.help) != (
            field.options,
            field.names,
            field.help,
        ):
            found.append(_field({n: getattr(field, n) for n in Field.__slots__}))
    return [field for field in found if field is not None]


def fields_checked(
    fields: Iterable[Field], standard: Iterable[Field] = ()
) -> tuple[list[Field], int]:
    """Return the account's own fields that can be used, and how many cannot.

    Standard fields are left out uncounted. Of two with one key the first is taken.
    """
    taken: dict[str, Field] = {}
    refused = 0
    known = {field.key for field in standard}
    for field in fields:
        if not field.is_custom or field.key in known:
            continue
        found = _field({name: getattr(field, name) for name in Field.__slots__})
        if found is None or found.key in taken or len(taken) >= MAX_FIELDS:
            refused += 1
        else:
            taken[found.key] = found
    return list(taken.values()), refused


def fields_stored(rows: Any) -> tuple[Field, ...]:
    """Return stored fields; a row that is none is left out."""
    if not isinstance(rows, Sequence) or isinstance(rows, str):
        return ()
    found = (_field(row) for row in rows if isinstance(row, Mapping))
    return tuple(field for field in found if field is not None)


def _field(data: Mapping[str, Any]) -> Field | None:
    key = data.get("key")
    if not isinstance(key, str) or not KEY.fullmatch(key):
        return None
    kind = data.get("type")
    options = _options(data.get("options"))
    return Field(
        key=key,
        label=_text(data.get("label"), 200) or key,
        type=kind if kind in TYPES else "text",
        group=GROUP if data.get("is_custom") is True else "",
        reads=READS & _words(data.get("reads")) or frozenset({"detail"}),
        writes=_words(data.get("writes")),
        max_length=_length(data.get("max_length")),
        required=data.get("required") is True,
        help=_text(data.get("help"), HELP_LENGTH),
        options=options,
        names=_names(data.get("names"), options),
        is_custom=data.get("is_custom") is True,
    )


def _text(value: Any, most: int) -> str:
    """Return a text on one line, without control characters, cut to a length."""
    if not isinstance(value, str):
        return ""
    kept = "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in value)
    return " ".join(kept.split())[:most]


def _words(value: Any) -> frozenset[str]:
    if not isinstance(value, Iterable) or isinstance(value, str):
        return frozenset()
    return frozenset(w for w in value if isinstance(w, str) and 0 < len(w) <= 40)


def _length(value: Any) -> int:
    fits = isinstance(value, int) and not isinstance(value, bool) and value > 0
    return value if fits else 0


def _options(value: Any) -> tuple[str, ...]:
    """Return options as they are written: they are sent back, so only cut to a number."""
    if not isinstance(value, Iterable) or isinstance(value, str):
        return ()
    texts = [o for o in value if isinstance(o, str) and 0 < len(o) <= 500]
    return tuple(dict.fromkeys(texts))[:MAX_OPTIONS]


def _names(value: Any, options: tuple[str, ...]) -> tuple[str, ...]:
    """Return what the options are called, () unless each has a name."""
    if not isinstance(value, Sequence) or isinstance(value, str):
        return ()
    names = tuple(_text(name, 200) for name in value[: len(options)])
    return names if len(names) == len(options) and all(names) else ()
