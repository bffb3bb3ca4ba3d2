"""Holds: records that a person has left alone for a while. Pure."""

from __future__ import annotations

from sync.engine.types import Decision, Snapshot

PAUSED = "paused"


def decide_held(left: Snapshot | None, right: Snapshot | None, words: str) -> Decision:
    """Return the decision of a paused unit: nothing of it is read into the other side.

    Its base stays as it is, so that what changes meanwhile is merged on release.
    """
    return Decision("excluded", words, PAUSED, left, right, trace=(("paused", words),))
