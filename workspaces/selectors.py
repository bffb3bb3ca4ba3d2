"""Reading workspaces: whose they are, who belongs to them, what was done."""

from __future__ import annotations

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser, User
from django.db.models import QuerySet
from django.http import HttpRequest

from workspaces.models import AuditEvent, Membership, Workspace

ACTIONS = {
    "workspace.created": "Created the workspace",
    "workspace.changed": "Changed the workspace",
    "member.added": "Added a person",
    "member.role_changed": "Changed the role of a person",
    "member.removed": "Removed a person",
    "member.invited": "Sent a new person the link again",
    "workspace.exported": "Downloaded everything",
    "api_key.created": "Made an API key",
    "api_key.revoked": "Revoked an API key",
    "alert_channel.added": "Added a channel of alerts",
    "alert_channel.changed": "Changed a channel of alerts",
    "alert_channel.removed": "Removed a channel of alerts",
    "alert_channel.tested": "Tested a channel of alerts",
    "alert_channel.secret_renewed": "Renewed the secret of a channel",
    "alert_rules.changed": "Changed the rules of alerts",
    "person.forgotten": "Had a person forgotten",
    "connection.connected": "System connected",
    "connection.reconnected": "System connected again",
    "connection.reconnected_by_link": "System connected again, by a link",
    "connection.disconnected": "System disconnected",
    "connection.needs_reconnect": "System let nobody in any more",
    "connection.app_installed": "App installed at the system",
    "connection.app_uninstalled": "App removed at the system",
    "oauth_app.saved": "Keys of an app saved",
    "grant.revoke_failed": "Access could not be given back yet",
    "grant.revoke_gave_up": "Access could not be given back",
    "config.imported": "Configuration file read in",
    "sync.config_changed": "Rules of a sync changed",
    "mapping.saved": "Fields saved",
    "mapping.published": "Fields published",
    "plan.gone_on": "Rest of a plan let through",
    "record.paused": "Person paused",
    "record.released": "Person released",
    "loop.released": "Person who flipped back and forth released",
    "match.accepted": "Two records said to be one person",
    "match.refused": "Two records said to be two people",
    "match.unlinked": "Two records taken apart",
    "match.taken_back": "Decision about two records taken back",
    "delete.decided": "Decided about somebody who is gone",
}


def owner_exists() -> bool:
    """Return whether anybody has an account here yet."""
    return User.objects.exists()


def workspace_url(workspace: Workspace) -> str:
    """Return the address of a workspace's home page."""
    return f"/w/{workspace.slug}/"


def workspaces_of(user: AbstractBaseUser | AnonymousUser) -> QuerySet[Workspace]:
    """Return the workspaces a person belongs to, by name."""
    if user.pk is None:
        return Workspace.objects.none()
    return Workspace.objects.filter(memberships__user_id=user.pk).order_by("name", "pk")


def workspace_current(request: HttpRequest) -> Workspace | None:
    """Return the workspace of this page, else the one last used, else the first."""
    workspace = getattr(request, "workspace", None)
    if isinstance(workspace, Workspace):
        return workspace
    mine = list(workspaces_of(request.user))
    last = request.session.get("workspace")
    return next((w for w in mine if w.slug == last), mine[0] if mine else None)


def member_list(workspace: Workspace) -> QuerySet[Membership]:
    """Return the people of a workspace, the longest there first."""
    return workspace.memberships.select_related("user").order_by("created_at", "pk")


def member_get(workspace: Workspace, pk: int) -> Membership | None:
    """Return one person of this workspace."""
    return workspace.memberships.select_related("user").filter(pk=pk).first()


def audit_list(workspace: Workspace) -> QuerySet[AuditEvent]:
    """Return what was done in a workspace, the latest first."""
    return (
        AuditEvent.objects.filter(workspace=workspace)
        .select_related("actor")
        .order_by("-pk")
    )


def action_words(action: str) -> str:
    """Return an action in words: "sync.went_live" is "Sync went live"."""
    return (
        ACTIONS.get(action) or action.replace(".", " ").replace("_", " ").capitalize()
    )
