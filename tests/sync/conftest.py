"""Fixtures of tests that run whole syncs against the sandbox in process."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sync.world import World, world_make
from workspaces.models import Workspace


@pytest.fixture
def world(workspace: Workspace, settings: Any) -> World:
    """A seeded world: 300 people at HighLevel, 220 at Zoho Invoice."""
    return world_make(workspace, settings)


@pytest.fixture
def empty_world(workspace: Workspace, settings: Any) -> World:
    """A world with nobody in it."""
    return world_make(workspace, settings, seed=False)
