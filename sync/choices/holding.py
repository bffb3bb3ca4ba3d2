"""Leaving one record alone and taking it up again; freeing one that flipped to and fro."""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from crosswalk.clock import now
from crosswalk.errors import ConfigError
from sync.choices.auditing import choice_audit
from sync.choices.choosing import WINNERS
from sync.choices.shown import GONE_ON, conflicts_stamp, must_be_as_shown
from sync.deciding.pauses import pause_words, pauses_on
from sync.engine.holds import PAUSED
from sync.engine.loops import LOOP
from sync.models import RecordLink, RecordPause, Sync, SyncRecord
from sync.services import RunActive, unit_retry
from synclog.models import SyncRun

MAX_REASON = 200
RELEASED = "Released: the next run looks at it again."


@transaction.atomic
def record_pause(
    *, record: SyncRecord, actor: AbstractBaseUser | None, reason: str = ""
) -> RecordPause:
    """Leave a pair or an unlinked record alone until it is released. Idempotent.

    A run that is just writing it ends that. What changes meanwhile is merged later.
    """
    pk = record.left_id or record.right_id
    if pk is None:
        raise ConfigError(GONE_ON)
    held = pauses_on(record).select_related("paused_by").first()
    if held is not None:
        return held
    pause = RecordPause.objects.create(
        sync=record.sync,
        record_id=pk,
        reason=" ".join(reason.split())[:MAX_REASON],
        paused_by_id=actor.pk if actor else None,
    )
    words = pause_words(pause, record.sync)
    _stands(record, SyncRecord.List.EXCLUDED, words, PAUSED)
    choice_audit(
        record.sync, actor, "record.paused", record.label, {"reason": pause.reason}
    )
    return pause


@transaction.atomic
def record_release(
    *, record: SyncRecord, actor: AbstractBaseUser | None
) -> SyncRun | None:
    """Take a paused record up again; return the run that does, None for the next poll.

    Raises ConfigError when it is not paused any more.
    """
    if not pauses_on(record).delete()[0]:
        raise ConfigError(GONE_ON)
    _stands(record, SyncRecord.List.WAITING, RELEASED, "released")
    choice_audit(record.sync, actor, "record.released", record.label, {})
    return _taken_up(record, actor)


@transaction.atomic
def loop_release(
    *,
    record: SyncRecord,
    actor: AbstractBaseUser | None,
    winner: str = "",
    seen: str | None = None,
) -> SyncRun | None:
    """Free a pair that was frozen, from now on counted anew; return its run, if any.

    `winner`: the side whose value is written once, as it was shown (`seen`). Raises
    ConfigError when the pair is not frozen or reads otherwise by now, and RunActive when
    a value is to win during a run.
    """
    link = (
        RecordLink.objects.select_for_update()
        .filter(sync=record.sync_id, left=record.left_id, right=record.right_id)
        .first()
    )
    shown = record.detail.get("conflicts") or []
    if link is None or record.reason_code != LOOP or winner not in ("", *WINNERS):
        raise ConfigError(GONE_ON)
    must_be_as_shown(seen, conflicts_stamp(record))
    link.frozen, link.recent_writes = {}, {}
    link.save(update_fields=["frozen", "recent_writes"])
    choice_audit(record.sync, actor, "loop.released", record.label, {"winner": winner})
    if not winner:
        _stands(record, SyncRecord.List.WAITING, RELEASED, "released")
        return _taken_up(record, actor)
    chosen = [
        {
            "left": each["left"],
            "right": each["right"],
            "winner": winner,
            "values": [each["left_value"], each["right_value"]],
        }
        for each in shown
    ]
    return unit_retry(record=record, actor=actor, choices={str(record.left_id): chosen})


def _stands(record: SyncRecord, name: str, reason: str, code: str) -> None:
    """Show at once where a unit stands; without versions the next run decides it."""
    record.list, record.reason, record.reason_code = name, reason[:400], code
    record.field_map, record.since = "", now()
    record.detail, record.attempts, record.retry_at = {}, 0, None
    record.left_version = record.right_version = 0
    record.save()


def _taken_up(record: SyncRecord, actor: AbstractBaseUser | None) -> SyncRun | None:
    if record.sync.state != Sync.State.LIVE:
        return None
    try:
        return unit_retry(record=record, actor=actor)
    except RunActive:
        return None  # it is due: the next poll takes it up
