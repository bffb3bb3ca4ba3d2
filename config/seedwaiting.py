"""What waits for a person in a large workspace made up for development, and what arrived:
a test with a change for everybody, pending deletes, decisions, notices, the trail."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from crosswalk.bulk import batches, rows_create, rows_insert
from crosswalk.clock import now
from integrations.models import RemoteRecord
from sync.engine.loops import LOOP
from sync.engine.removal import ASK
from sync.models import (
    InboxEvent,
    KeptApart,
    PendingDelete,
    Plan,
    PlannedChange,
    RecordLink,
    Sync,
    SyncRecord,
)
from synclog.models import OperationCall, SyncRun
from workspaces.models import AuditEvent

AT_ONCE = 2000
# of everybody, one in so many …
GONE = 200  # is gone on one side, and somebody is asked about it
LOOPS = 1000  # flips back and forth
DECIDED = 100  # was linked by a person; as many are kept apart
NOTICES = 2  # was told of
USED = 20  # was looked up by an operation
TOLD = 10  # made somebody change a setting
OUTCOMES = (*["update"] * 6, *["create"] * 2, "link", "review", "conflict", "failed")
ACTIONS = ("sync.config_changed", "plan.approved", "match.accepted", "log.exported")


def waiting_seed(sync: Sync, say: Callable[[str], None]) -> None:
    """Make up what waits around the people of a sync."""
    # only for the shape of what is made up
    chance = random.Random(sync.pk)  # noqa: S311
    units = SyncRecord.objects.filter(sync=sync).order_by("pk")
    count = units.count()
    say(f"a test with {count:,} changes, {count // NOTICES:,} notices")
    with transaction.atomic():
        _gone(sync, count // GONE)
        _loops(sync, count // LOOPS)
        _decided(sync, count // DECIDED)
    _plan(sync, count, chance)
    _notices(sync, count // NOTICES)
    _trail(sync, count // TOLD)
    _calls(sync, count // USED)


def _in_sync(sync: Sync, count: int) -> list[SyncRecord]:
    found = SyncRecord.objects.filter(sync=sync, list=SyncRecord.List.IN_SYNC)
    return list(found.order_by("pk")[:count])


def _gone(sync: Sync, count: int) -> None:
    """Have people gone at the left, and the question what happens at the right."""
    units = _in_sync(sync, count)
    lefts = [unit.left_id for unit in units if unit.left_id]
    RemoteRecord.objects.filter(pk__in=lefts).update(
        gone_at=now(), gone_proof=RemoteRecord.Proof.NOTICE
    )
    SyncRecord.objects.filter(pk__in=[unit.pk for unit in units]).update(
        list=SyncRecord.List.REVIEW, reason_code=ASK, reason="Deleted at HighLevel."
    )
    links = RecordLink.objects.filter(sync=sync, left__in=lefts).order_by("pk")
    rows_insert(
        [PendingDelete(sync=sync, link=link, at="right", code=ASK) for link in links]
    )


def _loops(sync: Sync, count: int) -> None:
    pks = [unit.pk for unit in _in_sync(sync, count)]
    SyncRecord.objects.filter(pk__in=pks).update(
        list=SyncRecord.List.REVIEW, reason_code=LOOP, reason="Phone flips."
    )


def _decided(sync: Sync, count: int) -> None:
    links = list(RecordLink.objects.filter(sync=sync).order_by("-pk")[: 2 * count])
    linked = [link.pk for link in links[:count]]
    RecordLink.objects.filter(pk__in=linked).update(how="person")
    lefts = [link.left_id for link in links]
    rows_insert(
        [
            KeptApart(sync=sync, one_id=min(pair), two_id=max(pair))
            for pair in zip(lefts[:count], lefts[count:], strict=False)
        ]
    )


# --- a test ---------------------------------------------------------------------------


def _plan(sync: Sync, count: int, chance: random.Random) -> None:
    outcomes = chance.choices(OUTCOMES, k=count)
    counts = {name: outcomes.count(name) for name in dict.fromkeys(outcomes)}
    began = now() - timedelta(hours=1)
    plan = Plan(
        workspace_id=sync.workspace_id,
        sync=sync,
        state=Plan.State.READY,
        read_at=began,
        counts=counts,
        calls={"HighLevel": count // 2, "Zoho": count // 2},
        seconds=count / 10,
    )
    rows_create([plan])
    test = SyncRun(
        workspace_id=sync.workspace_id,
        sync=sync,
        mode=SyncRun.Mode.TEST,
        trigger=SyncRun.Trigger.MANUAL,
        state=SyncRun.State.COMPLETED,
        phase=SyncRun.Phase.DONE,
        plan=plan,
        counts=counts,
        total_units=count,
        done_units=count,
        started_at=began,
        finished_at=now(),
    )
    rows_create([test])
    units = SyncRecord.objects.filter(sync=sync).order_by("pk")
    pairs = zip(units.iterator(AT_ONCE), outcomes, strict=True)
    for some in batches(pairs, AT_ONCE):
        rows_insert([_change(plan, unit, outcome) for unit, outcome in some])


def _change(plan: Plan, unit: SyncRecord, outcome: str) -> PlannedChange:
    field = {
        "left": "phone",
        "right": "phone",
        "label": "Phone",
        "side": "right",
        "action": "write",
        "before": "",
        "after": "+441184960000",
        "left_value": "+441184960000",
        "right_value": "",
        "reason": "Changed at HighLevel.",
    }
    return PlannedChange(
        plan=plan,
        object_type=unit.object_type,
        unit=unit.unit,
        outcome=outcome,
        left_id=unit.left_id,
        right_id=None if outcome == "create" else unit.right_id,
        label=unit.label,
        email=f"{unit.pk}@example.com",
        side="right",
        reason="Changed at HighLevel.",
        changes=[field],
        trace=[["matched", "Same e-mail."], ["Phone", "Changed at HighLevel."]],
        calls=1,
    )


# --- what arrived, and who did what -----------------------------------------------------


def _notices(sync: Sync, count: int) -> None:
    """Make notices of the last two weeks: a few failed, hardly any waits."""
    people = RemoteRecord.objects.filter(connection=sync.left, object_type="contact")
    ids = list(people.order_by("pk").values_list("remote_id", flat=True)[:count])
    for some in batches(enumerate(ids), AT_ONCE):
        rows_insert(
            [
                InboxEvent(
                    connection=sync.left,
                    delivery_id=f"seeded-{number}",
                    event_type="ContactUpdate",
                    object_type="contact",
                    record_id=remote_id,
                    body='{"type": "ContactUpdate", "id": "' + remote_id + '"}',
                    handled_at=_spread(number, len(ids), days=14),
                    outcome="failed" if number % 100 == 0 else "read",
                    error="Nobody answered." if number % 100 == 0 else "",
                )
                for number, remote_id in some
            ]
        )


def _spread(number: int, count: int, *, days: int) -> datetime:
    return now() - timedelta(days=days * (1 - number / count))


def _trail(sync: Sync, count: int) -> None:
    rows = [
        AuditEvent(
            workspace_id=sync.workspace_id,
            action=ACTIONS[number % len(ACTIONS)],
            subject=sync.name,
            data={"number": number},
        )
        for number in range(count)
    ]
    for some in batches(rows, AT_ONCE):
        rows_insert(some)


def _calls(sync: Sync, count: int) -> None:
    for some in batches(_uses(sync, count), AT_ONCE):
        rows_insert(some)


def _uses(sync: Sync, count: int) -> Iterator[OperationCall]:
    for number in range(count):
        answer: Any = {"contact": {"id": f"ghl{number:08d}"}}
        yield OperationCall(
            workspace_id=sync.workspace_id,
            connection=sync.left,
            connection_name=sync.left.name,
            operation="hl.get_contact",
            once=UUID(int=number),
            state=OperationCall.State.DONE,
            request={"method": "GET", "path": f"/contacts/ghl{number:08d}"},
            answer=answer,
            calls=1,
        )
