"""What is wrong in a workspace at this moment, from what is stored: no calls.

Each rule judges its subjects (syncs or connections) and names those of which it holds.
A subject that a rule does not judge (a sync that is no longer live, say) is neither in
trouble nor well again: its alert is closed without a word.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from django.db.models import Min
from django.urls import reverse

from crosswalk.clock import now
from integrations.models import Connection
from integrations.quotas.budget import windows
from integrations.selectors import connection_list
from sync import selectors
from sync.alerting.rules import Chosen, rules_chosen
from sync.models import InboxEvent, Sync, SyncDay
from sync.words import people
from synclog.models import SyncRun
from workspaces.models import Workspace

USUAL_DAYS = 14
ENOUGH_DAYS = 7  # with which a day can be compared
SMALL = 20  # changes a day; what stays below says nothing


@dataclass(frozen=True, slots=True)
class Look:
    """What one rule sees of one subject. `title` is empty when all is well."""

    rule: str
    subject: str
    name: str
    title: str = ""
    text: str = ""
    path: str = ""


@dataclass(frozen=True, slots=True)
class Scene:
    """What the rules look at, read once."""

    workspace: Workspace
    moment: datetime
    syncs: list[Sync]
    connections: list[Connection]
    chosen: Mapping[str, Chosen]

    @property
    def live(self) -> list[Sync]:
        return [sync for sync in self.syncs if sync.state == Sync.State.LIVE]

    def limit(self, rule: str) -> int:
        return self.chosen[rule].limit


def looks(workspace: Workspace) -> list[Look]:
    """Return what each rule that is on sees of each subject it judges."""
    scene = Scene(
        workspace,
        now(),
        list(selectors.sync_list(workspace)),
        list(connection_list(workspace)),
        rules_chosen(workspace),
    )
    judges = {
        "failing": _failing,
        "reconnect": _reconnect,
        "failed": _failed,
        "silent": _silent,
        "volume": _volume,
        "guard": _guard,
        "quota": _quota,
        "unheard": _unheard,
    }
    return [
        look
        for key, judge in judges.items()
        if scene.chosen[key].is_on
        for look in judge(scene)
    ]


def _of_sync(rule: str, sync: Sync, title: str, text: str, page: str = "") -> Look:
    slug = sync.workspace.slug
    path = page or reverse("sync:sync_detail", args=[slug, sync.pk])
    return Look(rule, f"sync:{sync.pk}", sync.name, title, text, path)


def _failing(scene: Scene) -> Iterator[Look]:
    counts = selectors.list_counts(scene.live)
    for sync in scene.live:
        count = counts[sync.pk]["failing"]
        holds = count >= scene.limit("failing")
        yield _of_sync(
            "failing",
            sync,
            f"{sync.name}: {people(count)} could not be written" if holds else "",
            "Everything else goes on. Needs attention shows the causes and what to do.",
            reverse("sync:attention", args=[scene.workspace.slug]),
        )


def _reconnect(scene: Scene) -> Iterator[Look]:
    for each in scene.connections:
        if each.health == Connection.Health.DISABLED:
            continue
        holds = each.health == Connection.Health.NEEDS_RECONNECT
        yield Look(
            "reconnect",
            f"connection:{each.pk}",
            each.name,
            f"{each.name} must be connected again" if holds else "",
            "Nothing flows through it until somebody does. Nothing is lost meanwhile.",
            reverse("integrations:connection_list", args=[scene.workspace.slug]),
        )


def _failed(scene: Scene) -> Iterator[Look]:
    """The last run failed, for another reason than a lost connection."""
    last = selectors.last_runs(scene.live)
    lost = {
        each.pk
        for each in scene.connections
        if each.health == Connection.Health.NEEDS_RECONNECT
    }
    for sync in scene.live:
        run = last.get(sync.pk)
        holds = (
            run is not None
            and run.state == SyncRun.State.FAILED
            and not lost & {sync.left_id, sync.right_id}
        )
        page = ""
        if run is not None:
            page = reverse("sync:run_detail", args=[scene.workspace.slug, run.pk])
        yield _of_sync(
            "failed",
            sync,
            f"{sync.name}: a run failed" if holds else "",
            (run.reason if run else "") or "The page of the run says why.",
            page,
        )


def _silent(scene: Scene) -> Iterator[Look]:
    limit = timedelta(hours=scene.limit("silent"))
    for sync in scene.live:
        if sync.schedule == "manual" or not sync.schedule:
            continue
        since = sync.polled_at or sync.went_live_at or sync.created_at
        holds = scene.moment - since >= limit
        hours = int((scene.moment - since).total_seconds() // 3600)
        yield _of_sync(
            "silent",
            sync,
            f"{sync.name}: no run has ended for {hours} hours" if holds else "",
            "Look whether the worker runs, and whether calls are left.",
        )


def _volume(scene: Scene) -> Iterator[Look]:
    """Compare the last whole day with the median of those before it."""
    today = scene.moment.date()
    rows = SyncDay.objects.filter(
        sync__in=[sync.pk for sync in scene.live],
        day__gte=today - timedelta(days=USUAL_DAYS + 1),
        day__lt=today,
    )
    written = {(row.sync_id, row.day): row.written for row in rows}
    yesterday = today - timedelta(days=1)
    for sync in scene.live:
        began = (sync.went_live_at or sync.created_at).date()
        days = [yesterday - timedelta(days=n) for n in range(1, USUAL_DAYS + 1)]
        usual = [written.get((sync.pk, day), 0) for day in days if day > began]
        if len(usual) < ENOUGH_DAYS or yesterday <= began:
            continue
        count, normal = written.get((sync.pk, yesterday), 0), median(usual)
        factor = scene.limit("volume")
        holds = max(count, normal) > SMALL and (
            count > factor * normal or count * factor < normal
        )
        yield _of_sync(
            "volume",
            sync,
            f"{sync.name}: {count:,} changes in a day, {normal:,.0f} are usual"
            if holds
            else "",
            "Nothing was stopped. Look whether somebody imported, or whether a system "
            "went quiet.",
            reverse("sync:run_list", args=[scene.workspace.slug]),
        )


def _guard(scene: Scene) -> Iterator[Look]:
    """A sync that paused itself says why; one that a person paused says nothing."""
    for sync in scene.syncs:
        is_paused = sync.state == Sync.State.PAUSED
        if not is_paused and sync.state != Sync.State.LIVE:
            continue
        holds = is_paused and bool(sync.paused_reason) and sync.canary_id is None
        yield _of_sync(
            "guard",
            sync,
            f"{sync.name} paused itself" if holds else "",
            sync.paused_reason,
        )


def _quota(scene: Scene) -> Iterator[Look]:
    limit = scene.limit("quota")
    for each in scene.connections:
        if each.health == Connection.Health.DISABLED:
            continue
        day = windows(each)[-1]
        percent = 100 * day["used"] // day["limit"] if day["limit"] else 0
        yield Look(
            "quota",
            f"connection:{each.pk}",
            each.name,
            f"{each.name}: {percent} % of the day's calls are used"
            if percent >= limit
            else "",
            f"{day['used']:,} of {day['limit']:,}. Runs wait when they are used up and "
            "go on by themselves.",
            reverse("integrations:connection_list", args=[scene.workspace.slug]),
        )


def _unheard(scene: Scene) -> Iterator[Look]:
    """Notices of a live sync that nobody has taken up."""
    waiting = _waiting_since(scene.connections)
    limit = timedelta(minutes=scene.limit("unheard"))
    for sync in scene.live:
        times = [t for pk in (sync.left_id, sync.right_id) if (t := waiting.get(pk))]
        oldest = min(times, default=None)
        holds = oldest is not None and scene.moment - oldest >= limit
        minutes = int((scene.moment - oldest).total_seconds() // 60) if oldest else 0
        yield _of_sync(
            "unheard",
            sync,
            f"{sync.name}: notices have waited for {minutes} minutes" if holds else "",
            "They arrived and are kept. Look whether the worker runs.",
            reverse("sync:inbox", args=[scene.workspace.slug]),
        )


def _waiting_since(connections: Iterable[Connection]) -> dict[int, datetime]:
    rows = (
        InboxEvent.objects.filter(
            connection__in=[each.pk for each in connections], next_at__isnull=False
        )
        .values_list("connection")
        .annotate(oldest=Min("received_at"))
        .order_by()
    )
    return dict(rows)
