"""Names of people: the first or the family name out of a full one. Pure."""

from __future__ import annotations

from typing import Any

from mapping.steps.base import Setting, Step

# what belongs to the family name that follows it
PARTICLES = frozenset({"al", "bin", "da", "das", "de", "del", "della", "den", "der"})
PARTICLES |= {"di", "dos", "du", "el", "ibn", "la", "le", "mac", "st", "st.", "ten"}
PARTICLES |= {"ter", "van", "von", "zu", "zum", "zur"}
SUFFIXES = frozenset(["ii", "iii", "iv", "jr", "jr.", "md", "phd", "sr", "sr."])


def name_part(value: Any, step: Step, setting: Setting) -> Any:
    """Take the first names or the family name out of a full name.

    “Lovelace, Ada” is read the other way round; particles stay with the family name.
    """
    if not isinstance(value, str):
        return value
    first, last = split_name(value)
    return last if step.get("part") == "last" else first


def split_name(text: str) -> tuple[str, str]:
    """Return (first names, family name); a single word is a first name."""
    before, comma, after = " ".join(text.split()).partition(",")
    if comma and after.strip() and after.strip().lower() not in SUFFIXES:
        return after.strip(), before.strip()
    words = f"{before} {after}".split()
    if len(words) < 2:
        return (words[0] if words else ""), ""
    begin = len(words) - 1
    if words[begin].lower() in SUFFIXES and begin > 1:
        begin -= 1
    while begin > 1 and words[begin - 1].lower() in PARTICLES:
        begin -= 1
    return " ".join(words[:begin]), " ".join(words[begin:])
