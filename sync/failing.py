"""Who fails, grouped by cause: what they share is their sync, code and line of the
mapping."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import (
    Count,
    Exists,
    F,
    Max,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Window,
)
from django.db.models.functions import RowNumber

from crosswalk.clock import now
from sync.models import CauseCare, Sync, SyncRecord
from workspaces.models import Workspace

KEY = ("sync", "reason_code", "field_map")


@dataclass(frozen=True, slots=True)
class Cause:
    """What some people of a sync fail of, by one line of the mapping where there is one.

    `line`: "left|right", the keys of the line's fields.
    """

    sync: Sync
    code: str
    line: str = ""

    @property
    def fields(self) -> tuple[str, str]:
        """Return the keys of the line's fields, ("", "") without one."""
        left, _, right = self.line.partition("|")
        return left, right


def put_aside() -> Q:
    """Return the condition that a failing unit is of a cause that is put aside."""
    held = CauseCare.objects.filter(
        _not_over(),
        sync=OuterRef("sync"),
        code=OuterRef("reason_code"),
        field_map=OuterRef("field_map"),
        is_aside=True,
    )
    return Q(list=SyncRecord.List.FAILING) & Q(Exists(held))


def _not_over() -> Q:
    return Q(until__isnull=True) | Q(until__gt=now())


def failing_of(cause: Cause) -> QuerySet[SyncRecord]:
    """Return those who fail of a cause."""
    return SyncRecord.objects.filter(
        sync=cause.sync,
        list=SyncRecord.List.FAILING,
        reason_code=cause.code,
        field_map=cause.line,
    )


def failing_causes(
    workspace: Workspace, *, is_aside: bool = False
) -> list[dict[str, Any]]:
    """Return failing people grouped by cause: the most people first.

    Causes that were put aside are left out, or (`is_aside`) are the only ones.
    """
    failing = SyncRecord.objects.filter(
        sync__workspace=workspace, list=SyncRecord.List.FAILING
    )
    aside = put_aside()
    groups = (
        (failing.filter(aside) if is_aside else failing.exclude(aside))
        .values(*KEY)
        .annotate(
            units=Count("pk"),
            reasons=Count("reason", distinct=True),
            reason=Min("reason"),
            side=Min("last_entry__side"),
            kind=Min("object_type"),
            first_at=Min("since"),
            last_at=Max("last_entry__at"),
            next_at=Min("retry_at"),
        )
        .order_by("-units", *KEY)
    )
    return [{**group} for group in groups]


def cares_of(workspace: Workspace) -> dict[tuple[Any, ...], CauseCare]:
    """Return (sync, code, line) → whose a cause is, and until when it is put aside."""
    found = CauseCare.objects.filter(sync__workspace=workspace)
    return {
        (care.sync_id, care.code, care.field_map): care
        for care in found.select_related("owner", "set_by")
    }


def failing_people(
    workspace: Workspace, most: int
) -> dict[tuple[Any, ...], list[SyncRecord]]:
    """Return cause → the first people who fail of it, in two queries: which they are is
    told by an index alone."""
    place = Window(
        RowNumber(),
        partition_by=[F(name) for name in KEY],
        order_by=[F("label"), F("pk")],
    )
    failing = SyncRecord.objects.filter(
        sync__workspace=workspace, list=SyncRecord.List.FAILING
    )
    first = failing.annotate(place=place).filter(place__lte=most)
    pks = list(first.order_by().values_list("pk", flat=True))
    rows = SyncRecord.objects.filter(pk__in=pks).select_related("last_entry")
    found: dict[tuple[Any, ...], list[SyncRecord]] = {}
    for record in rows.order_by("label", "pk"):
        key = (record.sync_id, record.reason_code, record.field_map)
        found.setdefault(key, []).append(record)
    return found


def is_over(care: CauseCare, moment: datetime) -> bool:
    """Whether a cause that was put aside is to be seen again."""
    return not care.is_aside or (care.until is not None and care.until <= moment)
