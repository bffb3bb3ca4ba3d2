"""Sharing an account's calls: what one sync leaves of a day to the others.

A burst's calls are shared by turns (integrations/quotas/turns.py). A day's calls are not to be
had back: whoever comes first could take them all, and a small sync would wait for
midnight. So polls and imports leave each other sync of the account a part of the day,
less what that has used already. Work that somebody waits for has the reserve.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from integrations.models import BudgetWindow
from integrations.quotas.quota import claim_set

PART_PERCENT = 5  # of a day's calls, for each other sync …
PARTS_PERCENT = 30  # … and for all of them together at most


@dataclass(frozen=True, slots=True)
class Party:
    """Whose calls they are, and who else has work on the same account."""

    name: str = ""
    others: Collection[str] = ()


NOBODY = Party()


def kept_for(row: BudgetWindow, others: Collection[str]) -> int:
    """Return how many of a day's calls stay for others: their parts, less what each
    has used today."""
    if not others:
        return 0
    percent = min(PART_PERCENT, PARTS_PERCENT / len(others))
    part = int(row.limit * percent // 100)
    spent = row.claims.get("spent", {})
    return sum(max(0, part - spent.get(name, 0)) for name in others)


def spent_add(row: BudgetWindow, party: Party, calls: int) -> None:
    """Count a sync's calls of a day. Who has no name has no part either."""
    if party.name and calls:
        spent = row.claims.get("spent", {})
        claim_set(row, "spent", {**spent, party.name: spent.get(party.name, 0) + calls})
