"""Stand-ins: records of one type that stand for another, as a comment may for an
appointment.

A link says so while there is one. It goes with its parent's, when somebody leaves the
scope, say; so the record itself keeps it too, in `facts["stands_for"]`. Without that the
comment would come back as a note, and the appointment get another one.
"""

from __future__ import annotations

from django.db.models import Q

from integrations.models import RemoteRecord

STANDS_FOR = "stands_for"
STANDS_IN = Q(**{f"facts__{STANDS_FOR}__isnull": False})


def stand_in(row: RemoteRecord, object_type: str) -> None:
    """Remember what a record stands for, where that is another type than its own."""
    if object_type in (row.object_type, row.facts.get(STANDS_FOR)):
        return
    row.facts = {**row.facts, STANDS_FOR: object_type}
    row.save(update_fields=["facts"])


def standing_for(object_type: str) -> Q:
    """Return the condition that a record stands for a type that is not its own."""
    return Q(**{f"facts__{STANDS_FOR}": object_type})
