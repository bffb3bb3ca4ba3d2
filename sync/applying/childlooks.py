"""Looking whether a child was made, when the answer to its create was lost.

Children have no keys to be found by. So its parent's children are listed: one that
says just what was sent and that stands for nothing else yet is ours.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from crosswalk.errors import CrosswalkError, OutcomeUnknown, RemoteNotFound
from integrations.connectors.base import Record, Step
from integrations.models import RemoteRecord
from mapping.convert import Side, other
from sync.applying.begun import sent_values
from sync.applying.collisions import Collision, Found, is_same
from sync.context import RunContext
from sync.deciding.families import Families
from sync.deciding.replacing import IS_LEFTOVER, replaced
from sync.deciding.units import Unit
from sync.models import Intent, RecordLink
from sync.policy import remote_type, side_connection
from sync.reading.pages import read_row


def look_among(
    context: RunContext,
    object_type: str,
    side: Side,
    parent_id: str,
    sent: Mapping[str, Any],
) -> Record | None:
    """Return the child under a parent that was made of these values. One listing.

    A parent that is gone has none: what was made under it went with it.
    """
    if not parent_id:
        return None
    kind = remote_type(context.sync, side, object_type)
    try:
        found = context.sessions[side].connector.children(kind, parent_id)
    except RemoteNotFound:
        return None
    alike = [r for r in found if is_same(context, object_type, side, sent, r)]
    taken = _taken(context, kind, side, {record.id for record in alike})
    return next((record for record in alike if record.id not in taken), None)


def resolve_child(
    context: RunContext, unit: Unit, side: Side, step: Step, error: CrosswalkError
) -> Found:
    """Look whether a child was made after all, and say how its create goes on."""
    sent = sent_values(context, unit, side, step.body)
    parent_id = unit.parent_id(side)
    ours = look_among(context, unit.object_type, side, parent_id, sent)
    if ours is not None:
        return Found(Collision.OURS, ours)
    lost = isinstance(error, OutcomeUnknown)
    return Found(Collision.AGAIN if lost else Collision.FAILED)


def parent_is_gone(context: RunContext, unit: Unit, side: Side) -> bool:
    """Whether the parent is gone under which a create was refused. One call at most.

    A delete that nobody told of is proved here, where it is in somebody's way: else
    each child of the parent would fail until the next listing of everybody.
    """
    if unit.kin is None or unit.kin.link is None:
        return False
    link = unit.kin.link
    parent = link.left if side == "left" else link.right
    parent.refresh_from_db(fields=["gone_at"])  # a sibling may have found out
    if parent.gone_at is not None:
        return True
    row = read_row(context.sessions[side], parent)
    return row is None or row.gone_at is not None


def parent_of_create(context: RunContext, intent: Intent, side: Side) -> str:
    """Return under which record of a side the create of an intent was to go."""
    policy = context.policies[intent.object_type]
    assert intent.source is not None  # noqa: S101 - a create has a source
    families = Families(context.sync, policy.parent)
    there = other(side)
    return families.one(there, intent.source.parent_id).family.parent(side)


def child_adopted(context: RunContext, intent: Intent, stored: RemoteRecord) -> None:
    """Let a child that was made before a kill take the place of the one it replaces."""
    side: Side = "left" if intent.side == "left" else "right"
    link = RecordLink.objects.filter(
        **{other(side): intent.source}, sync=context.sync
    ).first()
    if link is not None:
        replaced(link, side, getattr(link, side), stored)


def _taken(
    context: RunContext, kind: str, side: Side, ids: Collection[str]
) -> set[str]:
    """Return which of these ids stand for something already."""
    rows = RemoteRecord.objects.filter(
        connection=side_connection(context.sync, side),
        object_type=kind,
        remote_id__in=ids,
    )
    links = RecordLink.objects.filter(
        **{f"{side}__in": rows.values("pk")}, sync=context.sync
    )
    settled = Intent.objects.filter(
        sync=context.sync,
        side=side,
        record__isnull=True,
        state=Intent.State.DONE,
        remote_id__in=ids,
    )
    return {
        *links.values_list(f"{side}__remote_id", flat=True),
        *rows.filter(IS_LEFTOVER).values_list("remote_id", flat=True),
        *settled.values_list("remote_id", flat=True),
    }
