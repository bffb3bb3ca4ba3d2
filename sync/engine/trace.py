"""The decision trace: how far a record gets, stage by stage, and what stops it. Pure.

Nothing is decided here: a trace tells what a Decision has decided. The stages are
connected → in scope → matched → mapped → written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from mapping.convert import Side
from sync.engine.types import Decision, FieldChange

StageKey = Literal["connected", "scope", "matched", "mapped", "written"]
Names = Mapping[Side, str]  # what people call each system
State = Literal["ok", "stopped", "waits", "not_reached"]
STAGES: tuple[StageKey, ...] = ("connected", "scope", "matched", "mapped", "written")
STAGE_WORDS = {
    "connected": "Connected",
    "scope": "In scope",
    "matched": "Matched",
    "linked": "Matched",  # as the log of earlier versions has it
    "mapped": "Mapped",
    "written": "Written",
}
AGAIN = "planned again"  # a step before all others: see sync/applying/writing.py
# what decides after the partner is known; every other exclusion is one of scope
BY_MAPPING = frozenset(
    {"one_way", "empty", "create_needs", "not_mapped", "created", "edited_since"}
)
PENDING = {
    "create": "They are to be created at {there}.",
    "update": "What differs is to be written.",
    "delete": "They are to be removed.",
    "link": "They are to be linked; nothing has to be written.",
}
DONE = {
    "create": "Created at {there}.",
    "update": "What differed was written.",
    "delete": "Removed.",
    "link": "Linked; nothing had to be written.",
    "unchanged": "Nothing has to be written: both sides mean the same.",
}


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of a trace. "waits": decided, and carried out by the next run."""

    key: StageKey
    state: State
    words: str

    @property
    def label(self) -> str:
        return STAGE_WORDS[self.key]


@dataclass(frozen=True, slots=True)
class Standing:
    """What a decision does not know: whether the sync runs, what writing came to."""

    blocked: str = ""  # why nothing flows at all, as a sentence
    refused: str = ""  # why the last try to write this record failed
    linked: str = ""  # how the pair was linked, where it is
    is_done: bool = False  # the decision was carried out


def trace_of(
    decision: Decision, names: Names, standing: Standing | None = None
) -> tuple[Stage, ...]:
    """Return the five stages of a decision."""
    standing = standing or Standing()
    stop = stopped_at(decision)
    reached = STAGES.index(stop) if stop else len(STAGES)
    stages = [_connected(names, standing)]
    for place, key in enumerate(STAGES[1:], 1):
        if place > reached:
            stages.append(Stage(key, "not_reached", ""))
        elif place == reached:
            stages.append(Stage(key, "stopped", decision.reason))
        elif key == "written":
            stages.append(_written(decision, names, standing))
        else:
            stages.append(Stage(key, "ok", _words(key, decision, standing)))
    return tuple(stages)


def stopped_at(decision: Decision) -> StageKey | None:
    """Return the stage that a record does not get past, None when it is written."""
    if decision.outcome == "review":
        return "matched"
    if decision.outcome == "failed":  # by a field that cannot hold it, or by a vendor
        return "mapped" if decision.reason_code == "mapping" else "written"
    if decision.outcome == "conflict":
        return "mapped"
    if decision.outcome == "excluded":
        return "mapped" if decision.reason_code in BY_MAPPING else "scope"
    return None


def trace_rows(decision: Decision, names: Names) -> Iterator[tuple[str, str]]:
    """Yield the trace of a unit that a run has dealt with, as the log keeps it.

    Rows of (stage or field label, words), fields between "matched" and "written".
    """
    again = [line for line in decision.trace if line[0] == AGAIN]
    yield from again
    stop = stopped_at(decision)
    for stage in trace_of(decision, names, Standing(is_done=True)):
        if stage.key == "mapped" and stop != "scope":
            yield from (line for line in decision.trace if not _is_stage(line[0]))
        if stage.state != "not_reached" and (stage.key != "mapped" or stop == "mapped"):
            yield stage.key, stage.words


def _is_stage(key: str) -> bool:
    return key in STAGE_WORDS or key == AGAIN


def _connected(names: Names, standing: Standing) -> Stage:
    if standing.blocked:
        return Stage("connected", "stopped", standing.blocked)
    words = f"{names['left']} and {names['right']} let Crosswalk in."
    return Stage("connected", "ok", words)


def _words(key: StageKey, decision: Decision, standing: Standing) -> str:
    if key == "scope":
        return "One of those this sync is about."
    if key == "matched" and standing.linked:
        return standing.linked
    if key == "matched":
        found = (text for at, text in decision.trace if at in ("matched", "linked"))
        return next(found, "Linked before.")
    return mapped_words(decision.changes)


def mapped_words(changes: Sequence[FieldChange]) -> str:
    """Return how the fields of a record compare: "1 field differs, 5 are the same."."""
    written = sum(change.action == "write" for change in changes)
    kept = sum(
        change.action == "keep" or change.reason_code == "held_apart"
        for change in changes
    )
    unread = sum(change.action == "unread" for change in changes)
    same = len(changes) - written - kept - unread
    parts = [
        _count(written, "is to be written", "are to be written"),
        _count(kept, "differs and stays so", "differ and stay so"),
        _count(unread, "was not read", "were not read"),
        _count(same, "is the same", "are the same"),
    ]
    said = ", ".join(part for part in parts if part)
    return f"Of its fields, {said}." if said else "No field of it is compared."


def _count(number: int, one: str, several: str) -> str:
    return f"{number} {one if number == 1 else several}" if number else ""


def _written(decision: Decision, names: Names, standing: Standing) -> Stage:
    if standing.refused:
        return Stage("written", "stopped", standing.refused)
    there = names[decision.create_side] if decision.create_side else ""
    is_pending = decision.outcome in PENDING and not standing.is_done
    words = (PENDING if is_pending else DONE).get(decision.outcome, decision.reason)
    if decision.outcome == "unchanged" and decision.reason_code != "same":
        words = decision.reason  # held apart: they differ, and rest
    return Stage("written", "waits" if is_pending else "ok", words.format(there=there))
