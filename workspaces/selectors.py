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
