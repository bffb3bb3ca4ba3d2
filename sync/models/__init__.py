"""Syncs: two connections, their policies, and what is remembered of each pair."""

from __future__ import annotations

from sync.models.alerts import (
    Alert,
    AlertChannel,
    AlertRule,
    AlertWatch,
    Delivery,
    SyncDay,
)
from sync.models.causes import CauseCare
from sync.models.inbox import HookCount, HookMeter, InboxEvent
from sync.models.pairs import (
    KeptApart,
    PendingDelete,
    RecordLink,
    RecordPause,
    SyncRecord,
)
from sync.models.plans import Intent, MatchVerdict, Plan, PlannedChange
from sync.models.syncs import Setup, Sync, WorkerPulse

__all__ = [
    "Alert",
    "AlertChannel",
    "AlertRule",
    "AlertWatch",
    "CauseCare",
    "Delivery",
    "HookCount",
    "HookMeter",
    "InboxEvent",
    "Intent",
    "KeptApart",
    "MatchVerdict",
    "PendingDelete",
    "Plan",
    "PlannedChange",
    "RecordLink",
    "RecordPause",
    "Setup",
    "Sync",
    "SyncDay",
    "SyncRecord",
    "WorkerPulse",
]
