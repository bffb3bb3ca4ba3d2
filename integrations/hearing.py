"""Whether a connection's changes are told to us at once, and what has just arrived.

Deliveries are stored by an app above this one, which is reached through relations and
by name, like the foreign keys that point upward.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from django.apps import apps
from django.db.models import Sum

from crosswalk.clock import now
from integrations import registry
from integrations.models import Connection

SHOWN = 5  # arrivals at a time


class HasKey(Protocol):
    """A connection, or what stands for one."""

    @property
    def pk(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Hearing:
    """How the changes of the last days became known.

    `heard`: a delivery told of them; `missed`: only the poll found them. `tone` is one
    of crosswalk/states.py.
    """

    last_at: datetime | None
    heard: int
    missed: int
    sentence: str
    tone: str


@dataclass(frozen=True, slots=True)
class Arrival:
    """One delivery while somebody listens: what came, when, and whether it counts."""

    at: datetime
    event_type: str  # "" where it could not be read
    is_authentic: bool
    words: str
    tone: str


def hearing(connection: Connection, days: int = 7) -> Hearing:
    """Return how well a connection's deliveries told of its changes. Two queries."""
    since = now().date() - timedelta(days=days - 1)
    sums = connection.hook_meters.filter(day__gte=since).aggregate(
        heard=Sum("heard"), missed=Sum("missed")
    )
    heard, missed = sums["heard"] or 0, sums["missed"] or 0
    last_at = connection.webhook_seen_at
    sentence, tone = _judged(last_at is not None, heard, missed, days)
    return Hearing(last_at, heard, missed, sentence, tone)


def _judged(has_come: bool, heard: int, missed: int, days: int) -> tuple[str, str]:
    """Return the sentence for a person, and its tone."""
    lately = f"in the last {days} days" if days != 1 else "today"
    if not has_come:
        return "None has come yet. Until then, changes arrive at the next poll.", "off"
    if not missed:
        if not heard:
            return f"They come. Nothing has changed {lately}.", "ok"
        what = "The one change" if heard == 1 else f"All {heard:,} changes"
        return f"{what} {lately} came at once.", "ok"
    if not heard:
        return (
            f"Notices come, but none told of what changed {lately}: the poll found "
            f"{missed:,}. Check at the vendor which events are sent.",
            "person",
        )
    return (
        f"Of {heard + missed:,} changes {lately}, {missed:,} came only with the poll. "
        "None is lost.",
        "wait",
    )


# --- listening --------------------------------------------------------------------------


def arrivals(connection: Connection, since: datetime) -> list[Arrival]:
    """Return what has come for a connection after a moment, newest first.

    Refused deliveries at an app's address name no account anybody can trust, so they
    are shown to whoever listens there.
    """
    found = [*_stored(connection, since), *_dropped(connection, since)]
    return sorted(found, key=lambda each: each.at, reverse=True)[:SHOWN]


def _stored(connection: Connection, since: datetime) -> list[Arrival]:
    rows = connection.inbox.filter(received_at__gte=since).order_by("-pk")[:SHOWN]
    return [
        Arrival(
            at=row.received_at,
            event_type=row.event_type,
            is_authentic=True,
            words="Authentic, and stored."
            if not row.is_late
            else "Authentic, and stored. It says it was sent at another time: the "
            "vendor was late, or the clock of this server is wrong.",
            tone="ok",
        )
        for row in rows
    ]


def _dropped(connection: Connection, since: datetime) -> list[Arrival]:
    counts = apps.get_model("sync", "HookCount")._default_manager
    rows = counts.filter(slug__in=slugs(connection), last_at__gte=since)
    return [_dropped_arrival(row) for row in rows.order_by("-last_at")[:SHOWN]]


def _dropped_arrival(row: Any) -> Arrival:
    if row.outcome.startswith("refused"):
        words, tone = f"Refused: {row.last_words}", "fail"
    elif row.outcome == "unknown type":
        words, tone = "Authentic. Crosswalk has no use for this event.", "ok"
    else:
        words = (
            "Authentic, but of an account that is not connected here. Is the app "
            "installed in the account you mean?"
        )
        tone = "person"
    authentic = not row.outcome.startswith("refused")
    return Arrival(row.last_at, row.last_type, authentic, words, tone)


def slugs(connection: Connection) -> list[str]:
    """Return under which names deliveries that were not stored are counted."""
    scheme = registry.spec(connection.kind).webhooks
    own = connection_slug(connection)
    return [own, scheme.slug] if scheme.routing == "app" else [own]


def connection_slug(connection: HasKey) -> str:
    """Return the name under which a connection's own are counted."""
    return f"c{connection.pk}"
