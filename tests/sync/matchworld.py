"""Stored people and a run to match them by, without any remote."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from integrations.connectors.base import Record
from integrations.mirroring.mirror import records_store
from integrations.models import Connection
from mapping.convert import Side
from sync.calling import Callers
from sync.context import RunContext
from sync.deciding.matching import Verdicts
from sync.deciding.matchrun import verdicts_of
from sync.engine.types import Policy, SideFacts
from sync.models import Sync
from synclog.models import SyncRun
from tests.integrations.helpers import make_connection, make_grant
from tests.sync.messy import people

POLICY = Policy((), SideFacts("HighLevel", "GB"), SideFacts("Zoho", "GB"))
PAGE = 1000


class Untroubled:
    """A heartbeat that nothing can stop."""

    lost = False

    def renewed(self, moment: float) -> None: ...


def make_sync() -> Sync:
    """Return a sync of two empty systems."""
    left = make_connection(make_grant("highlevel"), country="GB")
    grant = make_grant("zoho_invoice", workspace=left.workspace)
    right = make_connection(grant, country="GB", account_id="7")
    return Sync.objects.create(
        workspace=left.workspace, name="S", left=left, right=right
    )


def furnish(count: int) -> Sync:
    """Store about `count` invented people a side."""
    sync = make_sync()
    sides = people(count)
    store(sync.left, (each.highlevel for each in sides.left))
    store(sync.right, (each.zoho for each in sides.right))
    return sync


def store(connection: Connection, rows: Iterable[Mapping[str, Any]]) -> None:
    """Store records by their values, a page at a time."""
    records = [Record(f"r{n}", values, "detail") for n, values in enumerate(rows)]
    for start in range(0, len(records), PAGE):
        records_store(connection, "contact", records[start : start + PAGE])


def matching_context(sync: Sync, policy: Policy = POLICY, **run: Any) -> RunContext:
    """Return the context of a run that only matches."""
    made = SyncRun.objects.create(
        workspace=sync.workspace, sync=sync, mode="test", trigger="command", **run
    )
    return RunContext(
        run=made,
        sync=sync,
        sessions={},
        policies={"contact": policy},
        rules="",
        deadline=float("inf"),
        heartbeat=Untroubled(),  # type: ignore[arg-type]
        callers=Callers(1),
    )


def match_of(
    context: RunContext, without: Mapping[Side, Any] | None = None
) -> Verdicts:
    """Match everybody for a run."""
    return verdicts_of(context, "contact", without or {})


def match_stored(sync: Sync) -> SyncRun:
    """Match everybody and return the run that holds the verdicts."""
    context = matching_context(sync)
    match_of(context)
    return context.run
