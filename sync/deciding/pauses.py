"""Paused records of a sync: which they are, and what is said of them."""

from __future__ import annotations

from django.db.models import QuerySet

from integrations.connectors.base import local_zone
from sync.models import RecordPause, Sync, SyncRecord


def pauses_of(sync: Sync) -> dict[int, str]:
    """Return record → why it is left alone, in one query; mostly there is none."""
    pauses = RecordPause.objects.filter(sync=sync).select_related("paused_by")
    return {pause.record_id: pause_words(pause, sync) for pause in pauses}


def pause_words(pause: RecordPause, sync: Sync) -> str:
    """Return who paused a record, when and why, as a sentence."""
    day = pause.paused_at.astimezone(local_zone(sync.workspace.time_zone))
    by = f" by {pause.paused_by.email}" if pause.paused_by else ""
    said = f"Paused{by} on {day.day} {day:%B %Y}."
    return f"{said} {pause.reason}".strip()


def pauses_count(sync: Sync) -> int:
    """Return how many people of a sync are left alone."""
    return RecordPause.objects.filter(sync=sync).count()


def pauses_on(record: SyncRecord) -> QuerySet[RecordPause]:
    """Return the pauses that hold a unit: of either of its records."""
    mine = [pk for pk in (record.left_id, record.right_id) if pk]
    return RecordPause.objects.filter(sync_id=record.sync_id, record_id__in=mine)
