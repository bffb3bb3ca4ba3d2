"""What happened lately: the last runs that touched somebody, and the last day by hour."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from crosswalk.clock import now
from crosswalk.states import look
from mapping.convert import Side
from sync import selectors
from sync.policy import system_name
from sync.words import counts_words, touched
from synclog.models import LogEntry, SyncRun
from workspaces.models import Workspace

HOURS = 24
FEW = 3  # people of one run that are shown by name
RUNS = 8
SHOWN = 7
WIDTH = 6.33  # of an hour in the small chart, its gap included
HEIGHT = 30.0
SIDES: tuple[Side, Side] = ("left", "right")
WRITES = ("create", "update", "delete")


@dataclass(frozen=True, slots=True)
class Happening:
    """One line of the recent activity: a run, or a person it touched."""

    run: SyncRun
    entry: LogEntry | None
    words: str

    @property
    def at(self) -> Any:
        return self.entry.at if self.entry else self.run.finished_at

    @property
    def icon(self) -> str:
        return look(self._state).icon

    @property
    def tone(self) -> str:
        """Only failures are coloured: the rest is what was meant to happen."""
        tone = look(self._state).tone
        return tone if tone == "fail" else ""

    @property
    def _state(self) -> str:
        return self.entry.outcome if self.entry else self.run.state


def activity(workspace: Workspace) -> list[Happening]:
    """Return what happened last, the newest first, in two queries."""
    runs = list(
        selectors.run_list(workspace)
        .filter(finished_at__isnull=False, is_quiet=False)
        .exclude(mode=SyncRun.Mode.TEST)[:RUNS]
    )
    few = [run for run in runs if 0 < touched(run.counts) <= FEW]
    entries = selectors.entries_of(few)
    found: list[Happening] = []
    for run in runs:
        named = entries.get(run.pk, [])[:FEW]
        found += [Happening(run, entry, entry_words(entry)) for entry in named]
        if not named:
            found.append(Happening(run, None, counts_words(run) or run.reason))
    return sorted(found, key=lambda each: each.at, reverse=True)[:SHOWN]


def entry_words(entry: LogEntry) -> str:
    """Return what was done to a person, without where: "Phone and company changed"."""
    if entry.outcome == LogEntry.Outcome.FAILED:
        return entry.error_message or entry.reason
    if entry.outcome == LogEntry.Outcome.UPDATE:
        fields = [c["label"] for c in entry.changes if c.get("action") == "write"]
        named = list(dict.fromkeys(fields))
        if len(named) > 2:
            return f"{len(named)} fields changed at"
        return f"{' and '.join(named) or 'Something'} changed at"
    if entry.outcome == LogEntry.Outcome.LINK:
        return f"Linked. {entry.reason}"
    if not entry.side:
        return f"{entry.get_outcome_display()}. {entry.reason}"
    return f"{entry.get_outcome_display()} at"


def entry_systems(entry: LogEntry, run: SyncRun) -> list[tuple[str, str]]:
    """Return (system, side) of where a person was written."""
    if entry.outcome == LogEntry.Outcome.LINK:
        return []
    sides = ("left", "right") if entry.side == "both" else (entry.side,)
    return [(system_name(run.sync, side), side) for side in SIDES if side in sides]


@dataclass(frozen=True, slots=True)
class Bar:
    """One hour of a sync's day, as a part of a small chart."""

    x: float
    done: float
    failed: float

    @property
    def done_y(self) -> float:
        return round(HEIGHT - self.done, 1)

    @property
    def failed_y(self) -> float:
        return round(HEIGHT - self.done - self.failed, 1)


@dataclass(frozen=True, slots=True)
class Day:
    """How many people a sync wrote in the last 24 hours, by the hour."""

    bars: list[Bar]
    written: int
    failed: int


def days(runs: Iterable[SyncRun]) -> dict[int, Day]:
    """Return sync → its last 24 hours."""
    start = now() - timedelta(hours=HOURS)
    hours: dict[int, list[list[int]]] = {}
    for run in runs:
        if run.finished_at is None:
            continue
        slot = int((run.finished_at - start).total_seconds() // 3600)
        row = hours.setdefault(run.sync_id, [[0, 0] for _ in range(HOURS)])
        cell = row[min(max(slot, 0), HOURS - 1)]
        cell[0] += sum(run.counts.get(key, 0) for key in (*WRITES, "link"))
        cell[1] += run.counts.get("failed", 0)
    return {sync: _day(row) for sync, row in hours.items()}


def _day(row: list[list[int]]) -> Day:
    peak = max((done + failed for done, failed in row), default=0) or 1
    bars = [
        Bar(round(index * WIDTH, 1), _height(done, peak), _height(failed, peak))
        for index, (done, failed) in enumerate(row)
    ]
    return Day(bars, sum(d for d, _ in row), sum(f for _, f in row))


def _height(count: int, peak: int) -> float:
    """Return the height of a bar; the smallest number is still seen."""
    return round(max(count / peak * HEIGHT, 1.5), 1) if count else 0.0
