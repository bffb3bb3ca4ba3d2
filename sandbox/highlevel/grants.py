"""Authorisation codes and tokens: issued, found, rotated, withdrawn."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from datetime import datetime, timedelta
from typing import Any

from sandbox.context import Context
from sandbox.highlevel.accounts import OWNER_USER_ID
from sandbox.highlevel.identifiers import hex_id, iso, uuid_id
from sandbox.highlevel.installs import INSTALL
from sandbox.store import Document, Store

# The lifetime of a code is not published (§12); ten minutes is OAuth's own advice.
CODE_LIFETIME = timedelta(minutes=10)
REFRESH_LIFETIME = timedelta(days=365)
ACCESS, REFRESH, CODE = (
    "highlevel_access_token",
    "highlevel_refresh_token",
    "highlevel_code",
)
PLAN_ID = "66aa0000000000000000f1a5"


def find_access_token(ctx: Context, token: str) -> Document | None:
    """The token's record; None when unknown, withdrawn or expired."""
    found = ctx.store.get(ACCESS, _key(token))
    return found if found and not _is_over(ctx, found["expiresAt"]) else None


def put_static_token(store: Store, token: str, owner: Document) -> None:
    """A Private Integration Token: scoped like an access token, without end (§2.3)."""
    store.put(
        ACCESS,
        _key(token),
        {**owner, "id": _key(token), "expiresAt": None, "pit": True},
    )


def issue_code(ctx: Context, request: Document) -> str:
    """A single-use code for what the person approved on the consent page."""
    code = secrets.token_hex(20)
    expires_at = _after(ctx, CODE_LIFETIME)
    ctx.store.put(CODE, _key(code), {**request, "expiresAt": expires_at})
    return code


def take_code(ctx: Context, code: str) -> Document | None:
    """What the code stands for, once; None when unknown, used or too old."""
    with ctx.store.lock:
        found = ctx.store.get(CODE, _key(code))
        ctx.store.delete(CODE, _key(code))
    return found if found and not _is_over(ctx, found["expiresAt"]) else None


def issue_pair(ctx: Context, owner: Document) -> dict[str, Any]:
    """A new access and refresh token, as the answer of §2.1."""
    return {
        "access_token": access_token(ctx, owner),
        "token_type": "Bearer",
        "expires_in": ctx.switches().access_token_seconds,
        "refresh_token": refresh_token(ctx, owner),
        "scope": " ".join(owner["scopes"]),
        "refreshTokenId": hex_id(),
        "userType": owner["class"],
        **_account(ctx, owner),
        "companyId": owner["companyId"],
        "userId": owner["userId"],
        "planId": PLAN_ID,
        "isBulkInstallation": owner["class"] == "Company",
    }


def put_access_token(ctx: Context, token: str, owner: Document, seconds: int) -> None:
    expires_at = _after(ctx, timedelta(seconds=seconds))
    ctx.store.put(
        ACCESS, _key(token), {**owner, "id": _key(token), "expiresAt": expires_at}
    )


def access_token(ctx: Context, owner: Document) -> str:
    """A new access token; also one that a Company token mints (§2.2)."""
    seconds = ctx.switches().access_token_seconds
    token = _jwt(ctx, owner, seconds)
    put_access_token(ctx, token, owner, seconds)
    return token


def refresh_token(ctx: Context, owner: Document) -> str:
    """A new refresh token: good for a year or one use (§2.1)."""
    token = _jwt(ctx, owner, 365 * 86_400)
    expires_at = _after(ctx, REFRESH_LIFETIME)
    key = _key(token)
    spendable = {**owner, "id": key, "usedAt": None, "expiresAt": expires_at}
    ctx.store.put(REFRESH, key, spendable)
    return token


def refresh_forget(store: Store, token: str) -> None:
    store.delete(REFRESH, _key(token))


def refresh(ctx: Context, token: str, client_id: str) -> dict[str, Any] | None:
    """Spend a refresh token for a new pair; None when it is dead.

    A second call within the grace gets the very same pair (§2.1: 30 seconds).
    """
    with ctx.store.lock:
        found = ctx.store.get(REFRESH, _key(token))
        if found is None or found["clientId"] != client_id:
            return None
        if _is_over(ctx, found["expiresAt"]):
            return None
        if found["usedAt"] is not None:
            return _within_grace(ctx, found)
        bookkeeping = ("id", "usedAt", "expiresAt")
        owner = {k: v for k, v in found.items() if k not in bookkeeping}
        pair = issue_pair(ctx, owner)
        spent = {**found, "usedAt": ctx.clock.now().isoformat(), "successor": pair}
        ctx.store.put(REFRESH, _key(token), spent)
        return pair


def withdraw(store: Store, account_id: str) -> None:
    """Kill every token that came from this location's or company's installation, and
    those an agency's token minted for this location."""
    with store.lock:
        for kind in (ACCESS, REFRESH):
            for token in store.all(kind):
                is_its = account_id in (token["install"], token["locationId"])
                if is_its and not token.get("pit"):
                    store.delete(kind, token["id"])


def owner_of(
    location: Document | None, company_id: str, scopes: list[str], client_id: str
) -> Document:
    """Whose a token is: a location's, or without one the company's."""
    return {
        "class": "Location" if location else "Company",
        "subject": location["id"] if location else company_id,
        "install": location["id"] if location else company_id,
        "locationId": location["id"] if location else None,
        "companyId": company_id,
        "scopes": scopes,
        "clientId": client_id,
        "userId": OWNER_USER_ID,
    }


def _within_grace(ctx: Context, spent: Document) -> dict[str, Any] | None:
    used_at = datetime.fromisoformat(spent["usedAt"])
    grace = timedelta(seconds=ctx.switches().refresh_grace_seconds)
    return spent["successor"] if ctx.clock.now() - used_at <= grace else None


def _account(ctx: Context, owner: Document) -> dict[str, Any]:
    """A Location token names its location, a Company token what was approved."""
    if owner["class"] == "Location":
        return {"locationId": owner["locationId"]}
    install = ctx.store.get(INSTALL, owner["install"]) or {}
    return {
        "approvedLocations": install.get("approved", []),
        "installToFutureLocations": install.get("future", False),
        "approveAllLocations": install.get("every", False),
    }


def _after(ctx: Context, span: timedelta) -> str:
    return (ctx.clock.now() + span).isoformat()


def _is_over(ctx: Context, expires_at: str | None) -> bool:
    return expires_at is not None and ctx.clock.now() >= datetime.fromisoformat(
        expires_at
    )


def _key(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _jwt(ctx: Context, owner: Document, seconds: int) -> str:
    """Shaped as HighLevel's, claims of §2.2; the store, not the signature, decides."""
    now = ctx.clock.now()
    claims = {
        "authClass": owner["class"],
        "authClassId": owner["subject"],
        "primaryAuthClassId": owner["subject"],
        "source": "INTEGRATION",
        "sourceId": owner["clientId"],
        "channel": "OAUTH",
        "oauthMeta": {"scopes": owner["scopes"]},
        "iat": round(now.timestamp()),
        "exp": round(now.timestamp()) + seconds,
        "jti": uuid_id(),
        "issuedAt": iso(now),
    }
    parts = [{"alg": "RS256", "typ": "JWT"}, claims]
    encoded = [_base64(json.dumps(part).encode()) for part in parts]
    return ".".join([*encoded, _base64(secrets.token_bytes(64))])


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
