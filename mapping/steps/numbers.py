"""Steps on numbers and on yes and no. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from mapping.steps.base import Setting, Step

MOST_DIGITS = 30
_DIGITS = re.compile(r"[-+−(]?\s*\d[\d.,'’\s]*\)?")
# (between thousands, before the fraction)
STYLES: Mapping[str, tuple[str, str]] = {
    "point": (",", "."),
    "comma": (".", ","),
    "space": (" ", ","),
    "plain": ("", "."),
}
WORDS: Mapping[str, tuple[str, str]] = {
    "yes_no": ("Yes", "No"),
    "true_false": ("true", "false"),
    "one_zero": ("1", "0"),
    "ja_nein": ("Ja", "Nein"),
    "oui_non": ("Oui", "Non"),
    "si_no": ("Sí", "No"),
}
_YES = frozenset("yes y true t on 1 ja j oui o si sí s tak x checked".split())
_NO = frozenset("no n false f off 0 nein non nie unchecked".split())


def read_number(value: Any, step: Step, setting: Setting) -> Any:
    """Read the number out of a text: “about 1,200 USD” is 1200.

    `style` says which sign stands before the fraction; with two different signs the
    last one does. A text with no number, or with several, stays as it is.
    """
    if not isinstance(value, str):
        return value
    found = _DIGITS.findall(value)
    if len(found) != 1:
        return value
    number = _number(found[0].strip(), str(step.get("style") or "point"))
    if number is None:
        return value
    return int(number) if number == number.to_integral_value() else float(number)


def _number(text: str, style: str) -> Decimal | None:
    is_negative = text[:1] in "-−" or (text.startswith("(") and text.endswith(")"))
    text = text.strip("()+-− ")
    _, fraction = STYLES.get(style, STYLES["point"])
    if "." in text and "," in text:  # the last of two signs begins the fraction
        fraction = "." if text.rindex(".") > text.rindex(",") else ","
    head, sign, tail = text.rpartition(fraction)
    if not sign or fraction in head:  # a sign that comes twice parts thousands
        head, tail = text, ""
    digits = re.sub(r"\D", "", head)
    if len(digits) + len(tail) > MOST_DIGITS or not tail.isdigit() and tail:
        return None
    try:
        number = Decimal(f"{digits or '0'}.{tail or '0'}")
    except InvalidOperation:
        return None
    return -number if is_negative else number


def write_number(value: Any, step: Step, setting: Setting) -> Any:
    """Write a number as text: thousands, fraction and a currency as chosen."""
    number = _plain(value)
    if number is None:
        return value
    places = int(step.get("places") or 0)
    rounded = number.quantize(Decimal(1).scaleb(-min(max(places, 0), 6)), ROUND_HALF_UP)
    thousands, fraction = STYLES.get(str(step.get("style") or "point"), STYLES["point"])
    text = f"{rounded:,f}".replace(",", "\0").replace(".", fraction)
    text = text.replace("\0", thousands)
    unit = str(step.get("unit") or "")
    return f"{text} {unit}" if unit else text


def scale(value: Any, step: Step, setting: Setting) -> Any:
    """Multiply a number: cents into euros, a share into percent."""
    number, factor = _plain(value), _plain(step.get("by"))
    if number is None or factor is None:
        return value
    product = number * factor
    return int(product) if product == product.to_integral_value() else float(product)


def _plain(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    is_usual = number.is_finite() and abs(number.adjusted()) < MOST_DIGITS
    return number if is_usual else None


def write_yes_no(value: Any, step: Step, setting: Setting) -> Any:
    """Write a yes or no in the words of the other side."""
    known = yes_no(value)
    if known is None:
        return value
    yes, no = WORDS.get(str(step.get("words")), WORDS["yes_no"])
    return yes if known else no


def read_yes_no(value: Any, step: Step, setting: Setting) -> Any:
    """Read a yes or no in any of the known words."""
    known = yes_no(value)
    return value if known is None else known


def yes_no(value: Any) -> bool | None:
    """Return the yes or no that a value says, None for what is neither."""
    if isinstance(value, bool):
        return value
    word = str(value).strip().casefold() if isinstance(value, str | int) else ""
    if word in _YES:
        return True
    return False if word in _NO else None
