"""A run as its page tells it: what it is doing, how far it is, what it cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from crosswalk.clock import now
from sync.engine.removal import ARCHIVED
from sync.engine.trace import STAGE_WORDS
from sync.policy import side_connection, system_name
from sync.telling.activity import SIDES
from sync.words import DONE_WORDS, counts_words, duration, run_seconds, units
from synclog.models import LogEntry, SyncRun

State, Phase, Trigger = SyncRun.State, SyncRun.Phase, SyncRun.Trigger
DOING = {"read": "is reading", "decide": "is deciding", "write": "is writing"}
UNTOUCHED = ("unchanged", "conflict", "review", "excluded")
# what a run's entries may have come to, in the order of a page
ENTRY_WORDS = {
    **DONE_WORDS,
    "conflict": "two values",
    "review": "to compare",
    "unchanged": "unchanged",
    "excluded": "excluded",
}
SLOWEST_SHOWN = 5
ORDER = ("read", "decide", "write", "done")


@dataclass(frozen=True, slots=True)
class PhaseShown:
    """One of the four phases: done, now, todo or never reached ("left")."""

    label: str
    state: str
    text: str


@dataclass(frozen=True, slots=True)
class CallsShown:
    """What a run asked of one system."""

    name: str
    side: str
    calls: int
    minimum: int

    @property
    def extra(self) -> int:
        return max(0, self.calls - self.minimum)


def run_name(run: SyncRun) -> str:
    """Return "Run 12 of Contacts", "Test 12 of Contacts"."""
    kind = "Test" if run.mode == SyncRun.Mode.TEST else "Run"
    return f"{kind} {run.pk} of {run.sync.name}"


def title(run: SyncRun) -> str:
    """Return the state of a run as a sentence."""
    name = run_name(run)
    if run.state == State.QUEUED:
        return f"{name} {'goes on' if run.started_at else 'is about to start'}"
    if run.state == State.RUNNING:
        return f"{name} {DOING.get(run.phase, 'is ending')}"
    if run.state == State.WAITING:
        return f"{name} {'rests' if run.is_paused else 'waits'}"
    if run.state == State.COMPLETED_WITH_FAILURES:
        if not run.counts.get("failed"):
            return f"{name} ended without reading everything"
        return (
            f"{name} ended with {units(run.counts.get('failed', 0), run)} not written"
        )
    if run.state == State.FAILED:
        return f"{name} failed"
    if run.state == State.CANCELLED:
        return f"{name} was stopped"
    return f"{name} is done{_result(run)}"


def _result(run: SyncRun) -> str:
    words = counts_words(run).replace(" · ", ", ")
    return f": {words}" if words else ": nothing had to change"


def started(run: SyncRun) -> str:
    """Return who or what asked for a run, up to the time, which follows."""
    who = f" by {run.requested_by.email}" if run.requested_by else ""
    if run.trigger == Trigger.GO_LIVE:
        return f"Approved{who}, started"
    if run.trigger == Trigger.SCHEDULE:
        return "Started by the schedule"
    if run.trigger == Trigger.WEBHOOK:
        return "Started by an instant notice"
    if run.trigger == Trigger.RECONCILE:
        return f"Comparison of everybody{who}, started"
    if run.trigger == Trigger.COMMAND:
        return "Started from the command line"
    if run.trigger == Trigger.UNDO:
        return f"Undo of run {run.undo_of_id or '(deleted)'}{who}, started"
    if run.trigger == Trigger.RETRY:
        return f"Tried again{who}"
    return f"Started{who}"


def safety(run: SyncRun) -> str:
    """Return what is safe to know about a run in its state."""
    if run.mode == SyncRun.Mode.TEST:
        return "A test writes nothing anywhere."
    if run.is_paused:
        return "It keeps its place: nothing else of this sync runs until it goes on."
    if run.is_active:
        return "A restart would go on exactly here: nothing twice, nothing lost."
    if run.state == State.CANCELLED:
        return "What was written stays written; the rest was not touched."
    if run.state == State.FAILED:
        return "What was written stays written; the next run goes on from there."
    if run.state == State.COMPLETED_WITH_FAILURES:
        return "Those who failed are tried again by themselves; the rest is done."
    return ""


def phases(run: SyncRun, done: int) -> list[PhaseShown]:
    """Return the four phases of a run with what each has done."""
    is_test = run.mode == SyncRun.Mode.TEST
    texts = {
        "read": _read_words(run),
        "decide": "What would have to change" if is_test else "A few people at a time",
        "write": "Not in a test" if is_test else _written_words(run, done),
        "done": _end_words(run),
    }
    labels = {"read": "Read", "decide": "Decide", "write": "Write", "done": "Done"}
    return [
        PhaseShown(labels[key], _phase_state(run, key), texts[key]) for key in ORDER
    ]


def _phase_state(run: SyncRun, key: str) -> str:
    is_test = run.mode == SyncRun.Mode.TEST
    if key == "write" and is_test:
        return "never"
    done = run.state in (State.COMPLETED, State.COMPLETED_WITH_FAILURES)
    if done:
        return "done"
    here, place = ORDER.index(run.phase), ORDER.index(key)
    if place < here:
        return "done"
    if place > here:
        return "todo"
    return "now" if run.is_active else "cut"


def _read_words(run: SyncRun) -> str:
    read: Mapping[str, Any] = run.checkpoint.get("read", {})
    if not read:
        return "Only the people it is about" if run.targets else "What has changed"
    rows: dict[str, int] = {}
    for key, state in read.items():
        side = key.split(".", 1)[0]
        rows[side] = rows.get(side, 0) + state.get("rows", 0)
    words = ", ".join(
        f"{system_name(run.sync, side)} {rows[side]:,}"
        for side in SIDES
        if side in rows
    )
    changed = all(state.get("since") for state in read.values())
    return f"Changed: {words}" if changed else words


def _written_words(run: SyncRun, done: int) -> str:
    if run.phase == Phase.READ:
        return "Only what differs"
    if run.total_units and run.is_active:
        return f"{done:,} of {units(run.total_units, run)}"
    return f"{units(done, run)} looked at"


def looked_at(run: SyncRun, counts: Mapping[str, int]) -> int:
    """Return how many people a run has dealt with; `counts` are those it touched."""
    if run.mode == SyncRun.Mode.TEST:
        return run.done_units
    if not run.is_active and run.counts:
        return int(sum(run.counts.values()))
    tally: Mapping[str, int] = run.checkpoint.get("tally", {})
    return sum(counts.values()) + sum(tally.values())


def _end_words(run: SyncRun) -> str:
    seconds = run_seconds(run)
    return f"Took {duration(seconds)}" if seconds is not None else "Links and log"


def percent(run: SyncRun, done: int) -> int | None:
    """Return how far a run is, None while nobody can know."""
    if run.state in (State.COMPLETED, State.COMPLETED_WITH_FAILURES):
        return 100
    if not run.total_units:
        return None
    return min(99, 100 * done // run.total_units)


def segments(done: int, failed: int) -> list[tuple[str, int]]:
    """Return the progress bar: done and failed, of `whole`."""
    return [("acc", max(0, done - failed)), ("fail", failed)]


def whole(run: SyncRun, done: int) -> int:
    """Return the length of the progress bar."""
    if run.is_active or run.state in (State.FAILED, State.CANCELLED):
        return max(run.total_units, done)
    return done


def calls(run: SyncRun) -> list[CallsShown]:
    """Return the calls of a run by system, against what it could not do without."""
    return [
        CallsShown(
            system_name(run.sync, side),
            side,
            run.calls.get(side_connection(run.sync, side).name, 0),
            run.minimum_calls.get(side_connection(run.sync, side).name, 0),
        )
        for side in SIDES
    ]


def operations(run: SyncRun) -> list[dict[str, Any]]:
    """Return calls by kind: the system, the kind, how many and how long; the most
    first."""
    names, timed = _sides_of(run), run.call_times.get("timed", {})
    found: list[dict[str, Any]] = []
    for key, count in run.operations.items():
        name, _, kind = key.partition(": ")
        calls, seconds, longest = timed.get(key, (0, 0.0, 0.0))
        times = {"mean": seconds / calls, "longest": longest} if calls else {}
        row = {"kind": kind, "count": count, **times}
        found.append({**_where(names, name), **row})
    return sorted(found, key=lambda each: (each["side"], -each["count"]))


def slowest(run: SyncRun) -> list[dict[str, Any]]:
    """Return the slowest calls of a run: where, what, how it was answered, seconds."""
    names = _sides_of(run)
    found = [
        {**call, **_where(names, name)}
        for name, calls in run.call_times.get("slowest", {}).items()
        for call in calls
    ]
    return sorted(found, key=lambda call: -call["seconds"])[:SLOWEST_SHOWN]


def _sides_of(run: SyncRun) -> dict[str, tuple[str, str]]:
    """Return name of a connection → its side and what its system is called."""
    return {
        side_connection(run.sync, side).name: (side, system_name(run.sync, side))
        for side in SIDES
    }


def _where(names: Mapping[str, tuple[str, str]], name: str) -> dict[str, str]:
    side, label = names.get(name, ("", name))
    return {"side": side, "label": label}


def untouched(run: SyncRun) -> list[tuple[str, int]]:
    """Return (outcome, people) of those a run looked at and left as they were."""
    counts = run.checkpoint.get("tally", {}) if run.is_active else run.counts
    return [(key, counts[key]) for key in UNTOUCHED if counts.get(key)]


def worked_seconds(run: SyncRun) -> float:
    """Return how long a run took, or what it has worked so far."""
    seconds = run_seconds(run)
    if seconds is not None:
        return seconds
    if run.state == State.RUNNING and run.started_at:
        return (now() - run.started_at).total_seconds()
    return run.busy_seconds


def speed(run: SyncRun, done: int) -> float | None:
    """Return people per second while a run writes, None when it says little."""
    seconds = run.busy_seconds or worked_seconds(run)
    if run.phase == Phase.READ or seconds < 2 or not done:
        return None
    return done / seconds


def seconds_left(run: SyncRun, done: int) -> float | None:
    """Return about how long a run still takes, None where it cannot be told."""
    pace = speed(run, done)
    left = run.total_units - done
    if not run.is_active or not pace or left <= 0:
        return None
    return left / pace


def progress(run: SyncRun) -> dict[str, Any]:
    """Return how far a run under way is, for a line of a list, without a query."""
    done = run.done_units
    left, pace = seconds_left(run, done), speed(run, done)
    parts = [f"{done:,} of {run.total_units:,}"] if run.total_units else []
    parts += [f"{pace:.1f} a second"] if pace and run.state == State.RUNNING else []
    parts += [f"about {duration(left)} left"] if left and not run.is_paused else []
    calls = sum(run.calls.values())
    parts += [f"{calls:,} call{'' if calls == 1 else 's'}"] if calls else []
    return {
        "phase": dict(SyncRun.Phase.choices)[run.phase],
        "percent": percent(run, done),
        "words": " · ".join(parts),
        "segments": segments(done, 0),
        "whole": max(run.total_units, done),
    }


def facets(counts: Mapping[str, int]) -> list[tuple[str, str, int]]:
    """Return (value, words, people) of what a run did, in the order of a page."""
    return [
        (key, word.capitalize(), counts[key])
        for key, word in ENTRY_WORDS.items()
        if counts.get(key)
    ]


# --- one person in a run --------------------------------------------------------------


REMOVAL_WORDS = {
    "gone": "How it is known",
    "delete": "What follows",
    "archived": "What became of it",
}


def trace_words(step: str) -> str:
    """Return the name of a step of a decision; a field's is its own label."""
    return {**STAGE_WORDS, **REMOVAL_WORDS}.get(step, step)


def what_words(entry: LogEntry) -> str:
    """Return what was done to a person, up to where: "Created at"."""
    if entry.outcome == LogEntry.Outcome.LINK:
        return "Nothing to write"
    if entry.outcome == LogEntry.Outcome.CREATE:
        return "Created at"
    if entry.outcome == LogEntry.Outcome.DELETE:
        archived = any(step.get("removed") == ARCHIVED for step in entry.steps)
        return "Archived at" if archived else "Deleted at"
    if entry.outcome == LogEntry.Outcome.FAILED and not entry.side:
        return "Nothing was written"
    if entry.outcome == LogEntry.Outcome.FAILED:
        return "Update at" if entry.left_id and entry.right_id else "Create at"
    # a conflict in one field does not hide that another one was written
    return "Updated at" if entry.side else "Nothing was written"


def entry_lead(entry: LogEntry, run: SyncRun) -> str:
    """Return what a run did to a person and why, as a sentence."""
    name = run_name(run)
    if entry.outcome == LogEntry.Outcome.FAILED:
        return f"{name} could not write this person. Everybody else went on."
    return f"{entry.get_outcome_display()} in {name}. {entry.reason}"


def short_name(run: SyncRun) -> str:
    """Return "Run 12", "Test 12"."""
    return f"{'Test' if run.mode == SyncRun.Mode.TEST else 'Run'} {run.pk}"
