"""Transforms: pure functions on one value, named in a field map's chains.

A transform never loses a value it cannot read: it gives it back as it came.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from crosswalk import phones
from mapping.kinds import SEPARATORS, items_of, items_text
from mapping.steps import moments, names, numbers, patterns, places, texts, zones
from mapping.steps.base import Setting, Step
from mapping.steps.declare import Option, Transform

__all__ = [
    "TRANSFORMS",
    "Option",
    "Setting",
    "Step",
    "Transform",
    "apply_chain",
    "check_chain",
    "on_items",
    "separator_in",
]


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


_SEPARATOR = Option(
    "Between the items",
    choices={"comma": "comma", "semicolon": "semicolon", "line": "new line"},
)
_DATE_FORM = Option(
    "Form",
    choices={
        "day_month_year": "31/12/2026",
        "month_day_year": "12/31/2026",
        "dotted": "31.12.2026",
        "iso": "2026-12-31",
        "compact": "20261231",
    },
)
_STYLE = Option(
    "Written",
    choices={
        "point": "1,200.50",
        "comma": "1.200,50",
        "space": "1 200,50",
        "plain": "1200.50",
    },
)
TRANSFORMS: Mapping[str, Transform] = {
    "trim": Transform(trim, "Remove extra spaces", {}),
    "email": Transform(email, "E-mail in lower case", {}),
    "phone": Transform(
        phone,
        "Phone number",
        {
            "format": Option(
                "Format",
                choices={
                    "e164": "international (+44 …)",
                    "national": "as written at home",
                },
            )
        },
    ),
    "case": Transform(
        texts.case,
        "Capital letters",
        {
            "to": Option(
                "Write",
                choices={
                    "title": "Like a Name",
                    "sentence": "Like a sentence",
                    "upper": "ALL CAPITALS",
                    "lower": "no capitals",
                },
            )
        },
    ),
    "name_part": Transform(
        names.name_part,
        "Part of a full name",
        {
            "part": Option(
                "Part", choices={"first": "first names", "last": "family name"}
            )
        },
    ),
    "replace": Transform(
        texts.replace,
        "Replace text",
        {
            "find": Option("Find", "text", needed=True),
            "with": Option("Replace with", "text"),
        },
    ),
    **patterns.TRANSFORMS,
    "truncate": Transform(
        texts.truncate,
        "Shorten",
        {
            "length": Option(
                "Characters at most", "number", least=1, most=100_000, needed=True
            )
        },
    ),
    "write_date": Transform(
        moments.write_date, "Date to text", {"form": _DATE_FORM}, inverse="read_date"
    ),
    "read_date": Transform(
        moments.read_date, "Text to date", {"form": _DATE_FORM}, inverse="write_date"
    ),
    **zones.TRANSFORMS,
    "number": Transform(
        numbers.write_number,
        "Number to text",
        {"style": _STYLE, "places": Option("Decimal places", "number", most=6)},
        inverse="read_number",
    ),
    "money": Transform(
        numbers.write_money,
        "Amount with its currency",
        {
            "currency": Option(
                "Currency",
                "text",
                needed=True,
                check=numbers.currency_problem,
                example="EUR",
            ),
            "style": _STYLE,
            "where": Option(
                "The currency stands", choices={"before": "before", "after": "after"}
            ),
        },
        inverse="read_number",
    ),
    "read_number": Transform(
        numbers.read_number,
        "Text to number",
        {"style": _STYLE},
        inverse="number",
    ),
    "yes_no": Transform(
        numbers.write_yes_no,
        "Yes or no, in words",
        {
            "words": Option(
                "Words",
                choices={key: " / ".join(said) for key, said in numbers.WORDS.items()},
            )
        },
    ),
    **places.TRANSFORMS,
    "from_html": Transform(
        texts.from_html, "HTML to plain text", {}, inverse="to_html"
    ),
    "to_html": Transform(texts.to_html, "Plain text to HTML", {}, inverse="from_html"),
    "split": Transform(split, "Text to list", {"separator": _SEPARATOR}, True, "join"),
    "join": Transform(join, "List to text", {"separator": _SEPARATOR}, True, "split"),
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
    name = step["name"]
    problems = [
        f"“{name}” needs the option “{key}”"
        for key, option in transform.options.items()
        if option.needed and key not in step
    ]
    for key, value in step.items():
        option = transform.options.get(key)
        if key == "name":
            continue
        if option is None:
            problems.append(f"“{name}” has no option “{key}”")
        elif problem := option.problem(value):
            problems.append(f"“{key}” {problem}")
    return problems
