"""Syncs: two connections, their policies, setting one up, and the workers they run on."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import models

from crosswalk.clock import now
from crosswalk.leases import host_name
from integrations.models import Connection
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
    # when “new” was chosen: whoever is older and on one side only stays there
    history_since = models.DateTimeField(null=True, blank=True)
    schedule: Any = models.JSONField(default=dict)  # as in the config file
    # object type → {"left": filter, "right": filter}: sync/engine/scope.py
    filters: Any = models.JSONField(default=dict, blank=True)
    guards: Any = models.JSONField(default=dict, blank=True)  # sync/engine/guards.py
    # stamp of the choices by which every unit was last decided: another one means
    # that all are to be looked at again
    decided_by = models.CharField(max_length=64, blank=True)
    next_poll_at = models.DateTimeField(null=True, blank=True, db_index=True)
    # the nightly comparison of everybody: sync/running/reconciling.py
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
