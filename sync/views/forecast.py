"""What publishing a mapping on a live sync would change, before it is published."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from mapping.editor import checks
from mapping.finding import catalogue_of, mapping_get
from mapping.selectors import draft_lines, is_published
from mapping.views import subject_of
from sync.deciding import forecasting
from sync.policy import system_name
from workspaces.access import WorkspaceRequest, workspace_editor


@require_safe
@workspace_editor
def mapping_forecast(
    request: WorkspaceRequest, workspace: str, sync: int, object_type: str
) -> HttpResponse:
    """Show what the draft would change on whom; the editor asks for the part alone."""
    mapping = mapping_get(request.workspace, sync, object_type)
    draft = {"direction": mapping.direction, "lines": draft_lines(mapping)}
    errors = checks(catalogue_of(mapping.sync, object_type), draft)["errors"]
    found = None if errors else forecasting.mapping_forecast(mapping)
    trip = found.trip if found else None
    context = {
        "mapping": mapping,
        "sync": mapping.sync,
        "subject": subject_of(mapping),
        "errors": errors,
        "forecast": found,
        "trip": forecasting.trip_words(trip, system_name(mapping.sync, trip.side))
        if trip
        else "",
        "is_published": is_published(mapping),
        "is_live": mapping.sync.state == "live",
    }
    part = "sync/_forecast.html" if request.htmx else "sync/forecast.html"
    return render(request, part, context)
