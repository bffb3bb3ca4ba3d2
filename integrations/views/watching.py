"""Switching a trigger on or off for a connection."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from integrations.operations.offers import connections_of, offer_of
from integrations.operations.running import NotPermitted
from integrations.operations.watching import watch_start, watch_stop
from integrations.views.catalogue import operation_here
from workspaces.access import WorkspaceRequest, workspace_editor


@workspace_editor
@require_POST
def watch(request: WorkspaceRequest, workspace: str, key: str) -> HttpResponse:
    """Switch a trigger on or off."""
    operation = operation_here(key)
    if operation.trigger is None:
        raise Http404
    offer = offer_of(operation, connections_of(request.workspace))
    wanted = request.POST.get("connection", "")
    found = [e.connection for e in offer.allowed if str(e.connection.pk) == wanted]
    if not found:
        raise Http404
    connection = found[0]
    if request.POST.get("on"):
        try:
            watch_start(connection=connection, operation=operation, actor=request.user)
        except NotPermitted as error:
            messages.error(request, error.message)
        else:
            messages.success(request, f"Crosswalk listens to {connection.name}.")
    else:
        watch_stop(connection=connection, operation=operation, actor=request.user)
        messages.success(request, f"Crosswalk no longer listens to {connection.name}.")
    return redirect("integrations:operation", request.workspace.slug, key)
