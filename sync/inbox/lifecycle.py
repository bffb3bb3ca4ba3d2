"""What deliveries say of the app itself: it came to an account, or it left one."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet

from integrations.access.installs import app_installed, app_uninstalled
from sync.inbox.deliveries import APP
from sync.inbox.waiting import close, put_off, waiting
from sync.models import InboxEvent

BATCH = 200


def lifecycle_waits() -> bool:
    """Whether there is news of the app that nobody has taken up."""
    return waiting().filter(object_type=APP).exists()


def lifecycle_take() -> int:
    """Take up what has arrived of the app, in order; return how much. Idempotent."""
    events = list(_events()[:BATCH])
    for event in events:
        row = InboxEvent.objects.filter(pk=event.pk)
        try:
            _take(event)
        except Exception:
            row.update(attempts=event.attempts + 1)
            put_off(row, "It could not be taken up. The log of the server says why.")
            raise
        close(row, "noted")
    return len(events)


def _events() -> QuerySet[InboxEvent]:
    rows = waiting().filter(object_type=APP).order_by("pk")
    return rows.select_related("connection__grant").defer("body")


def _take(event: InboxEvent) -> None:
    connection, said = event.connection, event.values
    place = (
        connection.kind,
        connection.grant.site,
        str(said.get("account_id", "")),
        str(said.get("company_id", "")),
    )
    if event.record_id == "uninstalled":
        sent = said.get("sent_at")
        at = datetime.fromisoformat(str(sent)) if sent else event.received_at
        app_uninstalled(*place, at=at)
    elif event.record_id == "installed":
        app_installed(*place)
