"""The step of the set-up that chooses who takes part, and what flows with them."""

from __future__ import annotations

from django.http import Http404, HttpResponse

from sync.models import Setup
from sync.views.filters import (
    filter_context,
    filter_forms,
    filter_part,
    filters_saved,
    is_saved,
)
from sync.views.objects import objects_chosen, objects_context
from sync.views.setuppage import onward, page_context, step_page
from workspaces.access import WorkspaceRequest


def step_scope(request: WorkspaceRequest, setup: Setup, step: str) -> HttpResponse:
    """Choose who takes part and what flows with them; all of it is saved at once."""
    sync = setup.sync
    if sync is None:
        raise Http404
    forms = filter_forms(request, sync)
    if request.htmx:
        return filter_part(request, sync, forms)
    refused: list[str] = []
    if is_saved(request) and filters_saved(request, sync, forms):
        refused = objects_chosen(request, sync)
        if not refused:
            return onward(request, setup, step)
    context = {
        **filter_context(sync, forms),
        **objects_context(sync, request.POST if request.method == "POST" else None),
        "refused": refused,
        **page_context(setup, step),
    }
    return step_page(request, "scope", context)
