"""What every transform gets beside the value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Step = Mapping[str, Any]  # {"name": "phone", "format": "e164"}


@dataclass(frozen=True, slots=True)
class Setting:
    """What a transform may know beyond the value: the countries it goes between."""

    country: str = ""  # where it comes from
    reader: str = ""  # where it is to be read
