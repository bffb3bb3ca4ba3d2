"""Deliveries in words: what each came to, and its raw body fit to be shown."""

from __future__ import annotations

import json
from dataclasses import dataclass

from crosswalk.redact import redact, redact_text
from sync.inbox.waiting import FAILED
from sync.models import InboxEvent

SHOWN_CHARACTERS = 20_000


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a delivery has come. `tone` and `icon` as in crosswalk/states.py."""

    words: str
    icon: str
    tone: str


DONE: dict[str, Standing] = {
    "read": Standing("Read", "circle-check", "ok"),
    "known": Standing("Brought no news", "equal", "off"),
    "not synced": Standing("Not synced", "circle-minus", "off"),
    "no live sync": Standing("No live sync", "circle-minus", "off"),
    "noted": Standing("Noted", "circle-check", "ok"),
    FAILED: Standing("Failed", "circle-x", "fail"),
}


def standing(event: InboxEvent) -> Standing:
    """Return how far a delivery has come."""
    if event.next_at is None:
        words = event.outcome.capitalize() or "Closed"
        return DONE.get(event.outcome, Standing(words, "circle-minus", "off"))
    if event.lease_owner:
        return Standing("Being read", "loader", "wait")
    if event.error:
        tries = "once" if event.attempts <= 1 else f"{event.attempts} times"
        return Standing(f"Tried {tries}, again", "alert-triangle", "person")
    return Standing("Waiting", "clock", "wait")


def may_replay(event: InboxEvent) -> bool:
    """Whether a person may have it read again: it failed, or waits after a failure."""
    return not event.lease_owner and (event.outcome == FAILED or bool(event.error))


def body_shown(event: InboxEvent) -> str:
    """Return the raw body laid out, with what sounds secret hidden."""
    try:
        data = json.loads(event.body)
    except ValueError:
        return redact_text(event.body[:SHOWN_CHARACTERS])
    text = json.dumps(redact(data), indent=2, ensure_ascii=False)
    return text[:SHOWN_CHARACTERS]
