"""How each state looks on a page: its words, its icon, its tone.

A tone is one of `ok` (green), `wait` (blue), `off` (grey), `fail` (red), `person`
(violet: somebody must decide) and `plain` (ink: what a plan would do is not a state).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Look:
    """Icon, words and tone: never colour alone."""

    words: str
    icon: str
    tone: str


LOOKS: dict[str, Look] = {
    # what a plan would do with a unit
    "create": Look("Create", "user-plus", "plain"),
    "update": Look("Update", "pencil", "plain"),
    "delete": Look("Remove", "trash", "plain"),
    "link": Look("Link", "link", "plain"),
    "unchanged": Look("Unchanged", "equal", "off"),
    # where a unit stands
    "in_sync": Look("In sync", "circle-check", "ok"),
    "excluded": Look("Excluded", "circle-minus", "off"),
    "waiting": Look("Waiting", "clock", "wait"),
    "failing": Look("Failing", "circle-x", "fail"),
    "review": Look("Review", "users", "person"),
    "conflict": Look("Conflict", "git-compare", "person"),
    # runs
    "queued": Look("Queued", "clock", "wait"),
    "running": Look("Running", "loader", "wait"),
    "completed": Look("Completed", "circle-check", "ok"),
    "completed_with_failures": Look("Completed with failures", "circle-x", "fail"),
    "failed": Look("Failed", "circle-x", "fail"),
    "cancelled": Look("Stopped", "player-stop", "off"),
    # single calls
    "pending": Look("Writing", "loader", "wait"),
    "done": Look("Written", "circle-check", "ok"),
    "unknown": Look("Not confirmed", "alert-triangle", "person"),
    "abandoned": Look("Planned again", "refresh", "wait"),
    # messages of alerts (one that waits is "pending")
    "sent": Look("Sent", "circle-check", "ok"),
    "to_send": Look("Waits to be sent", "clock", "wait"),
    "not_delivered": Look("Not delivered", "circle-x", "fail"),
    # syncs
    "draft": Look("Not live yet", "circle-dashed", "off"),
    "tested": Look("Tested, not live yet", "circle-dashed", "off"),
    "live": Look("Live", "circle-check", "ok"),
    "paused": Look("Paused", "player-pause", "off"),
    "resting": Look("Waits for you", "hourglass", "person"),
    # connections
    "active": Look("Working", "circle-check", "ok"),
    "degraded": Look("Having trouble", "alert-triangle", "person"),
    "needs_reconnect": Look("Needs reconnecting", "lock-x", "fail"),
    "disabled": Look("Switched off", "circle-minus", "off"),
    # plans
    "making": Look("Being made", "loader", "wait"),
    "ready": Look("Ready", "circle-check", "ok"),
    "approved": Look("Approved", "checks", "ok"),
    "applied": Look("Applied", "checks", "ok"),
    "expired": Look("Out of date", "history", "off"),
}

# the same outcomes once they have happened
PAST: dict[str, Look] = {
    "create": Look("Created", "user-plus", "ok"),
    "update": Look("Updated", "circle-check", "ok"),
    "delete": Look("Removed", "trash", "ok"),
    "link": Look("Linked", "link", "ok"),
}


def look(value: object, *, past: bool = False) -> Look:
    """Return how a state looks; an unknown one shows its own name in grey."""
    key = str(value or "")
    if past and key in PAST:
        return PAST[key]
    words = key.replace("_", " ").capitalize() or "Unknown"
    return LOOKS.get(key, Look(words, "circle-dashed", "off"))
