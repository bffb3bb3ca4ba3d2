"""Metrics for Prometheus, read from the database at the moment they are asked for.

Several processes serve and work, so nothing is counted in any of them: the rows are the
count. That is why the few lines of the text format are written here and no client
library is used (docs/decisions/0056).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from config.status import lag_seconds
from crosswalk.clock import now
from integrations.models import Connection
from integrations.quotas.budget import windows
from sync.jobs import heartbeat_age
from sync.models import Alert, Delivery, InboxEvent, Sync, SyncDay, SyncRecord
from synclog.models import SyncRun

Labels = Mapping[str, object]


@dataclass(slots=True)
class Metric:
    """One metric with all its samples."""

    name: str
    help: str
    samples: list[tuple[Labels, float]] = field(default_factory=list)

    def add(self, value: float, **labels: object) -> None:
        self.samples.append((labels, value))

    def lines(self) -> Iterator[str]:
        """Yield the metric in the text format, version 0.0.4."""
        yield f"# HELP crosswalk_{self.name} {self.help}"
        yield f"# TYPE crosswalk_{self.name} gauge"
        for labels, value in self.samples:
            pairs = ",".join(f'{k}="{_escape(v)}"' for k, v in labels.items())
            named = f"{{{pairs}}}" if pairs else ""
            yield f"crosswalk_{self.name}{named} {value:g}"


def _escape(value: object) -> str:
    text = str(value).replace("\\", r"\\").replace('"', r"\"")
    return text.replace("\n", r"\n")


@login_not_required
@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Show the metrics to whoever has the token; without one set there is no page."""
    token = settings.METRICS_TOKEN
    given = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
    if not token:
        raise Http404
    if not constant_time_compare(given, token):
        refusal = HttpResponse("Send the metrics token.\n", "text/plain", 401)
        refusal["WWW-Authenticate"] = "Bearer"
        return refusal
    text = "\n".join(line for each in collected() for line in each.lines())
    return HttpResponse(text + "\n", "text/plain; version=0.0.4; charset=utf-8")


def collected() -> list[Metric]:
    """Return all metrics as they are now."""
    return [*_installation(), *_syncs(), *_connections()]


def _installation() -> list[Metric]:
    info = Metric("info", "The version that runs.")
    info.add(1, version=settings.VERSION)
    beat = Metric("worker_heartbeat_age_seconds", "Since a worker last showed life.")
    age = heartbeat_age()
    if age is not None:
        beat.add(age)
    queue = Metric("queue", "What waits to be worked on, by kind.")
    queue.add(InboxEvent.objects.filter(next_at__isnull=False).count(), kind="inbox")
    runs = SyncRun.objects.filter(state__in=SyncRun.ACTIVE).values_list("state")
    for state, count in runs.annotate(runs=Count("pk")).order_by():
        queue.add(count, kind=f"runs_{state}")
    waiting = Delivery.objects.filter(next_at__isnull=False)
    queue.add(waiting.count(), kind="deliveries")
    return [info, beat, queue]


def _syncs() -> list[Metric]:
    live = Metric("sync_live", "1 for a sync that is live.")
    lag = Metric("sync_lag_seconds", "Since a live sync last looked.")
    records = Metric("sync_records", "People and records of a sync, by list.")
    written = Metric("sync_written_today", "Records a sync wrote today (UTC).")
    failed = Metric("sync_failed_today", "Records a sync failed to write today (UTC).")
    syncs = {s.pk: s for s in Sync.objects.select_related("workspace")}
    names = {
        pk: {"workspace": sync.workspace.slug, "sync": sync.name}
        for pk, sync in syncs.items()
    }
    for pk, sync in syncs.items():
        live.add(sync.state == Sync.State.LIVE, **names[pk])
        if (seconds := lag_seconds(sync)) is not None:
            lag.add(seconds, **names[pk])
    counts = SyncRecord.objects.values_list("sync", "list").annotate(units=Count("pk"))
    for pk, name, units in counts.order_by("sync", "list"):
        records.add(units, **names[pk], list=name)
    for day in SyncDay.objects.filter(day=now().date()).order_by("sync"):
        written.add(day.written, **names[day.sync_id])
        failed.add(day.failed, **names[day.sync_id])
    return [live, lag, records, written, failed]


def _connections() -> list[Metric]:
    health = Metric("connection_healthy", "1 for a connection that works.")
    used = Metric("quota_used", "Calls used of a vendor's limit, by window.")
    limit = Metric("quota_limit", "Calls a vendor allows, by window.")
    found = Connection.objects.select_related("grant", "workspace").order_by("pk")
    for each in found.exclude(health=Connection.Health.DISABLED):
        labels = {"workspace": each.workspace.slug, "connection": each.name}
        health.add(each.health == Connection.Health.ACTIVE, **labels)
        for window in windows(each):
            used.add(window["used"], **labels, window=window["window"])
            limit.add(window["limit"], **labels, window=window["window"])
    alerts = Metric("alerts_open", "Alerts that people were told of, by rule.")
    rows = Alert.objects.filter(is_open=True).values_list("workspace__slug", "rule")
    for workspace, rule, count in rows.annotate(n=Count("pk")).order_by():
        alerts.add(count, workspace=workspace, rule=rule)
    return [health, used, limit, alerts]
