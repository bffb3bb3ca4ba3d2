"""Patterns: what fits one is replaced or taken out (docs/decisions/0030). Pure.

The engine is RE2, whose time grows with the text and never explodes. Looking again after
each find can still add up, so what one value may cost has a limit that does not depend
on how busy the machine is.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import re2

from mapping.steps.base import Setting, Step
from mapping.steps.declare import Option, Transform

MOST_SIZE = 5_000  # instructions of a pattern
MOST_TEXT = 100_000  # characters
WORK = 200_000_000  # finds × characters × instructions: about half a second
# a letter of any script; punctuation beyond ASCII is left out
_LETTERS = r"\w\x{C0}-\x{1FFF}\x{2070}-\x{2FFF}\x{3040}-\x{10FFFF}"
_CASES = {"exact": "as written here", "any": "in any case"}


def replace_pattern(value: Any, step: Step, setting: Setting) -> Any:
    """Replace what fits a pattern; $1 to $9 stand for its groups, $0 for all of it.

    A text in which too much fits to be done in time stays as it came.
    """
    known = _known(value, step)
    if known is None:
        return value
    most = max(1, WORK // (len(value) * known.programsize or 1))
    with_ = str(step.get("with") or "")
    made, count = known.subn(lambda found: _filled(with_, found), value, most + 1)
    return value if count > most else made


def extract(value: Any, step: Step, setting: Setting) -> Any:
    """Take the first part that fits a pattern: its first group where it has one."""
    known = _known(value, step)
    found = known.search(value) if known is not None else None
    if not found:
        return value
    return (found.group(1) if known.groups else found.group(0)) or value


def pattern_problem(text: str) -> str:
    """Return why a pattern cannot be used, "" when it can."""
    try:
        size = compiled(text, "exact").programsize
    except re2.error as error:
        said = error.args[0] if error.args else ""
        words = said.decode(errors="replace") if isinstance(said, bytes) else said
        return f"is no pattern that can be used: {words}"
    return "is too large a pattern; count less in it" if size > MOST_SIZE else ""


@lru_cache(maxsize=512)
def compiled(pattern: str, case: str) -> Any:
    """Return a pattern ready for use; re2.error when it is none."""
    options = re2.Options()
    options.log_errors = False
    options.case_sensitive = case != "any"
    return re2.compile(_in_any_script(pattern), options)


def _known(value: Any, step: Step) -> Any:
    """Return the pattern of a step when it can be used on a value, else None."""
    pattern = step.get("pattern")
    if not isinstance(value, str) or not isinstance(pattern, str) or not pattern:
        return None
    return None if len(value) > MOST_TEXT else compiled(pattern, str(step.get("case")))


def _in_any_script(pattern: str) -> str:
    r"""Return a pattern whose \w means letters with accents and of other scripts too."""
    parts, at, is_inside = [], 0, False
    while at < len(pattern):
        here = pattern[at : at + 2] if pattern[at] == "\\" else pattern[at]
        if here == r"\w":
            parts.append(_LETTERS if is_inside else f"[{_LETTERS}]")
        elif here == r"\W" and not is_inside:
            parts.append(f"[^{_LETTERS}]")
        else:
            parts.append(here)
        if here == "[" and not is_inside:
            is_inside = True
            if pattern[at + 1 : at + 2] == "]":  # stands for itself there
                parts.append("]")
                at += 1
        elif here == "]":
            is_inside = False
        at += len(here)
    return "".join(parts)


def _filled(with_: str, found: Any) -> str:
    """Return the replacement of one find; a group that there is not stays as written."""
    parts = with_.split("$")
    told = [parts[0]]
    for part in parts[1:]:
        number = part[:1]
        if number.isascii() and number.isdigit() and int(number) <= found.re.groups:
            told.append((found.group(int(number)) or "") + part[1:])
        else:
            told.append(f"${part}")
    return "".join(told)


_PATTERN = Option(
    "Pattern", "text", needed=True, check=pattern_problem, example=r"(\w+) (\w+)"
)
_CASE = Option("Letters", choices=_CASES)
TRANSFORMS = {
    "replace_pattern": Transform(
        replace_pattern,
        "Replace by a pattern",
        {
            "pattern": _PATTERN,
            "with": Option("Replace with", "text", example="$2, $1"),
            "case": _CASE,
        },
    ),
    "extract": Transform(
        extract, "Take out by a pattern", {"pattern": _PATTERN, "case": _CASE}
    ),
}
