"""Pending deletes: what people decide of a record whose partner is gone.

Each decision is carried out by a run of just these people, from today's data; a record
that was edited since the person looked is asked about again.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from crosswalk.errors import ConfigError
from mapping.convert import Side
from sync.choosing import GONE_ON
from sync.engine.removal import WAYS
from sync.models import PendingDelete, Sync, SyncRecord
from sync.policy import remote_type, side_connection, system_spec
from sync.services import run_request, unit_retry
from synclog.models import SyncRun
from workspaces.services import audit

MOST_AT_ONCE = 2000  # people that one decision is about


@transaction.atomic
def removal_decide(
    *, record: SyncRecord, way: str, actor: AbstractBaseUser | None
) -> SyncRun:
    """Have the record that is left deleted, archived or kept, and carry it out.

    Raises ConfigError when nothing is asked any more or its system cannot do that.
    """
    pending = PendingDelete.objects.filter(
        sync=record.sync, link__left=record.left_id, link__right=record.right_id
    ).first()
    if pending is None:
        raise ConfigError(GONE_ON)
    _must_be_able(record.sync, record.object_type, pending.at, way)
    removals = _removals([pending], way)
    run = unit_retry(record=record, actor=actor, removals=removals)
    audit(
        workspace=record.sync.workspace,
        actor=actor,
        action="delete.decided",
        subject=record.label,
        data={"sync": record.sync.name, "way": way},
    )
    return run


@transaction.atomic
def removals_decide(*, sync: Sync, way: str, actor: AbstractBaseUser | None) -> SyncRun:
    """Decide all pending deletes of a sync alike, in one run.

    Raises ConfigError when there are none any more, the sync is paused, or one of the
    systems cannot do that.
    """
    if sync.state == Sync.State.PAUSED:
        raise ConfigError(f"“{sync.name}” is paused. Resume it first.")
    found = PendingDelete.objects.filter(sync=sync).select_related("link")
    pending = list(found.order_by("pk")[:MOST_AT_ONCE])
    if not pending:
        raise ConfigError(GONE_ON)
    for at, kind in {(each.at, each.link.object_type) for each in pending}:
        _must_be_able(sync, kind, at, way)
    run = run_request(
        sync=sync,
        mode=SyncRun.Mode.LIVE,
        trigger=SyncRun.Trigger.MANUAL,
        scope="records",
        targets=[p for e in pending for p in (e.link.left_id, e.link.right_id)],
        removals=_removals(pending, way),
        actor=actor,
    )
    audit(
        workspace=sync.workspace,
        actor=actor,
        action="delete.decided",
        subject=sync.name,
        data={"people": len(pending), "way": way},
    )
    return run


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
