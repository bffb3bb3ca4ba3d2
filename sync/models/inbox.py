"""Notices from the vendors as they are stored, and how many there were."""

from __future__ import annotations

from typing import Any

from django.db import models

from crosswalk.leases import Lease
from integrations.models import Connection


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
