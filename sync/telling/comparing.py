"""Two values or two people side by side, as a person compares them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from integrations.connectors.base import ObjectSpec
from integrations.mirroring.keys import record_keys
from integrations.models import RemoteRecord
from mapping.convert import Side, is_empty, meaning, other
from mapping.models import Mapping as MappingModel
from sync.choices.shown import conflicts_stamp, match_stamp
from sync.deciding.people import person_make
from sync.engine.likeness import likeness
from sync.engine.people import Person
from sync.models import Sync, SyncRecord
from sync.policy import (
    policy_build,
    remote_type,
    side_connection,
    system_name,
    system_spec,
)
from sync.telling.advice import review_advice

# row → (roles of the connector's match fields, type of the value)
ROWS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("Name", ("first_name", "last_name"), "name"),
    ("E-mail", ("email",), "email"),
    ("Phone", ("phone",), "phone"),
    ("Company", ("company",), "text"),
)
RESULTS = {
    "same": ("Same", "check", "ok"),
    "differs": ("Differs", "x", "off"),
    "unknown": ("Not known", "minus", "off"),
}


# label, type of the value, field key by side
Line = tuple[str, str, Mapping[str, str]]


def mapped_lines(sync: Sync, object_type: str) -> list[Line]:
    """Return the mapped fields of a sync that ROWS does not show."""
    mapping = MappingModel.objects.filter(sync=sync, object_type=object_type).first()
    if mapping is None:
        return []
    shown = {role for _, roles, _ in ROWS for role in roles}
    kind = remote_type(sync, "left", object_type)
    fields = system_spec(sync.left, kind).match_fields
    known = {key for role in shown for key in fields.get(role, ())}
    return [
        (rule.label("left"), rule.left_type, {"left": rule.left, "right": rule.right})
        for rule in policy_build(sync, mapping).rules
        if rule.left not in known
    ]


def review_shown(
    record: SyncRecord, found: Mapping[int, RemoteRecord], lines: Sequence[Line] = ()
) -> dict[str, Any]:
    """Return a person under review beside each who may be the same.

    `lines`: the mapped fields to compare beside those by which people are known.
    """
    side: Side = "left" if record.left else "right"
    person = record.left or record.right
    shown = record.detail.get("candidates") or []
    candidates = [
        _candidate(record, person, side, each, found[each["record"]], lines)
        for each in shown
        if person is not None and each["record"] in found
    ]
    here = system_name(record.sync, side)
    there = system_name(record.sync, other(side))
    return {
        "record": record,
        "seen": match_stamp(person.pk, shown, {**found, person.pk: person})
        if person
        else "",
        "side": side,
        "here": here,
        "candidates": candidates,
        "todo": review_advice(record.reason_code, here, there),
    }


def _candidate(
    record: SyncRecord,
    person: RemoteRecord,
    side: str,
    candidate: Mapping[str, Any],
    them: RemoteRecord,
    lines: Sequence[Line],
) -> dict[str, Any]:
    found = likeness(
        _person(record, side, person), _person(record, candidate["side"], them)
    )
    return {
        "side": candidate["side"],
        "system": system_name(record.sync, candidate["side"]),
        "label": them.label,
        "why": candidate["why"],
        "row": them,
        "percent": found.percent,
        "reasons": found.words,
        "rows": [
            *_known_by(record, side, person, candidate["side"], them),
            *_compared(record, lines, (side, person), (candidate["side"], them)),
        ],
    }


def _person(record: SyncRecord, side: str, row: RemoteRecord) -> Person:
    connection = side_connection(record.sync, side)
    spec = system_spec(connection, record.object_type)
    keys = record_keys(spec, row.values, connection.country)
    return person_make(spec, row.pk, row.values, row.excluded, keys)


def _known_by(
    record: SyncRecord,
    side: str,
    person: RemoteRecord,
    other_side: str,
    them: RemoteRecord,
) -> list[dict[str, Any]]:
    mine, theirs = _facts(record, side, person), _facts(record, other_side, them)
    return [
        _row(record, label, kind, mine[label], theirs[label]) for label, _, kind in ROWS
    ]


def _compared(
    record: SyncRecord,
    lines: Sequence[Line],
    mine: tuple[str, RemoteRecord],
    theirs: tuple[str, RemoteRecord],
) -> list[dict[str, Any]]:
    """Return the mapped fields of which at least one of two has a value."""
    rows = []
    for label, kind, keys in lines:
        pair = [row.values.get(keys[side]) for side, row in (mine, theirs)]
        if not all(map(is_empty, pair)):
            rows.append(_row(record, label, kind, *map(_shown, pair)))
    return rows


def _row(
    record: SyncRecord, label: str, kind: str, mine: str, theirs: str
) -> dict[str, Any]:
    result = _result(record, kind, mine, theirs)
    return {"label": label, "mine": mine, "theirs": theirs, "result": result}


def _shown(value: Any) -> str:
    if is_empty(value):
        return ""
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def people_shown(
    sync: Sync, side: Side, object_type: str, records: Sequence[RemoteRecord]
) -> tuple[list[str], list[list[dict[str, Any]]]]:
    """Return columns, and per record its cells: the value, and whether all have it."""
    spec = system_spec(side_connection(sync, side), object_type)
    lines = [[_text(spec, row, roles) for row in records] for _, roles, _ in ROWS]
    cells = [
        [
            {"value": value, "differs": len({v.casefold() for v in line if v}) > 1}
            for value in line
        ]
        for line in lines
    ]
    return [label for label, _, _ in ROWS], [
        list(row) for row in zip(*cells, strict=True)
    ]


def _facts(record: SyncRecord, side: str, row: RemoteRecord) -> dict[str, str]:
    """Return the values by which people know each other, by row."""
    spec = system_spec(side_connection(record.sync, side), row.object_type)
    return {label: _text(spec, row, roles) for label, roles, _ in ROWS}


def _text(spec: ObjectSpec, row: RemoteRecord, roles: tuple[str, ...]) -> str:
    values = []
    for role in roles:
        keys = spec.match_fields.get(role, ())
        filled = [row.values.get(key) for key in keys]
        values += [str(value).strip() for value in filled if not is_empty(value)][:1]
    return " ".join(values)


def _result(record: SyncRecord, kind: str, mine: str, theirs: str) -> dict[str, str]:
    country = record.sync.left.country or record.sync.right.country
    if not mine or not theirs:
        key = "unknown"
    else:
        same = _known(kind, mine, country) == _known(kind, theirs, country)
        key = "same" if same else "differs"
    words, icon, tone = RESULTS[key]
    return {"words": words, "icon": icon, "tone": tone}


def _known(kind: str, text: str, country: str) -> Any:
    found = meaning(kind, text, country)
    return found.casefold() if isinstance(found, str) else found


def conflict_shown(record: SyncRecord) -> dict[str, Any]:
    """Return a person whose two sides disagree, field by field."""
    return {
        "record": record,
        "seen": conflicts_stamp(record),
        "left": system_name(record.sync, "left"),
        "right": system_name(record.sync, "right"),
        "fields": record.detail.get("conflicts", ()),
        "is_asked": record.reason_code == "ask",
    }
