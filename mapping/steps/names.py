"""Steps on names of people: the first or the last part of a full one. Pure."""

from __future__ import annotations

from typing import Any

from mapping.steps.base import Setting, Step

# what belongs to the family name that follows it
PARTICLES = frozenset(
    "van von der den de del della di da dos das du la le ten ter zu zum zur bin ibn al el "
    "o' st st. mc mac".split()
)
SUFFIXES = frozenset("jr jr. sr sr. ii iii iv phd md".split())


def name_part(value: Any, step: Step, setting: Setting) -> Any:
    """Take the first names or the family name out of a full name.

    “Lovelace, Ada” is read the other way round; particles stay with the family name.
    """
    if not isinstance(value, str):
        return value
    first, last = split_name(value)
    return first if step.get("part") == "first" else last


def split_name(text: str) -> tuple[str, str]:
    """Return (first names, family name); a single word is a first name."""
    text = " ".join(text.split())
    before, comma, after = text.partition(",")
    if comma and after.strip().lower() not in SUFFIXES:
        return after.strip(), before.strip()
    words = text.replace(",", "").split()
    if len(words) < 2:
        return (words[0] if words else ""), ""
    begin = len(words) - 1
    if words[begin].lower() in SUFFIXES and begin > 1:
        begin -= 1
    while begin > 1 and words[begin - 1].lower() in PARTICLES:
        begin -= 1
    return " ".join(words[:begin]), " ".join(words[begin:])
