"""Terms of what is stored (design §4.13): deleted in small batches, hourly."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import Model, QuerySet

from crosswalk.clock import now
from integrations.models import CallCount
from sync.models import HookCount, InboxEvent, Intent, Plan, Sync
from synclog.models import Event, LogEntry, SyncRun

BATCH = 500
BATCHES = 20  # at most, each time: writers must not be held up
INBOX_DAYS = 14
LOG_DAYS = 90
REQUEST_DAYS = 7
PLAN_DAYS = 7
PLANS_KEPT = 3
QUIET_HOURS = 24


def prune() -> int:
    """Delete what is past its term; return how many rows."""
    moment = now()
    log = moment - timedelta(days=LOG_DAYS)
    requests = moment - timedelta(days=REQUEST_DAYS)
    inbox = moment - timedelta(days=INBOX_DAYS)
    quiet = moment - timedelta(hours=QUIET_HOURS)
    resting = Sync.objects.exclude(canary=None).values("canary_id")
    ended = SyncRun.objects.exclude(state__in=SyncRun.ACTIVE).exclude(pk__in=resting)
    Intent.objects.filter(settled_at__lt=requests).exclude(values={}).update(values={})
    return sum(
        _delete(rows)
        for rows in (
            InboxEvent.objects.filter(next_at__isnull=True, received_at__lt=inbox),
            ended.filter(is_quiet=True, finished_at__lt=quiet),
            LogEntry.objects.filter(at__lt=log),
            ended.filter(finished_at__lt=log),
            Event.objects.filter(created_at__lt=log),
            HookCount.objects.filter(day__lt=log.date()),
            CallCount.objects.filter(day__lt=log.date()),
            _old_plans(moment - timedelta(days=PLAN_DAYS)),
        )
    )


def _old_plans(before: Any) -> QuerySet[Plan]:
    """Return unapproved plans past their term, but for the last few of each sync."""
    unapproved = Plan.objects.exclude(
        state__in=(Plan.State.APPROVED, Plan.State.APPLIED)
    )
    kept: list[int] = []
    for sync_id in unapproved.values_list("sync_id", flat=True).distinct():
        newest = unapproved.filter(sync_id=sync_id).order_by("-pk")
        kept += newest.values_list("pk", flat=True)[:PLANS_KEPT]
    return unapproved.filter(created_at__lt=before).exclude(pk__in=kept)


def _delete(rows: QuerySet[Any]) -> int:
    model: type[Model] = rows.model
    gone = 0
    for _ in range(BATCHES):
        pks = list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH])
        if not pks:
            break
        gone += len(pks)
        model._default_manager.filter(pk__in=pks).delete()
    return gone
