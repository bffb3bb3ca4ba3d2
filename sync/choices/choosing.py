"""What people decide: which value wins, who is the same person, and who is not.

Each decision is followed by a run of just these records, so that it is carried out
from today's data; what has changed since the person looked is asked again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from crosswalk.errors import ConfigError
from integrations.models import RemoteRecord
from sync.choices.auditing import choice_audit
from sync.engine.types import Choice, Choices
from sync.models import KeptApart, RecordLink, Sync, SyncRecord
from sync.services import records_run, unit_retry
from synclog.models import SyncRun

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
    chosen = choices_made(record, winners)
    choices = {str(record.left_id): chosen}
    run = unit_retry(record=record, actor=actor, choices=choices)
    _resolved(record, actor, chosen)
    return run


def choices_made(
    record: SyncRecord, winners: Mapping[int, str]
) -> list[dict[str, Any]]:
    """Return choices as a run carries them out; see `conflict_resolve`."""
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
    return chosen


def _resolved(
    record: SyncRecord, actor: AbstractBaseUser | None, chosen: list[dict[str, Any]]
) -> None:
    said = {"choices": chosen}
    choice_audit(record.sync, actor, "conflict.resolved", record.label, said)


@transaction.atomic
def conflicts_resolve(
    *,
    sync: Sync,
    records: Iterable[SyncRecord],
    winner: str,
    actor: AbstractBaseUser | None,
) -> SyncRun:
    """Have one side win in all conflicts of several people of a sync, in one run.

    Raises ConfigError when one of them is over.
    """
    choices, targets = {}, []
    for record in records:
        count = len(record.detail.get("conflicts") or [])
        chosen = choices_made(record, dict.fromkeys(range(count), winner))
        choices[str(record.left_id)] = chosen
        targets += _rows(record)
        _resolved(record, actor, chosen)
    return records_run(sync=sync, targets=targets, choices=choices, actor=actor)


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
    _link(record, candidate, actor)
    return unit_retry(record=record, actor=actor, also=[candidate])


@transaction.atomic
def matches_decide(
    *,
    sync: Sync,
    records: Iterable[SyncRecord],
    is_same: bool,
    actor: AbstractBaseUser | None,
) -> SyncRun:
    """Link several people of a sync with their likeliest candidate, or keep each apart
    from all of theirs, in one run.

    Raises ConfigError, and changes nothing, when that cannot be of one of them.
    """
    targets = []
    for record in records:
        targets += _rows(record)
        if is_same:
            candidate = first_candidate(record)
            _link(record, candidate, actor)
            targets.append(candidate)
        else:
            _keep_apart(record, actor)
    return records_run(sync=sync, targets=targets, actor=actor)


def first_candidate(record: SyncRecord) -> int:
    """Return the likeliest candidate of the other side, 0 when there is none."""
    here = "left" if record.left_id else "right"
    sides = _candidates(record)
    return next((pk for pk, side in sides.items() if side != here), 0)


def _rows(record: SyncRecord) -> list[int]:
    return [pk for pk in (record.left_id, record.right_id) if pk]


def _link(record: SyncRecord, candidate: int, actor: AbstractBaseUser | None) -> None:
    sides = _candidates(record)
    side = "left" if record.left_id else "right"
    if sides.get(candidate) not in {"left", "right"} or sides[candidate] == side:
        raise ConfigError(GONE_ON)
    mine = _person(record)
    pair = (mine, candidate) if side == "left" else (candidate, mine)
    link_by_person(sync=record.sync, object_type=record.object_type, pair=pair)
    said = {"pair": list(pair)}
    choice_audit(record.sync, actor, "match.accepted", record.label, said)


@transaction.atomic
def match_refuse(*, record: SyncRecord, actor: AbstractBaseUser | None) -> SyncRun:
    """Keep a person apart from all candidates, and go on without them.

    Raises ConfigError when there is nothing to keep apart any more.
    """
    _keep_apart(record, actor)
    return unit_retry(record=record, actor=actor)


def _keep_apart(record: SyncRecord, actor: AbstractBaseUser | None) -> None:
    mine = _person(record)
    found = RemoteRecord.objects.filter(pk__in=_candidates(record)).exclude(pk=mine)
    others = list(found.values_list("pk", flat=True))
    if not others:
        raise ConfigError(GONE_ON)
    keep_apart(sync=record.sync, mine=mine, others=others, actor=actor)
    choice_audit(
        record.sync, actor, "match.refused", record.label, {"apart": [mine, others]}
    )


def link_by_person(*, sync: Sync, object_type: str, pair: tuple[int, int]) -> None:
    """Link a left and a right record because a person says they are the same.

    Raises ConfigError when one of them is linked or gone by now.
    """
    links = RecordLink.objects.filter(sync=sync)
    taken = links.filter(left_id=pair[0]) | links.filter(right_id=pair[1])
    alive = RemoteRecord.objects.filter(pk__in=pair, gone_at__isnull=True)
    if taken.exists() or alive.count() != 2:
        raise ConfigError(
            "One of the two is linked to somebody else or was deleted meanwhile."
        )
    RecordLink.objects.create(
        sync=sync,
        object_type=object_type,
        left_id=pair[0],
        right_id=pair[1],
        how=BY_PERSON,
    )
    KeptApart.objects.filter(sync=sync, one_id=min(pair), two_id=max(pair)).delete()


def keep_apart(
    *, sync: Sync, mine: int, others: Iterable[int], actor: AbstractBaseUser | None
) -> None:
    """Have a record never be matched with others, because a person says so."""
    for pk in others:
        KeptApart.objects.update_or_create(
            sync=sync,
            one_id=min(mine, pk),
            two_id=max(mine, pk),
            defaults={"said_by_id": actor.pk if actor else None, "is_open": False},
        )


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
