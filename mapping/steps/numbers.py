"""Numbers, and yes and no, in the words of the other side. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from mapping.steps.base import Setting, Step

MOST_DIGITS = 20  # and six places: what a Decimal keeps exactly
# (between thousands, before the fraction)
STYLES: Mapping[str, tuple[str, str]] = {
    "point": (",", "."),
    "comma": (".", ","),
    "space": ("\u00a0", ","),
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
_YES = frozenset(["1", "checked", "ja", "on", "oui", "si", "sí", "true", "y", "yes"])
_NO = frozenset(["0", "false", "n", "nein", "no", "non", "off", "unchecked"])


def write_number(value: Any, step: Step, setting: Setting) -> Any:
    """Write a number as text: its thousands, its fraction, how many places."""
    number = _number(value)
    if number is None:
        return value
    places = step.get("places")
    if isinstance(places, int) and places >= 0:
        number = number.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    thousands, fraction = STYLES.get(str(step.get("style")), STYLES["point"])
    text = f"{number:,f}".replace(",", "\0").replace(".", fraction)
    return text.replace("\0", thousands)


def _number(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    is_usual = number.is_finite() and abs(number.adjusted()) < MOST_DIGITS
    return number if is_usual else None


def write_yes_no(value: Any, step: Step, setting: Setting) -> Any:
    """Write a yes or no in the words of the other side, whatever words it comes in."""
    known = _yes_no(value)
    if known is None:
        return value
    yes, no = WORDS.get(str(step.get("words")), WORDS["yes_no"])
    return yes if known else no


def _yes_no(value: Any) -> bool | None:
    """Return the yes or no that a value says, None for what is neither."""
    if isinstance(value, bool):
        return value
    word = str(value).strip().casefold() if isinstance(value, str | int) else ""
    if word in _YES:
        return True
    return False if word in _NO else None
