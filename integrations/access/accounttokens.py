"""Account tokens: access to one account, made from a grant that covers many.

    a good one is stored → use it
    none, ended, refused → take the maker's lease → ask with the agency's token → store

One process makes a token at a time; the others wait for it. The agency's own pair is
renewed underneath by its one refresher (`refresh`). Making a token spends nothing, so
a maker that dies loses nothing.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

import httpx
from django.db import transaction
from django.db.models import F, Q

from crosswalk import leases
from crosswalk.clock import now, pause
from crosswalk.crypto import decrypt, encrypt
from crosswalk.errors import AccessExpired, AuthError, RateLimited, TransientError
from integrations import registry
from integrations.access.endpoints import endpoints_for
from integrations.access.grants import (
    LADDER_SECONDS,
    Pair,
    connection_refused,
    expiry_of,
    grant_usable,
)
from integrations.access.tokens import (
    AHEAD_SECONDS,
    GrantCredentials,
    borrowed_database,
)
from integrations.connectors.agencies import Agency
from integrations.connectors.oauth import TokenFacts
from integrations.models import AccountToken, Connection, Grant

WAIT_SECONDS = 40.0  # for somebody else who makes it
POLL_SECONDS = 0.1
LEASE_SECONDS = 60.0  # covers the call and, before it, a refresh of the agency's pair

Sleep = Callable[[float], None]


def agency_of(grant: Grant) -> Agency | None:
    """Return how accounts are entered, None for a grant that is its accounts' own."""
    found = registry.connector(grant.kind).agency
    return found if found and found.is_agency(grant.facts) else None


class AccountCredentials:
    """The `http.Credentials` of one account, whatever kind of grant it is under.

    Whether a grant is an agency's may first be known when it was refreshed. An
    agency's own token never leaves through this. Safe to share between threads.
    """

    def __init__(
        self,
        grant_id: int,
        account_id: str,
        client: httpx.Client,
        *,
        sleep: Sleep = pause,
    ) -> None:
        self.account_id = account_id
        self.own = GrantCredentials(grant_id, client, sleep=sleep)
        self._lock = threading.Lock()
        self._made: Pair | None = None
        self._is_agency: bool | None = None

    def token(self) -> str:
        """Return a usable access token of the account."""
        made = self._made
        if made is not None and made.is_good(AHEAD_SECONDS):
            return made.access
        if self._is_agency is False:
            return self.own.token()
        with self._lock, borrowed_database():
            if not self._learn():
                return self.own.token()
            return self._account_token()

    def renewed(self, refused: str) -> str:
        """Return another token than the refused one; AuthError when there is none."""
        if not self._is_agency:
            return self.own.renewed(refused)
        with self._lock, borrowed_database():
            return self._account_token(refused)

    def _learn(self) -> bool:
        """Find out whether the grant is an agency's; an unused one is asked first."""
        grant = grant_usable(self.own.grant_id)
        if agency_of(grant) is None and not grant.facts and grant.refreshed_at is None:
            self.own.token()
            grant = grant_usable(self.own.grant_id)
        self._is_agency = agency_of(grant) is not None
        return self._is_agency

    def _account_token(self, refused: str = "") -> str:
        self._made = account_token(
            grant_id=self.own.grant_id,
            account_id=self.account_id,
            refused=refused,
            own=self.own,
        )
        return self._made.access


def account_token(
    *, grant_id: int, account_id: str, own: GrantCredentials, refused: str = ""
) -> Pair:
    """Return a good token of an account other than `refused`, whoever makes it.

    Raises AuthError when the account is out of reach, TransientError when it should
    be tried later.
    """
    owner = leases.owner_name()
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        grant = grant_usable(grant_id)
        row = row_of(grant, account_id)
        held = pair_in(row)
        if held.is_good(AHEAD_SECONDS) and held.access != refused:
            return held
        if lease_take(row, owner):
            return make_as_owner(grant, row, owner, own)
        if time.monotonic() >= deadline:
            label = registry.spec(grant.kind).label
            raise TransientError(
                f"Another process has been asking {label} for access to an account "
                "for too long. Crosswalk tries again by itself."
            )
        own.sleep(POLL_SECONDS * (0.5 + random.random()))  # noqa: S311 - spreads load


def row_of(grant: Grant, account_id: str) -> AccountToken:
    """Return the row of an account; AuthError for one that is out of reach."""
    if not account_id:
        raise AuthError(
            "This access is to a whole agency. Choose one of its accounts to connect."
        )
    row, _made = AccountToken.objects.get_or_create(
        grant_id=grant.pk, account_id=account_id
    )
    if row.reason:
        raise AuthError(row.reason)
    return row


def pair_in(row: AccountToken) -> Pair:
    """Return what a row holds, in the form of a grant's pair."""
    return Pair(
        version=row.version,
        access=str(decrypt(row.token).get("access_token") or ""),
        refresh="",
        expires_at=row.expires_at,
        is_static=False,
    )


def lease_take(row: AccountToken, owner: str) -> bool:
    """Take the maker's lease at this version; at once from the dead."""
    moment = now()
    free = Q(maker="") | Q(maker_until__isnull=True) | Q(maker_until__lt=moment)
    if row.maker and leases.owner_is_dead(row.maker):
        free |= Q(maker=row.maker)
    rows = AccountToken.objects.filter(free, pk=row.pk, version=row.version)
    until = moment + timedelta(seconds=LEASE_SECONDS)
    return bool(rows.update(maker=owner, maker_until=until))


def make_as_owner(
    grant: Grant, row: AccountToken, owner: str, own: GrantCredentials
) -> Pair:
    """Make a token under the lease, which is given back however it ends."""
    try:
        if pause := cooling_down(grant, row):
            raise pause
        made = ask(grant, row.account_id, own)
        return token_store(row, made)
    except AccessExpired as error:
        raise failed_for_now(row, unsettled(grant, error)) from error
    except AuthError as error:
        if grant_usable(grant.pk):  # the agency's access is well: it is this account
            account_refused(grant=grant, account_id=row.account_id, reason=str(error))
        raise
    except TransientError as error:
        raise failed_for_now(row, error) from error
    finally:
        AccountToken.objects.filter(pk=row.pk, maker=owner).update(
            maker="", maker_until=None
        )


def ask(grant: Grant, account_id: str, own: GrantCredentials) -> TokenFacts:
    """Ask the vendor, once more if the agency's own token was out of date."""
    agency = registry.connector(grant.kind).agency
    if agency is None:
        raise AuthError(f"{registry.spec(grant.kind).label} has no agencies.")
    access = own.token()
    grant = grant_usable(grant.pk)
    url = endpoints_for(grant.kind, grant.site, grant.data_center, grant.api_url).api
    try:
        return agency.account_token(own.client, url, access, grant.facts, account_id)
    except AccessExpired:
        access = own.renewed(access)
        return agency.account_token(own.client, url, access, grant.facts, account_id)


def token_store(row: AccountToken, made: TokenFacts) -> Pair:
    """Store a token before it is used, and return what holds now."""
    moment = now()
    version = Grant.objects.filter(pk=row.grant_id).values("credentials_version")
    AccountToken.objects.filter(pk=row.pk, version=row.version, reason="").update(
        token=encrypt({"access_token": made.access_token}),
        version=F("version") + 1,
        credentials_version=version[:1],
        expires_at=expiry_of(made, moment),
        made_at=moment,
        failures=0,
        retry_at=None,
    )
    latest = AccountToken.objects.filter(pk=row.pk).first()
    if latest is None or not latest.token:
        raise AuthError(
            latest.reason if latest else "This account was disconnected meanwhile."
        )
    return pair_in(latest)


def account_refused(*, grant: Grant, account_id: str, reason: str) -> list[Connection]:
    """Mark one account of an agency's grant as out of reach; the others go on."""
    with transaction.atomic():
        AccountToken.objects.update_or_create(
            grant_id=grant.pk,
            account_id=account_id,
            defaults={"token": "", "expires_at": None, "reason": reason[:400]},
        )
        marked = list(
            Connection.objects.filter(grant_id=grant.pk, account_id=account_id)
        )
        for connection in marked:
            connection_refused(connection=connection, reason=reason)
    return marked


def cooling_down(grant: Grant, row: AccountToken) -> RateLimited | None:
    """Return the error of an account that was asked for in vain a moment ago."""
    if row.retry_at is None or row.retry_at <= now():
        return None
    label = registry.spec(grant.kind).label
    return Pausing(
        f"{label} gives no access to this account at the moment. Crosswalk goes on by "
        "itself.",
        retry_after=(row.retry_at - now()).total_seconds(),
        window="token",
        status=0,
    )


class Pausing(RateLimited):
    """Nobody was asked: the last try is too short ago."""


def failed_for_now(row: AccountToken, error: TransientError) -> RateLimited:
    """Start the cool-down of an account and return the error with its waiting time."""
    if isinstance(error, Pausing):
        return error
    pause = LADDER_SECONDS[min(row.failures + 1, len(LADDER_SECONDS)) - 1]
    if isinstance(error, RateLimited):
        pause = error.retry_after
    until: datetime = now() + timedelta(seconds=pause)
    AccountToken.objects.filter(pk=row.pk, version=row.version).update(
        failures=F("failures") + 1, retry_at=until
    )
    return RateLimited(
        error.message,
        retry_after=pause,
        window="token",
        status=0,
        detail=error.detail,
    )


def unsettled(grant: Grant, error: AccessExpired) -> TransientError:
    """Return the error of an agency's token that is refused though it is new."""
    label = registry.spec(grant.kind).label
    return TransientError(
        f"{label} refuses the agency's access although it has just renewed it. "
        "Crosswalk tries again by itself.",
        detail=error.detail,
    )
