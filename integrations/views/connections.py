"""Connections: the list, and the page of one with all that can be done to it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from crosswalk.errors import CrosswalkError
from integrations import registry, services
from integrations.accept import missing_scopes
from integrations.budget import windows
from integrations.forms import RenameForm, WebhookSecretForm
from integrations.models import Connection
from integrations.permissions import missing_sentence
from integrations.selectors import connection_list, connection_syncs, webhook_url
from workspaces.access import WorkspaceRequest, workspace_editor, workspace_member

WINDOW_WORDS = {
    "10s": "In any 10 seconds",
    "minute": "In any minute",
    "day": "Today",
}


def connection_here(request: WorkspaceRequest, pk: int) -> Connection:
    """Return a connection of this workspace; 404 for any other."""
    rows = Connection.objects.select_related("grant", "workspace")
    return get_object_or_404(rows, workspace=request.workspace, pk=pk)


@workspace_member
@require_GET
def connection_list_page(request: WorkspaceRequest, workspace: str) -> HttpResponse:
    """Show every connection and how it is going."""
    rows = [
        {
            "connection": each,
            "spec": registry.spec(each.kind),
            "day": quota_of(each)[-1],
        }
        for each in connection_list(request.workspace)
    ]
    return render(request, "integrations/connection_list.html", {"rows": rows})


@workspace_member
@require_GET
def connection_page(request: WorkspaceRequest, workspace: str, pk: int) -> HttpResponse:
    """Show one connection."""
    return page(request, connection_here(request, pk))


def page(
    request: WorkspaceRequest, connection: Connection, status: int = 200, **bound: Any
) -> HttpResponse:
    """Render a connection's page; a refused form comes back in `bound`."""
    spec = registry.spec(connection.kind)
    grant = connection.grant
    context = {
        "connection": connection,
        "grant": grant,
        "spec": spec,
        "quota": quota_of(connection),
        "syncs": connection_syncs(connection),
        "webhook_url": webhook_url(connection),
        "is_app_hook": spec.webhooks.routing == "app",
        "missing_scopes": missing_scopes(connection.kind, grant.scopes),
        "can_write": request.membership.can_write,
        "rename_form": RenameForm(initial={"name": connection.name}),
        "secret_form": WebhookSecretForm(),
        **bound,
    }
    return render(request, "integrations/connection_page.html", context, status=status)


def quota_of(connection: Connection) -> list[dict[str, Any]]:
    """Return the quota windows as meters show them."""
    shown = []
    for window in windows(connection):
        free = max(0, window["limit"] - window["used"])
        reserve = min(free, window["reserve"])
        segments = [
            ("acc", min(window["used"], window["limit"])),
            ("off", reserve),
        ]
        words = WINDOW_WORDS.get(window["window"], window["window"])
        shown.append({**window, "words": words, "segments": segments, "free": free})
    return shown


@workspace_editor
@require_POST
def check(request: WorkspaceRequest, workspace: str, pk: int) -> HttpResponse:
    """Prove the connection now."""
    connection = connection_here(request, pk)
    try:
        services.connection_check(connection)
        messages.success(request, f"“{connection.name}” works.")
        if missing := missing_sentence(connection_here(request, pk)):
            messages.warning(request, missing)
    except CrosswalkError as error:
        messages.error(request, error.message)
    return redirect("integrations:connection", workspace, pk)


@workspace_editor
@require_POST
def rename(request: WorkspaceRequest, workspace: str, pk: int) -> HttpResponse:
    """Give the connection another name."""
    connection, form = connection_here(request, pk), RenameForm(request.POST)
    if form.is_valid():
        try:
            services.connection_rename(
                connection=connection,
                name=form.cleaned_data["name"],
                actor=request.user,
            )
            messages.success(request, "Renamed.")
            return redirect("integrations:connection", workspace, pk)
        except CrosswalkError as error:
            form.add_error("name", error.message)
    return page(request, connection_here(request, pk), 422, rename_form=form)


@workspace_editor
@require_POST
def disconnect(request: WorkspaceRequest, workspace: str, pk: int) -> HttpResponse:
    """Stop using the account."""
    connection = connection_here(request, pk)
    try:
        services.connection_disconnect(connection=connection, actor=request.user)
        messages.success(request, f"“{connection.name}” is disconnected.")
    except CrosswalkError as error:
        messages.error(request, error.message)
    return redirect("integrations:connection", workspace, pk)


@workspace_editor
@require_POST
def webhook_secret(request: WorkspaceRequest, workspace: str, pk: int) -> HttpResponse:
    """Store or clear the secret that deliveries are signed with."""
    connection, form = connection_here(request, pk), WebhookSecretForm(request.POST)
    if not form.is_valid():
        return page(request, connection, 422, secret_form=form)
    secret = form.cleaned_data["secret"]
    services.webhook_secret_save(
        connection=connection, secret=secret, actor=request.user
    )
    messages.success(request, "Saved." if secret else "Cleared.")
    return redirect("integrations:connection", workspace, pk)
