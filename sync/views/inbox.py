"""Instant notices: every delivery of the last two weeks, what it came to, and again."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from integrations.hearing import hearing
from integrations.models import Connection, RemoteRecord
from sync.inbox.waiting import FAILED, replay
from sync.jobs import inbox_enqueue
from sync.models import InboxEvent
from sync.running.pruning import INBOX_DAYS
from sync.telling.inboxwords import body_shown, may_replay, standing
from sync.views.parts import PAGE_SIZE, record_url
from workspaces.access import WorkspaceRequest, workspace_editor, workspace_member
from workspaces.models import Workspace

SHOWS: dict[str, tuple[str, Q]] = {
    "": ("All", Q()),
    "waiting": ("Waiting", Q(next_at__isnull=False)),
    "failed": ("Failed", Q(outcome=FAILED) | Q(next_at__isnull=False) & ~Q(error="")),
}


def events_of(workspace: Workspace) -> QuerySet[InboxEvent]:
    """Return the deliveries of a workspace, newest first."""
    found = InboxEvent.objects.filter(connection__workspace=workspace)
    return found.select_related("connection__grant").order_by("-pk")


@workspace_member
@require_safe
def inbox(request: WorkspaceRequest, workspace: str) -> HttpResponse:
    """Show deliveries, by connection and by how far they have come."""
    connection = _connection(request)
    show = request.GET.get("show", "")
    show = show if show in SHOWS else ""
    found = events_of(request.workspace).defer("body", "values")
    if connection:
        found = found.filter(connection=connection)
    before = _number(request.GET.get("before", ""))
    page = found.filter(SHOWS[show][1])
    page = page.filter(pk__lt=before) if before else page
    events = list(page[: PAGE_SIZE + 1])
    rows = events[:PAGE_SIZE]
    connections = Connection.objects.filter(workspace=request.workspace)
    context = {
        "rows": _rows(rows),
        "show": show,
        "shows": [
            (key, words, _address(request, connection, key))
            for key, (words, _) in SHOWS.items()
        ],
        "connection": connection,
        "connections": connections.order_by("name"),
        "hearing": hearing(connection) if connection else None,
        "older": _address(request, connection, show, rows[-1].pk)
        if len(events) > PAGE_SIZE
        else "",
        "is_first": not before,
        "first": _address(request, connection, show),
        "failed": found.filter(SHOWS["failed"][1], lease_owner="").count(),
        "days": INBOX_DAYS,
        "can_write": request.membership.can_write,
    }
    return render(request, "sync/inbox.html", context)


def _rows(events: list[InboxEvent]) -> list[dict[str, Any]]:
    """Return deliveries as the list shows them. One query for all names."""
    known = RemoteRecord.objects.filter(
        connection_id__in={event.connection_id for event in events},
        object_type__in={event.object_type for event in events},
        remote_id__in={event.record_id for event in events},
    ).values_list("connection_id", "object_type", "remote_id", "label")
    labels = {tuple(key): label for *key, label in known}
    return [
        {
            "event": event,
            "label": labels.get(
                (event.connection_id, event.object_type, event.record_id), ""
            ),
            "standing": standing(event),
            "may_replay": may_replay(event),
        }
        for event in events
    ]


@workspace_member
@require_safe
def inbox_event(request: WorkspaceRequest, workspace: str, pk: int) -> HttpResponse:
    """Show one delivery with its raw body."""
    event = _event(request, pk)
    context = {
        **_rows([event])[0],
        "body": body_shown(event),
        "record_url": record_url(event.connection, event.record_id),
        "can_write": request.membership.can_write,
    }
    return render(request, "sync/inbox_event.html", context)


@workspace_editor
@require_POST
def inbox_replay(request: WorkspaceRequest, workspace: str, pk: int) -> HttpResponse:
    """Have one delivery read again now."""
    event = _event(request, pk)
    if replay(InboxEvent.objects.filter(pk=event.pk)):
        inbox_enqueue()
        messages.success(request, "It is read again now.")
    else:
        messages.info(request, "It has not failed, so there is nothing to repeat.")
    return redirect("sync:inbox_event", workspace, pk)


@workspace_editor
@require_POST
def inbox_replay_all(request: WorkspaceRequest, workspace: str) -> HttpResponse:
    """Have all failed deliveries read again, of one connection or of all."""
    connection = _connection(request)
    found = InboxEvent.objects.filter(connection__workspace=request.workspace)
    if connection:
        found = found.filter(connection=connection)
    count = replay(InboxEvent.objects.filter(pk__in=found.values("pk")))
    if count:
        inbox_enqueue()
        words = "One notice is" if count == 1 else f"{count:,} notices are"
        messages.success(request, f"{words} read again now.")
    else:
        messages.info(request, "None has failed, so there is nothing to repeat.")
    return redirect(_address(request, connection, ""))


def _event(request: WorkspaceRequest, pk: int) -> InboxEvent:
    return get_object_or_404(events_of(request.workspace), pk=pk)


def _connection(request: WorkspaceRequest) -> Connection | None:
    """Return the connection that the address names, None for all or for nonsense."""
    number = _number(request.GET.get("connection", ""))
    rows = Connection.objects.filter(workspace=request.workspace, pk=number)
    return rows.select_related("grant").first() if number else None


def _number(text: str) -> int:
    is_number = text.isascii() and text.isdecimal() and len(text) < 18
    return int(text) if is_number else 0


def _address(
    request: WorkspaceRequest,
    connection: Connection | None,
    show: str,
    before: int = 0,
) -> str:
    """Return the address of a part of the list."""
    given = {
        "connection": connection.pk if connection else "",
        "show": show,
        "before": before or "",
    }
    query = urlencode({name: value for name, value in given.items() if value})
    return f"{reverse('sync:inbox', args=[request.workspace.slug])}?{query}"
