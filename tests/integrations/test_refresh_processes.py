"""Refreshing in real processes: one call for sixteen, and killed at every step."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from crosswalk import leases
from crosswalk.crypto import decrypt
from crosswalk.errors import AuthError
from integrations.access.tokens import GrantCredentials
from integrations.models import Grant, TokenRefresh
from tests.integrations.askers import Askers
from tests.integrations.helpers import make_connection, make_grant
from tests.integrations.tokenserver import TokenServer, token_server
from workspaces.models import Workspace

pytestmark = pytest.mark.django_db(transaction=True)
KILLED = 9
MOST_STEPS = 60


@pytest.fixture
def server(settings) -> Iterator[TokenServer]:
    with token_server() as made:
        settings.HIGHLEVEL_API_URL = made.root
        yield made


@pytest.fixture
def askers(server: TokenServer) -> Iterator[Askers]:
    made = Askers(CROSSWALK_HIGHLEVEL_API_URL=server.root)
    yield made
    made.close()


def ended_grant(**more: Any) -> Grant:
    return make_grant(expires_in=-1, **more)


def token_here(grant: Grant) -> str:
    """Ask from this process, as the next worker would."""
    with httpx.Client() as client:
        return GrantCredentials(grant.pk, client).token()


def assert_whole(grant: Grant, server: TokenServer) -> None:
    """The connection works, and what is stored is what the vendor will take next."""
    assert token_here(grant) == f"access-{server.current}"
    stored = Grant.objects.get(pk=grant.pk)
    assert decrypt(stored.credentials)["refresh_token"] == f"refresh-{server.current}"
    assert stored.status == Grant.Status.ACTIVE
    assert not stored.refresh_owner or leases.owner_is_dead(stored.refresh_owner)
    assert not TokenRefresh.objects.filter(finished_at=None).exists()


def test_sixteen_processes_make_exactly_one_call(askers, server):
    server.delay = 0.5

    answers = askers(ended_grant(), count=16)

    assert [each["token"] for each in answers] == ["access-2"] * 16
    assert server.calls == ["refresh-1"]


def test_a_kill_at_every_step_loses_nothing(askers, server):
    """One grant after another, each killed one step later than the one before."""
    calm = askers(ended_grant())[0]["steps"]
    places = {"before the call", "the vendor has decided", "the answer was read"}
    assert places < set(calm)
    assert len(calm) < MOST_STEPS

    for step in range(1, len(calm) + 1):
        grant = fresh_round(server)

        ended = askers(grant, die_at=step)[0]["signal"]

        assert ended == KILLED, calm[step - 1]
        assert_whole(grant, server)
        # one pair at most was made for nothing: none, as the grace repeats it
        assert server.pairs_made == 1, calm[step - 1]


def fresh_round(server: TokenServer) -> Grant:
    """Put vendor and grant back to the beginning."""
    TokenRefresh.objects.all().delete()
    server.current, server.spent, server.calls = 1, {}, []
    Grant.objects.all().delete()
    return ended_grant(workspace=Workspace.objects.first())


def steps_of_a_calm_refresh(askers: Askers, server: TokenServer) -> list[str]:
    steps: list[str] = askers(ended_grant())[0]["steps"]
    fresh_round(server)
    return steps


def test_kills_one_after_another_on_the_same_grant_lose_nothing(askers, server):
    steps = steps_of_a_calm_refresh(askers, server)
    grant = Grant.objects.get()
    decided = steps.index("the vendor has decided") + 1

    for step in (decided - 1, decided, decided, decided + 1, decided + 3):
        assert askers(grant, die_at=step)[0]["signal"] == KILLED

    assert_whole(grant, server)
    assert server.pairs_made == 1


def test_sixteen_processes_go_on_after_one_that_was_killed(askers, server):
    steps = steps_of_a_calm_refresh(askers, server)
    grant = Grant.objects.get()
    askers(grant, die_at=steps.index("the vendor has decided") + 1)

    answers = askers(grant, count=16)

    assert {each["token"] for each in answers} == {"access-2"}
    assert server.calls == ["refresh-1", "refresh-1"]  # the dead one's, and one more


def test_a_kill_that_nobody_notices_within_the_grace_is_said_precisely(askers, server):
    steps = steps_of_a_calm_refresh(askers, server)
    connection = make_connection(Grant.objects.get())
    server.grace = 0.0
    askers(connection.grant, die_at=steps.index("the vendor has decided") + 1)

    with pytest.raises(AuthError, match=r"was asked for a new access at .* was lost"):
        token_here(connection.grant)

    connection.refresh_from_db()
    assert connection.health == "needs_reconnect"
    assert "works only once" in connection.health_reason
    assert "Connect it again" in connection.health_reason
