"""Plans and what carrying them out leaves behind: verdicts, intents."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models

from integrations.models import Connection, RemoteRecord
from sync.models.syncs import Sync
from synclog.models import SyncRun
from workspaces.models import Workspace


class Plan(models.Model):
    """A whole run as it would happen: to page, filter and approve."""

    class State(models.TextChoices):
        MAKING = "making", "Being made"
        READY = "ready", "Ready"
        APPROVED = "approved", "Approved"
        APPLIED = "applied", "Applied"
        EXPIRED = "expired", "Out of date"

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE)
    sync = models.ForeignKey(Sync, on_delete=models.CASCADE, related_name="plans")
    state = models.CharField(max_length=10, choices=State.choices, default=State.MAKING)
    read_at = models.DateTimeField()  # before its first read
    counts: Any = models.JSONField(default=dict)
    by_side: Any = models.JSONField(default=dict)
    calls: Any = models.JSONField(default=dict)  # connection name → calls to write it
    seconds = models.FloatField(default=0)  # how long writing it would take
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL
    )
    approved_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"Plan {self.pk} of {self.sync}"


class PlannedChange(models.Model):
    """One unit of a plan that is not unchanged."""

    # no index of its own: those below begin with it
    plan = models.ForeignKey(
        Plan, on_delete=models.CASCADE, related_name="changes", db_index=False
    )
    object_type = models.CharField(max_length=40)
    unit = models.CharField(max_length=60)
    outcome = models.CharField(max_length=12)
    left = models.ForeignKey(
        RemoteRecord, null=True, on_delete=models.CASCADE, related_name="+"
    )
    right = models.ForeignKey(
        RemoteRecord, null=True, on_delete=models.CASCADE, related_name="+"
    )
    left_version = models.PositiveIntegerField(default=0)
    right_version = models.PositiveIntegerField(default=0)
    label = models.CharField(max_length=200, blank=True)
    email = models.CharField(max_length=254, blank=True)
    side = models.CharField(max_length=5, blank=True)
    reason = models.CharField(max_length=400, blank=True)
    reason_code = models.CharField(max_length=60, blank=True)
    changes: Any = models.JSONField(default=list)
    detail: Any = models.JSONField(default=dict, blank=True)
    trace: Any = models.JSONField(default=list, blank=True)
    calls = models.PositiveIntegerField(default=0)
    # the run that a person approved it for, None while it is only planned
    approved_in = models.ForeignKey(
        SyncRun, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["plan", "unit"], name="one_change_a_unit")
        ]
        indexes = [
            models.Index(fields=["plan", "id"], name="change_by_plan"),
            models.Index(  # with what is still to approve, which is counted
                fields=["plan", "outcome", "id", "approved_in"],
                name="change_by_outcome",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.outcome} {self.label}"


class MatchVerdict(models.Model):
    """What matching has found of unlinked people, for the run that goes by it.

    Kept until the run ends, so that its later slices, or the process after a kill,
    judge as the first did. Whoever has no row is nobody's match. A pair has both
    sides, a review one of them.
    """

    class Kind(models.TextChoices):
        FOUND = "found", "Fits by the key under way"
        LINK = "link", "Certain"
        REVIEW = "review", "For a person"
        LIKELY = "likely", "Likely, for a person"

    run = models.ForeignKey(SyncRun, on_delete=models.CASCADE, related_name="+")
    object_type = models.CharField(max_length=40)
    kind = models.CharField(max_length=6, choices=Kind.choices)
    left = models.ForeignKey(
        RemoteRecord,
        null=True,
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,
    )
    right = models.ForeignKey(
        RemoteRecord,
        null=True,
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,
    )
    code = models.CharField(max_length=20)  # of a pair: the kind of key
    why = models.CharField(max_length=400, blank=True)
    percent = models.PositiveSmallIntegerField(default=0)
    candidates: Any = models.JSONField(default=list)  # [[side, record, why]]

    class Meta:
        indexes = [
            models.Index(fields=["left", "run"], name="verdict_by_left"),
            models.Index(fields=["right", "run"], name="verdict_by_right"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.left_id} {self.right_id}"


class Intent(models.Model):
    """One remote call that writes: saved before it is made, settled after.

    An open intent after a kill means: look first whether it was done.
    """

    class State(models.TextChoices):
        PENDING = "pending", "Pending"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"
        ABANDONED = "abandoned", "Planned again"

    run = models.ForeignKey(SyncRun, on_delete=models.CASCADE, related_name="intents")
    sync = models.ForeignKey(Sync, on_delete=models.CASCADE, related_name="intents")
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE)
    object_type = models.CharField(max_length=40)
    unit = models.CharField(max_length=60)
    side = models.CharField(max_length=5)
    record = models.ForeignKey(
        RemoteRecord, null=True, on_delete=models.CASCADE, related_name="+"
    )  # written to; None while it is being created
    source = models.ForeignKey(
        RemoteRecord, null=True, on_delete=models.CASCADE, related_name="+"
    )  # created from
    kind = models.CharField(max_length=40)
    removes = models.CharField(max_length=8, blank=True)  # types.Removal.how
    step = models.PositiveIntegerField(default=1)
    steps = models.PositiveIntegerField(default=1)
    values: Any = models.JSONField(default=dict)  # field → value to write
    state = models.CharField(
        max_length=10, choices=State.choices, default=State.PENDING
    )
    remote_id = models.CharField(max_length=80, blank=True)
    error_code = models.CharField(max_length=60, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["run", "state"], name="intent_by_state"),
            models.Index(
                fields=["sync"],
                condition=models.Q(state="pending"),
                name="intent_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.unit}: {self.state}"
