"""What people do with a cause of failures: put it aside for a while, or give it to
somebody."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from sync.models.syncs import Sync


class CauseCare(models.Model):
    """Whose a cause is and whether it is put aside; the people still fail of it.

    A cause is what those who fail share: their sync, reason code and line of the
    mapping. With `until` it comes back then, without only when somebody says so.
    """

    sync = models.ForeignKey(Sync, on_delete=models.CASCADE, related_name="causes")
    code = models.CharField(max_length=60)
    field_map = models.CharField(max_length=250, blank=True)
    is_aside = models.BooleanField(default=False)
    until = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=200, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    set_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["sync", "code", "field_map"], name="one_care_a_cause"
            )
        ]

    def __str__(self) -> str:
        return f"{self.code} of sync {self.sync_id}"
