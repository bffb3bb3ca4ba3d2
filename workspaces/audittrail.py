"""The audit trail as it is looked through: who did what, filtered, page by page."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils import timezone

from crosswalk.clock import iso
from workspaces.models import AuditEvent, Workspace
from workspaces.selectors import action_words, audit_list, member_list

BATCH = 1000
NOBODY = "crosswalk"  # who: done by itself or from the command line
COLUMNS = ("at", "who", "action", "subject", "data")

SELECT = {"class": "form-select"}
INPUT = {"class": "form-control"}
DATE = {**INPUT, "type": "date"}


class TrailForm(forms.Form):
    """What of the trail is shown."""

    who = forms.ChoiceField(required=False, widget=forms.Select(attrs=SELECT))
    what = forms.ChoiceField(required=False, widget=forms.Select(attrs=SELECT))
    q = forms.CharField(
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={**INPUT, "placeholder": "Name of a sync …"}),
    )
    since = forms.DateField(required=False, widget=forms.DateInput(attrs=DATE))
    until = forms.DateField(required=False, widget=forms.DateInput(attrs=DATE))

    def __init__(self, workspace: Workspace, data: Mapping[str, Any]) -> None:
        super().__init__(data)
        self.workspace = workspace
        people = [(str(m.user_id), m.user.email) for m in member_list(workspace)]
        who, what = self.fields["who"], self.fields["what"]
        assert isinstance(who, forms.ChoiceField)  # noqa: S101
        assert isinstance(what, forms.ChoiceField)  # noqa: S101
        who.choices = [("", "Anybody"), *people, (NOBODY, "Crosswalk itself")]
        kinds = AuditEvent.objects.filter(workspace=workspace).order_by("action")
        actions = kinds.values_list("action", flat=True).distinct()
        what.choices = [("", "Anything"), *((a, action_words(a)) for a in actions)]

    def events(self) -> QuerySet[AuditEvent]:
        """Return the lines that fit; a choice that makes no sense is left out."""
        self.is_valid()
        chosen = self.cleaned_data
        found = audit_list(self.workspace)
        if who := chosen.get("who"):
            found = found.filter(actor=None if who == NOBODY else int(who))
        if what := chosen.get("what"):
            found = found.filter(action=what)
        if words := chosen.get("q"):
            found = found.filter(subject__icontains=words)
        if since := chosen.get("since"):
            found = found.filter(at__gte=_midnight(since))
        if until := chosen.get("until"):
            found = found.filter(at__lt=_midnight(until) + timedelta(days=1))
        return found

    @property
    def is_filtered(self) -> bool:
        return any(self.data.get(name) for name in self.fields)


def _midnight(day: Any) -> datetime:
    zone = timezone.get_current_timezone()
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)


def event_row(event: AuditEvent) -> dict[str, Any]:
    """Return one line as programs read it."""
    return {
        "id": event.pk,
        "at": iso(event.at),
        "who": event.actor.email if event.actor else None,
        "action": event.action,
        "subject": event.subject,
        "data": event.data,
    }


def trail_csv(events: QuerySet[AuditEvent]) -> Iterator[str]:
    """Yield the trail as CSV, a batch at a time, the newest first."""
    yield _line(COLUMNS)
    last: int | None = None
    while True:
        page = events if last is None else events.filter(pk__lt=last)
        batch = list(page.order_by("-pk")[:BATCH])
        if not batch:
            return
        last = batch[-1].pk
        rows = (event_row(event) for event in batch)
        yield "".join(_line([_cell(row[name]) for name in COLUMNS]) for row in rows)


def _cell(value: Any) -> str:
    """Return a value as a cell that no spreadsheet takes for a formula."""
    text = json.dumps(value) if isinstance(value, dict) else str(value or "")
    return f"'{text}" if text[:1] in "=+-@\t\r" and text else text


def _line(cells: Any) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()
