"""Workspaces: making and changing them, and writing the audit trail."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils.text import slugify

from crosswalk.redact import redact
from workspaces.models import AuditEvent, Membership, Workspace


def workspace_slug(name: str) -> str:
    """Return a free slug that reads like the name."""
    base = slugify(name)[:50] or "workspace"
    slug, number = base, 2
    while Workspace.objects.filter(slug=slug).exists():
        slug, number = f"{base}-{number}", number + 1
    return slug


@transaction.atomic
def workspace_create(
    *, name: str, time_zone: str = "UTC", owner: AbstractBaseUser | None = None
) -> Workspace:
    """Make a workspace and, where given, its first owner."""
    workspace = Workspace.objects.create(
        name=name, slug=workspace_slug(name), time_zone=time_zone
    )
    if owner is not None:
        Membership.objects.create(
            workspace=workspace, user_id=owner.pk, role=Membership.Role.OWNER
        )
    audit(workspace=workspace, actor=owner, action="workspace.created", subject=name)
    return workspace


@transaction.atomic
def workspace_change(
    *, workspace: Workspace, name: str, time_zone: str, actor: AbstractBaseUser
) -> None:
    """Give a workspace another name or time zone; its address stays."""
    before = {"name": workspace.name, "time_zone": workspace.time_zone}
    after = {"name": name, "time_zone": time_zone}
    if before == after:
        return
    Workspace.objects.filter(pk=workspace.pk).update(**after)
    audit(
        workspace=workspace,
        actor=actor,
        action="workspace.changed",
        subject=name,
        data={"before": before, "after": after},
    )


def audit(
    *,
    workspace: Workspace,
    action: str,
    subject: str = "",
    actor: AbstractBaseUser | None = None,
    data: dict[str, Any] | None = None,
) -> AuditEvent:
    """Write one line of the audit trail; secrets are hidden."""
    return AuditEvent.objects.create(
        workspace=workspace,
        actor_id=actor.pk if actor else None,
        action=action,
        subject=subject[:200],
        data=redact(data or {}),
    )
