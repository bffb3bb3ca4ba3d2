"""What a backfill gets of a quota: nearly all it may have, and never a refusal."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from integrations.models import BudgetWindow
from integrations.quotas.budget import BudgetGate
from integrations.registry import spec
from tests.integrations.helpers import make_connection, make_grant
from tests.integrations.virtualtime import CountingVendor, VirtualTime, calling

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC).timestamp()
NO_DAY = 10_000_000
STEADY, JITTERY = (0.25,), (0.25, 0.15, 0.4, 0.25, 0.6)


def connection_of(kind: str, *, day: int = NO_DAY):
    """Make a connection whose vendor has lifted the day's limit."""
    connection = make_connection(make_grant(kind), time_zone="America/New_York")
    gate = BudgetGate(connection, "poll", clock=lambda: NOON)
    BudgetWindow.objects.create(subject=gate.subject, window="day", limit=day)
    return connection


def backfill(connection, vendor, calls, *, gates=1, threads=6, think=0.0):
    """Make calls from several processes' gates; return how long it took."""
    time, left, works, opened = vendor.time, [calls], [], []
    for _ in range(gates):
        gate = BudgetGate(
            connection,
            "backfill",
            clock=time,
            sleep=time.sleep,
            patience=lambda: 100.0,
        )
        opened.append(gate)
        works += [calling(gate, vendor, left, think) for _ in range(threads)]
    time.run(works)
    for gate in opened:
        gate.close()
    return time() - NOON


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("latencies", [STEADY, JITTERY], ids=["steady", "jittery"])
@pytest.mark.parametrize(
    ("kind", "calls", "gates"),
    [
        ("highlevel", 1000, 1),
        ("highlevel", 1200, 4),
        ("zoho_invoice", 250, 1),
        ("zoho_invoice", 200, 3),
    ],
)
def test_a_backfill_uses_what_the_reserve_leaves_and_is_never_refused(
    kind, calls, gates, latencies
):
    burst = spec(kind).limits[0]
    time = VirtualTime(NOON)
    vendor = CountingVendor(time, burst, latencies, at_once=5 if "zoho" in kind else 0)

    seconds = backfill(connection_of(kind), vendor, calls, gates=gates)

    allowed = burst.calls * 0.9 / burst.seconds
    ratio = calls / seconds / allowed
    print(f"{kind} × {gates}: {calls} calls, {ratio:.3f} of limit − reserve")
    assert not vendor.refusals
    assert ratio >= 0.95
    assert vendor.most_at_once <= 5 or kind == "highlevel"
