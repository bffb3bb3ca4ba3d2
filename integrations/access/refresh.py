"""Refresh: a new access token for a grant, fetched by exactly one process.

    take the lease (one conditional UPDATE) ─taken→ others poll for the new version
             ▼
    journal row → ask the vendor → store the new pair → close the row → use it

No transaction is open while the vendor is asked. A single-use refresh token whose
answer is lost is tried again with the same token inside the vendor's grace window;
a process killed in between leaves an open journal row, and the next one tries again.
The lease is shorter than that window and renewed before each call, so that another
machine takes over in time from one that died.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import httpx
from django.db import DatabaseError, transaction
from django.db import connection as db_connection
from django.db.models import Q
from django.utils import timezone

from crosswalk import leases
from crosswalk.clock import now, pause
from crosswalk.crypto import decrypt
from crosswalk.errors import (
    AuthError,
    ConfigError,
    CrosswalkError,
    PermanentError,
    RateLimited,
    TransientError,
)
from integrations import registry
from integrations.access.endpoints import endpoints_for
from integrations.access.grants import (
    Pair,
    cooling_down,
    grant_refused,
    grant_usable,
    pair_of,
    pair_store,
    refused_for_now,
)
from integrations.access.oauthapps import oauth_app_for
from integrations.connectors.base import ConnectorModule, local_zone
from integrations.connectors.oauth import TokenFacts
from integrations.http import backoff, parse_body
from integrations.models import Grant, TokenRefresh

WAIT_SECONDS = 20.0  # for somebody else's refresh
POLL_SECONDS = 0.1
CALL_SECONDS = 8.0
CALL_TIMEOUT = httpx.Timeout(CALL_SECONDS, connect=5.0)
LEASE_SECONDS = 15.0  # covers one call; well below the vendors' grace of 30 seconds
STORE_TRIES = 6  # a pair in hand is not given up because the database is away
TRIES = 2
GRACE_TRIES = 8  # at most, while the vendor's grace window repeats its answer
PAUSE_SECONDS = 3.0  # at most, between them
RENEWED, REFUSED, LOST, FAILED = "renewed", "refused", "lost", "failed"


def token_refresh(
    *,
    grant_id: int,
    version: int,
    client: httpx.Client,
    sleep: Callable[[float], None] = pause,
) -> Pair:
    """Return the pair that follows `version`, whoever fetches it.

    Exactly one process asks the vendor; the others wait for its answer. Raises
    AuthError when the grant is dead, TransientError when it should be tried later.
    """
    owner = leases.owner_name()
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        grant = grant_usable(grant_id)
        if grant.credentials_version != version:
            return pair_of(grant)
        if lease_take(grant, owner):
            return refresh_as_owner(grant_id, version, owner, client, sleep)
        if time.monotonic() >= deadline:
            label = registry.spec(grant.kind).label
            raise TransientError(
                f"Another process has been renewing our access to {label} for too "
                "long. Crosswalk tries again by itself."
            )
        sleep(POLL_SECONDS * (0.5 + random.random()))  # noqa: S311 - spreads load


def lease_take(grant: Grant, owner: str) -> bool:
    """Take the refresh lease of a grant at this version; at once from the dead."""
    moment = now()
    free = Q(refresh_owner="") | Q(refresh_until__isnull=True)
    free |= Q(refresh_until__lt=moment)
    if grant.refresh_owner and leases.owner_is_dead(grant.refresh_owner):
        free |= Q(refresh_owner=grant.refresh_owner)
    rows = Grant.objects.filter(free, pk=grant.pk)
    return bool(
        rows.filter(credentials_version=grant.credentials_version).update(
            refresh_owner=owner,
            refresh_until=moment + timedelta(seconds=LEASE_SECONDS),
        )
    )


def refresh_as_owner(
    grant_id: int,
    version: int,
    owner: str,
    client: httpx.Client,
    sleep: Callable[[float], None],
) -> Pair:
    """Refresh under the lease, which is given back however it ends."""
    try:
        grant = grant_usable(grant_id)  # the world may have moved before the lease
        if grant.credentials_version != version:
            return pair_of(grant)
        if pause := cooling_down(grant):
            raise pause
        return refresh_once(grant, owner, client, sleep)
    finally:
        Grant.objects.filter(pk=grant_id, refresh_owner=owner).update(
            refresh_owner="", refresh_until=None
        )


def refresh_once(
    grant: Grant, owner: str, client: httpx.Client, sleep: Callable[[float], None]
) -> Pair:
    """Ask the vendor, journalled; store what comes before it is used."""
    url = endpoints_for(grant.kind, grant.site, grant.data_center, grant.api_url).token
    form = refresh_form(grant)
    lost_at = answer_lost_at(grant)
    entry = TokenRefresh.objects.create(
        grant=grant, credentials_version=grant.credentials_version
    )

    def ask() -> TokenFacts:
        lease_keep(grant, owner)
        return ask_once(grant, client, url, form)

    try:
        facts = ask_vendor(grant, entry, ask, sleep)
    except LeaseLost as error:
        journal_close(entry, entry.outcome or FAILED, "another process took over")
        return taken_over(grant, error)
    except (AuthError, ConfigError) as error:
        was_lost = entry.outcome == LOST
        journal_close(entry, REFUSED, error.detail)
        lost_at = lost_at or (entry.started_at if was_lost else None)
        return refused_for_good(grant, error.message, lost_at)
    except (TransientError, PermanentError) as error:
        journal_close(entry, entry.outcome or FAILED, error.detail)
        raise refused_for_now(grant, error) from error
    return pair_keep(grant, facts, entry, sleep)


def pair_keep(
    grant: Grant,
    facts: TokenFacts,
    entry: TokenRefresh,
    sleep: Callable[[float], None],
) -> Pair:
    """Store a new pair and close its journal row together.

    It exists nowhere else: while the database is away or busy, it is tried again.
    """
    for attempt in count(1):
        try:
            with transaction.atomic():
                pair = pair_store(grant, facts)
                journal_close(entry, RENEWED)
            return pair
        except DatabaseError:
            if attempt >= STORE_TRIES or db_connection.in_atomic_block:
                raise
            db_connection.close()  # a broken one is not mended
            sleep(min(backoff(attempt), PAUSE_SECONDS))
    raise AssertionError  # count() has no end


class LeaseLost(CrosswalkError):
    """This process was held up for so long that another one asks by now."""


def lease_keep(grant: Grant, owner: str) -> None:
    """Renew the lease before a call; raise LeaseLost when it is somebody else's."""
    kept = Grant.objects.filter(
        pk=grant.pk,
        refresh_owner=owner,
        credentials_version=grant.credentials_version,
    ).update(refresh_until=now() + timedelta(seconds=LEASE_SECONDS))
    if not kept:
        raise LeaseLost("Another process renews our access by now.")


def taken_over(grant: Grant, error: LeaseLost) -> Pair:
    """Return the pair that another process has stored; else it is still at it."""
    latest = grant_usable(grant.pk)
    if latest.credentials_version != grant.credentials_version:
        return pair_of(latest)
    raise TransientError(f"{error.message} Crosswalk tries again by itself.") from error


class AnswerLost(TransientError):
    """The refresh was sent and no whole answer came: the token may be spent."""


def ask_vendor(
    grant: Grant,
    entry: TokenRefresh,
    ask: Callable[[], TokenFacts],
    sleep: Callable[[float], None],
) -> TokenFacts:
    """Return the vendor's answer; one that got lost is asked for again, with the same
    token, for as long as the vendor's grace window repeats it."""
    grace = registry.spec(grant.kind).oauth.grace_seconds
    ends = time.monotonic() + grace - CALL_SECONDS
    for attempt in count(1):
        try:
            return ask()
        except RateLimited:
            raise
        except TransientError as error:
            if isinstance(error, AnswerLost):
                journal_lost(entry)
            is_late = attempt >= TRIES and time.monotonic() >= ends
            if is_late or attempt >= (GRACE_TRIES if grace else TRIES):
                raise
            sleep(min(backoff(attempt), PAUSE_SECONDS))
    raise AssertionError  # count() has no end


def ask_once(
    grant: Grant, client: httpx.Client, url: str, form: dict[str, str]
) -> TokenFacts:
    """Make the one call; raise what the answer means."""
    module = registry.connector(grant.kind)
    label = module.spec.label
    try:
        response = client.post(url, data=form, timeout=CALL_TIMEOUT)
    except httpx.ConnectError as exc:  # nothing was sent
        raise TransientError(
            f"{label} could not be reached. Crosswalk tries again by itself.",
            detail=type(exc).__name__,
        ) from exc
    except httpx.HTTPError as exc:
        raise answer_lost(label, type(exc).__name__) from exc
    return read_answer(module, response)


def read_answer(module: ConnectorModule, response: httpx.Response) -> TokenFacts:
    """Return the facts of a token answer; vendors also fail with HTTP 200."""
    body, readable = parse_body(response)
    answer: dict[str, Any] = body if isinstance(body, dict) else {}
    status = response.status_code
    if status >= 500 or (response.is_success and not (readable and answer)):
        raise answer_lost(module.spec.label, f"HTTP {status}")
    if not response.is_success and not readable:
        # A page of some gateway: the vendor's sign-in server says it in JSON.
        raise answer_lost(module.spec.label, f"HTTP {status}, no JSON")
    if not response.is_success:
        raise module.token_error(status, answer)
    try:
        return module.parse_token(answer, {})
    except AuthError as error:
        if "error" in answer:
            raise
        # Success that names neither a token nor an error refuses nothing.
        raise answer_lost(module.spec.label, error.detail) from error


def answer_lost(label: str, detail: str) -> AnswerLost:
    """Return the error of a refresh whose answer did not arrive whole."""
    return AnswerLost(
        f"{label} did not answer when asked for a new access. Crosswalk tries again "
        "by itself.",
        detail=detail,
    )


def refresh_form(grant: Grant) -> dict[str, str]:
    """Return the form of a refresh; both vendors want the client in it."""
    held = decrypt(grant.credentials)
    client_id, secret = client_of(grant, held)
    module = registry.connector(grant.kind)
    params = dict(module.spec.oauth.token_params)
    if module.agency and module.agency.is_agency(grant.facts):
        params |= module.agency.token_params
    return {
        "grant_type": "refresh_token",
        "client_id": client_id,
        "client_secret": secret,
        "refresh_token": str(held.get("refresh_token") or ""),
        **params,
    }


def client_of(grant: Grant, held: dict[str, Any]) -> tuple[str, str]:
    """Return client id and secret: those of the app, which may have been renewed
    there, if it is the same app; else the grant's own."""
    app = oauth_app_for(grant.workspace, grant.kind, grant.site)
    own = str(held.get("client_id") or ""), str(held.get("client_secret") or "")
    if app and own[0] in {"", app[0]}:
        return app
    if all(own):
        return own
    label = registry.spec(grant.kind).label
    raise ConfigError(
        f"The client id and secret of {label} are missing. Enter them, then connect "
        "again."
    )


def answer_lost_at(grant: Grant) -> datetime | None:
    """Return when an answer to this very token was lost, closing what a killed
    process left open."""
    rows = TokenRefresh.objects.filter(grant=grant)
    rows.filter(finished_at__isnull=True).update(
        outcome=LOST, finished_at=now(), detail="the process ended before the answer"
    )
    rows = rows.filter(credentials_version=grant.credentials_version)
    first = rows.filter(outcome=LOST).order_by("started_at").first()
    return first.started_at if first else None


def journal_lost(entry: TokenRefresh) -> None:
    """Note, before trying again, that an answer was lost."""
    entry.outcome = LOST
    entry.save(update_fields=["outcome"])


def journal_close(entry: TokenRefresh, outcome: str, detail: str = "") -> None:
    """Close a journal row."""
    TokenRefresh.objects.filter(pk=entry.pk).update(
        outcome=outcome, finished_at=now(), detail=detail[:400]
    )


def refused_for_good(grant: Grant, message: str, lost_at: datetime | None) -> Pair:
    """Return a newer pair when there is one; else a person must reconnect."""
    if lost_at and registry.spec(grant.kind).oauth.rotating_refresh:
        message = lost_sentence(grant, lost_at)
    if not grant_refused(grant=grant, reason=message):
        return pair_of(grant_usable(grant.pk))
    raise AuthError(message)


def lost_sentence(grant: Grant, lost_at: datetime) -> str:
    """Say what a lost answer to a single-use token means, with its time."""
    label = registry.spec(grant.kind).label
    when = timezone.localtime(lost_at, local_zone(grant.workspace.time_zone))
    return (
        f"{label} was asked for a new access at {when:%H:%M} on {when:%d %B} and its "
        "answer was lost. The token it replaced works only once, so it is no longer "
        "accepted. Connect it again."
    )
