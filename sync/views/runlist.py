"""The list of runs: what started them, how far they are, what they came to."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_GET

from crosswalk.keyset import keyset_page
from sync import selectors
from sync.telling import runstory
from sync.views.parts import PAGE_SIZE, part, part_response
from sync.words import TRIGGER_WORDS, counts_words, duration, run_seconds
from synclog.models import SyncRun
from workspaces.access import WorkspaceRequest, workspace_member
from workspaces.selectors import member_list

CHOICES = {
    "state": SyncRun.State.values,
    "trigger": SyncRun.Trigger.values,
    "mode": SyncRun.Mode.values,
}
PART = "sync/_run_rows.html"


@workspace_member
@require_GET
def run_list(request: WorkspaceRequest, workspace: str) -> HttpResponse:
    """Show the runs; those that found nothing only when asked for."""
    chosen = runs_chosen(request)
    context = _rows(request, chosen) | {
        "chosen": chosen,
        "is_filtered": any(chosen.values()),
        "syncs": selectors.sync_list(request.workspace),
        "members": member_list(request.workspace),
        "states": [(v, _state_words(v)) for v in SyncRun.State.values],
        "triggers": list(TRIGGER_WORDS.items()),
        "has_runs": SyncRun.objects.filter(workspace=request.workspace).exists(),
    }
    if request.htmx and not request.htmx.boosted:
        return part_response(request, PART, context, final=not context["is_moving"])
    return render(request, "sync/run_list.html", context)


def _rows(request: WorkspaceRequest, chosen: dict[str, str]) -> dict[str, Any]:
    edge = request.GET.get("page", "")
    page = keyset_page(runs_filtered(request, chosen), edge, PAGE_SIZE)
    query = request.GET.copy()
    query.pop("seen", None)
    context = {
        "page": page,
        "rows": [_row(run) for run in page],
        "is_moving": any(run.is_active for run in page),
        "query": query.urlencode(),
    }
    return {**context, "part": part(request, PART, context)}


def _state_words(value: str) -> str:
    return "Stopped" if value == SyncRun.State.CANCELLED else SyncRun.State(value).label


def runs_chosen(request: WorkspaceRequest) -> dict[str, str]:
    """Return the filters in the address; what cannot be read counts as none."""
    found = {
        key: value if (value := request.GET.get(key, "")) in values else ""
        for key, values in CHOICES.items()
    }
    for key in ("sync", "by"):
        value = request.GET.get(key, "")
        found[key] = value if value.isdecimal() and len(value) < 10 else ""
    for key in ("since", "until"):
        value = request.GET.get(key, "")
        found[key] = value if day_moment(value) else ""
    found["quiet"] = "1" if request.GET.get("quiet") else ""
    return found


def day_moment(text: str, *, days_later: int = 0) -> datetime | None:
    """Return when a day ("2026-11-21") begins in the viewer's zone, None for no day."""
    try:
        day = parse_date(text)
        if day is None:
            return None
        later = day + timedelta(days=days_later)
        return timezone.make_aware(datetime.combine(later, time.min))
    except (ValueError, OverflowError):
        return None


def runs_filtered(
    request: WorkspaceRequest, chosen: dict[str, str]
) -> QuerySet[SyncRun]:
    """Return the runs that fit the filters."""
    exact = {key: chosen[key] for key in CHOICES if chosen[key]}
    runs = selectors.run_list(request.workspace).filter(**exact)
    if chosen["sync"]:
        runs = runs.filter(sync_id=int(chosen["sync"]))
    if chosen["by"]:
        runs = runs.filter(requested_by=int(chosen["by"]))
    if since := day_moment(chosen["since"]):
        runs = runs.filter(created_at__gte=since)
    if until := day_moment(chosen["until"], days_later=1):
        runs = runs.filter(created_at__lt=until)
    return runs if chosen["quiet"] else runs.exclude(is_quiet=True)


def _row(run: SyncRun) -> dict[str, Any]:
    seconds = run_seconds(run)
    return {
        "run": run,
        "trigger": TRIGGER_WORDS[run.trigger],
        "words": counts_words(run),
        "duration": duration(seconds) if seconds is not None else "",
        "progress": runstory.progress(run) if run.is_active else None,
    }
