"""What a transform declares: its label, and the options it may be told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from mapping.steps.base import Setting, Step

LONGEST = 1_000  # characters of an option that is any text


@dataclass(frozen=True, slots=True)
class Option:
    """What a transform may be told.

    `choices`: value → words, for a choice. `most`: of a whole number, which begins at
    `least`. `needed`: without it the transform could do nothing. `check`: says of a text
    that is not empty why it cannot be used, "" when it can; `example` is one that can.
    """

    label: str
    kind: Literal["choice", "text", "number"] = "choice"
    choices: Mapping[str, str] | None = None
    least: int = 0
    most: int = 0
    needed: bool = False
    check: Callable[[str], str] | None = None
    example: str = ""

    def problem(self, value: Any) -> str:
        """Return why a value cannot be used, "" when it can."""
        if self.choices is not None:
            is_known = isinstance(value, str) and value in self.choices
            return "" if is_known else f"must be one of {', '.join(self.choices)}"
        if self.kind == "number":
            is_whole = isinstance(value, int) and not isinstance(value, bool)
            if is_whole and self.least <= value <= self.most:
                return ""
            return f"must be a whole number from {self.least} to {self.most}"
        if not isinstance(value, str) or len(value) > LONGEST:
            return f"must be a text of at most {LONGEST} characters"
        if not value:
            return "must not be empty" if self.needed else ""
        return self.check(value) if self.check else ""


@dataclass(frozen=True, slots=True)
class Transform:
    """A transform with its label and the options it takes, by name.

    `of_lists`: it makes a list or unmakes one, so it never runs on an item of one.
    `inverse` names the transform that takes it back, where there is one.
    """

    run: Callable[[Any, Step, Setting], Any]
    label: str
    options: Mapping[str, Option]
    of_lists: bool = False
    inverse: str = ""

    @property
    def is_closed(self) -> bool:
        """Whether each of its options is a choice, so that all its forms can be listed."""
        return all(option.kind == "choice" for option in self.options.values())
