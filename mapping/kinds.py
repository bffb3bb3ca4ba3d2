"""Kinds of values: the normal form of each, and making a value fit a field. Pure.

Systems write the same number, day or choice differently: 1.0 and "1", "2026-03-12" and
"2026-03-12T00:00:00Z", "gold" and "Gold". A value that cannot be read as what the field
holds is never bent or dropped: `fit` says in words why it does not fit.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

NUMBERS = frozenset({"number", "money"})
LISTS = frozenset({"tags", "choices"})
TEXTS = frozenset({"text", "long_text"})
# what yes and no are called, in the languages that people fill forms in
YES = frozenset({"1", "checked", "da", "ja", "on", "oui", "si", "sim", "sí", "tak"})
YES |= {"true", "y", "yes"}
NO = frozenset({"0", "false", "n", "nao", "nee", "nein", "nie", "no", "non", "não"})
NO |= {"off", "unchecked"}
_NUMBER = re.compile(r"[+-]?(\d+|\d{1,3}(,\d{3})+)(\.\d*)?")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}$")
_BETWEEN = re.compile(r"[,;\n]")
# how a text parts the items of a list
SEPARATORS = {"comma": ",", "semicolon": ";", "line": "\n"}
DIGITS = 40  # more is no number anybody counts with
SHOWN = 60  # characters of a value that a sentence quotes


@dataclass(frozen=True, slots=True)
class Fitted:
    """A value in the form a field takes, or the sentence why there is none."""

    value: Any
    problem: str = ""


def number_of(value: Any) -> Decimal | None:
    """Return a number, None for what is none: 1.0, "1", "1,204.50"."""
    if isinstance(value, bool):
        return None
    text = str(value).strip() if isinstance(value, int | float | str) else ""
    if isinstance(value, str):
        if not _NUMBER.fullmatch(text):
            return None
        text = text.replace(",", "")
    try:
        found = Decimal(text)
    except InvalidOperation:
        return None
    is_usual = found.is_finite() and abs(found.adjusted()) < DIGITS
    return found if is_usual else None


def number_text(number: Decimal) -> str:
    """Return a number in plain digits, without zeros that say nothing."""
    if number == 0:
        return "0"
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def moment_of(value: Any) -> datetime | None:
    """Return a moment in UTC: ISO 8601 text, or milliseconds as some systems say."""
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value / 1000, UTC)
        if not isinstance(value, str):
            return None
        found = datetime.fromisoformat(value.strip())
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None


def day_of(value: Any) -> date | None:
    """Return a day. Of a moment it is the day that its own text names."""
    if isinstance(value, str):
        try:
            return datetime.fromisoformat(value.strip()).date()
        except ValueError:
            return None
    moment = moment_of(value)
    return moment.date() if moment else None


def yes_or_no(value: Any) -> bool | None:
    """Return a yes or no, None for what is neither."""
    if isinstance(value, bool):
        return value
    word = str(value).strip().casefold() if isinstance(value, str | int) else ""
    if word in YES:
        return True
    return False if word in NO else None


def items_of(value: Any, separator: str = "") -> list[str]:
    """Return the items of a list, or of a text that lists them.

    Without a separator a comma, a semicolon and a line's end all part them.
    """
    if value is None:
        return []
    if isinstance(value, list | tuple):
        items = [str(item) for item in value]
    else:
        items = str(value).split(separator) if separator else _BETWEEN.split(str(value))
    return [item.strip() for item in items if item.strip()]


def items_text(items: Sequence[Any], separator: str = ",") -> str:
    """Return items as one text that `items_of` reads back."""
    between = separator if separator == "\n" else f"{separator} "
    return between.join(str(item) for item in items)


def item_key(item: str) -> str:
    """Return what an item of a list is known by: vendors keep tags in any case."""
    return " ".join(item.split()).casefold()


def normal(kind: str, value: Any) -> Any:
    """Return the form in which values of a kind compare by ==; None when unreadable."""
    if kind in NUMBERS:
        number = number_of(value)
        return None if number is None else number_text(number)
    if kind == "date":
        day = day_of(value)
        return day.isoformat() if day else None
    if kind == "datetime":
        moment = moment_of(value)
        return moment.isoformat() if moment else None
    if kind == "bool":
        return yes_or_no(value)
    if kind == "choice" and isinstance(value, str):
        return " ".join(value.split()).casefold()
    if kind in LISTS:
        return tuple(sorted({item_key(item) for item in items_of(value)}))
    return None


def fit(kind: str, options: Sequence[str], value: Any) -> Fitted:
    """Return a value as a field of a kind takes it; nothing fits everywhere."""
    if value is None or value == []:
        return Fitted(None)
    if kind in NUMBERS:
        return _fit_number(value)
    if kind == "date":
        day = day_of(value)
        return Fitted(day.isoformat()) if day else _unread(value, "a date")
    if kind == "datetime":
        return _fit_moment(value)
    if kind == "bool":
        found = yes_or_no(value)
        return _unread(value, "yes or no") if found is None else Fitted(found)
    if kind == "choice":
        return _fit_choice(value, options)
    if kind in LISTS:  # tags are made by being set: their options only suggest
        return _fit_list(value, options if kind == "choices" else ())
    return Fitted(as_text(value))


def as_text(value: Any) -> Any:
    """Return a value as text fields take it; what is no plain value stays."""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, int | float):
        number = number_of(value)
        return str(value) if number is None else number_text(number)
    if isinstance(value, list | tuple):
        return items_text(value)
    return value


def _fit_number(value: Any) -> Fitted:
    number = number_of(value)
    if number is None:
        return _unread(value, "a number")
    whole = number == number.to_integral_value()
    return Fitted(int(number) if whole else float(number))


def _fit_moment(value: Any) -> Fitted:
    if isinstance(value, str) and _DAY.fullmatch(value.strip()):
        return Fitted(value.strip())
    moment = moment_of(value)
    if moment is None:
        return _unread(value, "a date with a time")
    return Fitted(value.strip() if isinstance(value, str) else moment.isoformat())


def _fit_choice(value: Any, options: Sequence[str]) -> Fitted:
    items = [str(item) for item in value] if isinstance(value, list) else [value]
    if len(items) > 1:
        problem = f"takes one option, and {quoted(as_text(value))} are {len(items)}"
        return Fitted(value, problem)
    text = str(as_text(items[0])).strip()
    found = _option(text, options)
    return Fitted(text, _no_option(text)) if found is None else Fitted(found)


def _fit_list(value: Any, options: Sequence[str]) -> Fitted:
    whole = _option(value, options) if isinstance(value, str) and options else None
    items = [whole] if whole is not None else items_of(value)
    known = [_option(item, options) for item in items]
    for item, found in zip(items, known, strict=True):
        if found is None:
            return Fitted(value, _no_option(item))
    return Fitted(list(dict.fromkeys(known)) or None)


def _option(text: str, options: Sequence[str]) -> str | None:
    """Return the option a text means, in its own spelling; any text without options."""
    if not options or text in options:
        return text
    wanted = normal("choice", text)
    return next((o for o in options if normal("choice", o) == wanted), None)


def _no_option(text: str) -> str:
    return f"has no option {quoted(text)}"


def _unread(value: Any, what: str) -> Fitted:
    return Fitted(value, f"takes {what}, and {quoted(as_text(value))} is none")


def quoted(value: Any) -> str:
    """Return a value as a sentence names it, cut where it is long."""
    text = str(value)
    return f"“{text[:SHOWN]}…”" if len(text) > SHOWN else f"“{text}”"
