"""Notices of what is told in one text: whoever it hangs under is looked at again.

Where a system's notes are carried as one text, a notice of a note is no record to read:
the next poll lists the notes of that contact.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from integrations import registry
from integrations.models import ChildListing
from sync.models import InboxEvent


def parents_due(events: Sequence[InboxEvent]) -> None:
    """Have the next poll look at those under whom something changed, one statement a
    type. Whose text nobody carries was never looked at, and costs nothing."""
    for child, text in _gathered().items():
        told = [e for e in events if e.object_type == child and e.parent_id]
        if told:
            ChildListing.objects.filter(
                object_type=text,
                record__connection_id__in={event.connection_id for event in told},
                record__remote_id__in={event.parent_id for event in told},
            ).delete()


@cache
def _gathered() -> dict[str, str]:
    """Return object type → the type whose records tell all of it in one text."""
    return {
        spec.gathers: spec.key
        for kind in registry.CONNECTORS
        for spec in registry.spec(kind).texts
        if spec.gathers
    }
