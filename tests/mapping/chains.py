"""Every way a transform can be told, for tests of what must hold for all of them."""

from __future__ import annotations

from itertools import product
from typing import Any

from mapping.transforms import TRANSFORMS


def ways(name: str) -> list[dict[str, Any]]:
    """Return the ways a transform can be told, with a few values of its free options."""
    free = {"text": ["a", "<", "😀"], "number": [1, 6]}
    options = TRANSFORMS[name].options
    values = [
        list(each.choices or free.get(each.kind, [])) for each in options.values()
    ]
    return [
        {"name": name, **dict(zip(options, chosen, strict=True))}
        for chosen in product(*values)
    ]
