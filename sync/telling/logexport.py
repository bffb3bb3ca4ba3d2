"""The log as a file, CSV or JSON: read page by page, so that its size costs no memory."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet

from crosswalk.keyset import keyset_page
from sync.setup.backup import BOM, cell, csv_text
from sync.telling.logsearch import Ways
from synclog.models import LogEntry, SyncRun

AT_ONCE = 1000
COLUMNS = (
    "time",
    "run",
    "sync",
    "object",
    "outcome",
    "name",
    "email",
    "left_id",
    "right_id",
    "written_to",
    "reason",
    "error",
    "changes",
)
FIELDS = (
    *(
        "at",
        "run_id",
        "object_type",
        "outcome",
        "label",
        "email",
        "left_id",
        "right_id",
    ),
    *("side", "reason", "error_message", "changes"),
)


def as_csv(found: QuerySet[LogEntry], ways: Ways) -> Iterator[str]:
    """Yield entries as CSV, the newest first, a page at a time."""
    yield BOM + csv_text([list(COLUMNS)])
    for page in _pages(found, ways):
        yield csv_text(
            [[cell(_flat(key, row[key])) for key in COLUMNS] for row in page]
        )


def as_json(found: QuerySet[LogEntry], ways: Ways) -> Iterator[str]:
    """Yield entries as one JSON list, the newest first, a page at a time."""
    opening = "["
    for page in _pages(found, ways):
        for row in page:
            yield opening + "\n" + json.dumps(row, ensure_ascii=False)
            opening = ","
    yield "[]\n" if opening == "[" else "\n]\n"


def _pages(found: QuerySet[LogEntry], ways: Ways) -> Iterator[list[dict[str, Any]]]:
    """Yield pages of rows. Only what is written is read: a run has much beside its sync."""
    lean = found.select_related(None).defer(None).only(*FIELDS)
    edge = ""
    while True:
        page = keyset_page(
            lean, edge, AT_ONCE, moment="at", ways=ways.ways, few=ways.few
        )
        runs = SyncRun.objects.filter(pk__in={entry.run_id for entry in page})
        names = dict(runs.values_list("pk", "sync__name"))
        yield [_facts(entry, names[entry.run_id]) for entry in page]
        edge = page.older
        if not edge:
            return


def _facts(entry: LogEntry, sync: str) -> dict[str, Any]:
    return {
        "time": entry.at.isoformat(),
        "run": entry.run_id,
        "sync": sync,
        "object": entry.object_type,
        "outcome": entry.outcome,
        "name": entry.label,
        "email": entry.email,
        "left_id": entry.left_id,
        "right_id": entry.right_id,
        "written_to": entry.side,
        "reason": entry.reason,
        "error": entry.error_message,
        "changes": [
            {"field": c["label"], "before": c["before"], "after": c["after"]}
            for c in entry.changes
            if c.get("action") == "write"
        ],
    }


def _flat(key: str, value: Any) -> Any:
    """Return the changes of an entry as a line of text, anything else as it is."""
    if key != "changes":
        return value
    return "; ".join(
        f"{c['field']}: {cell(c['before'])} → {cell(c['after'])}" for c in value
    )
