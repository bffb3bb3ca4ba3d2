"""OAuth: the road from a connect link to the vendor's consent page and back.

`state` is 192 random bits, kept in the person's session with all that the callback
must know; it works once, for fifteen minutes. Whatever goes wrong on the way is a
`ConnectProblem`: a page that says what happened and what to do.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping, MutableMapping
from dataclasses import asdict, dataclass
from typing import Any

from crosswalk.errors import (
    AuthError,
)
from integrations import registry
from integrations.access.accept import (
    ConnectProblem,
    exchange_explained,
    grant_accept,
    refuse_vendor_error,
)
from integrations.access.endpoints import (
    data_center_of,
    endpoints_for,
    known_data_centers,
)
from integrations.access.exchange import authorize_url
from integrations.access.oauthapps import oauth_app_for
from integrations.connectors.base import Account
from integrations.connectors.oauth import Scope
from integrations.models import Grant
from integrations.selectors import redirect_uri
from workspaces.models import Workspace

STATES_KEY, SPENT_KEY = "connect_states", "connect_spent"
STATES_KEPT = 10
STATE_SECONDS = 15 * 60
STATE_BYTES = 24

SessionStore = MutableMapping[str, Any]


@dataclass(frozen=True, slots=True)
class Attempt:
    """What the callback must know of one click on Connect."""

    kind: str
    site: str
    workspace: int
    setup: int = 0
    reconnect: int = 0
    link: int = 0  # the reconnect link that stands in for a signed-in person
    data_center: str = ""
    verifier: str = ""
    created_at: float = 0.0


def attempt_start(
    session: SessionStore,
    *,
    workspace: Workspace,
    kind: str,
    site: str,
    setup: int = 0,
    reconnect: int = 0,
    link: int = 0,
) -> str:
    """Remember an attempt in the session and return the vendor's consent page."""
    oauth = registry.spec(kind).oauth
    app = oauth_app_for(workspace, kind, site)
    if app is None:
        raise app_missing(kind)
    verifier = secrets.token_urlsafe(48) if oauth.pkce else ""
    state = secrets.token_urlsafe(STATE_BYTES)
    attempt = Attempt(
        kind=kind,
        site=site,
        workspace=workspace.pk,
        setup=setup,
        reconnect=reconnect,
        link=link,
        verifier=verifier,
        created_at=time.time(),
    )
    kept = [*session.get(STATES_KEY, {}).items(), (state, asdict(attempt))]
    session[STATES_KEY] = dict(kept[-STATES_KEPT:])
    return authorize_url(
        scopes=scopes_asked(kind),
        oauth=oauth,
        endpoints=endpoints_for(kind, site),
        client_id=app[0],
        redirect_uri=redirect_uri(),
        state=state,
        verifier=verifier,
    )


def scopes_asked(kind: str) -> list[Scope]:
    """Return every permission that is asked for: also those of an agency, since the
    person says only at the vendor what they connect."""
    module = registry.connector(kind)
    return [*module.spec.oauth.scopes, *(module.agency.scopes if module.agency else ())]


def app_missing(kind: str) -> ConnectProblem:
    label = registry.spec(kind).label
    return ConnectProblem(
        f"{label} needs a client id and a secret first.",
        f"Make them at {label} as the page says, and enter them there.",
        code="app_missing",
        can_retry=False,
    )


def attempt_take(session: SessionStore, state: str) -> Attempt:
    """Return the attempt of a state, which is spent by this."""
    if not state:
        raise ConnectProblem(
            "Start from your workspace.",
            "This answer does not belong to a connection that was started here, so "
            "nothing was connected. If you installed the app in a marketplace, that "
            "worked; now connect it from your workspace.",
            code="state_missing",
        )
    states = dict(session.get(STATES_KEY, {}))
    found = states.pop(state, None)
    if found is None:
        raise state_unknown(state in session.get(SPENT_KEY, []))
    session[STATES_KEY] = states
    session[SPENT_KEY] = [*session.get(SPENT_KEY, []), state][-STATES_KEPT:]
    attempt = Attempt(**found)
    if time.time() - attempt.created_at > STATE_SECONDS:
        raise ConnectProblem(
            "That took longer than fifteen minutes.",
            "For safety the way back was closed. Nothing was connected. Start again.",
            code="state_expired",
        )
    return attempt


def is_without_sign_in(session: SessionStore, state: str) -> bool:
    """Whether an answer belongs to this browser's walk through a reconnect link, or
    repeats one: whoever made it need not be signed in."""
    found = session.get(STATES_KEY, {}).get(state)
    if found is not None:
        return bool(found.get("link"))
    return bool(state) and state in session.get(SPENT_KEY, [])


def state_unknown(was_spent: bool) -> ConnectProblem:
    """Return the problem of a state that is not (or no longer) ours."""
    if was_spent:
        return ConnectProblem(
            "This answer was used already.",
            "Each answer works once. If the connection is in the list, all is well; "
            "else start again.",
            code="state_replayed",
        )
    return ConnectProblem(
        "This answer does not fit.",
        "It belongs to no connection that was started in this browser, so nothing "
        "was connected. Start again, and stay in the same browser and on the same "
        "address of Crosswalk.",
        code="state_wrong",
    )


def attempt_finish(
    attempt: Attempt, workspace: Workspace, params: Mapping[str, str]
) -> tuple[Grant, list[Account]]:
    """Return the new grant and the accounts it reaches; nothing stays on failure."""
    refuse_vendor_error(attempt.kind, params.get("error", ""))
    app = oauth_app_for(workspace, attempt.kind, attempt.site)
    if app is None:
        raise app_missing(attempt.kind)
    center = center_of(attempt.kind, attempt.site, params)
    facts = exchange_explained(
        attempt.kind,
        endpoints_for(attempt.kind, attempt.site, center),
        app,
        params.get("code", ""),
        redirect_uri=redirect_uri(),
        verifier=attempt.verifier,
        callback=dict(params),
    )
    return grant_accept(
        workspace=workspace,
        kind=attempt.kind,
        site=attempt.site,
        data_center=center,
        app=app,
        facts=facts,
    )


def center_of(kind: str, site: str, params: Mapping[str, str]) -> str:
    """Return the data centre that the answer names, from the list only."""
    server = params.get("accounts-server", "")
    if not server or not known_data_centers(kind):
        return ""
    try:
        return data_center_of(kind, site, server)
    except AuthError as error:
        raise ConnectProblem(
            "The answer comes from an unknown data centre.",
            error.message,
            code="wrong_data_center",
        ) from error
