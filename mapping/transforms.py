"""Transforms: pure functions on one value, named in a field map's chains.

A transform never loses a value it cannot read: it gives it back as it came.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crosswalk import phones
from mapping.kinds import SEPARATORS, items_of, items_text

Step = Mapping[str, Any]  # {"name": "phone", "format": "e164"}


@dataclass(frozen=True, slots=True)
class Setting:
    """What a transform may know beyond the value: the countries it goes between."""

    country: str = ""  # where it comes from
    reader: str = ""  # where it is to be read


def trim(value: Any, step: Step, setting: Setting) -> Any:
    """Remove space around a text and doubled space within it."""
    return " ".join(value.split()) if isinstance(value, str) else value


def email(value: Any, step: Step, setting: Setting) -> Any:
    """Write an e-mail address in lower case, without space around it."""
    return value.strip().lower() if isinstance(value, str) else value


def phone(value: Any, step: Step, setting: Setting) -> Any:
    """Write a phone number in the chosen format; unreadable ones stay as sent."""
    if not isinstance(value, str):
        return value
    if step.get("format") == "national":
        number = phones.national(value, setting.country, setting.reader)
    else:
        number = phones.e164(value, setting.country)
    return number or value.strip()


def split(value: Any, step: Step, setting: Setting) -> Any:
    """Read a text as a list: "a, b" → ["a", "b"]. The inverse of `join`."""
    if not isinstance(value, str):
        return value
    return items_of(value, SEPARATORS.get(str(step.get("separator")), ""))


def join(value: Any, step: Step, setting: Setting) -> Any:
    """Write a list as one text: ["a", "b"] → "a, b". The inverse of `split`."""
    if not isinstance(value, list | tuple):
        return value
    return items_text(value, SEPARATORS.get(str(step.get("separator")), ","))


@dataclass(frozen=True, slots=True)
class Transform:
    """A transform with its label and the options it takes: name → allowed values.

    `of_lists`: it makes a list or unmakes one, so it never runs on an item of one.
    `inverse` names the transform that takes it back, where there is one.
    """

    run: Callable[[Any, Step, Setting], Any]
    label: str
    options: Mapping[str, tuple[str, ...]]
    of_lists: bool = False
    inverse: str = ""


TRANSFORMS: Mapping[str, Transform] = {
    "trim": Transform(trim, "Remove extra spaces", {}),
    "email": Transform(email, "E-mail in lower case", {}),
    "phone": Transform(phone, "Phone number", {"format": ("e164", "national")}),
    "split": Transform(
        split, "Text to list", {"separator": tuple(SEPARATORS)}, True, "join"
    ),
    "join": Transform(
        join, "List to text", {"separator": tuple(SEPARATORS)}, True, "split"
    ),
}


def apply_chain(chain: Sequence[Step], value: Any, setting: Setting) -> Any:
    """Return a value after each transform of a chain, in order. None stays None."""
    for step in chain:
        if value is None:
            return None
        value = TRANSFORMS[step["name"]].run(value, step, setting)
    return None if value in ("", []) else value


def separator_in(chain: Sequence[Step], name: str) -> str:
    """Return the separator that a chain's `split` or `join` names, "" if none does."""
    steps = [step for step in chain if step["name"] == name]
    return SEPARATORS.get(str(steps[-1].get("separator")), "") if steps else ""


def on_items(chain: Sequence[Step]) -> tuple[Step, ...]:
    """Return the steps of a chain that are about each item of a list."""
    return tuple(step for step in chain if not TRANSFORMS[step["name"]].of_lists)


def check_chain(chain: Any) -> list[str]:
    """Return what is wrong with a chain, in words; [] when it can be used."""
    if not isinstance(chain, list | tuple):
        return ["must be a list of transforms"]
    return [problem for step in chain for problem in _check_step(step)]


def _check_step(step: Any) -> list[str]:
    if not isinstance(step, Mapping) or not isinstance(step.get("name"), str):
        return ["each transform needs a name"]
    transform = TRANSFORMS.get(step["name"])
    if transform is None:
        return [f"the transform “{step['name']}” is not supported yet"]
    problems = []
    for option, chosen in step.items():
        allowed = transform.options.get(option)
        if option == "name":
            continue
        if allowed is None:
            problems.append(f"“{step['name']}” has no option “{option}”")
        elif chosen not in allowed:
            problems.append(f"“{option}” must be one of {', '.join(allowed)}")
    return problems
