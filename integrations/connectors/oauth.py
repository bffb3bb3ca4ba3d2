"""OAuth of a vendor as data: what is asked for, where, and what its answers say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Scope:
    """One OAuth scope: what it allows, in words, and whether we can do without.

    `extra`: only single operations need it; a connection without it lacks nothing.
    """

    name: str
    allows: str
    required: bool = True
    extra: bool = False


@dataclass(frozen=True, slots=True)
class OAuthSpec:
    """How a vendor's OAuth differs from the next one's (all facts from its sheet)."""

    scopes: tuple[Scope, ...]
    scope_separator: str
    authorize_params: Mapping[str, Any] = field(default_factory=dict)
    pkce: bool = False
    rotating_refresh: bool = False  # the refresh token is single-use
    grace_seconds: int = 0  # a spent token repeats its answer this long
    refresh_days: int = 0  # an unused refresh token lapses after these, 0: never
    ends_when: str = ""  # what ends it although it is used, as a sentence
    needs_https: bool = False  # the vendor refuses plain http redirect addresses
    self_client: bool = False  # a code can be pasted by hand
    client_credentials: str = ""  # why that grant is not offered, as a sentence
    token_params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where a vendor is reached. Roots without a trailing slash."""

    api: str
    authorize: str
    token: str
    revoke: str = ""


@dataclass(frozen=True, slots=True)
class TokenFacts:
    """What a token answer says, in one form for all vendors. Times in seconds."""

    access_token: str
    refresh_token: str
    expires_in: int
    scopes: frozenset[str]
    owner: str = ""  # the vendor's user or company behind the grant
    accounts: tuple[str, ...] = ()  # accounts the answer names (a location)
    api_url: str = ""  # where the vendor says its API is
    facts: Mapping[str, Any] = field(default_factory=dict)
