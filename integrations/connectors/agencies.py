"""Agencies: one authorisation that reaches many accounts, by a token made for each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from integrations.connectors.base import Account, Values
from integrations.connectors.oauth import Scope, TokenFacts


@dataclass(frozen=True, slots=True)
class Agency:
    """How one authorisation reaches many accounts, by a token made for each.

    The agency's own token lists accounts and makes their tokens; it reads no records.
    """

    is_agency: Callable[[Values], bool]  # (facts of the token answer)
    # (api, facts, client_id): every account it may enter, names as far as known
    accounts: Callable[..., Sequence[Account]]
    # (client, api_url, access, facts, account_id): a token of that account. Raises
    # AccessExpired for the agency's own, AuthError when the account is out of reach.
    account_token: Callable[..., TokenFacts]
    scopes: tuple[Scope, ...] = ()  # asked for beside `OAuthSpec.scopes`
    token_params: Values = field(default_factory=dict)  # of its refreshes
