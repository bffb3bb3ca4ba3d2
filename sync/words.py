"""The words of pages: numbers of people, spans of time, what a run came to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from synclog.models import SyncRun

# outcome → what happened to so many people
DONE_WORDS = {
    "create": "created",
    "update": "updated",
    "delete": "removed",
    "link": "linked",
    "failed": "failed",
}
PLAN_WORDS = {
    "create": "to create",
    "update": "to update",
    "delete": "to remove",
    "link": "to link",
    "failed": "can't be written",
}
DECISION_WORDS = {"conflict": "to decide", "review": "to compare"}
TRIGGER_WORDS = {
    "manual": "A person",
    "command": "Command line",
    "schedule": "Schedule",
    "webhook": "Instant notice",
    "retry": "Try again",
    "go_live": "Go live",
    "undo": "Undo",
    "reconcile": "Comparison",
}


def people(number: int) -> str:
    """Return "1 person", "1,204 people"."""
    return f"{number:,} {'person' if number == 1 else 'people'}"


def units(number: int, run: SyncRun) -> str:
    """Return "1 person", or "2 records" of a run that carries more than people."""
    steps = run.checkpoint.get("write") or run.checkpoint.get("plan") or {}
    if set(steps) <= {"contact"}:
        return people(number)
    return f"{number:,} {'record' if number == 1 else 'records'}"


def listed(names: Sequence[str]) -> str:
    """Return "A", "A and B", "A, B and C"."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def verb(names: Sequence[str], one: str, several: str) -> str:
    """Return the verb that fits names: "Contacts" is plural already."""
    return several if len(names) > 1 or names[0].endswith("s") else one


def duration(seconds: float) -> str:
    """Return "0.4 s", "12 s", "1 min 48 s", "3 h 5 min"."""
    if seconds < 1:
        return f"{max(seconds, 0.1):.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min" + (f" {whole % 60} s" if whole % 60 else "")
    minutes = whole % 3600 // 60
    return f"{whole // 3600} h" + (f" {minutes} min" if minutes else "")


def run_seconds(run: SyncRun) -> float | None:
    """Return how long a run took from its start, None while it has not ended."""
    if run.started_at is None or run.finished_at is None:
        return None
    return (run.finished_at - run.started_at).total_seconds()


def counts_words(run: SyncRun) -> str:
    """Return what a run came to: "131 created · 2 updated · 6 failed"."""
    words = PLAN_WORDS if run.mode == SyncRun.Mode.TEST else DONE_WORDS
    parts = _parts(run.counts, words)
    if run.mode == SyncRun.Mode.TEST:
        parts += _parts(run.counts, DECISION_WORDS)
    return " · ".join(parts)


def _parts(counts: Mapping[str, Any], words: Mapping[str, str]) -> list[str]:
    return [f"{counts[key]:,} {word}" for key, word in words.items() if counts.get(key)]


def touched(counts: Mapping[str, int]) -> int:
    """Return how many people a run wrote, linked or failed at."""
    return sum(counts.get(key, 0) for key in DONE_WORDS)
