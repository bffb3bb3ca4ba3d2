"""The windows of a quota subject: how they stand, and how they are stored."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from crosswalk.bulk import rows_update, rows_where
from integrations.connectors.base import Limit
from integrations.models import BudgetWindow, Connection
from integrations.quotas.quota import reserve_of, roll, used_of
from integrations.quotas.subjects import limits_of, reserve_percent, subject_of

# the fields of a window that taking permits changes
CHANGING = (
    "limit",
    "used",
    "buckets",
    "claims",
    "resets_at",
    "blocked_until",
    "updated_at",
)


@dataclass(frozen=True, slots=True)
class Standing:
    """One window of a quota subject as it stands, and what work leaves to others."""

    row: BudgetWindow
    limit: Limit
    reserve: int

    @property
    def left(self) -> int:
        """Calls that Crosswalk may still make beside the reserve."""
        return max(0, self.row.limit - self.reserve - used_of(self.row))

    def shown(self) -> dict[str, Any]:
        """Return it as pages and commands show it."""
        return {
            "window": self.row.window,
            "limit": self.row.limit,
            "used": used_of(self.row),
            "reserve": self.reserve,
            "resets_at": self.row.resets_at,
        }


def standing(connection: Connection, moment: float) -> list[Standing]:
    """Return the windows of a connection's quota at a moment, shortest first."""
    subject = subject_of(connection)
    percent = reserve_percent(connection)
    found = {row.window: row for row in BudgetWindow.objects.filter(subject=subject)}
    shown = []
    for limit in limits_of(connection):
        row = found.get(limit.window) or window_new(subject, limit)
        roll(row, limit, moment, connection.time_zone)
        shown.append(Standing(row, limit, reserve_of(row, limit, "poll", percent)))
    return shown


def windows(connection: Connection) -> list[dict[str, Any]]:
    """Return the quota as pages and commands show it: window, limit, used, reserve,
    resets_at (None for a sliding window)."""
    return [each.shown() for each in standing(connection, time.time())]


def window_new(subject: str, limit: Limit) -> BudgetWindow:
    """Return a fresh window as published, not stored."""
    return BudgetWindow(subject=subject, window=limit.window, limit=limit.calls)


def window_make(subject: str, limit: Limit) -> BudgetWindow:
    """Store a fresh window, or take the one that another process just stored."""
    row, _made = BudgetWindow.objects.select_for_update().get_or_create(
        subject=subject, window=limit.window, defaults={"limit": limit.calls}
    )
    return row


def rows_locked(
    subject: str, limits: Iterable[Limit], moment: float, zone: str
) -> list[BudgetWindow]:
    """Return a subject's windows, locked, made and rolled on as needed."""
    stored = rows_where(BudgetWindow, {"subject": [subject]}, locked=True)
    found = {row.window: row for row in stored}
    rows = []
    for limit in limits:
        row = found.get(limit.window) or window_make(subject, limit)
        roll(row, limit, moment, zone)
        rows.append(row)
    return rows


def save(rows: Iterable[BudgetWindow]) -> None:
    """Write windows back."""
    rows_update(list(rows), CHANGING)
