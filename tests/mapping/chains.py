"""Every way a transform can be told, for tests of what must hold for all of them."""

from __future__ import annotations

from itertools import product
from typing import Any

from mapping.steps.patterns import pattern_problem
from mapping.transforms import TRANSFORMS, Option


def ways(name: str) -> list[dict[str, Any]]:
    """Return the ways a transform can be told, with a few values of its free options."""
    options = TRANSFORMS[name].options
    values = [list(each.choices or _free(each)) for each in options.values()]
    return [
        {"name": name, **dict(zip(options, chosen, strict=True))}
        for chosen in product(*values)
    ]


def _free(option: Option) -> list[Any]:
    if option.check is pattern_problem:
        return [option.example, "a*", r"[^\W\d]+?"]
    if option.check:
        return [option.example]
    return [1, 6] if option.kind == "number" else ["a", "<", "😀", "$1$9$"]
