"""Accept: what a vendor's yes is worth, and what is kept of it.

Every failure on the way is a `ConnectProblem`, and leaves nothing behind.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from crosswalk.clock import now
from crosswalk.crypto import encrypt
from crosswalk.errors import (
    ConfigError,
    ConnectorError,
    CrosswalkError,
    TransientError,
)
from integrations import registry
from integrations.access.accounttokens import agency_of
from integrations.access.endpoints import (
    is_known_api,
)
from integrations.access.exchange import code_exchange
from integrations.access.grants import expiry_of
from integrations.access.permissions import is_covered
from integrations.access.revoke import grant_discard
from integrations.connectors.base import Account
from integrations.connectors.oauth import Endpoints, Scope, TokenFacts
from integrations.models import Connection, Grant
from integrations.services import connection_from_grant
from integrations.session import agency_accounts, session_for_grant
from workspaces.models import Workspace


class ConnectProblem(CrosswalkError):
    """Connecting did not work: a title, what happened, what to do.

    `code` names the cause for tests and styles; `can_retry` offers the link again.
    """

    def __init__(
        self, title: str, message: str, *, code: str, can_retry: bool = True
    ) -> None:
        super().__init__(message, code=code)
        self.title = title
        self.can_retry = can_retry


def refuse_vendor_error(kind: str, error: str) -> None:
    """Raise the problem of an answer that is an error instead of a code."""
    if not error:
        return
    label = registry.spec(kind).label
    if error == "access_denied":
        raise ConnectProblem(
            f"{label} was not allowed.",
            "You chose not to allow it, so nothing was connected and nothing was "
            "changed. Start again whenever you like.",
            code="denied",
        )
    words = re.sub(r"[^a-z0-9_]", "", error.lower())[:60]
    raise ConnectProblem(
        f"{label} did not let you through.",
        f"It answered “{words}”. Nothing was connected. Start again; if it happens "
        f"again, check the app's set-up at {label}.",
        code="vendor_error",
    )


def exchange_explained(
    kind: str,
    endpoints: Endpoints,
    app: tuple[str, str],
    code: str,
    **details: Any,
) -> TokenFacts:
    """Return what a code buys; every failure is a page."""
    label = registry.spec(kind).label
    if not code:
        raise ConnectProblem(
            f"{label} sent no code.",
            "Without it nothing can be connected. Start again.",
            code="code_missing",
        )
    try:
        facts = code_exchange(
            kind=kind, endpoints=endpoints, app=app, code=code, **details
        )
    except TransientError as error:
        raise ConnectProblem(
            f"{label} could not be reached.", error.message, code="network"
        ) from error
    except ConfigError as error:
        raise ConnectProblem(
            f"{label} does not accept this app.", error.message, code="app_refused"
        ) from error
    except ConnectorError as error:
        raise ConnectProblem(
            f"{label} did not accept the code.",
            f"{error.message} A code works once and only for a few minutes.",
            code="code_refused",
        ) from error
    refuse_missing_scopes(kind, facts)
    if not facts.refresh_token:
        raise ConnectProblem(
            f"{label} gave access for a short time only.",
            "Without lasting access nothing can be synced, so nothing was connected. "
            "Start again and allow everything on the list.",
            code="no_refresh_token",
        )
    return facts


def refuse_missing_scopes(kind: str, facts: TokenFacts) -> None:
    """Raise when the person allowed less than what a sync needs."""
    missing = [each for each in missing_scopes(kind, facts.scopes) if each.required]
    missing += missing_agency_scopes(kind, facts)
    if not missing:
        return
    label = registry.spec(kind).label
    named = "; ".join(f"“{each.allows}” ({each.name})" for each in missing)
    raise ConnectProblem(
        f"{label} did not give all permissions.",
        f"Missing: {named}. Without this nothing can be synced, so nothing was "
        f"connected. Add it to the app at {label}, start again and allow everything "
        "on the list.",
        code="scope_missing",
    )


def missing_scopes(kind: str, granted: Sequence[str] | frozenset[str]) -> list[Scope]:
    """Return the permissions that were asked for and not given; answers that name
    none at all say nothing."""
    have = {each.lower() for each in granted}
    if not have:
        return []
    scopes = registry.spec(kind).oauth.scopes
    return [each for each in scopes if not is_covered(each.name.lower(), have)]


def missing_agency_scopes(kind: str, facts: TokenFacts) -> list[Scope]:
    """Return what an agency's access lacks to enter its accounts. Listing them can do
    without: the answer itself may name them."""
    agency = registry.connector(kind).agency
    have = {each.lower() for each in facts.scopes}
    if agency is None or not have or not agency.is_agency(facts.facts):
        return []
    needed = [each for each in agency.scopes if each.required]
    return [each for each in needed if each.name.lower() not in have]


def grant_accept(
    *,
    workspace: Workspace,
    kind: str,
    site: str,
    data_center: str,
    app: tuple[str, str],
    facts: TokenFacts,
) -> tuple[Grant, list[Account]]:
    """Store a grant and return the accounts it reaches; nothing stays on failure."""
    grant = grant_store(workspace, kind, site, data_center, app, facts)
    try:
        accounts = accounts_of(grant, facts)
    except CrosswalkError as error:
        grant_discard(grant)
        label = registry.spec(kind).label
        raise ConnectProblem(
            f"{label} did not show its accounts.", error.message, code="accounts"
        ) from error
    if not accounts:
        problem = no_account(grant)
        grant_discard(grant)
        raise problem
    grant.refresh_from_db()  # listing may have renewed the access
    grant.accounts = [
        {
            "id": each.id,
            "name": each.name,
            "time_zone": each.time_zone,
            "country": each.country,
            "facts": dict(each.facts),
        }
        for each in accounts
    ]
    grant.save(update_fields=["accounts"])
    return grant, accounts


def grant_store(
    workspace: Workspace,
    kind: str,
    site: str,
    data_center: str,
    app: tuple[str, str],
    facts: TokenFacts,
) -> Grant:
    """Store what a token answer brought."""
    moment = now()
    client_id, secret = app
    return Grant.objects.create(
        workspace=workspace,
        kind=kind,
        site=site,
        auth_type="oauth",
        data_center=data_center,
        api_url=facts.api_url if is_known_api(kind, facts.api_url) else "",
        client_id=client_id,
        owner=facts.owner[:200],
        scopes=sorted(facts.scopes),
        credentials=encrypt(
            {
                "type": "oauth",
                "client_id": client_id,
                "client_secret": secret,
                "access_token": facts.access_token,
                "refresh_token": facts.refresh_token,
            }
        ),
        credentials_version=1,
        expires_at=expiry_of(facts, moment),
        refreshed_at=moment,
        facts=dict(facts.facts),
    )


def accounts_of(grant: Grant, facts: TokenFacts) -> list[Account]:
    """Return the accounts of a grant: those the answer names, else all it reaches.

    An agency's are listed with its own token; nothing is read of them yet.
    """
    if agency_of(grant):
        return list(agency_accounts(grant))
    accounts: list[Account] = []
    for account_id in facts.accounts or ("",):
        with session_for_grant(grant, Account(id=account_id, name="")) as connector:
            accounts += connector.accounts()
    return accounts


def no_account(grant: Grant) -> ConnectProblem:
    spec = registry.spec(grant.kind)
    if agency_of(grant):
        return ConnectProblem(
            f"The app is in no {spec.account_label} of this agency yet.",
            f"Nothing was connected. Install it at {spec.label} in the "
            f"{spec.account_label}s you want to connect, then start again.",
            code="no_account",
        )
    return ConnectProblem(
        f"There is no {spec.account_label} to connect.",
        f"The {spec.label} user who signed in reaches none. Sign in as somebody who "
        "does.",
        code="no_account",
    )


def stored_accounts(grant: Grant) -> list[Account]:
    """Return the accounts as they were listed when the grant was made."""
    return [Account(**each) for each in grant.accounts]


def reconnected(
    grant: Grant,
    accounts: Sequence[Account],
    connection: Connection,
    actor: Any,
    *,
    shown_as: str = "",
) -> Connection:
    """Put a connection on a fresh grant, if that reaches the same account.

    `shown_as` stands for the connection's own name where a stranger reads it.
    """
    same = next((each for each in accounts if each.id == connection.account_id), None)
    if same is None:
        found = ", ".join(each.name or each.id for each in accounts[:3])
        grant_discard(grant)
        raise ConnectProblem(
            "That is another account.",
            f"“{shown_as or connection.name}” is "
            f"{connection.account_name or connection.account_id}, "
            f"but you allowed {found}. Nothing was changed. Reconnect with the same "
            "account, or connect the other one as a new connection.",
            code="other_account",
        )
    try:
        same = account_entered(grant, same)
    except CrosswalkError:
        grant_discard(grant)
        raise
    return connection_from_grant(
        workspace=connection.workspace, grant=grant, account=same, actor=actor
    )


def accounts_connect(
    grant: Grant, accounts: Sequence[Account], actor: Any
) -> tuple[list[Connection], dict[str, str]]:
    """Connect several accounts of one grant; return them, and account id → what went
    wrong with the others."""
    connections: list[Connection] = []
    problems: dict[str, str] = {}
    for account in accounts:
        try:
            connection = connection_from_grant(
                workspace=grant.workspace,
                grant=grant,
                account=account_entered(grant, account),
                actor=actor,
            )
        except CrosswalkError as error:
            problems[account.id] = error.message
            continue
        connections.append(connection)
        grant = connection.grant  # a reconnected account's row may have taken it over
    return connections, problems


def account_entered(grant: Grant, account: Account) -> Account:
    """Return an account with its facts; an agency's must be entered to know them."""
    if agency_of(grant) is None:
        return account
    with session_for_grant(grant, account) as connector:
        return connector.check()
