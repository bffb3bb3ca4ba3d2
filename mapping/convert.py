"""Converting values through a field map, and telling whether two mean the same."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from crosswalk import phones
from mapping.fieldrule import Countries, FieldRule, Side, other, rules_build
from mapping.kinds import Fitted, as_text, fit, normal
from mapping.lists import carried, items_of_side, text_or_list
from mapping.transforms import Setting, apply_chain
from mapping.valuemap import value_mapped

__all__ = [
    "Countries",
    "FieldRule",
    "Side",
    "convert",
    "is_empty",
    "meaning",
    "misfit",
    "other",
    "rules_build",
    "same_but_form",
    "same_meaning",
]
_SCHEME = re.compile(r"^https?://", re.IGNORECASE)


def convert(rule: FieldRule, value: Any, *, to: Side, countries: Countries) -> Any:
    """Return a value of the other side as it is to be written on `to`.

    A value the field cannot hold comes back as it is: `misfit` says why. Of a list the
    items that fit come back.
    """
    return _converted(rule, value, to, countries).value


def misfit(
    rule: FieldRule, value: Any, *, to: Side, countries: Countries, where: str
) -> str:
    """Return why a value of the other side cannot be written on `to`, "" if it can.

    `where` is what people call the system of `to`.
    """
    problem = _converted(rule, value, to, countries).problem
    return misfit_sentence(rule, problem, to=to, where=where) if problem else ""


def misfit_sentence(rule: FieldRule, problem: str, *, to: Side, where: str) -> str:
    """Return a problem of `fit` or of the value map as a sentence that says what to do."""
    here, there = f"“{rule.label(other(to))}”", f"“{rule.label(to)}” at {where}"
    advice = f"change the value of {here}"
    if problem.endswith("in its value map"):
        return f"{there} cannot take it: {problem}. Add it there, or {advice}."
    if problem.startswith("has no option"):
        advice = f"add the option there and read the fields again, or {advice}"
    return f"{there} {problem}: {advice}."


def _converted(rule: FieldRule, value: Any, to: Side, countries: Countries) -> Fitted:
    if is_empty(value):
        return Fitted(None)
    if rule.is_list:
        return _converted_list(rule, value, to)
    found = value_mapped(rule.value_map, value, to=to, kind=rule.type(other(to)))
    if found.problem:
        return Fitted(value, found.problem)
    setting = Setting(country=countries.of(other(to)), reader=countries.of(to))
    value = apply_chain(rule.chain(to), found.value, setting)
    return (
        Fitted(None) if is_empty(value) else fit(rule.type(to), rule.options(to), value)
    )


def _converted_list(rule: FieldRule, value: Any, to: Side) -> Fitted:
    found = [carried(rule, item, to) for item in items_of_side(rule, other(to), value)]
    problem = next((each.problem for each in found if each.problem), "")
    items = [each.value for each in found if not each.problem and each.value]
    return Fitted(text_or_list(rule, to, items), problem)


def is_empty(value: Any) -> bool:
    """Whether a read value is empty. Only spaces count as empty too."""
    if isinstance(value, str):
        return not value.strip()
    return value is None or value == [] or value == {}


def meaning(kind: str, value: Any, country: str = "") -> Any:
    """Return what a value of a type means, comparable with ==; None when empty."""
    if is_empty(value):
        return None
    found = normal("tags" if isinstance(value, list | tuple) else kind, value)
    if found is not None:
        return found
    if not isinstance(value, str):
        return value if isinstance(value, bool) else as_text(value)
    text = " ".join(unicodedata.normalize("NFC", value).split())
    if kind == "email":
        return text.casefold()
    if kind == "phone":
        return phones.e164(text, country) or re.sub(r"[^\w+]", "", text).casefold()
    if kind == "url":
        host, slash, path = _SCHEME.sub("", text).rstrip("/").partition("/")
        return host.casefold() + slash + path
    return text


def same_meaning(rule: FieldRule, left: Any, right: Any, countries: Countries) -> bool:
    """Whether two values mean the same through a field map, either way round."""
    if _same_number(rule, left, right, countries):
        return True
    found = _converted(rule, left, "right", countries)
    there = found.value
    if there is not None and there == right and not _is_unmapped(rule, found):
        return True
    # a converted value is read with the country it came from: it may have kept
    # its national form
    if not _is_unmapped(rule, found) and meaning(
        rule.right_type, there, countries.of("left")
    ) == meaning(rule.right_type, right, countries.of("right")):
        return True
    found = _converted(rule, right, "left", countries)
    return not _is_unmapped(rule, found) and bool(
        meaning(rule.left_type, found.value, countries.of("right"))
        == meaning(rule.left_type, left, countries.of("left"))
    )


def _is_unmapped(rule: FieldRule, found: Fitted) -> bool:
    """Whether a value is not in the table: then it means nothing on the other side."""
    return bool(found.problem and rule.value_map)


def _same_number(rule: FieldRule, left: Any, right: Any, countries: Countries) -> bool:
    """Whether both hold one phone number, each as its own country writes it."""
    if rule.left_type != "phone" or rule.right_type != "phone":
        return False
    one = meaning("phone", left, countries.of("left"))
    return one is not None and bool(
        one == meaning("phone", right, countries.of("right"))
    )


def same_but_form(sent: Any, read: Any) -> bool:
    """Whether a vendor may have made the one out of the other while storing it.

    Another case, other space or punctuation, or a text cut at its end.
    """
    if not isinstance(sent, str) or not isinstance(read, str):
        return False
    one, two = _letters(sent), _letters(read)
    return bool(two) and (one == two or (len(read) >= 20 and one.startswith(two)))


def _letters(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(char for char in plain if char.isalnum())
