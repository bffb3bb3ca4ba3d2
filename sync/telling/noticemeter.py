"""How much of what changed was told of at once, and how much only the poll found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Sum

from crosswalk.clock import now
from sync.models import HookMeter
from workspaces.models import Workspace

DAYS = 7
FEW_PERCENT = 90  # told at once: with less, something is wrong with the notices


@dataclass(frozen=True, slots=True)
class Heard:
    """The notices of one connection within a week."""

    heard: int
    missed: int

    @property
    def percent(self) -> int:
        return 100 * self.heard // (self.heard + self.missed)

    @property
    def is_poor(self) -> bool:
        return self.percent < FEW_PERCENT

    @property
    def segments(self) -> list[tuple[str, int]]:
        return [("ok", self.heard), ("wait", self.missed)]


def heard_of(workspace: Workspace) -> Mapping[int, Heard]:
    """Return connection → its week, of those with any change. One query."""
    rows = (
        HookMeter.objects.filter(
            connection__workspace=workspace,
            day__gt=now().date() - timedelta(days=DAYS),
        )
        .values_list("connection")
        .annotate(told=Sum("heard"), late=Sum("missed"))
        .order_by()
    )
    return {pk: Heard(told, late) for pk, told, late in rows if told + late}
