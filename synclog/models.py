"""The sync log: what ran, what happened to each record, and what others should know.

Written by every app above, knows none of them: foreign keys upward are strings.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models

from crosswalk.leases import Lease
from workspaces.models import Workspace

# PostgreSQL, whatever its collation: also finds by how a text begins
BEGINNINGS = [
    *("int8_ops", "varchar_pattern_ops", "timestamptz_ops", "int8_ops", "text_ops")
]


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
    undo: Any = models.JSONField(
        default=dict, blank=True
    )  # how: sync/choices/undoscope.py
    is_paused = models.BooleanField(default=False)  # by a person, until they resume it
    # waits, between two slices, for a short run of what has just arrived: sync/running/lanes.py
    is_aside = models.BooleanField(default=False)
    # where to go on after a kill: read cursors, last unit decided
    checkpoint: Any = models.JSONField(default=dict, blank=True)
    counts: Any = models.JSONField(default=dict, blank=True)  # outcome → units
    by_side: Any = models.JSONField(default=dict, blank=True)  # side → outcome → units
    calls: Any = models.JSONField(default=dict, blank=True)  # connection → calls
    minimum_calls: Any = models.JSONField(default=dict, blank=True)
    operations: Any = models.JSONField(default=dict, blank=True)  # "name: step" → calls
    # how long its calls took: integrations/callwatch.py
    call_times: Any = models.JSONField(default=dict, blank=True)
    # what a complete listing found that neither notice nor poll had told of
    drift: Any = models.JSONField(default=dict, blank=True)  # sync/reading/drift.py
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

    # no index of their own: those below begin with them
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, db_index=False)
    run = models.ForeignKey(
        SyncRun, on_delete=models.CASCADE, related_name="entries", db_index=False
    )
    object_type = models.CharField(max_length=40)
    unit = models.CharField(max_length=60)  # "l12", "r7": the record that names it
    left_id = models.CharField(max_length=80, blank=True)
    right_id = models.CharField(max_length=80, blank=True)
    label = models.CharField(max_length=200, blank=True)
    email = models.CharField(max_length=254, blank=True)
    # label and e-mail as they are searched for: synclog/searching.py
    name_key = models.CharField(max_length=200, blank=True)
    email_key = models.CharField(max_length=254, blank=True)
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
        indexes = [
            models.Index(fields=["run", "-id"], name="entry_by_run"),
            models.Index(fields=["run", "outcome", "-id"], name="entry_by_outcome"),
            models.Index(fields=["workspace", "at", "id"], name="entry_by_time"),
            models.Index(
                fields=["workspace", "outcome", "at", "id"], name="entry_by_kind"
            ),
            # the outcome comes last, so that a search of some outcome need not look at
            # the rows; sync/telling/logsearch.py
            *(
                models.Index(
                    fields=["workspace", field, "at", "id", "outcome"],
                    name=f"entry_by_{name}",
                    opclasses=BEGINNINGS,
                )
                for field, name in (
                    ("name_key", "name"),
                    ("email_key", "email"),
                    ("left_id", "left"),
                    ("right_id", "right"),
                )
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label}: {self.outcome}"


class Exchange(models.Model):
    """What went over the wire for one entry: each call with request and answer.

    `calls`: a list of {"side", "operation", "method", "path", "status", "seconds",
    "request", "answer"}, redacted and cut (integrations/callwatch.py). Kept for days.
    """

    entry = models.OneToOneField(
        LogEntry, on_delete=models.CASCADE, related_name="exchange"
    )
    calls: Any = models.JSONField(default=list)
    at = models.DateTimeField(auto_now_add=True, db_index=True)

    def __str__(self) -> str:
        return f"{len(self.calls)} calls of entry {self.entry_id}"


class LogTerm(models.Model):
    """How many days a workspace keeps its log, where it chose so itself."""

    workspace = models.OneToOneField(
        Workspace, on_delete=models.CASCADE, related_name="log_term"
    )
    log_days = models.PositiveSmallIntegerField()
    request_days = models.PositiveSmallIntegerField()

    def __str__(self) -> str:
        return f"{self.log_days} days"


class Event(models.Model):
    """Outbox: written with its cause, consumed by alerts and rules.

    `cause` names what it tells of, where the same may be noticed more than once: there is
    one event a cause.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE)
    type = models.CharField(max_length=60)  # "run.failed", "hl.contact_created"
    payload: Any = models.JSONField(default=dict)
    cause = models.CharField(max_length=160, null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "cause"], name="one_event_a_cause"
            )
        ]
        indexes = [
            models.Index(fields=["workspace", "-id"], name="event_by_workspace"),
            models.Index(fields=["workspace", "type", "-id"], name="event_by_type"),
        ]

    def __str__(self) -> str:
        return self.type


class OperationCall(models.Model):
    """One use of an operation: what was meant, by whom, and how it went.

    It is the intent too: saved before the call, settled after it. A call that stayed
    `pending` was cut off, and may have been made.
    """

    class State(models.TextChoices):
        PENDING = "pending", "Under way"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"
        UNKNOWN = "unknown", "Not confirmed"

    class Via(models.TextChoices):
        TRY = "try", "Tried by a person"
        RULE = "rule", "A rule"
        API = "api", "Another program"

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE)
    connection = models.ForeignKey(
        "integrations.Connection",
        null=True,
        on_delete=models.SET_NULL,
        related_name="operation_calls",
    )
    connection_name = models.CharField(max_length=80)
    operation = models.CharField(max_length=60)  # "hl.add_tags"
    writes = models.BooleanField(default=False)
    via = models.CharField(max_length=4, choices=Via.choices, default=Via.TRY)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL
    )
    once = models.UUIDField()  # whoever asks twice with the same is answered once
    state = models.CharField(
        max_length=8, choices=State.choices, default=State.PENDING, db_index=True
    )
    # {"method", "path", "params", "body"}, nothing secret in it
    request: Any = models.JSONField(default=dict, blank=True)
    answer: Any = models.JSONField(null=True, blank=True)
    rows: Any = models.JSONField(default=list, blank=True)  # the records in the answer
    is_cut = models.BooleanField(default=False)  # the answer was too long to keep whole
    calls = models.PositiveIntegerField(default=0)
    remote_request_id = models.CharField(max_length=120, blank=True)
    error_code = models.CharField(max_length=60, blank=True)
    error_message = models.TextField(blank=True)
    error_detail = models.TextField(blank=True)
    # the inputs that the vendor refused, with its words
    error_fields: Any = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "once"], name="one_operation_call_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["workspace", "-id"], name="operation_call_by_workspace"
            )
        ]

    def __str__(self) -> str:
        return f"{self.operation} ({self.state})"
