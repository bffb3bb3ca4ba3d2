"""Listening: waits a while for the next delivery of a connection, and shows it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe
from django_htmx.http import HttpResponseStopPolling

from crosswalk.clock import now
from integrations.hearing import arrivals
from integrations.models import Connection
from integrations.views.connections import connection_here
from workspaces.access import WorkspaceRequest, workspace_member

PATIENCE = timedelta(minutes=10)


@workspace_member
@require_safe
def listening(request: WorkspaceRequest, workspace: str, pk: int) -> HttpResponse:
    """Show what has arrived since somebody began to listen; ends after ten minutes.

    `since` is that moment in milliseconds; without one, listening begins now.
    """
    connection = connection_here(request, pk)
    context = listening_context(connection, began(request.GET.get("since", "")))
    if not request.htmx:
        return render(request, "integrations/listening.html", context)
    html = render_to_string("integrations/_listening.html", context, request)
    if context["listening"] == "waiting":
        return HttpResponse(html)
    return HttpResponseStopPolling(html)


def listening_context(connection: Connection, since: datetime) -> dict[str, Any]:
    """Return what `_listening.html` shows: waiting, heard or over."""
    found = arrivals(connection, since)
    is_over = now() - since >= PATIENCE
    return {
        "connection": connection,
        "since": int(since.timestamp() * 1000),
        "since_at": since,
        "until": since + PATIENCE,
        "arrivals": found,
        "listening": "heard" if found else "over" if is_over else "waiting",
    }


def began(text: str) -> datetime:
    """Return when listening began; now, where the address says nothing sensible."""
    moment = now()
    if text.isascii() and text.isdecimal() and len(text) <= 14:
        given = datetime.fromtimestamp(int(text) / 1000, UTC)
        if moment - timedelta(days=1) <= given <= moment:
            return given
    return moment
