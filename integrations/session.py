"""Sessions: a connection made ready for calls, with tokens, budget and counts.

with connection_session(connection, lane="poll") as session:
    page = session.connector.list_page("contact", None)
session.calls  # what was really sent, by operation
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from django.conf import settings
from django.utils.module_loading import import_string

from crosswalk.errors import AuthError, ConfigError
from integrations import registry
from integrations.access.accounttokens import AccountCredentials, agency_of
from integrations.access.endpoints import endpoints_for
from integrations.access.expiry import grant_used
from integrations.access.grants import grant_usable
from integrations.access.tokens import GrantCredentials
from integrations.connectors.base import Account, Catalogue, Connector, RateSnapshot
from integrations.fields.catalogue import catalogue_of, facts_with_options
from integrations.http import Api, Gate, OpenGate, client_build
from integrations.models import Connection, Grant
from integrations.quotas.budget import BudgetGate
from integrations.quotas.sharing import NOBODY, Party

PATIENCE_SECONDS = 2.0  # of a page or a command that asks for one thing
TransportFactory = Callable[[], httpx.BaseTransport | None]


@dataclass(frozen=True, slots=True)
class Session:
    """One connection in use. `api.calls` counts what was sent."""

    connector: Connector
    api: Api
    connection: Connection

    @property
    def calls(self) -> Counter[str]:
        return self.api.calls


class PlainDialect:
    """The wire before a connector brings its own (`ConnectorModule.build`)."""

    def __init__(self, label: str) -> None:
        self.label = label

    def headers(self, token: str) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {token}"}

    def params(self) -> Mapping[str, str]:
        return {}

    def error(
        self, status: int, body: Any, headers: Mapping[str, str]
    ) -> Exception | None:
        return None

    def rates(self, headers: Mapping[str, str]) -> Sequence[RateSnapshot]:
        return ()

    def request_id(self, body: Any, headers: Mapping[str, str]) -> str:
        return ""


@contextmanager
def connection_session(
    connection: Connection,
    *,
    lane: str = "poll",
    transport: httpx.BaseTransport | None = None,
    patience: Callable[[], float] = lambda: PATIENCE_SECONDS,
    party: Party = NOBODY,
) -> Iterator[Session]:
    """Open a connection for calls of a lane: webhook, person, poll or backfill.

    `patience` says how long a call may wait for its turn; then BudgetSpent is raised.
    `party` says whose calls they are, among whom calls are shared.
    Raises AuthError at once when a person must reconnect it. Unused permits of the
    budget go back on leaving.
    """
    if connection.health == Connection.Health.DISABLED:
        raise AuthError(f"{connection.name} is disconnected. Connect it again.")
    grant = grant_usable(connection.grant_id)
    with client_build(transport or default_transport()) as client:
        gate = BudgetGate(connection, lane, patience=patience, party=party)
        api = api_build(grant, client, gate, connection.account_id)
        try:
            connector = connector_build(
                connection.kind,
                api,
                account_of(connection),
                catalogue_of(connection),
            )
            yield Session(connector, api, connection)
        finally:
            gate.close()
            if api.has_worked:
                grant_used(grant)


@contextmanager
def session_for_grant(
    grant: Grant, account: Account, *, transport: httpx.BaseTransport | None = None
) -> Iterator[Connector]:
    """Open a grant before there is a connection, to list or check accounts.

    Such calls are few and belong to no budget yet.
    """
    usable = grant_usable(grant.pk)
    with client_build(transport or default_transport()) as client:
        api = api_build(usable, client, OpenGate(), account.id)
        yield connector_build(grant.kind, api, account)


def account_of(connection: Connection) -> Account:
    """Return the remote account as it was last seen, with what people chose for it."""
    return Account(
        id=connection.account_id,
        name=connection.account_name,
        time_zone=connection.time_zone,
        country=connection.country,
        facts=facts_with_options(connection),
    )


def agency_accounts(
    grant: Grant, *, transport: httpx.BaseTransport | None = None
) -> Sequence[Account]:
    """Return the accounts an agency's grant may enter: all that its own token is for."""
    agency = agency_of(grant)
    if agency is None:
        return []
    usable = grant_usable(grant.pk)
    with client_build(transport or default_transport()) as client:
        api = api_build(usable, client, OpenGate(), "")
        api.credentials = GrantCredentials(grant.pk, client)
        connector_build(grant.kind, api, Account(id="", name=""))  # brings its dialect
        return agency.accounts(api, usable.facts, usable.client_id)


def api_build(grant: Grant, client: httpx.Client, gate: Gate, account_id: str) -> Api:
    """Return the API of a grant at its address, with the token for an account."""
    module = registry.connector(grant.kind)
    found = endpoints_for(grant.kind, grant.site, grant.data_center, grant.api_url)
    return Api(
        client=client,
        root=found.api,
        credentials=AccountCredentials(grant.pk, account_id, client)
        if module.agency
        else GrantCredentials(grant.pk, client),
        dialect=PlainDialect(module.spec.label),
        gate=gate,
    )


def connector_build(
    kind: str, api: Api, account: Account, catalogue: Catalogue | None = None
) -> Connector:
    """Return a kind's connector; it brings its dialect to the API.

    `catalogue` holds the account's own fields, whose types rows and steps need.
    """
    try:
        module = registry.connector(kind)
    except KeyError:
        raise ConfigError(f"Crosswalk has no connector “{kind}”.") from None
    return module.build(api, account, catalogue or {})


def default_transport() -> httpx.BaseTransport | None:
    """Return the transport of the setting TRANSPORT_FACTORY; None for the network.

    Whole-flow tests reach the sandbox in this very process through it.
    """
    factory: str | TransportFactory | None
    factory = getattr(settings, "TRANSPORT_FACTORY", None)
    if factory is None:
        return None
    made: TransportFactory = (
        import_string(factory) if isinstance(factory, str) else factory
    )
    return made()
