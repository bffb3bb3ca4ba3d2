"""What people decide of conflicts: which value wins.

Each decision is followed by a run of just these records, so that it is carried out
from today's data; what has changed since the person looked is asked again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from crosswalk.errors import ConfigError
from sync.choices.auditing import choice_audit
from sync.choices.shown import (
    GONE_ON,
    Shown,
    conflicts_stamp,
    must_be_as_shown,
    seen_of,
)
from sync.engine.types import Choice, Choices
from sync.models import Sync, SyncRecord
from sync.services import records_run, unit_retry
from synclog.models import SyncRun

WINNERS = ("left", "right")


@transaction.atomic
def conflict_resolve(
    *,
    record: SyncRecord,
    winners: Mapping[int, str],
    actor: AbstractBaseUser | None,
    seen: str | None = None,
) -> SyncRun:
    """Have the chosen values win and carry it out: number of a conflict → side.

    Raises ConfigError when the conflict is over or not as it was shown (`seen`), or no
    choice names one of it.
    """
    chosen = choices_made(record, winners, seen)
    choices = {str(record.left_id): chosen}
    run = unit_retry(record=record, actor=actor, choices=choices, can_wait=True)
    _resolved(record, actor, chosen)
    return run


def choices_made(
    record: SyncRecord, winners: Mapping[int, str], seen: str | None
) -> list[dict[str, Any]]:
    """Return choices as a run carries them out; see `conflict_resolve`."""
    must_be_as_shown(seen, conflicts_stamp(record))
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
    shown: Shown | None = None,
) -> SyncRun:
    """Have one side win in all conflicts of several people of a sync, in one run.

    Raises ConfigError when one of them is over, or not as it was shown.
    """
    choices: dict[str, Any] = {}
    targets: list[int] = []
    for record in records:
        count = len(record.detail.get("conflicts") or [])
        winners = dict.fromkeys(range(count), winner)
        chosen = choices_made(record, winners, seen_of(shown, record))
        choices[str(record.left_id)] = chosen
        targets += record.rows
        _resolved(record, actor, chosen)
    return records_run(
        sync=sync, targets=targets, choices=choices, actor=actor, can_wait=True
    )


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
