"""Possible matches within the result of a test: the same person, or not."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_POST

from crosswalk.errors import ConfigError
from sync.choices.planmatching import planned_match_accept, planned_match_refuse
from sync.models import PlannedChange
from sync.telling.planrows import plan_rows
from sync.views.parts import run_here
from workspaces.access import WorkspaceRequest, workspace_editor


@require_POST
@workspace_editor
def plan_match(
    request: WorkspaceRequest, workspace: str, run: int, pk: int
) -> HttpResponse:
    """Say who a person under review is; answers their row, or the page it stands on."""
    found = run_here(request, run)
    change = get_object_or_404(
        PlannedChange.objects.select_related("plan__sync__left", "plan__sync__right"),
        plan=found.plan_id,
        pk=pk,
    )
    refused = _decide(request, change)
    if request.htmx:
        sync = change.plan.sync
        context = {"run": found, "sync": sync, "row": plan_rows(sync, [change])[0]}
        context |= {"can_pick": True, "is_opened": True, "refused": refused}
        return render(request, "sync/_plan_row.html", context)
    if refused:
        messages.error(request, refused)
    page = reverse("sync:plan", args=[workspace, run])
    kept = {
        key: request.POST[key] for key in ("show", "q", "page") if key in request.POST
    }
    return redirect(f"{page}?{urlencode(kept)}#change-{change.pk}")


def _decide(request: WorkspaceRequest, change: PlannedChange) -> str:
    """Do what was pressed; return why it cannot be, "" where it was done."""
    raw, seen = request.POST.get("candidate", ""), request.POST.get("seen", "")
    number = int(raw) if raw.isdecimal() and len(raw) < 19 else 0
    actor = request.user
    try:
        if raw:
            planned_match_accept(
                change=change, candidate=number, actor=actor, seen=seen
            )
        else:
            planned_match_refuse(change=change, actor=actor, seen=seen)
    except ConfigError as error:
        return error.message
    return ""
