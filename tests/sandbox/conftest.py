"""Fixtures of the stand-ins' own tests."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from sandbox.clock import Clock
from tests.sandbox.zoho_client import Sandbox


@pytest.fixture
def zoho() -> Sandbox:
    """A sandbox at a fixed moment, spoken to as Zoho Invoice."""
    return Sandbox(clock=Clock(datetime(2026, 7, 1, 12, 0, 0, 900_000, UTC)))
