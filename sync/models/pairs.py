"""What is remembered of each pair of records, and where each unit stands."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models

from integrations.models import RemoteRecord
from sync.models.syncs import Sync


class RecordLink(models.Model):
    """The remembered pair of records, with the base both sides last agreed on.

    `base`: field map stamp → {"left": value, "right": value, "at": ISO time}; a
    field map that is new, was changed or is taken up again has another stamp and so no
    base. Entries of stamps that are not in force stay and say nothing.
    """

    sync = models.ForeignKey(Sync, on_delete=models.CASCADE, related_name="links")
    object_type = models.CharField(max_length=40)
    left = models.ForeignKey(
        RemoteRecord, on_delete=models.CASCADE, related_name="left_links"
    )
    right = models.ForeignKey(
        RemoteRecord, on_delete=models.CASCADE, related_name="right_links"
    )
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.CASCADE)
    base: Any = models.JSONField(default=dict)
    held_apart: Any = models.JSONField(default=list, blank=True)
    # stamp → the last writes of a field, and the field it is frozen for: engine/loops.py
    recent_writes: Any = models.JSONField(default=dict, blank=True)
    frozen: Any = models.JSONField(default=dict, blank=True)
    # one of the two was removed by us: what reappears revives the link
    tombstoned_at = models.DateTimeField(null=True, blank=True)
    # sync/engine/removal.py: deleted, archived, tagged, kept, gone; undone, again
    tombstone = models.CharField(max_length=10, blank=True)
    tombstone_side = models.CharField(max_length=5, blank=True)
    how = models.CharField(max_length=20, blank=True)  # email, phone, name, created …
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sync", "left"], name="one_link_a_left"),
            models.UniqueConstraint(fields=["sync", "right"], name="one_link_a_right"),
        ]

    def __str__(self) -> str:
        return f"{self.left_id} ↔ {self.right_id}"


class PendingDelete(models.Model):
    """A removal that waits for a person: one record of a linked pair is gone or has
    left the scope, and `at` is the side of the other.

    Written with its unit's list, and gone as soon as that says something else: when
    the record reappears, its partner goes too, or the decision is carried out.
    """

    sync = models.ForeignKey(
        Sync, on_delete=models.CASCADE, related_name="pending_deletes"
    )
    link = models.OneToOneField(
        RecordLink, on_delete=models.CASCADE, related_name="pending_delete"
    )
    at = models.CharField(max_length=5)
    code = models.CharField(max_length=60)  # why it is asked: engine/removal.ASK …
    # of the record at that side, as the person sees it: a later edit asks again
    version = models.PositiveIntegerField(default=0)
    since = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["sync", "code"], name="pending_delete_by_code")]

    def __str__(self) -> str:
        return f"{self.link_id}: {self.code}"


class KeptApart(models.Model):
    """Two records that are two people, as a person has said.

    `one` has the smaller primary key. While `is_open` nobody has said so yet: a person
    unlinked the two and wants to be asked again, so they are not linked by themselves.
    """

    sync = models.ForeignKey(Sync, on_delete=models.CASCADE, related_name="apart")
    one = models.ForeignKey(RemoteRecord, on_delete=models.CASCADE, related_name="+")
    two = models.ForeignKey(RemoteRecord, on_delete=models.CASCADE, related_name="+")
    said_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    said_at = models.DateTimeField(auto_now_add=True)
    is_open = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["sync", "one", "two"], name="kept_apart_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.one_id} and {self.two_id} are two people"


class RecordPause(models.Model):
    """A person has this record left alone in a sync, whatever changes meanwhile.

    Of a record and not of a link: one without a partner is not created across, and a
    pair is paused by either of its records.
    """

    sync = models.ForeignKey(Sync, on_delete=models.CASCADE, related_name="pauses")
    record = models.ForeignKey(RemoteRecord, on_delete=models.CASCADE, related_name="+")
    reason = models.CharField(max_length=200, blank=True)
    paused_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    paused_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["sync", "record"], name="one_pause_a_record"
            )
        ]

    def __str__(self) -> str:
        return f"{self.record_id} is paused"


class SyncRecord(models.Model):
    """Where one unit (a linked pair or an unlinked record) stands, in one list."""

    class List(models.TextChoices):
        IN_SYNC = "in_sync", "In sync"
        EXCLUDED = "excluded", "Excluded"
        WAITING = "waiting", "Waiting"
        FAILING = "failing", "Failing"
        REVIEW = "review", "Review"
        CONFLICT = "conflict", "Conflict"

    # no index of its own: those below begin with it
    sync = models.ForeignKey(
        Sync, on_delete=models.CASCADE, related_name="records", db_index=False
    )
    object_type = models.CharField(max_length=40)
    left = models.ForeignKey(
        RemoteRecord, null=True, on_delete=models.CASCADE, related_name="+"
    )
    right = models.ForeignKey(
        RemoteRecord, null=True, on_delete=models.CASCADE, related_name="+"
    )
    list = models.CharField(max_length=10, choices=List.choices)
    reason = models.CharField(max_length=400, blank=True)
    reason_code = models.CharField(max_length=60, blank=True)
    # of who fails because a value does not fit: the line of the mapping, "left|right"
    field_map = models.CharField(max_length=250, blank=True)
    since = models.DateTimeField(null=True, blank=True)  # in this list, for this cause
    label = models.CharField(max_length=200, blank=True)
    # {"candidates": [{side, id, label, why}], "conflicts": [{field …}]}
    detail: Any = models.JSONField(default=dict, blank=True)
    left_version = models.PositiveIntegerField(default=0)
    right_version = models.PositiveIntegerField(default=0)
    attempts = models.PositiveIntegerField(default=0)
    retry_at = models.DateTimeField(null=True, blank=True)
    last_entry = models.ForeignKey(
        "synclog.LogEntry", null=True, blank=True, on_delete=models.SET_NULL
    )
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sync", "left"], name="one_unit_a_left"),
            models.UniqueConstraint(fields=["sync", "right"], name="one_unit_a_right"),
        ]
        indexes = [
            models.Index(fields=["sync", "list", "label", "id"], name="unit_by_list"),
            models.Index(fields=["sync", "label", "id"], name="unit_by_name"),
            # what needs a person is grouped by it on every page
            models.Index(
                fields=["sync", "list", "reason_code", "field_map", "label", "id"],
                name="unit_by_cause",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label}: {self.list}"

    @property
    def rows(self) -> tuple[int, ...]:
        """The records it is about: of both sides, or of one."""
        return tuple(pk for pk in (self.left_id, self.right_id) if pk)

    @property
    def unit(self) -> str:
        """Return the name of the unit: the record that stands for it."""
        return f"l{self.left_id}" if self.left_id else f"r{self.right_id}"
