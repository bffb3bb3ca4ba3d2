"""What changed from one published version of a mapping to the next, in words."""

from __future__ import annotations

from collections.abc import Mapping as Data
from typing import Any

from mapping.forms import Catalogue
from mapping.models import MappingVersion

ARROWS = {"both": "↔", "left_to_right": "→", "right_to_left": "←"}
TOLD = {
    "direction": "direction",
    "write": "when it is written",
    "conflict": "who wins a conflict",
    "to_right": "its steps to the right",
    "to_left": "its steps to the left",
    "value_map": "its matched values",
    "constant": "its fixed value",
    "default": "its default",
    "gather": "the fields it comes from",
}
Line = Data[str, Any]


def changes_between(
    before: MappingVersion, after: MappingVersion, catalogue: Catalogue
) -> list[dict[str, str]]:
    """Return the wires added, removed and changed, each as a sentence with an icon."""
    old, new = _by_pair(before), _by_pair(after)
    told = [
        {"icon": "plus", "words": f"Connected {_name(line, catalogue)}"}
        for pair, line in new.items()
        if pair not in old
    ]
    told += [
        {"icon": "minus", "words": f"Removed {_name(line, catalogue)}"}
        for pair, line in old.items()
        if pair not in new
    ]
    for pair, line in new.items():
        parts = _changed(old[pair], line) if pair in old else []
        if parts:
            words = f"{_name(line, catalogue)}: changed {', '.join(parts)}"
            told.append({"icon": "pencil", "words": words})
    if before.direction != after.direction:
        words = f"People flow {ARROWS[after.direction]} instead of {ARROWS[before.direction]}"
        told.append({"icon": "arrows-left-right", "words": words})
    return told


def _by_pair(version: MappingVersion) -> dict[tuple[str, str], Line]:
    return {(line["left"], line["right"]): line for line in version.lines}


def _changed(old: Line, new: Line) -> list[str]:
    return [words for key, words in TOLD.items() if old.get(key) != new.get(key)]


def _name(line: Line, catalogue: Catalogue) -> str:
    names = []
    for side in ("left", "right"):
        field = catalogue.spec(side).field(line[side])
        names.append(field.label if field else line[side] or "a fixed value")
    return f" {ARROWS[line.get('direction', 'both')]} ".join(names)
