"""Two values or two people side by side, as a person compares them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from integrations.connectors.base import ObjectSpec
from integrations.models import RemoteRecord
from mapping.convert import Side, is_empty, meaning, other
from sync.advice import review_advice
from sync.models import SyncRecord
from sync.policy import side_connection, system_name, system_spec

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


def review_shown(
    record: SyncRecord, found: Mapping[int, RemoteRecord]
) -> dict[str, Any]:
    """Return a person under review beside each who may be the same."""
    side: Side = "left" if record.left else "right"
    person = record.left or record.right
    candidates = [
        _candidate(record, person, side, each, found[each["record"]])
        for each in record.detail.get("candidates", ())
        if person is not None and each["record"] in found
    ]
    here = system_name(record.sync, side)
    there = system_name(record.sync, other(side))
    return {
        "record": record,
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
) -> dict[str, Any]:
    mine = _facts(record, side, person)
    theirs = _facts(record, candidate["side"], them)
    return {
        "side": candidate["side"],
        "system": system_name(record.sync, candidate["side"]),
        "label": them.label,
        "why": candidate["why"],
        "row": them,
        "rows": [
            {
                "label": label,
                "mine": mine[label],
                "theirs": theirs[label],
                "result": _result(record, kind, mine[label], theirs[label]),
            }
            for label, _, kind in ROWS
        ],
    }


def _facts(record: SyncRecord, side: str, row: RemoteRecord) -> dict[str, str]:
    """Return the values by which people know each other, by row."""
    spec = system_spec(side_connection(record.sync, side), record.object_type)
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
        "left": system_name(record.sync, "left"),
        "right": system_name(record.sync, "right"),
        "fields": record.detail.get("conflicts", ()),
        "is_asked": record.reason_code == "ask",
    }
