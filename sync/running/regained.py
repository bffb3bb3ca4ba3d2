"""Syncs whose lost connection was connected again: what waited goes on at once."""

from __future__ import annotations

from django.db.models import F, OuterRef, Q, QuerySet, Subquery

from integrations.models import Connection
from sync.models import Sync
from synclog.models import SyncRun

NO_ACCESS = (Connection.Health.NEEDS_RECONNECT, Connection.Health.DISABLED)


def syncs_regained() -> QuerySet[Sync]:
    """Return the live syncs whose last run failed and one of whose connections was set
    right since, while neither needs anybody now.

    A run that fails anew ends later than that, so nothing is tried over and over.
    """
    live = SyncRun.objects.filter(sync=OuterRef("pk"), mode=SyncRun.Mode.LIVE)
    last = live.order_by("-pk")
    found = Sync.objects.filter(state=Sync.State.LIVE)
    for side in ("left", "right"):
        found = found.exclude(**{f"{side}__health__in": NO_ACCESS})
    since = Q(left__health_at__gt=F("last_at")) | Q(right__health_at__gt=F("last_at"))
    return found.annotate(
        last_state=Subquery(last.values("state")[:1]),
        last_at=Subquery(last.values("finished_at")[:1]),
    ).filter(since, last_state=SyncRun.State.FAILED)
