"""Alerts: who is told of what, what is wrong at the moment, and each message sent."""

from __future__ import annotations

import secrets
from typing import Any

from django.conf import settings
from django.db import models

from crosswalk.clock import now
from crosswalk.leases import Lease
from crosswalk.secretfield import SecretField
from sync.models.syncs import Sync
from workspaces.models import Workspace


def message_id() -> str:
    """Return the id under which a receiver counts a message once."""
    return f"msg_{secrets.token_urlsafe(18)}"


class AlertRule(models.Model):
    """What a workspace chose about one kind of trouble; without a row: the default."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE)
    rule = models.CharField(max_length=20)  # sync/alerting/rules.py
    is_on = models.BooleanField(default=True)
    limit = models.PositiveIntegerField(default=0)  # in the unit of the rule

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "rule"], name="one_alert_rule")
        ]

    def __str__(self) -> str:
        return f"{self.rule}: {self.limit if self.is_on else 'off'}"


class AlertChannel(models.Model):
    """One place that is told: addresses, or a webhook with its secret.

    `target` is encrypted {"emails": […]} or {"url", "secret"}; `shown` says where it
    goes without giving it away: an address of a webhook is itself a key.
    """

    class Kind(models.TextChoices):
        EMAIL = "email", "E-mail"
        SLACK = "slack", "Slack"
        TEAMS = "teams", "Microsoft Teams"
        WEBHOOK = "webhook", "Any webhook"

    class Pace(models.TextChoices):
        AT_ONCE = "at_once", "At once"
        DAILY = "daily", "Once a day, together"

    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="alert_channels"
    )
    kind = models.CharField(max_length=8, choices=Kind.choices)
    name = models.CharField(max_length=80)
    target = SecretField()
    shown = models.CharField(max_length=200)
    pace = models.CharField(max_length=8, choices=Pace.choices, default=Pace.AT_ONCE)
    rules: Any = models.JSONField(default=list, blank=True)  # []: all of them
    is_active = models.BooleanField(default=True)
    trouble = models.CharField(max_length=400, blank=True)  # why nothing gets through
    delivered_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "name"], name="alert_channel_name"
            )
        ]

    def __str__(self) -> str:
        return self.name


class Alert(models.Model):
    """One trouble of one sync or connection, and what people were last told of it.

    `is_open` is what they were told, `holds` what was seen at the last look: between
    the two lies the calm that a recovery needs (sync/alerting/calm.py).
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE)
    rule = models.CharField(max_length=20)
    subject = models.CharField(max_length=40)  # "sync:3", "connection:7"
    name = models.CharField(max_length=200)
    is_open = models.BooleanField(default=False)
    holds = models.BooleanField(default=False)
    title = models.CharField(max_length=300)
    text = models.CharField(max_length=600, blank=True)
    path = models.CharField(max_length=200, blank=True)  # the page that helps
    changed_at = models.DateTimeField()  # when `holds` last changed
    raised_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    raises: Any = models.JSONField(default=list, blank=True)  # ISO times, of a day

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "rule", "subject"], name="one_alert_a_subject"
            )
        ]

    def __str__(self) -> str:
        return f"{self.rule} {self.subject}: {'open' if self.is_open else 'closed'}"


class AlertWatch(Lease):
    """Looks at one workspace: due every minute, and at once after an event."""

    workspace = models.OneToOneField(
        Workspace, on_delete=models.CASCADE, related_name="alert_watch"
    )
    event_id = models.BigIntegerField(default=0)  # events up to it were looked at

    def __str__(self) -> str:
        return f"Watch of {self.workspace_id}"


class Delivery(Lease):
    """One message to one channel: written with its cause, sent by a job.

    `items` are the sentences it holds: [{"what", "rule", "subject", "name", "title",
    "text", "url", "at"}]. While `gathers`, further ones are added until it is due.
    """

    class State(models.TextChoices):
        PENDING = "pending", "Waits to be sent"
        SENT = "sent", "Sent"
        FAILED = "failed", "Not delivered"

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE)
    channel = models.ForeignKey(
        AlertChannel, on_delete=models.CASCADE, related_name="deliveries"
    )
    message_id = models.CharField(max_length=40, unique=True, default=message_id)
    items: Any = models.JSONField(default=list)
    gathers = models.BooleanField(default=False)
    state = models.CharField(max_length=8, choices=State.choices, default=State.PENDING)
    error = models.CharField(max_length=400, blank=True)  # of the last try
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["workspace", "-id"], name="delivery_by_workspace"),
            models.Index(fields=["channel", "-created_at"], name="delivery_by_channel"),
        ]

    def __str__(self) -> str:
        return f"{self.message_id}: {self.state}"

    @property
    def is_late(self) -> bool:
        """Whether it should have gone out: a worker comes for it."""
        return self.next_at is not None and self.next_at <= now()

    @property
    def look(self) -> str:
        """Return the key of how its state looks (crosswalk/states.py)."""
        looks = {"pending": "to_send", "failed": "not_delivered"}
        return looks.get(self.state, self.state)


class SyncDay(models.Model):
    """What a sync wrote on one day (UTC): for charts and for what is normal."""

    sync = models.ForeignKey(Sync, on_delete=models.CASCADE, related_name="days")
    day = models.DateField()
    written = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    runs = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sync", "day"], name="one_sync_day")
        ]

    def __str__(self) -> str:
        return f"{self.sync_id} {self.day}: {self.written}"
