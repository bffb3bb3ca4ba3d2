"""Syncs: two connections, their policies, and what is remembered of each pair."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import models

from crosswalk.clock import now
from crosswalk.leases import Lease, host_name
from integrations.models import Connection, RemoteRecord
from synclog.models import SyncRun
from workspaces.models import Workspace


class Sync(models.Model):
    """Two connections kept in step."""

    class State(models.TextChoices):
        DRAFT = "draft", "Not live yet"
        TESTED = "tested", "Tested, not live yet"
        LIVE = "live", "Live"
        PAUSED = "paused", "Paused"

    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="syncs"
    )
    name = models.CharField(max_length=80)
    left = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="+")
    right = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=8, choices=State.choices, default=State.DRAFT)
    match: Any = models.JSONField(default=list)  # ["email", "phone", "name"]
    first_merge = models.CharField(max_length=10, default="non_empty")
    conflict = models.CharField(max_length=8, default="newest")
    # not "delete": that is what a model does
    delete_policy = models.CharField(max_length=8, default="ignore")
    # what becomes of a pair that no longer meets the filters: keep, unlink, archive
    leaving = models.CharField(max_length=8, default="keep")
    history: Any = models.JSONField(default=str)  # "all" | "new" | {"since": date}
    schedule: Any = models.JSONField(default=dict)  # as in the config file
    # object type → {"left": filter, "right": filter}: sync/engine/scope.py
    filters: Any = models.JSONField(default=dict, blank=True)
    guards: Any = models.JSONField(default=dict, blank=True)  # sync/engine/guards.py
    # stamp of the choices by which every unit was last decided: another one means
    # that all are to be looked at again
    decided_by = models.CharField(max_length=64, blank=True)
    next_poll_at = models.DateTimeField(null=True, blank=True, db_index=True)
    # the nightly comparison of everybody: sync/reconciling.py
    next_reconcile_at = models.DateTimeField(null=True, blank=True, db_index=True)
    reconcile_note = models.CharField(max_length=200, blank=True)  # why it was skipped
    # "left.contact" → people a listing showed that was too short to be believed
    doubted_listings: Any = models.JSONField(default=dict, blank=True)
    polled_at = models.DateTimeField(null=True, blank=True)
    went_live_at = models.DateTimeField(null=True, blank=True)
    paused_reason = models.CharField(max_length=400, blank=True)
    # the run that wrote the first people of a plan: the rest waits for a person
    canary = models.ForeignKey(
        SyncRun, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "name"], name="sync_name_in_workspace"
            ),
            models.UniqueConstraint(
                fields=["left", "right"], name="one_sync_a_pair_of_connections"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class RecordLink(models.Model):
    """The remembered pair of records, with the base both sides last agreed on.

    `base`: field map stamp → {"left": value, "right": value, "at": ISO time}; a
    field map that is new or was changed has another stamp and so no base.
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

    sync = models.ForeignKey(Sync, on_delete=models.CASCADE, related_name="records")
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
        indexes = [models.Index(fields=["sync", "list"], name="unit_by_list")]

    def __str__(self) -> str:
        return f"{self.label}: {self.list}"

    @property
    def unit(self) -> str:
        """Return the name of the unit: the record that stands for it."""
        return f"l{self.left_id}" if self.left_id else f"r{self.right_id}"


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

    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="changes")
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
        indexes = [models.Index(fields=["plan", "outcome"], name="change_by_outcome")]

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


class InboxEvent(Lease):
    """One authenticated webhook delivery for one connection, stored before the 2xx.

    It waits while `next_at` is set; `lease_owner` names the run that has taken it. A
    failed one has `outcome` "failed" with the reason in `error`, and may be replayed.
    """

    connection = models.ForeignKey(
        Connection, on_delete=models.CASCADE, related_name="inbox"
    )
    delivery_id = models.CharField(max_length=120, null=True, blank=True)
    event_type = models.CharField(max_length=60)
    object_type = models.CharField(max_length=40, blank=True)
    record_id = models.CharField(max_length=80, blank=True)
    parent_id = models.CharField(max_length=80, blank=True)
    is_delete = models.BooleanField(default=False)
    is_late = models.BooleanField(default=False)
    body = models.TextField()
    values: Any = models.JSONField(default=dict, blank=True)  # fields it reports
    received_at = models.DateTimeField(auto_now_add=True)
    handled_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=40, blank=True)
    error = models.CharField(max_length=400, blank=True)  # of the last try
    # further deliveries without an id that came before anybody had taken this one
    repeats = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "delivery_id"], name="one_event_a_delivery"
            )
        ]
        indexes = [
            models.Index(
                fields=["connection", "object_type", "record_id"],
                name="event_by_record",
            )
        ]

    def __str__(self) -> str:
        return f"{self.event_type} {self.record_id}"


class HookMeter(models.Model):
    """How a connection's changes of a day became known: by delivery or only by poll."""

    connection = models.ForeignKey(
        Connection, on_delete=models.CASCADE, related_name="hook_meters"
    )
    day = models.DateField()
    heard = models.PositiveIntegerField(default=0)  # a delivery told of it
    missed = models.PositiveIntegerField(default=0)  # only the poll found it

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["connection", "day"], name="one_hook_meter")
        ]

    def __str__(self) -> str:
        return f"{self.day}: {self.heard} heard, {self.missed} missed"


class HookCount(models.Model):
    """How many deliveries of a day were not stored, by where they came and why.

    `slug` is an app's, or "c" and the key of a connection for its own address.
    """

    day = models.DateField()
    slug = models.CharField(max_length=40)
    outcome = models.CharField(max_length=40)
    count = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField(null=True, blank=True)
    last_type = models.CharField(max_length=60, blank=True)
    last_words = models.CharField(max_length=200, blank=True)  # why, for the person

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["day", "slug", "outcome"], name="one_hook_count"
            )
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.outcome}: {self.count}"


class Setup(models.Model):
    """A set-up wizard under way: what was chosen so far, to go on with later."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE)
    left_kind = models.CharField(max_length=40)
    right_kind = models.CharField(max_length=40)
    left_site = models.CharField(max_length=8, default="vendor")
    right_site = models.CharField(max_length=8, default="vendor")
    left = models.ForeignKey(
        Connection, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    right = models.ForeignKey(
        Connection, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    sync = models.OneToOneField(
        Sync, null=True, blank=True, on_delete=models.CASCADE, related_name="setup"
    )
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL
    )
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"Set-up {self.pk}"


class WorkerPulse(models.Model):
    """When a worker process last showed life, written by a job."""

    host = models.CharField(max_length=120)
    pid = models.PositiveIntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["host", "pid"], name="one_pulse_a_worker")
        ]

    def __str__(self) -> str:
        return f"{self.host} {self.pid}"

    @classmethod
    def beat(cls) -> None:
        """Note that this process is alive; forget those that stopped an hour ago."""
        moment = now()
        cls.objects.update_or_create(
            host=host_name(), pid=os.getpid(), defaults={"at": moment}
        )
        cls.objects.filter(at__lt=moment - timedelta(hours=1)).delete()
