"""Mappings: how the fields of one object type correspond in one sync."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models

from workspaces.models import Workspace


class Mapping(models.Model):
    """The mapping of one object type of one sync: a draft and published versions."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE)
    sync = models.ForeignKey(
        "sync.Sync", on_delete=models.CASCADE, related_name="mappings"
    )
    object_type = models.CharField(max_length=40)
    direction = models.CharField(max_length=16, default="both")
    # counts the draft's changes: who saves over a newer one is told
    revision = models.PositiveIntegerField(default=0)
    # pairs of keys that are not to be suggested again
    dismissed: Any = models.JSONField(default=list, blank=True)
    published = models.ForeignKey(
        "MappingVersion",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["sync", "object_type"], name="one_mapping_an_object_type"
            )
        ]

    def __str__(self) -> str:
        return f"{self.object_type} mapping of sync {self.sync_id}"


class FieldMap(models.Model):
    """One line of a mapping's draft: left field ↔ right field."""

    class Direction(models.TextChoices):
        BOTH = "both", "Both ways"
        LEFT_TO_RIGHT = "left_to_right", "Left to right"
        RIGHT_TO_LEFT = "right_to_left", "Right to left"

    class Write(models.TextChoices):
        ALWAYS = "always", "Always"
        IF_EMPTY = "if_empty", "Only if empty"
        ON_CREATE = "on_create", "Only on create"
        APPEND = "append", "Append"
        NEVER = "never", "Never"

    mapping = models.ForeignKey(
        Mapping, on_delete=models.CASCADE, related_name="field_maps"
    )
    position = models.PositiveIntegerField(default=0)
    # one of the two is "" where a constant stands in for a field
    left = models.CharField(max_length=120, blank=True)
    right = models.CharField(max_length=120, blank=True)
    direction = models.CharField(
        max_length=16, choices=Direction.choices, default=Direction.BOTH
    )
    write = models.CharField(max_length=10, choices=Write.choices, default=Write.ALWAYS)
    conflict = models.CharField(max_length=8, blank=True)  # "" = as the sync says
    to_right: Any = models.JSONField(default=list, blank=True)
    to_left: Any = models.JSONField(default=list, blank=True)
    value_map: Any = models.JSONField(default=list, blank=True)  # [[left, right]]
    constant: Any = models.JSONField(default=None, null=True, blank=True)
    default: Any = models.JSONField(default=dict, blank=True)  # side → value
    # how the source's value is made of several fields (mapping/gather.py)
    gather: Any = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["mapping", "left", "right"], name="one_field_map_a_pair"
            )
        ]

    def __str__(self) -> str:
        return f"{self.left} ↔ {self.right}"


class MappingVersion(models.Model):
    """A published mapping: the lines as they were, never changed again."""

    mapping = models.ForeignKey(
        Mapping, on_delete=models.CASCADE, related_name="versions"
    )
    number = models.PositiveIntegerField()
    direction = models.CharField(max_length=16, default="both")
    lines: Any = models.JSONField(default=list)
    # lines that were gone for some versions: stamp of the line → the version that took
    # it up again, from which on bases of it count (mapping/versions.py)
    taken_up: Any = models.JSONField(default=dict, blank=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL
    )
    published_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["mapping", "number"], name="one_mapping_version_number"
            )
        ]

    def __str__(self) -> str:
        return f"Version {self.number}"
