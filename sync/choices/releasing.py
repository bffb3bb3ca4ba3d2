"""What an undo has left aside, taken up again: fields held apart, people not created.

Each is carried out at once by a run of just this person, from today's data.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from crosswalk.errors import ConfigError
from mapping.models import Mapping as MappingModel
from sync.choices.auditing import choice_audit
from sync.choices.shown import GONE_ON, Shown, stamp
from sync.engine.undo_records import AGAIN, RESTING
from sync.models import RecordLink, SyncRecord
from sync.policy import policy_build
from sync.services import unit_retry
from synclog.models import SyncRun


@dataclass(frozen=True, slots=True)
class ApartField:
    """A field that an undo has put back, and that differs from the other side's."""

    stamp: str  # of its field map
    label: str
    left: Any
    right: Any

    @property
    def seen(self) -> str:
        """Return the stamp of both values."""
        return _stamp_of({"left": self.left, "right": self.right})


def link_of(record: SyncRecord) -> RecordLink | None:
    """Return the link of a unit, None for a record on its own."""
    if record.left_id is None or record.right_id is None:
        return None
    return RecordLink.objects.filter(
        sync=record.sync_id, left=record.left_id, right=record.right_id
    ).first()


def fields_apart(record: SyncRecord) -> list[ApartField]:
    """Return the fields of a unit that an undo holds apart."""
    link = link_of(record)
    held = {s: e for s, e in link.base.items() if e.get("apart")} if link else {}
    mapping = MappingModel.objects.filter(
        sync=record.sync_id, object_type=record.object_type
    ).select_related("published")
    found = mapping.first() if held else None
    if found is None:
        return []
    return [
        ApartField(rule.stamp, rule.label("left"), entry["left"], entry["right"])
        for rule in policy_build(record.sync, found).rules
        if (entry := held.get(rule.stamp)) is not None
    ]


def is_undone(record: SyncRecord) -> bool:
    """Whether the create of a unit was undone, and it may be created again."""
    link = link_of(record)
    return link is not None and link.tombstone in RESTING


@transaction.atomic
def fields_release(
    *,
    record: SyncRecord,
    stamps: Collection[str],
    actor: AbstractBaseUser | None,
    shown: Shown | None = None,
) -> SyncRun:
    """Let fields flow again that an undo holds apart: the first-merge rule decides.

    Raises ConfigError when none of them is held apart any more with the values that were
    shown, or the sync is paused.
    """
    link = link_of(record)
    held = [s for s in stamps if link and link.base.get(s, {}).get("apart")]
    if link is not None and shown is not None:
        held = [s for s in held if shown.get(s) == _stamp_of(link.base[s])]
    if link is None or not held:
        raise ConfigError(GONE_ON)
    for each in held:
        del link.base[each]  # nothing is agreed of it any more
    link.save(update_fields=["base"])
    return _again(record, actor, "fields.released", {"fields": len(held)})


def _stamp_of(entry: Mapping[str, Any]) -> str:
    return stamp("apart", entry["left"], entry["right"])


@transaction.atomic
def create_again(*, record: SyncRecord, actor: AbstractBaseUser | None) -> SyncRun:
    """Create a person again whose creation was undone; an archived one is taken into
    use again. Raises ConfigError when that is settled, or the sync is paused."""
    link = link_of(record)
    if link is None or link.tombstone not in RESTING:
        raise ConfigError(GONE_ON)
    row = link.left if link.tombstone_side == "left" else link.right
    if row.gone_at is not None:
        link.delete()  # the other one is on its own again, and is created across
    else:
        link.tombstone = AGAIN
        link.save(update_fields=["tombstone"])
    return _again(record, actor, "person.created_again", {})


def _again(
    record: SyncRecord,
    actor: AbstractBaseUser | None,
    action: str,
    data: dict[str, Any],
) -> SyncRun:
    choice_audit(record.sync, actor, action, record.label, data)
    return unit_retry(record=record, actor=actor)
