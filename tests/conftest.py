"""People and places that most tests need."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis

from workspaces.models import Membership, Workspace
from workspaces.services import workspace_create

# How long an example takes says how busy the machine is, not whether the code is right.
CALM = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
# The same examples each time: what fails here fails for its author, not for whoever
# comes by later. New ones are looked for by `make soak`.
hypothesis.register_profile("crosswalk", **CALM, derandomize=True, database=None)
hypothesis.register_profile("search", **CALM, print_blob=True)
hypothesis.load_profile("crosswalk")


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    """What one test cached is not another's: their rows may have the same keys."""
    cache.clear()


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits before it tries again does so at once: nobody else is waited for."""
    monkeypatch.setattr("crosswalk.clock.time.sleep", lambda seconds: None)


def person(name: str) -> User:
    """Make an account that can sign in with the password "a-long-password"."""
    email = f"{name}@example.com"
    return User.objects.create_user(name, email, "a-long-password")


def member(workspace: Workspace, name: str, role: str) -> User:
    """Make an account that belongs to a workspace."""
    user = person(name)
    Membership.objects.create(workspace=workspace, user=user, role=role)
    return user


@pytest.fixture
def owner(db: None) -> User:
    """The person who made the workspace."""
    return person("owner")


@pytest.fixture
def workspace(owner: User) -> Workspace:
    """A workspace named Acme, in London's time."""
    return workspace_create(name="Acme", time_zone="Europe/London", owner=owner)


@pytest.fixture
def editor(workspace: Workspace) -> User:
    """A person who may change what is in the workspace."""
    return member(workspace, "editor", Membership.Role.EDITOR)


@pytest.fixture
def viewer(workspace: Workspace) -> User:
    """A person who may only look."""
    return member(workspace, "viewer", Membership.Role.VIEWER)


@pytest.fixture
def stranger(db: None) -> User:
    """A person with a workspace of their own, and no part in ours."""
    user = person("stranger")
    workspace_create(name="Elsewhere", owner=user)
    return user


@pytest.fixture
def as_owner(client: Client, owner: User, workspace: Workspace) -> Client:
    """A browser in which the owner is signed in."""
    client.force_login(owner)
    return client


@pytest.fixture
def busy_vendors(settings: Any) -> None:
    """Every vendor says: not now. Nothing is waited for, as it is where nobody answers."""
    later = httpx.Response(429, headers={"Retry-After": "3600"}, json={})
    settings.TRANSPORT_FACTORY = lambda: httpx.MockTransport(lambda request: later)
