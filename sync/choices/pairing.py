"""What people decide of who is who: the same person, or two people.

What was said is carried out before the run that it asks for reads anything: at once, or
(while another run may write about them) when that is over.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from crosswalk.errors import ConfigError
from integrations.models import RemoteRecord
from sync.choices.auditing import choice_audit
from sync.choices.shown import (
    GONE_ON,
    Shown,
    match_stamp_now,
    must_be_as_shown,
    seen_of,
)
from sync.models import KeptApart, RecordLink, Sync, SyncRecord
from sync.services import BEHIND, WHO, records_run
from synclog.models import SyncRun

BY_PERSON = "person"  # how a link came about
Said = dict[
    str, Any
]  # {"pair": [left, right], "type"} or {"apart": [one, others], "by"}


@transaction.atomic
def match_accept(
    *,
    record: SyncRecord,
    candidate: int,
    actor: AbstractBaseUser | None,
    seen: str | None = None,
) -> SyncRun:
    """Link a person under review with a candidate of the other side, and merge them.

    Raises ConfigError when one of them is linked or gone by now, or any of those who
    were shown (`seen`) is not as they were.
    """
    _must_be_as_shown(record, seen)
    said = {str(record.pk): _same(record, candidate, actor)}
    return _said(record.sync, [*record.rows, candidate], said, actor)


@transaction.atomic
def match_refuse(
    *, record: SyncRecord, actor: AbstractBaseUser | None, seen: str | None = None
) -> SyncRun:
    """Keep a person apart from all candidates, and go on without them.

    Raises ConfigError when there is nothing to keep apart any more, or others than were
    shown (`seen`).
    """
    _must_be_as_shown(record, seen)
    said = {str(record.pk): _apart(record, actor)}
    return _said(record.sync, record.rows, said, actor)


@transaction.atomic
def matches_decide(
    *,
    sync: Sync,
    records: Iterable[SyncRecord],
    is_same: bool,
    actor: AbstractBaseUser | None,
    shown: Shown | None = None,
) -> SyncRun:
    """Link several people of a sync with their likeliest candidate, or keep each apart
    from all of theirs, in one run.

    Raises ConfigError, and changes nothing, when that cannot be of one of them, or one
    is not as they were shown.
    """
    targets: list[int] = []
    said: dict[str, Said] = {}
    for record in records:
        _must_be_as_shown(record, seen_of(shown, record))
        targets += record.rows
        if is_same:
            candidate = first_candidate(record)
            said[str(record.pk)] = _same(record, candidate, actor)
            targets.append(candidate)
        else:
            said[str(record.pk)] = _apart(record, actor)
    return _said(sync, targets, said, actor)


def first_candidate(record: SyncRecord) -> int:
    """Return the likeliest candidate of the other side, 0 when there is none."""
    here = "left" if record.left_id else "right"
    sides = _candidates(record)
    return next((pk for pk, side in sides.items() if side != here), 0)


@transaction.atomic
def _said(
    sync: Sync,
    targets: Iterable[int],
    said: dict[str, Said],
    actor: AbstractBaseUser | None,
) -> SyncRun:
    run = records_run(sync=sync, targets=targets, who=said, actor=actor, can_wait=True)
    if run.reason_code != BEHIND:
        for each in said.values():
            _carry_out(sync, each)
        run.checkpoint.pop(WHO)
        run.save(update_fields=["checkpoint"])
    return run


def who_settle(run: SyncRun) -> None:
    """Carry out what was said while another run was under way, and forget it: in the
    transaction that saves the run. What has been settled otherwise since is passed over.
    """
    for each in run.checkpoint.pop(WHO, {}).values():
        with suppress(ConfigError):
            _carry_out(run.sync, each)


def _carry_out(sync: Sync, said: Said) -> None:
    if "pair" in said:
        left, right = said["pair"]
        link_by_person(sync=sync, object_type=said["type"], pair=(left, right))
    else:
        mine, others = said["apart"]
        keep_apart(sync=sync, mine=mine, others=others, by=said["by"])


def _same(record: SyncRecord, candidate: int, actor: AbstractBaseUser | None) -> Said:
    sides = _candidates(record)
    side = "left" if record.left_id else "right"
    if sides.get(candidate) not in {"left", "right"} or sides[candidate] == side:
        raise ConfigError(GONE_ON)
    mine = _person(record)
    pair = (mine, candidate) if side == "left" else (candidate, mine)
    _must_be_free(record.sync, pair)
    choice_audit(
        record.sync, actor, "match.accepted", record.label, {"pair": list(pair)}
    )
    return {"pair": list(pair), "type": record.object_type}


def _apart(record: SyncRecord, actor: AbstractBaseUser | None) -> Said:
    mine = _person(record)
    found = RemoteRecord.objects.filter(pk__in=_candidates(record)).exclude(pk=mine)
    others = list(found.values_list("pk", flat=True))
    if not others:
        raise ConfigError(GONE_ON)
    choice_audit(
        record.sync, actor, "match.refused", record.label, {"apart": [mine, others]}
    )
    return {"apart": [mine, others], "by": actor.pk if actor else None}


def link_by_person(*, sync: Sync, object_type: str, pair: tuple[int, int]) -> None:
    """Link a left and a right record because a person says they are the same.

    Raises ConfigError when one of them is linked or gone by now.
    """
    _must_be_free(sync, pair)
    RecordLink.objects.create(
        sync=sync,
        object_type=object_type,
        left_id=pair[0],
        right_id=pair[1],
        how=BY_PERSON,
    )
    KeptApart.objects.filter(sync=sync, one_id=min(pair), two_id=max(pair)).delete()


def _must_be_free(sync: Sync, pair: tuple[int, int]) -> None:
    links = RecordLink.objects.filter(sync=sync)
    taken = links.filter(left_id=pair[0]) | links.filter(right_id=pair[1])
    alive = RemoteRecord.objects.filter(pk__in=pair, gone_at__isnull=True)
    if taken.exists() or alive.count() != 2:
        raise ConfigError(
            "One of the two is linked to somebody else or was deleted meanwhile."
        )


def keep_apart(*, sync: Sync, mine: int, others: Iterable[int], by: int | None) -> None:
    """Have a record never be matched with others, because a person (`by`) says so."""
    for pk in others:
        KeptApart.objects.update_or_create(
            sync=sync,
            one_id=min(mine, pk),
            two_id=max(mine, pk),
            defaults={"said_by_id": by, "is_open": False},
        )


def _must_be_as_shown(record: SyncRecord, seen: str | None) -> None:
    if seen is not None:
        found = record.detail.get("candidates") or []
        mine = record.left_id or record.right_id
        must_be_as_shown(seen, match_stamp_now(mine, found))


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
