"""Everything that happened with one person, in one line of time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from integrations.models import UNDER_PARENT, RemoteRecord
from mapping.convert import is_empty
from sync.models import RecordLink, RecordPause
from sync.telling.activity import entry_systems, entry_words
from sync.telling.explaining import LINKED
from sync.telling.person import Person, Place
from sync.words import TRIGGER_WORDS
from synclog.models import LogEntry
from workspaces.models import Workspace

MOST = 100
KINDS = (
    ("", "Everything"),
    ("change", "Changes"),
    ("note", "Notes"),
    ("task", "Tasks"),
    ("appointment", "Appointments"),
    ("invoice", "Invoices"),
)
ICONS = {
    "note": "file-text",
    "task": "checkbox",
    "appointment": "calendar",
    "invoice": "file-invoice",
}
OUTCOMES = {
    "create": "user-plus",
    "update": "pencil",
    "delete": "trash",
    "link": "link",
    "failed": "circle-x",
    "conflict": "git-compare",
    "review": "users",
}
# the field that says when something takes place, and the one that says what it is
TIMES = ("startTime", "dueDate", "date", "start_time", "due_date")
TEXTS = ("invoice_number", "title", "task_name", "body", "description", "comment")
MAX_TEXT = 200


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of the timeline."""

    kind: str
    at: datetime
    icon: str
    title: str
    text: str = ""
    systems: tuple[tuple[str, str], ...] = ()  # (name, side)
    entry: LogEntry | None = None
    by: str = ""
    tone: str = ""


def timeline(
    workspace: Workspace, person: Person, entries: Sequence[LogEntry], kind: str = ""
) -> list[Moment]:
    """Return what happened, the newest first; `kind` shows only some."""
    found = [
        *map(_change, entries),
        *_children(workspace, person),
        *_beginnings(workspace, person),
    ]
    shown = [each for each in found if kind in ("", each.kind)]
    return sorted(shown, key=lambda each: each.at, reverse=True)[:MOST]


def _change(entry: LogEntry) -> Moment:
    """Return what a run did, why, and who had asked for it."""
    run = entry.run
    asked = run.requested_by.email if run.requested_by else ""
    return Moment(
        kind="change",
        at=entry.at,
        icon=OUTCOMES.get(entry.outcome, "equal"),
        title=entry_words(entry).removesuffix(" at"),
        text=_values(entry),
        systems=tuple(entry_systems(entry, run)),
        entry=entry,
        by=asked or TRIGGER_WORDS.get(run.trigger, ""),
        tone="fail" if entry.outcome == LogEntry.Outcome.FAILED else "",
    )


def _values(entry: LogEntry) -> str:
    """Return the first changes as "Phone: old → new"."""
    parts = [
        f"{c.get('label')}: {_short(c.get('before'))} → {_short(c.get('after'))}"
        for c in entry.changes
        if c.get("action") == "write"
    ]
    more = f" and {len(parts) - 3} more" if len(parts) > 3 else ""
    return "; ".join(parts[:3]) + more


def _short(value: Any) -> str:
    if is_empty(value):
        return "empty"
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= 60 else text[:59] + "…"


def _children(workspace: Workspace, person: Person) -> list[Moment]:
    """Return what hangs under somebody; a copied one is one line of both systems."""
    places = {place.connection.pk: place for place in person.places}
    wanted = Q()
    for place in person.places:
        wanted |= Q(
            UNDER_PARENT,
            connection=place.connection,
            object_type__in=ICONS,
            parent_id=place.row.remote_id,
        )
    rows = {
        row.pk: row
        for row in RemoteRecord.objects.filter(wanted, gone_at__isnull=True).order_by(
            "-pk"
        )[: MOST * 2]
    }
    copies: dict[int, int] = dict(
        RecordLink.objects.filter(
            Q(left__in=rows) | Q(right__in=rows), sync__workspace=workspace
        ).values_list("right", "left")
    )
    found = []
    for pk, row in rows.items():
        if copies.get(pk) in rows:
            continue  # shown with the one it is a copy of
        twins = [
            rows[right]
            for right, left in copies.items()
            if left == pk and right in rows
        ]
        found.append(_child([row, *twins], places))
    return found


def _child(rows: Sequence[RemoteRecord], places: Mapping[int, Place]) -> Moment:
    row = rows[0]
    shown = [places[each.connection_id] for each in rows]
    text = _first(row, TEXTS) or row.label
    kind = row.object_type
    return Moment(
        kind=kind,
        at=_takes_place(row) or row.remote_created_at or row.modified_at or row.read_at,
        icon=ICONS[kind],
        title=f"“{text[:MAX_TEXT]}”" if kind == "note" else text[:MAX_TEXT],
        text=_bill(row) if kind == "invoice" else kind.capitalize(),
        systems=tuple((place.name, place.side) for place in shown),
    )


def _bill(row: RemoteRecord) -> str:
    """Return what an invoice comes to and how it stands, as last read."""
    values = row.values
    total = values.get("total")
    said = f"{total:,.2f}" if isinstance(total, int | float) else str(total or "")
    amount = f"{said} {values.get('currency_code') or ''}".strip()
    status = str(values.get("status") or "").replace("_", " ")
    return ", ".join(filter(None, ("Invoice", amount, status)))


def _first(row: RemoteRecord, keys: Iterable[str]) -> str:
    for key in keys:
        value = row.values.get(key)
        if isinstance(value, str) and value.strip():
            return " ".join(value.split())
    return ""


def _takes_place(row: RemoteRecord) -> datetime | None:
    if row.object_type != "appointment":
        return None
    try:
        found = datetime.fromisoformat(_first(row, TIMES))
    except ValueError:
        return None
    return found if found.tzinfo else None


def _beginnings(workspace: Workspace, person: Person) -> list[Moment]:
    """Return since when somebody is known, linked, and left alone."""
    pks = [row.pk for row in person.rows]
    found = [
        Moment(
            kind="change",
            at=place.row.remote_created_at,
            icon="user-plus",
            title=f"Added at {place.name}",
            systems=((place.name, place.side),),
        )
        for place in person.places
        if place.row.remote_created_at
    ]
    links = RecordLink.objects.filter(left__in=pks, sync__workspace=workspace)
    found += [
        Moment(
            kind="change",
            at=link.created_at,
            icon="link",
            title=LINKED.get(link.how, "Linked."),
            text=f"In {link.sync.name}",
        )
        for link in links.select_related("sync")
    ]
    pauses = RecordPause.objects.filter(record__in=pks, sync__workspace=workspace)
    found += [
        Moment(
            kind="change",
            at=pause.paused_at,
            icon="player-pause",
            title=f"Left alone in {pause.sync.name}",
            text=pause.reason,
            by=pause.paused_by.email if pause.paused_by else "",
        )
        for pause in pauses.select_related("sync", "paused_by")
    ]
    return found
