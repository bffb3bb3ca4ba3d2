"""Taking back what a person said of who is who. Values stay as they are."""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Q, QuerySet

from sync.choices.auditing import choice_audit
from sync.choices.pairing import BY_PERSON
from sync.models import KeptApart, RecordLink, SyncRecord
from sync.services import records_run, sync_must_flow
from synclog.models import SyncRun
from workspaces.models import Workspace


def links_by_person(workspace: Workspace) -> QuerySet[RecordLink]:
    """Return the pairs that a person linked, the newest first."""
    return (
        RecordLink.objects.filter(sync__workspace=workspace, how=BY_PERSON)
        .select_related("sync__left__grant", "sync__right__grant", "left", "right")
        .order_by("-pk")
    )


def apart_pairs(workspace: Workspace) -> QuerySet[KeptApart]:
    """Return the pairs that a person keeps apart, the newest first."""
    return (
        KeptApart.objects.filter(sync__workspace=workspace, is_open=False)
        .select_related(
            "sync__left__grant", "sync__right__grant", "one", "two", "said_by"
        )
        .order_by("-pk")
    )


@transaction.atomic
def match_unlink(
    *, link: RecordLink, is_open: bool, actor: AbstractBaseUser | None
) -> SyncRun:
    """Unlink two whom a person linked: as two people, or (open) to be asked again.

    Both keep the values they have. Two people go on as each for themselves.
    Raises ConfigError while the sync is paused.
    """
    sync_must_flow(link.sync)
    pair = sorted((link.left_id, link.right_id))
    said = {"said_by_id": actor.pk if actor else None, "is_open": is_open}
    KeptApart.objects.update_or_create(
        sync=link.sync, one_id=pair[0], two_id=pair[1], defaults=said
    )
    halves = Q(left=link.left_id) | Q(right=link.right_id)
    SyncRecord.objects.filter(halves, sync=link.sync).delete()
    label = link.left.label or link.right.label
    sync = link.sync
    link.delete()
    choice_audit(sync, actor, "match.unlinked", label, {"pair": pair, "ask": is_open})
    return records_run(sync=sync, targets=pair, actor=actor)


@transaction.atomic
def apart_take_back(*, apart: KeptApart, actor: AbstractBaseUser | None) -> SyncRun:
    """Let two people be matched again as if nothing had been said of them.

    Who has a partner by now keeps it. Raises ConfigError while the sync is paused.
    """
    sync_must_flow(apart.sync)
    pair = [apart.one_id, apart.two_id]
    label, sync = apart.one.label or apart.two.label, apart.sync
    apart.delete()
    choice_audit(sync, actor, "match.taken_back", label, {"pair": pair})
    return records_run(sync=sync, targets=pair, actor=actor)
