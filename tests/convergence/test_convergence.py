"""Whatever happens, in whatever order: when it is quiet again, both sides agree.

A failure prints the steps, and a line to repeat it with; docs/development/testing.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
import time_machine
from django.conf import settings as layer
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.convergence.decidedmachine import DecidedConvergence
from tests.convergence.kinmachine import KinConvergence
from tests.convergence.machine import Convergence, Troubled
from tests.convergence.town import START, Rules, Town, town_make
from workspaces.models import Workspace

COMMON = {
    "deadline": None,
    "print_blob": True,
    "report_multiple_bugs": False,
    "suppress_health_check": list(HealthCheck),
}
# the same steps each time: a change that fails here fails for its author, not for
# whoever comes by later
FIXED = settings(**COMMON, derandomize=True, database=None)
RANDOM = settings(**COMMON, derandomize=False, max_examples=300, stateful_step_count=40)
MACHINES = {
    "people": Convergence,
    "children": KinConvergence,
    "decided": DecidedConvergence,
}


@contextmanager
def undone() -> Iterator[None]:
    """A transaction of which nothing stays."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture(params=MACHINES.values(), ids=MACHINES)
def machine(
    request: pytest.FixtureRequest,
    workspace: Workspace,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[type[Troubled]]:
    """A machine, each example of which has a town and a transaction of its own.

    Settings are changed in the one layer that the fixture lays over them: a layer for
    each of hundreds of examples would be deeper than Python goes.
    """
    settings.TRANSPORT_FACTORY = None
    stack = ExitStack()

    class Here(request.param):
        @staticmethod
        def make(rules: Rules) -> Town:
            stack.enter_context(undone())
            traveller = stack.enter_context(time_machine.travel(START, tick=True))
            monkeypatch.setattr("crosswalk.clock.time.sleep", traveller.shift)
            return town_make(workspace, layer, traveller, rules)

        @staticmethod
        def leave() -> None:
            monkeypatch.undo()
            layer.TRANSPORT_FACTORY = None
            stack.close()

    yield Here
    stack.close()


def test_both_sides_agree_whatever_happens(machine: type[Troubled]) -> None:
    examples, steps = machine.few
    fixed = settings(FIXED, max_examples=examples, stateful_step_count=steps)
    run_state_machine_as_test(machine, settings=fixed)


@pytest.mark.soak
def test_both_sides_agree_after_thousands_of_steps(machine: type[Troubled]) -> None:
    run_state_machine_as_test(machine, settings=RANDOM)
    print(f"{machine.sequences} sequences, {machine.steps} steps, {machine.told()}")
