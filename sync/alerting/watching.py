"""Looking at a workspace: what has begun or ended since the last look is written down."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, Max, OuterRef, QuerySet

from crosswalk.clock import now
from crosswalk.leases import Heartbeat, claim, release
from sync.alerting.calm import Told, looked
from sync.alerting.conditions import Look, looks
from sync.alerting.deliveries import Item, deliveries_add
from sync.models import Alert, AlertWatch, Delivery
from synclog.models import Event
from workspaces.models import Workspace

EVERY = timedelta(minutes=1)
Key = tuple[str, str]


def watch_start(workspace: Workspace) -> None:
    """Have a workspace looked at from now on. Idempotent."""
    AlertWatch.objects.get_or_create(workspace=workspace, defaults={"next_at": now()})


def watches_waked() -> QuerySet[AlertWatch]:
    """Return the watches of workspaces with an event that nobody has looked at."""
    newer = Event.objects.filter(
        workspace=OuterRef("workspace"), pk__gt=OuterRef("event_id")
    )
    return AlertWatch.objects.filter(
        Exists(newer), next_at__isnull=False, lease_owner=""
    )


def watch_work(pk: int) -> list[Delivery] | None:
    """Look at a workspace once; return what is to be sent, None when another does."""
    watch = claim(AlertWatch, pk, early=True)
    if watch is None:
        return None
    with Heartbeat(watch) as lease:
        newest = Event.objects.filter(workspace=watch.workspace).aggregate(
            newest=Max("pk")
        )["newest"]
        seen = looks(watch.workspace)
        with transaction.atomic():
            # the lease goes with what was written: two looks cannot tell of one thing
            kept = not lease.lost and release(
                watch, next_at=now() + EVERY, event_id=newest or watch.event_id
            )
            return take(watch.workspace, seen) if kept else None


@transaction.atomic
def take(workspace: Workspace, seen: Iterable[Look]) -> list[Delivery]:
    """Take in what a look has seen; return the messages it makes."""
    moment = now()
    known: dict[Key, Alert] = {
        (each.rule, each.subject): each
        for each in Alert.objects.select_for_update().filter(workspace=workspace)
    }
    items: list[Item] = []
    for look in seen:
        alert = known.pop((look.rule, look.subject), None)
        if alert is None and not look.title:
            continue
        alert = alert or Alert(
            workspace=workspace,
            rule=look.rule,
            subject=look.subject,
            changed_at=moment,
        )
        if what := _look(alert, look, moment):
            items.append(item_of(alert, what, moment))
    _forget(known.values())
    return deliveries_add(workspace, items)


def _look(alert: Alert, look: Look, moment: datetime) -> str:
    """Move an alert on by one look; return what is to be told."""
    before = Told(
        changed_at=alert.changed_at,
        is_open=alert.is_open,
        holds=alert.holds,
        raises=tuple(datetime.fromisoformat(at) for at in alert.raises),
    )
    after, what = looked(before, bool(look.title), moment)
    alert.name = look.name[:200]
    if look.title:
        alert.title, alert.text = look.title[:300], look.text[:600]
        alert.path = look.path
    elif after == replace(before):
        return ""  # well before and after: nothing to store
    alert.changed_at, alert.is_open = after.changed_at, after.is_open
    alert.holds = after.holds
    alert.raises = [at.isoformat() for at in after.raises]
    if what == "raised":
        alert.raised_at, alert.closed_at = moment, None
    elif what == "recovered":
        alert.closed_at = moment
    alert.save()
    return what


def _forget(alerts: Iterable[Alert]) -> None:
    """Close what no rule judges any more: the sync is off, the rule is off, or gone."""
    for alert in alerts:
        if alert.is_open or alert.holds:
            alert.is_open = alert.holds = False
            alert.changed_at = alert.closed_at = now()
            alert.save()


def item_of(alert: Alert, what: str, moment: datetime) -> Item:
    """Return what is told of an alert: "raised" or "recovered"."""
    over = what == "recovered"
    return {
        "what": what,
        "rule": alert.rule,
        "subject": alert.subject,
        "name": alert.name,
        "title": f"Over: {alert.title}" if over else alert.title,
        "text": "" if over else alert.text,
        "path": alert.path,
        "at": moment.isoformat(),
    }
