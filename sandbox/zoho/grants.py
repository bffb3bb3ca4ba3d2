"""Zoho Accounts' books: clients, grant codes, refresh tokens, access tokens (§2).

No HTTP here; `oauth.py` speaks for it. A refusal is the `error` word of §2's table.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sandbox.clock import Clock
from sandbox.context import Context
from sandbox.store import Document, Store

CLIENT_ID = "1000.SANDBOXCLIENT"
CLIENT_SECRET = "sandbox-zoho-secret"
USER_ID = "260815000000000017"
DEFAULT_SCOPE = "ZohoInvoice.contacts.ALL,ZohoInvoice.settings.ALL"

CODE_SECONDS = 120
SELF_CODE_SECONDS = 180
REFRESH_TOKENS_PER_USER = 20
LIVE_ACCESS_TOKENS = 15
THROTTLE_COUNT, THROTTLE_SECONDS = 10, 600
MODULES = (
    "contacts",
    "settings",
    "estimates",
    "invoices",
    "customerpayments",
    "creditnotes",
    "projects",
    "expenses",
)
OPERATIONS = ("create", "read", "update", "delete", "all")


class Refused(Exception):
    """The token endpoint says no: `error` is the word in the body."""

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


def client_register(
    store: Store,
    client_id: str,
    client_secret: str,
    *,
    redirect_uris: tuple[str, ...] = (),
    data_centers: tuple[str, ...] = ("us", "eu"),
    name: str = "Crosswalk",
) -> None:
    """Without redirect URIs any loopback address is accepted."""
    client = {
        "client_id": client_id,
        "client_secret": client_secret,
        "redirect_uris": list(redirect_uris),
        # An app without Multi-DC is unknown elsewhere: invalid_client (§2).
        "data_centers": list(data_centers),
        "name": name,
    }
    store.put("zoho.client", client_id, client)


def client_find(store: Store, client_id: str, dc: str) -> Document:
    client = store.get("zoho.client", client_id)
    if client is None or dc not in client["data_centers"]:
        raise Refused("invalid_client")
    return client


def client_check(store: Store, client_id: str, secret: str, dc: str) -> None:
    client = client_find(store, client_id, dc)
    if not secrets.compare_digest(client["client_secret"], secret):
        raise Refused("invalid_client_secret")


def redirect_allowed(client: Document, redirect_uri: str) -> bool:
    if client["redirect_uris"]:
        return redirect_uri in client["redirect_uris"]
    parts = urlsplit(redirect_uri)
    host = parts.hostname or ""
    loopback = host in ("localhost", "127.0.0.1", "::1") or host.endswith(".localhost")
    return parts.scheme in ("http", "https") and loopback


def scopes_known(scope: str) -> bool:
    wanted = [each.strip().lower() for each in scope.split(",")]
    known = {f"zohoinvoice.{m}.{o}" for m in MODULES for o in OPERATIONS}
    known.add("zohoinvoice.fullaccess.all")
    return all(each in known for each in wanted)


def allows(granted: str, needed: str) -> bool:
    """Whether `ZohoInvoice.contacts.ALL,…` covers `contacts.READ`."""
    module = needed.split(".")[0]
    covering = {needed, f"{module}.all", "fullaccess.all"}
    wanted = {f"zohoinvoice.{each}".lower() for each in covering}
    return any(each.strip().lower() in wanted for each in granted.split(","))


def code_issue(
    context: Context,
    *,
    client_id: str,
    scope: str,
    dc: str,
    redirect_uri: str | None,
    offline: bool = True,
    seconds: int = CODE_SECONDS,
) -> str:
    code = _secret()
    expires_at = context.clock.now() + timedelta(seconds=seconds)
    document = {
        "client_id": client_id,
        "scope": scope,
        "dc": dc,
        "redirect_uri": redirect_uri,
        "offline": offline,
        "expires_at": expires_at.isoformat(),
    }
    context.store.put("zoho.code", code, document)
    return code


def code_redeem(
    context: Context, *, code: str, client_id: str, dc: str, redirect_uri: str
) -> tuple[str, str | None]:
    """Access token and, if one was asked for, refresh token. A code works once."""
    store = context.store
    with store.lock:
        grant = store.get("zoho.code", code)
        if grant is None or grant["dc"] != dc or grant["client_id"] != client_id:
            raise Refused("invalid_code")
        if grant["redirect_uri"] not in (None, redirect_uri):
            raise Refused("invalid_redirect_uri")
        store.delete("zoho.code", code)
        if _is_over(context.clock, grant["expires_at"]):
            raise Refused("invalid_code")
        refresh_token = None
        if grant["offline"]:
            refresh_token = issue_refresh_token(store, client_id, grant["scope"], dc)
        access_token = _access_token(
            context, client_id, grant["scope"], dc, refresh_token
        )
    return access_token, refresh_token


def issue_refresh_token(
    store: Store,
    client_id: str = CLIENT_ID,
    scope: str = DEFAULT_SCOPE,
    dc: str = "us",
) -> str:
    """A refresh token without the consent page; the 21st evicts the oldest (§2)."""
    token = _secret()
    document = {
        "token": token,
        "client_id": client_id,
        "scope": scope,
        "dc": dc,
        "user_id": USER_ID,
        "issued": [],
    }
    with store.lock:
        store.put("zoho.refresh_token", token, document)
        for old in store.scan("zoho.refresh_token")[:-REFRESH_TOKENS_PER_USER]:
            revoke(store, old["token"])
    return token


def issue_access_token(
    context: Context, scope: str = DEFAULT_SCOPE, dc: str = "us"
) -> str:
    """An access token for tests that are not about OAuth."""
    return _access_token(context, CLIENT_ID, scope, dc, None)


def token_refresh(
    context: Context, *, refresh_token: str, client_id: str, dc: str
) -> str:
    """A new access token; the refresh token stays as it is (§2.5)."""
    store = context.store
    with store.lock:
        grant = store.get("zoho.refresh_token", refresh_token)
        if grant is None or grant["dc"] != dc or grant["client_id"] != client_id:
            raise Refused("invalid_code")
        _throttle(context, grant)
        return _access_token(context, client_id, grant["scope"], dc, refresh_token)


def access_token_get(context: Context, token: str, dc: str) -> Document | None:
    document = context.store.get("zoho.access_token", token)
    if document is None or document["dc"] != dc:
        return None
    if _is_over(context.clock, document["expires_at"]):
        return None
    return document


def revoke(store: Store, token: str) -> bool:
    """An access token alone, or a refresh token with all that came from it."""
    with store.lock:
        if store.delete("zoho.access_token", token):
            return True
        for each in store.scan("zoho.access_token"):
            if each["refresh_token"] == token:
                store.delete("zoho.access_token", each["token"])
        return store.delete("zoho.refresh_token", token)


def has_granted(store: Store, client_id: str, dc: str) -> bool:
    """Whether the user has ever agreed: a refresh token then needs prompt=consent."""
    return store.get("zoho.consent", f"{dc}:{client_id}") is not None


def note_consent(store: Store, client_id: str, dc: str) -> None:
    store.put("zoho.consent", f"{dc}:{client_id}", {"client_id": client_id, "dc": dc})


def _access_token(
    context: Context, client_id: str, scope: str, dc: str, refresh_token: str | None
) -> str:
    token = _secret()
    seconds = context.switches().zoho_access_token_seconds
    document = {
        "token": token,
        "client_id": client_id,
        "scope": scope,
        "dc": dc,
        "user_id": USER_ID,
        "refresh_token": refresh_token,
        "expires_at": (context.clock.now() + timedelta(seconds=seconds)).isoformat(),
    }
    context.store.put("zoho.access_token", token, document)
    _drop_oldest(context.store, refresh_token)
    return token


def _drop_oldest(store: Store, refresh_token: str | None) -> None:
    """15 access tokens of one refresh token live at a time (§2)."""
    if refresh_token is None:
        return
    live = [
        each["token"]
        for each in store.scan("zoho.access_token")
        if each["refresh_token"] == refresh_token
    ]
    for token in live[:-LIVE_ACCESS_TOKENS]:
        store.delete("zoho.access_token", token)


def _throttle(context: Context, grant: Document) -> None:
    """10 access tokens in 10 minutes, then none for the rest of the window (§2)."""
    switches = context.switches()
    now = context.clock.now()
    since = now - timedelta(seconds=THROTTLE_SECONDS)
    issued = [at for at in grant["issued"] if datetime.fromisoformat(at) > since]
    throttled = switches.zoho_throttle_tokens or switches.published_limits
    if throttled and len(issued) >= THROTTLE_COUNT:
        raise Refused("Access Denied")
    grant["issued"] = [*issued[-THROTTLE_COUNT:], now.isoformat()]
    context.store.put("zoho.refresh_token", grant["token"], grant)


def _is_over(clock: Clock, iso: str) -> bool:
    return clock.now() >= datetime.fromisoformat(iso)


def _secret() -> str:
    return f"1000.{secrets.token_hex(16)}.{secrets.token_hex(16)}"
