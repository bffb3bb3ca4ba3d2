"""Numbers, and yes and no, in the words of the other side. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from mapping.kinds import number_text, yes_or_no
from mapping.steps.base import Setting, Step

MOST_DIGITS = 20  # and six places: what a Decimal keeps exactly
# (between thousands, before the fraction)
STYLES: Mapping[str, tuple[str, str]] = {
    "point": (",", "."),
    "comma": (".", ","),
    "space": ("\u00a0", ","),
    "plain": ("", "."),
}
# currencies whose amounts have no cents, or three places
PLACES: Mapping[str, int] = {
    **dict.fromkeys(("CLP", "ISK", "JPY", "KRW", "PYG", "UGX", "VND", "XAF", "XOF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}
# signs, codes and space on either end of an amount
_AROUND = re.compile(r"^[^\d-]+(?=-?\d)|[^\d.,]+$")
WORDS: Mapping[str, tuple[str, str]] = {
    "yes_no": ("Yes", "No"),
    "true_false": ("true", "false"),
    "one_zero": ("1", "0"),
    "ja_nein": ("Ja", "Nein"),
    "oui_non": ("Oui", "Non"),
    "si_no": ("Sí", "No"),
}


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


def read_number(value: Any, step: Step, setting: Setting) -> Any:
    """Read a number written in a style, also an amount with its currency: 1200.5.

    The inverse of `write_number` and `write_money`.
    """
    if not isinstance(value, str):
        return value
    thousands, fraction = STYLES.get(str(step.get("style")), STYLES["point"])
    text = _AROUND.sub("", value)
    if thousands == "\u00a0":
        text = text.replace(" ", thousands)
    between, point = re.escape(thousands) or "(?!)", re.escape(fraction)
    known = re.fullmatch(
        rf"(-?)(\d+|\d{{1,3}}(?:{between}\d{{3}})+)(?:{point}(\d*))?", text, re.ASCII
    )
    if known is None:
        return value
    sign, whole, rest = known.groups(default="")
    whole = whole.replace(thousands, "") if thousands else whole
    number = _number(f"{sign}{whole}.{rest or 0}")
    return value if number is None else number_text(number)


def write_money(value: Any, step: Step, setting: Setting) -> Any:
    """Write an amount as text with its currency: EUR 1,200.50."""
    if _number(value) is None:
        return value
    code = str(step.get("currency") or "").upper()
    places = PLACES.get(code, 2)
    text = write_number(value, {**step, "places": places}, setting)
    return f"{code} {text}" if step.get("where") != "after" else f"{text} {code}"


def currency_problem(text: str) -> str:
    """Return why a text is no currency, "" when it is one."""
    is_code = len(text) == 3 and text.isascii() and text.isalpha() and text.isupper()
    return "" if is_code else "must be the code of a currency, as in EUR"


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
    known = yes_or_no(value)
    if known is None:
        return value
    yes, no = WORDS.get(str(step.get("words")), WORDS["yes_no"])
    return yes if known else no
