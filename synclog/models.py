"""The sync log: what ran, what happened to each record, and what others should know.

Written by every app above, knows none of them: foreign keys upward are strings.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models

from crosswalk.leases import Lease
from workspaces.models import Workspace


class SyncRun(Lease):
    """One execution of a sync. The lease says who works on it and when it is due."""

    class State(models.TextChoices):
        QUEUED = "queued", "Queued"
        RUNNING = "running", "Running"
        WAITING = "waiting", "Waiting"
        COMPLETED = "completed", "Completed"
        COMPLETED_WITH_FAILURES = "completed_with_failures", "Completed with failures"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    ACTIVE = (State.QUEUED, State.RUNNING, State.WAITING)
    TERMINAL = (
        State.COMPLETED,
        State.COMPLETED_WITH_FAILURES,
        State.FAILED,
        State.CANCELLED,
    )

    class Mode(models.TextChoices):
        TEST = "test", "Test"
        LIVE = "live", "Live"

    class Trigger(models.TextChoices):
        MANUAL = "manual", "By a person"
        COMMAND = "command", "Command line"
        SCHEDULE = "schedule", "Schedule"
        WEBHOOK = "webhook", "Instant notice"
        RETRY = "retry", "Retry"
        GO_LIVE = "go_live", "Go live"
        UNDO = "undo", "Undo"
        RECONCILE = "reconcile", "Comparison"

    class Phase(models.TextChoices):
        READ = "read", "Read"
        DECIDE = "decide", "Decide"
        WRITE = "write", "Write"
        DONE = "done", "Done"

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE)
    sync = models.ForeignKey("sync.Sync", on_delete=models.CASCADE, related_name="runs")
    mode = models.CharField(max_length=8, choices=Mode.choices)
    trigger = models.CharField(max_length=10, choices=Trigger.choices)
    state = models.CharField(
        max_length=24, choices=State.choices, default=State.QUEUED, db_index=True
    )
    reason = models.CharField(max_length=400, blank=True)  # why waiting, failed …
    reason_code = models.CharField(max_length=60, blank=True)
    phase = models.CharField(max_length=8, choices=Phase.choices, default=Phase.READ)
    # "all" decides every unit; "dirty" those that changed or are not in sync;
    # "records" those named in `targets`
    scope = models.CharField(max_length=8, default="all")
    targets: Any = models.JSONField(default=list, blank=True)
    plan = models.ForeignKey(
        "sync.Plan", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    undo_of = models.ForeignKey(  # the run whose writes this one puts back
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="undos"
    )
    undo: Any = models.JSONField(default=dict, blank=True)  # how: sync/undoscope.py
    # waits, between two slices, for a short run of what has just arrived: sync/lanes.py
    is_aside = models.BooleanField(default=False)
    # where to go on after a kill: read cursors, last unit decided
    checkpoint: Any = models.JSONField(default=dict, blank=True)
    counts: Any = models.JSONField(default=dict, blank=True)  # outcome → units
    by_side: Any = models.JSONField(default=dict, blank=True)  # side → outcome → units
    calls: Any = models.JSONField(default=dict, blank=True)  # connection → calls
    minimum_calls: Any = models.JSONField(default=dict, blank=True)
    operations: Any = models.JSONField(default=dict, blank=True)  # "name: step" → calls
    # what a complete listing found that neither notice nor poll had told of
    drift: Any = models.JSONField(default=dict, blank=True)  # sync/drift.py
    total_units = models.PositiveIntegerField(default=0)
    done_units = models.PositiveIntegerField(default=0)
    is_quiet = models.BooleanField(default=False)  # looked, found nothing to do
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL
    )
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    busy_seconds = models.FloatField(default=0)

    class Meta:
        indexes = [
            models.Index(fields=["workspace", "-id"], name="run_by_workspace"),
            models.Index(fields=["sync", "-id"], name="run_by_sync"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["sync", "mode"],
                condition=models.Q(
                    state__in=("queued", "running", "waiting"), is_aside=False
                ),
                name="one_active_run_a_sync_and_mode",
            )
        ]

    def __str__(self) -> str:
        return f"Run {self.pk} ({self.mode}, {self.state})"

    @property
    def is_active(self) -> bool:
        return self.state in self.ACTIVE


class LogEntry(models.Model):
    """What one run did to one unit: the diff, the reason, the outcome.

    `changes` is a list of {"side", "left_field", "right_field", "field", "before",
    "after", "reason"}; `steps` lists the calls made with their outcome.
    """

    class Outcome(models.TextChoices):
        CREATE = "create", "Created"
        UPDATE = "update", "Updated"
        DELETE = "delete", "Removed"  # deleted or archived: the reason says which
        LINK = "link", "Linked"
        UNCHANGED = "unchanged", "Unchanged"
        EXCLUDED = "excluded", "Excluded"
        REVIEW = "review", "Review"
        CONFLICT = "conflict", "Conflict"
        FAILED = "failed", "Failed"

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE)
    run = models.ForeignKey(SyncRun, on_delete=models.CASCADE, related_name="entries")
    object_type = models.CharField(max_length=40)
    unit = models.CharField(max_length=60)  # "l12", "r7": the record that names it
    left_id = models.CharField(max_length=80, blank=True)
    right_id = models.CharField(max_length=80, blank=True)
    label = models.CharField(max_length=200, blank=True)
    email = models.CharField(max_length=254, blank=True)
    outcome = models.CharField(max_length=12, choices=Outcome.choices)
    side = models.CharField(max_length=5, blank=True)  # where it was written
    reason = models.CharField(max_length=400, blank=True)
    reason_code = models.CharField(max_length=60, blank=True)
    changes: Any = models.JSONField(default=list, blank=True)
    trace: Any = models.JSONField(default=list, blank=True)
    steps: Any = models.JSONField(default=list, blank=True)
    error_code = models.CharField(max_length=60, blank=True)
    error_message = models.TextField(blank=True)
    error_detail = models.TextField(blank=True)
    is_bug = models.BooleanField(
        default=False
    )  # errored: a bug, not an explained refusal
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "unit"], name="one_entry_a_unit")
        ]
        indexes = [models.Index(fields=["run", "outcome"], name="entry_by_outcome")]

    def __str__(self) -> str:
        return f"{self.label}: {self.outcome}"


class Event(models.Model):
    """Outbox: written with its cause, consumed by alerts and rules."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE)
    type = models.CharField(max_length=60)  # "run.failed"
    payload: Any = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["workspace", "-id"], name="event_by_workspace")]

    def __str__(self) -> str:
        return self.type
