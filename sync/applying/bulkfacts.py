"""Learning in bulk what writing many records would read one by one.

Zoho's list rows do not say who a customer's primary person is, and a change of e-mail
or phone needs to know: a detail read each, or one listing of all persons, 200 a call.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from contextlib import suppress

from django.db import transaction

from crosswalk.errors import AuthError, CrosswalkError, PermanentError
from integrations.connectors.base import BulkFacts, Step
from integrations.mirroring.facts import facts_store
from integrations.models import RemoteRecord
from mapping.convert import Side
from sync.context import SIDES, RunContext
from sync.deciding.units import Unit
from sync.policy import object_spec, record_of, side_connection

logger = logging.getLogger(__name__)
DONE = "done"


def facts_learn(context: RunContext, units: Sequence[Unit]) -> None:
    """Read the facts of all records once a run, where that is fewer calls than the
    forced reads of these units. Goes on where it was cut off."""
    for side in SIDES:
        for object_type in sorted({unit.object_type for unit in units}):
            if context.policies[object_type].parent:
                continue  # nothing of theirs is told in bulk
            mine = [unit for unit in units if unit.object_type == object_type]
            if is_cheaper(context, side, object_type, mine):
                _learn(context, side, object_type, mine)


def is_cheaper(
    context: RunContext, side: Side, object_type: str, units: Sequence[Unit]
) -> bool:
    """Say whether pages of facts cost less than one read for each of the units."""
    connector = context.sessions[side].connector
    if not isinstance(connector, BulkFacts):
        return False
    begun = context.run.checkpoint.get("facts", {}).get(f"{side}:{object_type}")
    if begun is not None:
        return bool(begun != DONE)
    reads = sum(
        any(not step.writes for step in _steps(context, side, unit)) for unit in units
    )
    return reads > 1 and reads > _pages(context, side, object_type)


def _steps(context: RunContext, side: Side, unit: Unit) -> Sequence[Step]:
    """Return the calls an update takes as things stand, none for anything else."""
    row, values = unit.row(side), unit.decision.writes(side)
    if row is None or not values:
        return ()
    with suppress(CrosswalkError):  # told when the unit itself is written
        connector = context.sessions[side].connector
        return connector.steps(unit.object_type, record_of(row), values)
    return ()


def _pages(context: RunContext, side: Side, object_type: str) -> int:
    """Return about how many calls the bulk read takes: at least one row a record."""
    connection = side_connection(context.sync, side)
    records = RemoteRecord.objects.filter(
        connection=connection, object_type=object_type, gone_at__isnull=True
    )
    return math.ceil(records.count() / object_spec(connection, object_type).page_size)


def _learn(
    context: RunContext, side: Side, object_type: str, units: Sequence[Unit]
) -> None:
    connector = context.sessions[side].connector
    assert isinstance(connector, BulkFacts)  # noqa: S101
    states = context.run.checkpoint.setdefault("facts", {})
    key = f"{side}:{object_type}"
    while states.get(key) != DONE:
        context.keep_going()
        try:
            page = connector.facts_page(object_type, states.get(key))
        except AuthError:
            raise
        except PermanentError as error:  # not offered here: each is read on its own
            logger.warning("No reading in bulk: %s (%s)", error.message, error.detail)
            states[key] = DONE
            context.save()
            return
        context.expect_calls(side, 1)
        with transaction.atomic():
            connection = side_connection(context.sync, side)
            facts = facts_store(connection, object_type, page.records)
            states[key] = DONE if page.next is None else page.next
            context.save()
        for row in filter(None, (unit.row(side) for unit in units)):
            row.facts = facts.get(row.remote_id, row.facts)
