"""The drift of a run as its page tells it: what nobody had told of, with names."""

from __future__ import annotations

from typing import Any

from sync.policy import system_name
from sync.reading.drift import CHANGE, CREATE, DELETE, KINDS
from sync.telling.activity import SIDES
from synclog.models import SyncRun

WORDS = {CHANGE: "changed", CREATE: "new", DELETE: "deleted"}


def drift_shown(run: SyncRun) -> list[dict[str, Any]]:
    """Return what a comparison found, a row a side; none for any other run."""
    return [_side(run, side) for side in SIDES if side in _reported(run)]


def _reported(run: SyncRun) -> dict[str, Any]:
    if run.trigger != SyncRun.Trigger.RECONCILE or run.is_active:
        return {}
    nothing = {**dict.fromkeys(KINDS, 0), "who": []}
    return {side: run.drift.get(side, nothing) for side in SIDES}


def _side(run: SyncRun, side: Any) -> dict[str, Any]:
    found = _reported(run)[side]
    counts = [f"{found[kind]:,} {WORDS[kind]}" for kind in KINDS if found[kind]]
    total = sum(found[kind] for kind in KINDS)
    return {
        "side": side,
        "label": system_name(run.sync, side),
        "words": ", ".join(counts) or "told of everything",
        "who": [
            {"label": label or remote_id, "words": WORDS[kind]}
            for kind, label, remote_id in found["who"]
        ],
        "more": total - len(found["who"]),
    }
