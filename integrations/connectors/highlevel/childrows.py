"""Notes, tasks and appointments as records: the one place that reads their raw JSON.

What a read leaves out of its form is empty; a form that never shows a field (a notice,
the answer to a write, a contact's list of appointments) says nothing about it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, tzinfo
from typing import Any

from crosswalk.errors import RemoteRejected
from integrations.connectors.base import (
    Field,
    JSONValue,
    ObjectSpec,
    ReadVia,
    Record,
    Values,
)
from integrations.connectors.highlevel.times import moment_text, time_of

Row = Mapping[str, Any]
LABEL_LENGTH = 80


def child_of(
    spec: ObjectSpec,
    row: Row,
    via: ReadVia,
    *,
    parent_id: str = "",
    only_present: bool = False,
    zone: tzinfo = UTC,
) -> Record:
    """Return one child as a record. `zone` is that of times that name none."""
    only_present = only_present or via in {"write", "webhook"}
    reported = [field for field in spec.fields if not only_present or field.key in row]
    return Record(
        id=str(row["id"]),
        values={
            field.key: value_of(field, row.get(field.key), zone) for field in reported
        },
        via=via,
        modified_at=time_of(row.get("dateUpdated"), zone),
        created_at=time_of(row.get("dateAdded"), zone),
        excluded="recurring" if is_one_of_a_series(spec, row) else "",
        label=label_of(row),
        parent_id=str(row.get("contactId") or parent_id),
    )


def value_of(field: Field, raw: JSONValue, zone: tzinfo) -> JSONValue:
    """Return a field's value in one form; everything that says nothing is None."""
    if raw is None or raw == "":
        return None
    if field.type == "datetime":
        return moment_text(raw, zone)
    return raw if field.type == "bool" else str(raw)


def is_one_of_a_series(spec: ObjectSpec, row: Row) -> bool:
    """Say whether an appointment repeats: its instances have ids with “_” (§6.5)."""
    if "recurring" not in spec.exclusions:
        return False
    marks = (row.get("isRecurring") is True, row.get("masterEventId"), row.get("rrule"))
    return any(marks) or "_" in str(row["id"])


def label_of(row: Row) -> str:
    """Return what a person would call it: its title, else how its text begins."""
    text = " ".join(str(row.get("title") or row.get("body") or "").split())
    if len(text) <= LABEL_LENGTH:
        return text
    return f"{text[: LABEL_LENGTH - 1].rstrip()}…"


def body_of(
    spec: ObjectSpec, values: Values, *, operation: str, blanks: Values
) -> dict[str, JSONValue]:
    """Return values as a call takes them; RemoteRejected for what has no way in.

    `blanks` says how a field is emptied. One that is not among them cannot be.
    """
    body: dict[str, JSONValue] = {}
    for key, value in values.items():
        field = spec.field(key)
        if field is None or operation not in field.writes:
            raise refused(
                key,
                f"HighLevel’s field “{field.label if field else key}” cannot be "
                "written.",
                "field_not_writable",
            )
        if value is None or value == "":
            if operation == "create":
                continue
            if key not in blanks:
                raise refused(
                    key,
                    f"HighLevel needs “{field.label}” on every {spec.label.lower()}. "
                    "It cannot be emptied.",
                    "field_not_emptied",
                )
            body[key] = blanks[key]
        else:
            body[key] = moment_text(value) if field.type == "datetime" else value
    return body


def need(spec: ObjectSpec, body: Mapping[str, Any]) -> None:
    """Raise when a create lacks what HighLevel asks for."""
    for field in spec.fields:
        if field.required and field.key not in body:
            raise refused(
                field.key,
                f"{spec.create_needs_text} “{field.label}” is empty.",
                "value_missing",
            )


def refused(key: str, message: str, code: str) -> RemoteRejected:
    """Return the error of a value that cannot be sent."""
    return RemoteRejected(message, code=code, fields={key: code.replace("_", " ")})
