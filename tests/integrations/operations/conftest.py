"""A world for each test."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integrations.operations.world import World, world_make


@pytest.fixture
def world(workspace: Any, settings: Any) -> World:
    return world_make(workspace, settings)
