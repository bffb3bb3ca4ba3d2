"""What the mapping editor shows: fields of both sides, the draft, suggestions, rules."""

from __future__ import annotations

from collections.abc import Mapping as Data
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from integrations.connectors.base import Field
from mapping.checks import is_custom, is_lost, line_keys, lines_check, writes_to
from mapping.convert import Countries, FieldRule, Side, rules_build
from mapping.drafts import accepted_before
from mapping.fieldwords import type_words
from mapping.forms import Catalogue, conflict_choices
from mapping.kinds import LISTS
from mapping.models import Mapping
from mapping.preview import Person, Setup, fields_told, report, wires
from mapping.sampling import persons, tried_on
from mapping.selectors import draft_lines
from mapping.suggest import Sample, suggest
from mapping.transforms import TRANSFORMS, check_chain

SIDES: tuple[Side, Side] = ("left", "right")
WAYS = ("to_right", "to_left")
WRITES = [
    ("always", "Always"),
    ("if_empty", "Only if empty there"),
    ("on_create", "Only when a person is new"),
    ("append", "Only add to what is there"),
    ("never", "Never"),
]
ICONS = {
    "email": "mail",
    "phone": "phone",
    "url": "world",
    "number": "number-123",
    "money": "number-123",
    "date": "calendar",
    "datetime": "calendar",
    "choice": "select",
    "choices": "list",
    "tags": "list",
    "bool": "checkbox",
    "file": "file-text",
}
FEWEST_FOLDED = 6  # fields of a group of which none is mapped, from which it is folded
Line = Data[str, Any]


def field_facts(field: Field) -> dict[str, Any]:
    """Return a field as the editor needs it."""
    return {
        "key": field.key,
        "label": field.label,
        "group": field.group,
        "writable": field.is_writable,
        "options": list(field.options),
        "list": field.type in LISTS,
    }


def columns(
    catalogue: Catalogue, lines: Sequence[Line], hints: Sequence[Line]
) -> list[dict[str, Any]]:
    """Return both columns: groups of fields, with what a template shows of each.

    `hints`: suggested lines; like those of the draft they keep a group open.
    """
    return [_column(catalogue, side, lines, hints) for side in SIDES]


def _column(
    catalogue: Catalogue, side: Side, lines: Sequence[Line], hints: Sequence[Line]
) -> dict[str, Any]:
    mapped = {key for line in (*lines, *hints) for key in line_keys(line)[side]}
    fields = [*catalogue.spec(side).fields, *_lost(catalogue, side, lines)]
    groups: dict[str, list[dict[str, Any]]] = {}
    for field in fields:
        groups.setdefault(field.group, []).append(_row(catalogue, side, field))
    return {
        "side": side,
        "name": catalogue.name(side),
        "count": len(fields),
        "groups": [
            {
                "name": name,
                "rows": rows,
                "is_folded": len(rows) >= FEWEST_FOLDED
                and not mapped & {row["key"] for row in rows},
                "costs": all(row["costs"] for row in rows),
            }
            for name, rows in groups.items()
        ],
    }


def _row(catalogue: Catalogue, side: Side, field: Field) -> dict[str, Any]:
    is_gone = is_lost(
        field.key, catalogue.spec(side), is_complete=catalogue.is_complete(side)
    )
    notes = [
        "required" if field.required else "",
        "" if field.is_writable else "read only",
        "costs one call per person" if field.is_detail_only else "",
        "no longer there" if is_gone else "",
    ]
    return {
        "key": field.key,
        "label": field.label,
        "icon": ICONS.get(field.type, "letter-t"),
        "type": type_words(field),
        "notes": ", ".join(note for note in notes if note),
        "required": field.required,
        "read_only": not field.is_writable,
        "costs": field.is_detail_only,
        "gone": is_gone,
        "search": f"{field.label} {field.key} {field.group}".lower(),
        "help": field.help,
    }


def _lost(catalogue: Catalogue, side: Side, lines: Sequence[Line]) -> list[Field]:
    """Return the mapped fields that the account has no more, as fields of their own."""
    spec = catalogue.spec(side)
    keys = dict.fromkeys(key for line in lines for key in line_keys(line)[side])
    return [
        Field(key, key, group="No longer there", is_custom=True)
        for key in keys
        if key and is_custom(key) and spec.field(key) is None
    ]


def editor_data(mapping: Mapping, catalogue: Catalogue) -> dict[str, Any]:
    """Return what the page's script begins with."""
    lines = draft_lines(mapping)
    people = tried_on(mapping)
    return {
        "sides": {
            side: {
                "name": catalogue.name(side),
                "fields": [
                    field_facts(field)
                    for field in (
                        *catalogue.spec(side).fields,
                        *_lost(catalogue, side, lines),
                    )
                ],
            }
            for side in SIDES
        },
        "direction": mapping.direction,
        "lines": lines,
        "suggestions": suggestions(mapping, catalogue, lines, people),
        "transforms": transforms_told(),
        "writes": WRITES,
        "conflicts": [
            ("" if value == "sync" else value, words)
            for value, words in conflict_choices(catalogue)
        ],
        "revision": mapping.revision,
    }


def transforms_told() -> list[dict[str, Any]]:
    """Return the transforms with the options each takes."""
    return [
        {
            "name": name,
            "label": transform.label,
            "short": transform.label,
            "options": [
                {
                    "name": key,
                    "label": option.label,
                    "kind": option.kind,
                    "choices": list((option.choices or {}).items()),
                    "least": option.least,
                    "most": option.most,
                    "needed": option.needed,
                    "example": option.example,
                }
                for key, option in transform.options.items()
            ],
        }
        for name, transform in TRANSFORMS.items()
    ]


def suggestions(
    mapping: Mapping,
    catalogue: Catalogue,
    lines: Sequence[Line],
    people: Sequence[Person],
) -> list[dict[str, Any]]:
    """Return suggested lines with confidence and reasons."""
    linked = [each for each in people if each.left and each.right]
    sample = Sample(
        [each.left for each in linked or people],
        [each.right for each in linked],
        are_pairs=bool(linked),
    )
    found = suggest(
        catalogue.left.fields,
        catalogue.right.fields,
        sample=sample,
        taken={(line["left"], line["right"]) for line in lines},
        accepted=accepted_before(mapping),
        refused={(left, right) for left, right in mapping.dismissed},
    )
    return [
        {
            "left": each.left,
            "right": each.right,
            "direction": each.direction,
            "write": "always",
            "conflict": "",
            "to_right": [],
            "to_left": [],
            "confidence": each.confidence,
            "reasons": list(each.reasons),
        }
        for each in found
    ]


def setup_of(mapping: Mapping, catalogue: Catalogue) -> Setup:
    """Return what converting needs to know of both sides."""
    sync = mapping.sync
    return Setup(
        {side: catalogue.name(side) for side in SIDES},
        Countries(sync.left.country, sync.right.country),
    )


def previewed(
    mapping: Mapping, catalogue: Catalogue, draft: Data[str, Any], person: Any
) -> dict[str, Any]:
    """Return the live result of a draft for one person, and what is wrong with it.

    `person`: the stored left record, None for nobody.
    """
    rules = _rules(catalogue, draft["lines"])
    shown = persons(mapping, [person])[0] if person is not None else None
    found = wires(rules, shown, setup_of(mapping, catalogue))
    return {
        "wires": [asdict(wire) for wire in found],
        "fields": fields_told(rules, found),
        "checks": checks(catalogue, draft),
    }


def reported(
    mapping: Mapping, catalogue: Catalogue, lines: Sequence[Line]
) -> list[dict[str, Any]]:
    """Return for each line what it does to many people."""
    people, setup = tried_on(mapping), setup_of(mapping, catalogue)
    return [asdict(report(rule, people, setup)) for rule in _rules(catalogue, lines)]


def _rules(catalogue: Catalogue, lines: Sequence[Line]) -> tuple[FieldRule, ...]:
    """Return lines as rules; a chain that cannot run yet is left out of its line."""
    return rules_build(
        [
            {**line, **{way: [] for way in WAYS if check_chain(line.get(way, []))}}
            for line in lines
        ],
        {field.key: field for field in catalogue.left.fields},
        {field.key: field for field in catalogue.right.fields},
    )


def checks(catalogue: Catalogue, draft: Data[str, Any]) -> dict[str, Any]:
    """Return what blocks publishing, and what a person should know before."""
    lines, direction = draft["lines"], draft["direction"]
    problems = lines_check(lines, catalogue.left, catalogue.right, direction=direction)
    return {
        "errors": [_problem(catalogue, lines, each) for each in problems],
        "warnings": list(_unfed(catalogue, lines, direction)),
    }


def _problem(
    catalogue: Catalogue, lines: Sequence[Line], problem: Any
) -> dict[str, Any]:
    number = _line_number(problem.path)
    title = f"{problem.message[:1].upper()}{problem.message[1:]}."
    text = _line_name(catalogue, lines[number]) if number is not None else ""
    return {"line": number, "title": title, "text": text}


def _line_number(path: str) -> int | None:
    inside = path.partition("[")[2].partition("]")[0]
    return int(inside) if inside.isdigit() else None


def _line_name(catalogue: Catalogue, line: Line) -> str:
    names = []
    for side in SIDES:
        field = catalogue.spec(side).field(line[side])
        names.append(field.label if field else line[side] or "a fixed value")
    return " – ".join(names)


def _unfed(catalogue: Catalogue, lines: Sequence[Line], direction: str) -> Any:
    """Yield a warning for each required field that nothing is written to."""
    for side in SIDES:
        fed = {line[side] for line in lines if writes_to(side, line, direction)}
        for field in catalogue.spec(side).fields:
            if field.required and field.is_writable and field.key not in fed:
                yield {
                    "line": None,
                    "title": f"Nothing feeds “{field.label}”.",
                    "text": f"{catalogue.name(side)} requires it of new people.",
                }
