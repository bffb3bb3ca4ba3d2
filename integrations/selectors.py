"""Selectors: what pages and commands show of connections."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.conf import settings
from django.db.models import Q, QuerySet

from crosswalk.clock import iso
from integrations import registry
from integrations.access.expiry import expiry_forecast
from integrations.models import Connection
from integrations.quotas.budget import windows
from workspaces.models import Workspace

NAME_LENGTH = 80


def connection_list(workspace: Workspace) -> QuerySet[Connection]:
    """Return a workspace's connections by name."""
    found = Connection.objects.filter(workspace=workspace)
    return found.select_related("grant", "workspace").order_by("name")


def connection_syncs(connection: Connection) -> list[Any]:
    """Return the syncs that use a connection, by name.

    Syncs are of an app above this one, so they are reached by name, like the foreign
    keys that point upward.
    """
    syncs = apps.get_model("sync", "Sync")._default_manager
    uses = Q(left_id=connection.pk) | Q(right_id=connection.pk)
    return list(
        syncs.filter(uses, workspace_id=connection.workspace_id).order_by("name")
    )


def connection_status(connection: Connection) -> dict[str, Any]:
    """Return a connection as `crosswalk_status --json` shows it."""
    return {
        "name": connection.name,
        "kind": connection.kind,
        "health": connection.health,
        "webhook_url": webhook_url(connection),
        "quota": [
            {**window, "resets_at": iso(window["resets_at"])}
            for window in windows(connection)
        ],
        "grant_expires_at": iso(expiry_forecast(connection.grant).ends_at),
    }


def redirect_uri() -> str:
    """Return the one address that every vendor sends people back to."""
    return f"{settings.BASE_URL}/connect/callback/"


def webhook_url(connection: Connection) -> str:
    """Return where the vendor tells us of changes of a connection."""
    scheme = registry.spec(connection.kind).webhooks
    if scheme.routing == "app":
        return app_webhook_url(connection.kind)
    return f"{settings.BASE_URL}/hooks/c/{connection.webhook_token}/"


def call_url(connection: Connection) -> str:
    """Return where a workflow at the vendor may call, "" for kinds without workflows."""
    if registry.connector(connection.kind).parse_call is None:
        return ""
    return f"{settings.BASE_URL}/hooks/c/{connection.webhook_token}/"


def app_webhook_url(kind: str) -> str:
    """Return the address of an app-wide webhook, "" for kinds that have none."""
    scheme = registry.spec(kind).webhooks
    if scheme.routing != "app":
        return ""
    return f"{settings.BASE_URL}/hooks/{scheme.slug}/"


def free_name(workspace: Workspace, wanted: str) -> str:
    """Return a name for a new connection that no other one has."""
    base = wanted.strip()[: NAME_LENGTH - 4] or "Connection"
    taken = set(
        Connection.objects.filter(workspace=workspace).values_list("name", flat=True)
    )
    name, number = base, 2
    while name in taken:
        name, number = f"{base} {number}", number + 1
    return name
