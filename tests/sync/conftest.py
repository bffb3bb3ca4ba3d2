"""Fixtures of tests that run whole syncs against the sandbox in process."""

from __future__ import annotations

from typing import Any

import pytest

from sync.setup.saving import sync_go_live
from tests.sync.childworld import carry, person
from tests.sync.test_choosing import highlevel_add
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


@pytest.fixture
def live(empty_world: World) -> World:
    """A live sync of Anna, whose company is the same on both sides."""
    world = empty_world
    highlevel_add(world, firstName="Anna", email="a@x.example", companyName="Acme")
    world.run()
    sync_go_live(sync=world.sync, actor=None, tested=True)
    world.sync.refresh_from_db()
    world.run()
    world.sent.clear()
    return world


@pytest.fixture
def anna(empty_world: World) -> str:
    """A person at HighLevel in a world whose sync carries notes; their id."""
    carry(empty_world, "note")
    return person(empty_world)


@pytest.fixture
def pair(empty_world: World) -> World:
    """Two connections that no sync joins yet."""
    empty_world.sync.delete()
    return empty_world
