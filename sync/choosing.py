"""What people decide: which value wins, who is the same person, and who is not.

Each decision is followed by a run of just these records, so that it is carried out
from today's data; what has changed since the person looked is asked again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from crosswalk.errors import ConfigError
from integrations.models import RemoteRecord
from sync.engine.types import Choice, Choices
from sync.models import KeptApart, RecordLink, SyncRecord
from sync.services import unit_retry
from synclog.models import SyncRun
from workspaces.services import audit

WINNERS = ("left", "right")
BY_PERSON = "person"  # how a link came about
GONE_ON = "This was settled meanwhile. Look again."


@transaction.atomic
def conflict_resolve(
    *, record: SyncRecord, winners: Mapping[int, str], actor: AbstractBaseUser | None
) -> SyncRun:
    """Have the chosen values win and carry it out: number of a conflict → side.

    Raises ConfigError when the conflict is over or no choice names one of it.
    """
    conflicts = record.detail.get("conflicts") or []
    chosen = [
        {
            "left": conflicts[number]["left"],
            "right": conflicts[number]["right"],
            "winner": winner,
            "values": [
                conflicts[number]["left_value"],
                conflicts[number]["right_value"],
            ],
        }
        for number, winner in sorted(winners.items())
        if 0 <= number < len(conflicts) and winner in WINNERS
    ]
    if record.list != SyncRecord.List.CONFLICT or not chosen:
        raise ConfigError(GONE_ON)
    choices = {str(record.left_id): chosen}
    run = unit_retry(record=record, actor=actor, choices=choices)
    _audit(record, actor, "conflict.resolved", {"choices": chosen})
    return run


def choices_of(run: SyncRun) -> dict[int, Choices]:
    """Return the choices that a run carries out, by the pk of the left record."""
    stored: dict[str, list[dict[str, Any]]] = run.checkpoint.get("choices", {})
    return {
        int(pk): {
            (each["left"], each["right"]): Choice(each["winner"], *each["values"])
            for each in chosen
        }
        for pk, chosen in stored.items()
    }


@transaction.atomic
def match_accept(
    *, record: SyncRecord, candidate: int, actor: AbstractBaseUser | None
) -> SyncRun:
    """Link a person under review with a candidate of the other side, and merge them.

    Raises ConfigError when one of them is linked or gone by now.
    """
    sides = _candidates(record)
    side = "left" if record.left_id else "right"
    if sides.get(candidate) not in {"left", "right"} or sides[candidate] == side:
        raise ConfigError(GONE_ON)
    mine = _person(record)
    pair = (mine, candidate) if side == "left" else (candidate, mine)
    links = RecordLink.objects.filter(sync=record.sync)
    taken = links.filter(left_id=pair[0]) | links.filter(right_id=pair[1])
    alive = RemoteRecord.objects.filter(pk__in=pair, gone_at__isnull=True)
    if taken.exists() or alive.count() != 2:
        raise ConfigError(
            "One of the two is linked to somebody else or was deleted meanwhile."
        )
    RecordLink.objects.create(
        sync=record.sync,
        object_type=record.object_type,
        left_id=pair[0],
        right_id=pair[1],
        how=BY_PERSON,
    )
    KeptApart.objects.filter(
        sync=record.sync, one_id=min(pair), two_id=max(pair)
    ).delete()
    run = unit_retry(record=record, actor=actor, also=[candidate])
    _audit(record, actor, "match.accepted", {"pair": list(pair)})
    return run


@transaction.atomic
def match_refuse(*, record: SyncRecord, actor: AbstractBaseUser | None) -> SyncRun:
    """Keep a person apart from all candidates, and go on without them.

    Raises ConfigError when there is nothing to keep apart any more.
    """
    mine = _person(record)
    found = RemoteRecord.objects.filter(pk__in=_candidates(record)).exclude(pk=mine)
    others = list(found.values_list("pk", flat=True))
    if not others:
        raise ConfigError(GONE_ON)
    for pk in others:
        KeptApart.objects.update_or_create(
            sync=record.sync,
            one_id=min(mine, pk),
            two_id=max(mine, pk),
            defaults={"said_by_id": actor.pk if actor else None, "is_open": False},
        )
    run = unit_retry(record=record, actor=actor)
    _audit(record, actor, "match.refused", {"apart": [mine, others]})
    return run


def _person(record: SyncRecord) -> int:
    found = record.left_id or record.right_id
    if found is None:
        raise ConfigError(GONE_ON)
    return found


def _candidates(record: SyncRecord) -> dict[int, str]:
    """Return the candidates of a review, pk → side; none when it is over."""
    if record.list != SyncRecord.List.REVIEW:
        return {}
    found = record.detail.get("candidates") or []
    return {each["record"]: each["side"] for each in found}


def _audit(
    record: SyncRecord,
    actor: AbstractBaseUser | None,
    action: str,
    data: dict[str, Any],
) -> None:
    audit(
        workspace=record.sync.workspace,
        actor=actor,
        action=action,
        subject=record.label,
        data={"sync": record.sync.name, **data},
    )
