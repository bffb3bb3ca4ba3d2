"""How each sync is going, and the state of all of them as one sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from integrations import registry
from integrations.models import Connection
from sync import selectors
from sync.models import Sync, SyncRecord
from sync.policy import system_name
from sync.setup.resting import rest_words
from sync.words import listed, people, verb
from synclog.models import SyncRun
from workspaces.models import Workspace

TONES = (
    ("in_sync", "ok", "in sync"),
    ("waiting", "wait", "waiting"),
    ("excluded", "off", "excluded"),
    ("yours", "person", "yours"),
    ("failing", "fail", "failing"),
)


@dataclass(frozen=True, slots=True)
class Standing:
    """One sync as pages show it. `state` is a key of crosswalk/states.py."""

    sync: Sync
    counts: selectors.Counts
    state: str
    words: str
    more: str
    moment: datetime | None = None
    why: str = ""  # one sentence, when it stopped
    last_run: SyncRun | None = None
    active_run: SyncRun | None = None

    @property
    def left_label(self) -> str:
        return system_name(self.sync, "left")

    @property
    def right_label(self) -> str:
        return system_name(self.sync, "right")

    @property
    def lead(self) -> str:
        """Return what a page of this sync says under its name."""
        if self.state == "in_sync":
            return _same(self.counts["in_sync"])
        if self.state == "failing" and not self.is_stopped:
            failing = people(self.counts["failing"])
            return f"{failing} could not be written. Everything else goes on."
        if self.is_stopped:
            return f"{self.words}: {self.why}."
        return f"{self.more}." if not self.moment else f"{self.words}, {self.more}."

    @property
    def is_stopped(self) -> bool:
        return bool(self.why)

    @property
    def is_bad(self) -> bool:
        return self.state == "failing"

    @property
    def yours(self) -> int:
        return sum(self.counts[name] for name in selectors.DECISIONS)

    @property
    def shares(self) -> list[tuple[str, int]]:
        """Return the segments of its meter."""
        return [(tone, self._units(key)) for key, tone, _ in TONES]

    @property
    def summary(self) -> str:
        """Return "284 in sync · 9 waiting"; which of them are not empty."""
        parts = [f"{self._units(k):,} {w}" for k, _, w in TONES if self._units(k)]
        return " · ".join(parts)

    def _units(self, key: str) -> int:
        return self.yours if key == "yours" else self.counts[key]


def standings(workspace: Workspace) -> list[Standing]:
    """Return how every sync of a workspace is going, in four queries."""
    syncs = list(selectors.sync_list(workspace))
    counts = selectors.list_counts(syncs)
    last, active = selectors.last_runs(syncs), selectors.active_runs(syncs)
    return [
        standing_make(s, counts[s.pk], last.get(s.pk), active.get(s.pk)) for s in syncs
    ]


def standing_of(sync: Sync) -> Standing:
    """Return how one sync is going."""
    counts = selectors.list_counts([sync])[sync.pk]
    last, active = selectors.last_runs([sync]), selectors.active_runs([sync])
    return standing_make(sync, counts, last.get(sync.pk), active.get(sync.pk))


def standing_make(
    sync: Sync,
    counts: selectors.Counts,
    last: SyncRun | None,
    active: SyncRun | None,
) -> Standing:
    """Decide how a sync is going: the worst that can be said of it comes first."""
    facts = _off(sync) or _stopped(sync, last) or _going(sync, counts, last, active)
    return Standing(sync, counts, last_run=last, active_run=active, **facts)


def _off(sync: Sync) -> dict[str, Any]:
    """Return what is said of a sync that is switched off."""
    if sync.canary is not None:
        more = rest_words(sync.canary).rstrip(".")
        return {"state": "resting", "words": "Waits for you", "more": more}
    if sync.state == Sync.State.PAUSED:
        more = sync.paused_reason or "Nothing flows until it is resumed"
        return {"state": "paused", "words": "Paused", "more": more}
    if sync.state != Sync.State.LIVE:
        tested = sync.state == Sync.State.TESTED
        more = (
            "Tested, ready to go live" if tested else "Nothing flows until you go live"
        )
        return {"state": sync.state, "words": "Not live yet", "more": more}
    return {}


def _stopped(sync: Sync, last: SyncRun | None) -> dict[str, Any]:
    """Return what is said of a sync that cannot go on as it is."""
    broken = [c for c in (sync.left, sync.right) if needs_reconnect(c)]
    if broken:
        names = listed([system_label(c) for c in broken])
        why = f"{names} must be connected again"
        since = max(connection.health_at for connection in broken)
        return _failing("Stopped", "since", since, why)
    if last is not None and last.state == SyncRun.State.FAILED:
        why = (last.reason or "the last run failed").rstrip(".")
        return _failing("Stopped", f"in run {last.pk},", last.finished_at, why)
    return {}


def _going(
    sync: Sync,
    counts: selectors.Counts,
    last: SyncRun | None,
    active: SyncRun | None,
) -> dict[str, Any]:
    """Return what is said of a live sync that can go on."""
    if active is not None and active.state == SyncRun.State.WAITING:
        more = "goes on by itself"
        if active.is_paused:
            more = f"run {active.pk} was paused by a person"
        return {"state": "waiting", "words": "Waiting", "more": more} | {
            "moment": active.next_at
        }
    if counts[SyncRecord.List.FAILING]:
        return _failing("Failing", "looked", sync.polled_at)
    if last is None:
        words = "Starting" if active is None else "First run"
        return {"state": "running", "words": words, "more": "Looks at everybody once"}
    return {
        "state": "in_sync",
        "words": "In sync",
        "more": "looked",
        "moment": sync.polled_at,
    }


def _failing(
    words: str, more: str, moment: datetime | None, why: str = ""
) -> dict[str, Any]:
    return {
        "state": "failing",
        "words": words,
        "more": more,
        "moment": moment,
        "why": why,
    }


def _same(count: int) -> str:
    return f"{people(count)} {'is' if count == 1 else 'are'} the same on both sides."


def needs_reconnect(connection: Connection) -> bool:
    """Whether somebody must connect a connection again."""
    return connection.health == Connection.Health.NEEDS_RECONNECT


def system_label(connection: Connection) -> str:
    """Return what people call the system of a connection."""
    return registry.spec(connection.kind).label


# --- the sentence ---------------------------------------------------------------------


def sentence(found: Sequence[Standing]) -> str:
    """Return the state of a workspace's syncs as a sentence or two."""
    fine = [s.sync.name for s in found if s.state == "in_sync"]
    parts = [f"{listed(fine)} {verb(fine, 'is', 'are')} up to date."] if fine else []
    for each in found:
        part = _about(each)
        if part:
            parts.append(part)
    if not parts:
        return "Nothing is live yet."
    return " ".join(parts[:3]) + (" And more." if len(parts) > 3 else "")


def _about(each: Standing) -> str:
    name = each.sync.name
    be = verb([name], "is", "are")
    if each.is_stopped:
        return f"{name} stopped: {each.why}."
    if each.state == "failing":
        return f"{name}: {people(each.counts['failing'])} could not be written."
    if each.state == "waiting":
        return f"{name} {verb([name], 'waits', 'wait')} for new calls."
    if each.state == "resting":
        return f"{name} {verb([name], 'waits', 'wait')} for you: {each.more}."
    if each.state == "running":
        return f"{name} {be} synced for the first time."
    return f"{name} {be} paused." if each.state == "paused" else ""


def meaning(found: Sequence[Standing], waiting: int) -> str:
    """Return what the sentence means for the reader."""
    live = [s for s in found if s.sync.state == Sync.State.LIVE]
    bad = [s for s in live if s.is_bad]
    if bad:
        fine = len(live) - len(bad)
        healthy = f"{fine} of {len(live)} live syncs {'is' if fine == 1 else 'are'}"
        lead = f"{healthy} healthy. " if len(live) > 1 else ""
        return (
            f"{lead}Nothing was lost: what could not be written waits and goes through "
            "once the cause is gone."
        )
    if not live:
        return "Nothing is read or written by itself until a sync is live."
    if waiting:
        things = "1 thing waits" if waiting == 1 else f"{waiting:,} things wait"
        return f"{things} for you. Everything else goes on meanwhile."
    total = sum(s.counts["in_sync"] for s in live)
    return f"{_same(total)} Nothing waits for you."
