"""Transforms: pure functions on one value, named in a field map's chains.

A transform never loses a value it cannot read: it gives it back as it came.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crosswalk import phones

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


@dataclass(frozen=True, slots=True)
class Transform:
    """A transform with its label and the options it takes: name → allowed values."""

    run: Callable[[Any, Step, Setting], Any]
    label: str
    options: Mapping[str, tuple[str, ...]]


TRANSFORMS: Mapping[str, Transform] = {
    "trim": Transform(trim, "Remove extra spaces", {}),
    "email": Transform(email, "E-mail in lower case", {}),
    "phone": Transform(phone, "Phone number", {"format": ("e164", "national")}),
}


def apply_chain(chain: Sequence[Step], value: Any, setting: Setting) -> Any:
    """Return a value after each transform of a chain, in order. None stays None."""
    for step in chain:
        if value is None:
            return None
        value = TRANSFORMS[step["name"]].run(value, step, setting)
    return None if value == "" else value


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
