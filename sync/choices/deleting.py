"""Pending deletes: what people decide of a record whose partner is gone.

Each decision is carried out by a run of just these people, from today's data; a record
that was edited since the person looked is asked about again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from crosswalk.errors import ConfigError
from mapping.convert import Side
from sync.choices.auditing import choice_audit
from sync.choices.shown import GONE_ON, must_be_as_shown, removal_stamp
from sync.engine.removal import WAYS
from sync.models import PendingDelete, Sync, SyncRecord
from sync.policy import remote_type, side_connection, system_spec
from sync.services import records_run, sync_must_flow, unit_retry
from synclog.models import SyncRun

MOST_AT_ONCE = 2000  # people that one decision is about
READ = (  # of each of them: what both sides agreed on last would be the most of it
    *("at", "code", "version", "sync"),
    *("link__left", "link__right", "link__object_type"),
)


@transaction.atomic
def removal_decide(
    *,
    record: SyncRecord,
    way: str,
    actor: AbstractBaseUser | None,
    seen: str | None = None,
) -> SyncRun:
    """Have the record that is left deleted, archived or kept, and carry it out.

    Raises ConfigError when nothing is asked any more, or something else than was shown
    (`seen`), or its system cannot do that.
    """
    pending = PendingDelete.objects.filter(
        sync=record.sync, link__left=record.left_id, link__right=record.right_id
    ).first()
    if pending is None:
        raise ConfigError(GONE_ON)
    _must_be_able(record.sync, record.object_type, pending.at, way)
    must_be_as_shown(seen, removal_stamp(pending))
    removals = _removals([pending], way)
    run = unit_retry(record=record, actor=actor, removals=removals, can_wait=True)
    choice_audit(record.sync, actor, "delete.decided", record.label, {"way": way})
    return run


@transaction.atomic
def removals_decide(
    *,
    sync: Sync,
    way: str,
    actor: AbstractBaseUser | None,
    lefts: Collection[int] | None = None,
    shown: Collection[str] | None = None,
) -> SyncRun:
    """Decide all pending deletes of a sync alike, in one run: of those that were shown
    (stamps) the ones that are still as they were; or those of the pairs with some
    records (`lefts`), each of them or none.

    Raises ConfigError when there are none any more, the sync is paused, or one of the
    systems cannot do that.
    """
    sync_must_flow(sync)
    pending = pending_oldest(sync, lefts)
    if shown is not None:
        pending = [each for each in pending if removal_stamp(each) in shown]
    if not pending or (lefts is not None and len(pending) != len(lefts)):
        raise ConfigError(GONE_ON)
    for at, kind in {(each.at, each.link.object_type) for each in pending}:
        _must_be_able(sync, kind, at, way)
    run = records_run(
        sync=sync,
        trigger=SyncRun.Trigger.MANUAL,
        targets=[p for e in pending for p in (e.link.left_id, e.link.right_id)],
        removals=_removals(pending, way),
        actor=actor,
        can_wait=True,
    )
    said = {"people": len(pending), "way": way}
    choice_audit(sync, actor, "delete.decided", sync.name, said)
    return run


def pending_oldest(
    sync: Sync, lefts: Collection[int] | None = None
) -> list[PendingDelete]:
    """Return what waits for a decision in a sync, or of the pairs with some records: as
    much as is decided at once."""
    found = PendingDelete.objects.filter(sync=sync).select_related("link")
    if lefts is not None:
        found = found.filter(link__left__in=lefts)
    return list(found.only(*READ).order_by("pk")[:MOST_AT_ONCE])


def _removals(
    pending: Iterable[PendingDelete], way: str
) -> dict[str, tuple[str, str, int]]:
    return {str(each.link_id): (way, each.at, each.version) for each in pending}


def can_archive(sync: Sync, object_type: str, at: str) -> bool:
    """Whether the system of a side can put such a record aside."""
    side: Side = "left" if at == "left" else "right"
    kind = remote_type(sync, side, object_type)
    spec = system_spec(side_connection(sync, side), kind)
    return "archive" in spec.operations


def _must_be_able(sync: Sync, object_type: str, at: str, way: str) -> None:
    if way not in WAYS:
        raise ConfigError("Choose whether to delete, archive or keep.")
    if way == "archive" and not can_archive(sync, object_type, at):
        raise ConfigError(
            "This system cannot archive such a record. Delete or keep it."
        )
