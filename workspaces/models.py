"""Workspaces: who may do what. Every other row belongs to one."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models


class Workspace(models.Model):
    """One team's place: its connections, syncs and log, seen by nobody else."""

    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=60, unique=True)
    time_zone = models.CharField(max_length=64, default="UTC")
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """What one person may do in one workspace."""

    class Role(models.TextChoices):
        OWNER = "owner", "Owner"
        EDITOR = "editor", "Editor"
        VIEWER = "viewer", "Viewer"

    WRITERS = (Role.OWNER, Role.EDITOR)

    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="memberships"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships"
    )
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.VIEWER)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "user"], name="one_membership_a_person"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.workspace}: {self.role}"

    @property
    def can_write(self) -> bool:
        return self.role in self.WRITERS


class AuditEvent(models.Model):
    """Who did what, when: append-only."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL
    )
    action = models.CharField(max_length=60)  # "connection.connected"
    subject = models.CharField(max_length=200, blank=True)
    data: Any = models.JSONField(default=dict, blank=True)
    at = models.DateTimeField(auto_now_add=True, db_index=True)

    def __str__(self) -> str:
        return f"{self.action} {self.subject}"


class ApiKey(models.Model):
    """A key for programs of a workspace. Only a hash of it is kept."""

    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="api_keys"
    )
    name = models.CharField(max_length=80)
    shown = models.CharField(max_length=20)  # how it begins, to know it again
    key_hash = models.CharField(max_length=64, unique=True)
    scopes: Any = models.JSONField(default=list)  # of workspaces.keys.SCOPES
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "name"],
                condition=models.Q(revoked_at__isnull=True),
                name="api_key_name",
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.shown}…)"
