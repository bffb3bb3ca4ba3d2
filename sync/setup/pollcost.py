"""What watching an account costs while nothing happens there: arithmetic only.

An object type that the vendor lists for the whole account costs one call a poll. One
that hangs under a parent would cost a call per parent: it is told of by webhook, and
what those missed is found by a nightly sweep that has a budget of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from integrations.connectors.base import ConnectorSpec

SWEEP_SHARE = 0.10  # of the day's quota that nightly sweeps may use


@dataclass(frozen=True, slots=True)
class IdleCost:
    """Calls to one system: for each poll, and for the nightly sweep.

    `nights` is after how many nights the sweep has been everywhere once.
    """

    poll: int
    sweep: int = 0
    nights: int = 0


def idle_cost(
    spec: ConnectorSpec, object_types: Sequence[str], parents: int = 0
) -> IdleCost:
    """Return what object types cost at a system that has so many parent records."""
    every = (*spec.objects, *spec.texts)
    types = [each for each in every if each.key in object_types]
    listed = sum(each.listing == "account" for each in types)
    wanted = parents * (len(types) - listed)
    allowed = sweep_budget(spec)
    sweep = wanted if allowed is None else min(wanted, allowed)
    return IdleCost(listed, sweep, -(-wanted // sweep) if sweep else 0)


def sweep_budget(spec: ConnectorSpec) -> int | None:
    """Return the calls a night that sweeps may use, None without a daily limit."""
    daily = day_limit(spec)
    return None if daily is None else int(daily * SWEEP_SHARE)


def day_limit(spec: ConnectorSpec) -> int | None:
    """Return a system's published calls a day, None when it has no such limit."""
    found = [limit.calls for limit in spec.limits if limit.window == "day"]
    return min(found, default=None)
