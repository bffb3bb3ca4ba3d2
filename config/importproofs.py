"""Proving imported credentials at the vendor, before anything is stored.

No database transaction is open meanwhile. A refresh token that works only once is
asked last, when all else is known to fit: what it brings must then be stored.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import httpx

from crosswalk.errors import (
    AuthError,
    ConfigError,
    ConnectorError,
    TransientError,
)
from integrations import registry
from integrations.access.endpoints import endpoints_for
from integrations.access.grants import pair_of
from integrations.access.refresh import ask_once, refresh_form
from integrations.connectors.base import Account
from integrations.connectors.oauth import TokenFacts
from integrations.http import Api, client_build
from integrations.models import Grant
from integrations.session import (
    PlainDialect,
    connector_build,
    default_transport,
    session_for_grant,
)

TRIES = 2
WRONG_ACCOUNT = ("wrong_organization", "wrong_location")


@dataclass(frozen=True, slots=True)
class Claim:
    """A connection whose new credentials are to be proven, as it would be stored."""

    path: str
    name: str
    grant: Grant
    account: Account  # as far as it is known
    is_stored: bool  # the grant was there before, with these very credentials


@dataclass(frozen=True, slots=True)
class Proof:
    """What the vendor said: the account and, where one was fetched, a token pair."""

    account: Account
    facts: TokenFacts | None = None


class FixedToken:
    """The `http.Credentials` of one token. Refused once, it is tried once more."""

    def __init__(self, token: str) -> None:
        self._token = token

    def token(self) -> str:
        return self._token

    def renewed(self, refused: str) -> str:
        return self._token


def claims_prove(claims: Iterable[Claim]) -> Mapping[str, Proof]:
    """Return connection name → proof.

    Raises ConfigError with the connection's path when one cannot be proven.
    """
    asked: dict[int, TokenFacts | None] = {}  # grant → its pair, asked for once
    proofs = {}
    with client_build(default_transport()) as client:
        for claim in sorted(claims, key=_spends_a_token):
            try:
                proofs[claim.name] = _prove(claim, client, asked)
            except ConnectorError as error:
                raise _explained(claim, error) from error
    return proofs


def _spends_a_token(claim: Claim) -> bool:
    is_oauth = claim.grant.auth_type == "oauth"
    return is_oauth and registry.spec(claim.grant.kind).oauth.rotating_refresh


def _prove(
    claim: Claim, client: httpx.Client, asked: dict[int, TokenFacts | None]
) -> Proof:
    account = claim.account
    if claim.is_stored:
        with session_for_grant(claim.grant, account) as connector:
            return Proof(connector.check())
    grant = claim.grant
    if grant.pk not in asked:
        asked[grant.pk] = _pair(grant, client) if grant.auth_type == "oauth" else None
    facts = asked[grant.pk]
    root = endpoints_for(
        grant.kind,
        grant.site,
        grant.data_center,
        facts.api_url if facts else grant.api_url,
    ).api
    token = facts.access_token if facts else pair_of(grant).access
    agency = registry.connector(grant.kind).agency
    if facts and agency and agency.is_agency(facts.facts):
        made = agency.account_token(client, root, token, facts.facts, account.id)
        token = made.access_token
    api = Api(
        client=client,
        root=root,
        credentials=FixedToken(token),
        dialect=PlainDialect(registry.spec(grant.kind).label),
    )
    return Proof(connector_build(grant.kind, api, account).check(), facts)


def _pair(grant: Grant, client: httpx.Client) -> TokenFacts:
    url = endpoints_for(grant.kind, grant.site, grant.data_center, grant.api_url).token
    form = refresh_form(grant)
    for _ in range(TRIES - 1):
        try:
            return ask_once(grant, client, url, form)
        except TransientError:
            continue  # both vendors repeat or allow the answer to the same token
    return ask_once(grant, client, url, form)


def _explained(claim: Claim, error: ConnectorError) -> ConfigError:
    label = registry.spec(claim.grant.kind).label
    if isinstance(error, TransientError):
        return ConfigError(
            f"{label} could not be asked whether the credentials work: "
            f"{error.message.removesuffix(' Crosswalk tries again by itself.')} Try "
            "again later, or use --offline to skip the check",
            path=claim.path,
            detail=error.detail,
        )
    if isinstance(error, AuthError) and error.code not in WRONG_ACCOUNT:
        return ConfigError(
            f"{label} refused these credentials. {error.message}",
            path=f"{claim.path}.auth",
            detail=error.detail,
        )
    return ConfigError(
        f"{label} does not let these credentials use account {claim.account.id}: "
        f"{error.message}",
        path=f"{claim.path}.account",
        detail=error.detail,
    )
