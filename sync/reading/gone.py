"""After reading: links and lists follow who is gone, and who has come back.

Calls nobody. A pair of which both records are gone is buried and no unit any more. A
buried pair of which one reappears is dissolved: that record is matched and created
across like anybody else; if both do, they are a pair again. A link moves to the survivor
of a merge, and two links become one where both vendors merged. Idempotent.
"""

from __future__ import annotations

from django.db import transaction

from integrations.models import RemoteRecord
from mapping.convert import Side
from sync.context import RunContext
from sync.deciding.merging import (
    crossed,
    gone_rows,
    gone_side,
    living,
    survivors_of,
)
from sync.engine.removal import BOTH_GONE, DELETED, KEPT, MOVED, TAGGED, UNLINKED
from sync.models import PendingDelete, RecordLink, Sync, SyncRecord
from sync.remembering.bases import base_common
from sync.remembering.links import link_bury, link_revive
from sync.services import run_active
from synclog.models import SyncRun

BURIED = (DELETED, BOTH_GONE)
FOLLOWING = ("", KEPT, TAGGED)  # links that move to a survivor


def gone_settle(context: RunContext) -> None:
    """Bring links and lists in line with what was read.

    A test leaves it to a live run that is under way, whose links these are.
    """
    is_test = context.run.mode == SyncRun.Mode.TEST
    if is_test and run_active(context.sync, SyncRun.Mode.LIVE):
        return
    for object_type in context.policies:
        with transaction.atomic():
            links = _touched(context.sync, object_type)
            _bury(context.sync, object_type, links)
            _follow(context.sync, object_type, links)
        unlinked_part(context.sync, object_type)


@transaction.atomic
def unlinked_part(sync: Sync, object_type: str) -> None:
    """Take the pairs apart that left the scope: each record is a unit of its own.

    Not while the run that decided so goes on, which would decide them once more.
    """
    aside = SyncRun.objects.filter(sync=sync, is_aside=True, started_at__isnull=False)
    if aside.filter(state__in=SyncRun.ACTIVE).exists():
        return
    links = RecordLink.objects.filter(
        sync=sync, object_type=object_type, tombstone=UNLINKED
    )
    for link in links.select_related("right"):
        unit = SyncRecord.objects.filter(sync=sync, left=link.left_id).first()
        link.delete()
        if unit is None or unit.right_id is None:
            continue
        unit.right, unit.right_version = None, 0
        unit.save(update_fields=["right", "right_version"])
        unit.pk, unit.left, unit.left_version = None, None, 0
        unit.right, unit.label = link.right, link.right.label or unit.label
        unit.save(force_insert=True)


def _touched(sync: Sync, object_type: str) -> list[RecordLink]:
    """Return the links of which a record is gone, and of buried pairs that are back."""
    links = RecordLink.objects.filter(sync=sync, object_type=object_type)
    left = links.filter(left__in=gone_rows(sync, object_type, "left"))
    right = links.filter(right__in=gone_rows(sync, object_type, "right"))
    back = links.filter(
        tombstone__in=BURIED, left__gone_at__isnull=True, right__gone_at__isnull=True
    )
    found = [
        *left.select_related("left", "right"),
        *right.select_related("left", "right"),
        *back.select_related("left", "right"),
    ]
    return list({link.pk: link for link in found}.values())


def _bury(sync: Sync, object_type: str, links: list[RecordLink]) -> None:
    for link in links:
        is_buried, is_alone = link.tombstone in BURIED, gone_side(link) is not None
        if is_buried and is_alone:
            link.delete()
        elif is_buried and link.left.gone_at is None:
            # With its base: were it dissolved, two whom no key matches would each be
            # created across, though they are there.
            link_revive(link)
        elif not (is_buried or is_alone):
            link_bury(link, BOTH_GONE, "")
            PendingDelete.objects.filter(link=link).delete()
    left, right = (
        gone_rows(sync, object_type, side).values("pk") for side in ("left", "right")
    )
    listed = SyncRecord.objects.filter(sync=sync, object_type=object_type)
    listed.filter(left__in=left, right__in=right).delete()
    listed.filter(left__in=left, right__isnull=True).delete()
    listed.filter(left__isnull=True, right__in=right).delete()


def _follow(sync: Sync, object_type: str, links: list[RecordLink]) -> None:
    """Move each link whose gone record has one survivor that nobody is linked to, and
    make one of two links that were merged crosswise."""
    open_links = [
        link for link in links if gone_side(link) and link.tombstone in FOLLOWING
    ]
    found = survivors_of(sync, object_type, open_links)
    taken: set[int] = set()
    for link in open_links:
        who = found.get(link.pk, [])
        if len(who) == 1 and not who[0].is_linked and who[0].row.pk not in taken:
            taken.add(who[0].row.pk)
            _move(link, gone_side(link) or "left", who[0].row)
    # for a link that goes, one “not found” is no proof
    sure = [link for link in open_links if gone_side(link) and _is_gone_surely(link)]
    for kept, spare in crossed(sure, found):
        _join(kept, spare)


def _is_gone_surely(link: RecordLink) -> bool:
    gone = link.left if gone_side(link) == "left" else link.right
    return gone.gone_proof not in RemoteRecord.UNSURE_PROOFS


def _join(kept: RecordLink, spare: RecordLink) -> None:
    """Make one pair of what is left of two, with the base that both of them had: of
    anything else nobody knows what is an edit, so the first-merge rule decides."""
    heir = living(spare)
    RecordLink.objects.filter(parent=spare).update(parent=kept)
    kept.base = base_common(kept.base, spare.base)
    kept.save(update_fields=["base"])
    spare.delete()  # with its question
    _move(kept, gone_side(kept) or "left", heir)


def _move(link: RecordLink, side: Side, survivor: RemoteRecord) -> None:
    """Let a survivor take the place of a gone record, its base with it: what differs
    from that is an edit of the survivor, and flows like one."""
    units = SyncRecord.objects.filter(sync=link.sync_id)
    units.filter(**{side: survivor}).delete()  # its own unit is now the pair's
    units.filter(**{f"{side}_id": getattr(link, f"{side}_id")}).update(
        **{side: survivor, f"{side}_version": 0}
    )
    PendingDelete.objects.filter(link=link).delete()
    children = RecordLink.objects.filter(parent=link)  # to be looked at anew
    units.filter(left__in=children.values("left")).update(left_version=0)
    setattr(link, side, survivor)
    link.tombstone = MOVED
    link.save(update_fields=[side, "tombstone"])
