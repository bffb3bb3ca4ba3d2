"""Foreign data: what vendors and strangers send, made fit to be read and stored.

JSON allows what a database does not: NUL characters and halves of surrogate pairs
(PostgreSQL refuses both), NaN and numbers without end (no JSON column takes them).
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def storable_text(text: str) -> str:
    """Return a text without the characters that no database stores."""
    return _UNSTORABLE.sub("", text)


def json_read(text: str | bytes) -> Any:
    """Return JSON as storable data; ValueError for all that cannot be read."""
    try:
        data = json.loads(text, parse_constant=_nothing, parse_float=_finite)
    except RecursionError as exc:
        raise ValueError("nested too deeply") from exc
    return _storable(data) if _may_hold_unstorable(text) else data


def _nothing(_: str) -> None:
    """NaN and Infinity say nothing that could be kept."""


def _finite(text: str) -> float | None:
    number = float(text)
    return number if math.isfinite(number) else None


def _may_hold_unstorable(text: str | bytes) -> bool:
    """Whether it is worth looking: raw text cannot hold them, only escapes can."""
    if isinstance(text, str):
        return "\\u" in text or _UNSTORABLE.search(text) is not None
    return b"\\u" in text


def _storable(data: Any) -> Any:
    if isinstance(data, str):
        return storable_text(data)
    if isinstance(data, list):
        return [_storable(item) for item in data]
    if isinstance(data, dict):
        return {storable_text(key): _storable(item) for key, item in data.items()}
    return data
