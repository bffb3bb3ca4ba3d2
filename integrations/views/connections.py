"""Connections: the list, and the page of one with all that can be done to it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from crosswalk.clock import now
from crosswalk.errors import CrosswalkError
from integrations import registry, services
from integrations.access.expiry import expiry_forecast
from integrations.access.permissions import missing_sentence
from integrations.access.reconnecting import open_links, way_of
from integrations.fields.fieldreading import catalogue_refresh
from integrations.forms import (
    AccountOptionsForm,
    RenameForm,
    ReserveForm,
    WebhookSecretForm,
)
from integrations.hearing import hearing
from integrations.models import Connection
from integrations.quotas.forecast import quota_forecast
from integrations.quotas.subjects import reserve_percent
from integrations.selectors import connection_list, connection_syncs, webhook_url
from integrations.services import is_working
from integrations.views import parts
from workspaces.access import WorkspaceRequest, workspace_editor, workspace_member


def connection_here(request: WorkspaceRequest, pk: int) -> Connection:
    """Return a connection of this workspace; 404 for any other."""
    rows = Connection.objects.select_related("grant", "workspace")
    return get_object_or_404(rows, workspace=request.workspace, pk=pk)


@workspace_member
@require_GET
def connection_list_page(request: WorkspaceRequest, workspace: str) -> HttpResponse:
    """Show every connection and how it is going."""
    rows = [_row(each) for each in connection_list(request.workspace)]
    rows.sort(key=lambda row: TROUBLE_FIRST.get(row["connection"].health, 1))
    broken = [row["connection"].name for row in rows if not row["is_fine"]]
    context = {"rows": rows, "title": _title(len(rows), broken)}
    return render(request, "integrations/connection_list.html", context)


TROUBLE_FIRST = {
    Connection.Health.NEEDS_RECONNECT: 0,
    Connection.Health.DEGRADED: 0,
    Connection.Health.DISABLED: 2,
}


def _row(connection: Connection) -> dict[str, Any]:
    """Return one line of the list: health, the day's quota, how long access lasts."""
    expiry = expiry_forecast(connection.grant)
    day = quota_forecast(connection)[-1]
    health = Connection.Health
    return {
        "connection": connection,
        "spec": registry.spec(connection.kind),
        "day": day,
        "segments": parts.segments_of(day),
        "expiry": expiry if expiry.tone == "warn" else None,
        "hearing": hearing(connection),
        "is_used": is_working(connection),
        "is_fine": connection.health in {health.ACTIVE, health.DISABLED},
    }


def _title(number: int, broken: list[str]) -> str:
    """Return how the connections are, as the sentence that opens the page."""
    if not number:
        return "Connections"
    if not broken:
        return "All connections work." if number > 1 else "The connection works."
    if len(broken) == 1:
        return f"“{broken[0]}” needs you."
    return f"{len(broken)} of {number} connections need you."


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
    context = {
        "connection": connection,
        "grant": connection.grant,
        "spec": spec,
        "lead": lead(connection),
        "is_usable": is_working(connection),
        "syncs": connection_syncs(connection),
        "can_write": request.membership.can_write,
        **calls_context(connection),
        **access_context(connection),
        **notices_context(connection),
        "objects": parts.objects_shown(connection),
        "permissions": parts.permissions_shown(connection),
        "options_form": AccountOptionsForm(
            initial=connection.options, connection=connection
        ),
        "rename_form": RenameForm(initial={"name": connection.name}),
        **bound,
    }
    return render(request, "integrations/connection_page.html", context, status=status)


def lead(connection: Connection) -> str:
    """Return which account it is, in a few words under its name."""
    label = registry.spec(connection.kind).label
    name = connection.account_name
    return f"{label}: {name}" if name and name != connection.name else label


def calls_context(connection: Connection) -> dict[str, Any]:
    """Return what the part on quota and calls shows."""
    percent = reserve_percent(connection)
    return {
        "windows": parts.windows_shown(connection),
        "chart": parts.calls_shown(connection),
        "reserve_percent": percent,
        "reserve_form": ReserveForm(initial={"percent": percent}),
    }


def access_context(connection: Connection) -> dict[str, Any]:
    """Return what the part on access and its end shows."""
    expiry = expiry_forecast(connection.grant)
    tone = parts.tone_of(expiry.tone)
    if tone == "ok" and not is_working(connection):
        tone = "off"  # a green mark beside an account that does not work misleads
    return {
        "expiry": expiry,
        "expiry_tone": tone,
        "can_link": bool(way_of(connection)),
        "open_link": open_links(connection).filter(expires_at__gt=now()).first(),
    }


def notices_context(connection: Connection) -> dict[str, Any]:
    """Return what the part on instant notices shows."""
    heard = hearing(connection)
    return {
        "hearing": heard,
        "heard_segments": [("ok", heard.heard), ("wait", heard.missed)],
        "webhook_url": webhook_url(connection),
        "is_app_hook": registry.spec(connection.kind).webhooks.routing == "app",
        "secret_form": WebhookSecretForm(),
    }


@workspace_editor
@require_POST
def check(request: WorkspaceRequest, workspace: str, pk: int) -> HttpResponse:
    """Prove the connection now."""
    connection = connection_here(request, pk)
    try:
        services.connection_check(connection)
        catalogue_refresh(connection)  # what went wrong with it is told on the page
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
