"""Which troubles are told of: facts as data, and what a workspace chose of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sync.models import AlertRule
from workspaces.models import Workspace


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of trouble. `unit` names what its limit counts, "": it has none."""

    key: str
    title: str
    help: str
    unit: str = ""
    limit: int = 0
    least: int = 0
    most: int = 0


RULES: tuple[Rule, ...] = (
    Rule(
        "failing",
        "People fail",
        "As many as this cannot be written in one sync.",
        *("people", 1, 1, 1_000_000),
    ),
    Rule(
        "reconnect",
        "A connection is lost",
        "A system no longer lets Crosswalk in and must be connected again.",
    ),
    Rule("failed", "A run failed", "The last run of a live sync ended early."),
    Rule(
        "silent",
        "Nothing runs",
        "A live sync with a schedule has not finished a run for this long.",
        *("hours", 24, 1, 24 * 30),
    ),
    Rule(
        "volume",
        "Far more or far less than usual",
        "The last whole day differs by this factor from the usual day of two weeks. "
        "Needs seven days to compare with.",
        *("times", 5, 2, 100),
    ),
    Rule(
        "guard",
        "A guard stopped a sync",
        "A sync paused itself because too much would have changed at once.",
    ),
    Rule(
        "quota",
        "The calls of a day run out",
        "This share of what the vendor allows in a day is used.",
        *("percent", 90, 10, 100),
    ),
    Rule(
        "unheard",
        "Notices arrive, and nothing happens",
        "Instant notices of a live sync have waited for this long.",
        *("minutes", 30, 5, 24 * 60),
    ),
)
BY_KEY = {rule.key: rule for rule in RULES}


@dataclass(frozen=True, slots=True)
class Chosen:
    """A rule as a workspace has it."""

    rule: Rule
    is_on: bool
    limit: int


def rules_chosen(workspace: Workspace) -> Mapping[str, Chosen]:
    """Return rule → what a workspace chose of it, in one query."""
    rows = {row.rule: row for row in AlertRule.objects.filter(workspace=workspace)}
    return {
        rule.key: Chosen(rule, rows[rule.key].is_on, rows[rule.key].limit)
        if rule.key in rows
        else Chosen(rule, True, rule.limit)
        for rule in RULES
    }
