"""What the outcome of a unit leaves on its link: a tombstone, a question, no link.

Called in the transaction that saves the unit's list.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from crosswalk.clock import now
from sync.deciding.merging import gone_side
from sync.deciding.units import Unit
from sync.engine.removal import KEPT, MOVED, UNLINKED
from sync.models import PendingDelete, RecordLink, Sync

AT_REST = frozenset({"excluded", "review", "failed"})


def tombs_settle(sync: Sync, units: Iterable[Unit], *, has_questions: bool) -> None:
    """Bring the links of decided units in line with what was decided of them.

    `has_questions`: whether the sync has pending deletes that may be over.
    """
    linked = [unit for unit in units if unit.link is not None]
    for unit in linked:
        _mark(unit)
    if has_questions or any(unit.decision.asks for unit in linked):
        _ask(sync, linked)


def _mark(unit: Unit) -> None:
    link, decision = unit.link, unit.decision
    assert link is not None  # noqa: S101
    if decision.reason_code == UNLINKED:
        _save(
            link, UNLINKED
        )  # taken apart when the run has ended: sync/reading/gone.py
    elif decision.reason_code == KEPT and link.tombstone != KEPT:
        _save(link, KEPT)
    elif link.tombstone and _is_back(unit, link):
        _save(link, "")


def _is_back(unit: Unit, link: RecordLink) -> bool:
    """Whether a pair that was put to rest is kept in step again."""
    if link.tombstone == MOVED:
        return unit.decision.outcome != "failed"
    is_alive = gone_side(link) is None and unit.decision.remove is None
    return is_alive and unit.decision.outcome not in AT_REST


def _save(link: RecordLink, tombstone: str) -> None:
    link.tombstone = tombstone
    link.tombstoned_at = now() if tombstone else None
    link.save(update_fields=["tombstone", "tombstoned_at"])


# --- questions ------------------------------------------------------------------------


def _ask(sync: Sync, units: Sequence[Unit]) -> None:
    """Keep just the questions that units under review ask."""
    asked = {
        unit.link.pk: unit
        for unit in units
        if unit.link is not None and unit.decision.asks is not None
    }
    links = [unit.link.pk for unit in units if unit.link is not None]
    stored = {
        pending.link_id: pending
        for pending in PendingDelete.objects.filter(sync=sync, link_id__in=links)
    }
    over = [p.pk for pk, p in stored.items() if pk not in asked]
    if over:
        PendingDelete.objects.filter(pk__in=over).delete()
    for pk, unit in asked.items():
        pending = stored.get(pk) or PendingDelete(sync=sync, link_id=pk)
        code, version = unit.decision.reason_code, _version(unit)
        if (pending.code, pending.version) != (code, version):
            pending.code, pending.version = code, version
            pending.at = str(unit.decision.asks)
            pending.save()


def _version(unit: Unit) -> int:
    """Return the version of the record in question, as a person sees it."""
    row = unit.row(unit.decision.asks or "left")
    return row.version if row else 0
