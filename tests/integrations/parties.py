"""Several syncs that call one account, in virtual time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from integrations.models import Connection
from integrations.quotas.budget import BudgetGate
from integrations.quotas.sharing import Party
from integrations.registry import spec
from tests.integrations.virtualtime import CountingVendor, VirtualTime

THREADS = 6


@dataclass
class Caller:
    """One sync's calls from a moment on; `seconds` is how long they took."""

    calls: int
    lane: str = "backfill"
    begins: float = 0.0
    seconds: float = 0.0
    left: int = 0


def party_times(
    connection: Connection, big: Caller, small: Sequence[Caller], *, start: float
) -> CountingVendor:
    """Have all call side by side until the small ones have made their calls."""
    kind = spec(connection.kind)
    time = VirtualTime(start)
    vendor = CountingVendor(time, kind.limits[0], at_once=kind.concurrency)
    for each in (big, *small):
        each.left = each.calls
    works = []
    for number, each in enumerate((big, *small)):
        gate = BudgetGate(
            connection,
            each.lane,
            clock=time,
            sleep=time.sleep,
            patience=lambda: 100.0,
            party=Party(f"sync {number}"),
        )
        work = _calling(gate, vendor, each, small, start)
        works += [work] * THREADS
    time.run(works)
    return vendor


def _calling(
    gate: BudgetGate,
    vendor: CountingVendor,
    caller: Caller,
    small: Sequence[Caller],
    start: float,
) -> Callable[[], None]:
    def work() -> None:
        vendor.time.sleep(caller.begins)
        while caller.left > 0 and any(each.left > 0 for each in small):
            caller.left -= 1
            gate.before_call("create contact")
            snapshots = vendor.call()
            gate.call_ended()
            gate.after_call(snapshots)
            caller.seconds = vendor.time() - start - caller.begins
        gate.close()

    return work
