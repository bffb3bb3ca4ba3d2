"""Loops as they are stored: the last writes of a link, and that it is frozen.

What makes a loop is decided in sync/engine/loops.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import QuerySet

from crosswalk.clock import now
from mapping.convert import Side
from sync import selectors
from sync.engine.loops import LOOP, frozen_for, writes_noted
from sync.engine.types import Decision, FieldChange, Policy
from sync.models import RecordLink, SyncRecord
from workspaces.models import Workspace


def link_freeze(link: RecordLink, decision: Decision) -> bool:
    """Freeze a link for the field that flips back and forth; True if that is new."""
    field_map = frozen_for(decision)
    if not field_map or link.frozen.get("for") == field_map:
        return False
    link.frozen = {"for": field_map, "at": now().isoformat()}
    return True


def writes_note(
    link: RecordLink,
    changes: Iterable[FieldChange],
    side: Side,
    written: Mapping[str, Any],
    policy: Policy,
) -> None:
    """Remember what one step has written, to know a loop by (engine/loops.py)."""
    link.recent_writes = writes_noted(
        link.recent_writes, changes, side, written, policy, now()
    )


def loop_list(workspace: Workspace) -> QuerySet[SyncRecord]:
    """Return the people who are frozen, since a field of theirs flips to and fro."""
    found = selectors.record_list(workspace)
    return found.filter(list=SyncRecord.List.REVIEW, reason_code=LOOP)
