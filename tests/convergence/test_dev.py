from __future__ import annotations
import os
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from tests.convergence.test_convergence import COMMON, machine  # noqa: F401

def test_dev(machine):
    phases=[Phase.generate]+([Phase.shrink] if os.environ.get("SHRINK") else [])
    run_state_machine_as_test(machine, settings=settings(**COMMON, max_examples=int(os.environ.get("N","60")), stateful_step_count=int(os.environ.get("STEPS","30")), phases=phases, database=None))
