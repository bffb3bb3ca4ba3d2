"""Around going live: the backup before it, and going on after the first people."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from crosswalk.errors import CrosswalkError
from sync.backup import backup_name, backup_open
from sync.goingon import canary_go_on
from sync.views.parts import run_started, sync_here
from workspaces.access import WorkspaceRequest, workspace_editor


@workspace_editor
@require_POST
def backup(request: WorkspaceRequest, workspace: str, pk: int) -> HttpResponseBase:
    """Send what both sides have in the mapped fields; it goes into the audit trail."""
    sync = sync_here(request, pk)
    try:
        parts = backup_open(sync=sync, actor=request.user)
    except CrosswalkError as error:
        messages.error(request, error.message)
        return redirect("sync:sync_detail", workspace, sync.pk)
    name = backup_name(sync)
    return StreamingHttpResponse(
        parts,
        content_type="application/zip",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
        },
    )


@workspace_editor
@require_POST
def go_on(request: WorkspaceRequest, workspace: str, pk: int) -> HttpResponse:
    """Carry out the rest of the plan whose first people were written."""
    sync = sync_here(request, pk)
    back = reverse("sync:sync_detail", args=[workspace, sync.pk])
    return run_started(request, canary_go_on, back=back, sync=sync)
