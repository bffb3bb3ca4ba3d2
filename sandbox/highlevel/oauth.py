"""OAuth: codes exchanged, tokens rotated; Private Integration Tokens issued (§2)."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable
from typing import Any

from flask import Blueprint, Response, request

from sandbox.context import Context, current_context
from sandbox.highlevel import agency, grants
from sandbox.highlevel.accounts import (
    CLIENT_ID,
    CLIENT_SECRET,
    NORTHLIGHT_ID,
    SCOPES,
)
from sandbox.highlevel.identifiers import uuid_id
from sandbox.highlevel.wire import answer
from sandbox.store import Document, Store
from sandbox.switches import Switches

routes = Blueprint("oauth", __name__)
APPS = "highlevel_app"
GATEWAY_TIMEOUT = (
    "<html><head><title>504 Gateway Time-out</title></head>"
    "<body><center><h1>504 Gateway Time-out</h1></center></body></html>"
)
_V3_NAMES = {
    "access_token": "accessToken",
    "token_type": "tokenType",
    "expires_in": "expiresIn",
    "refresh_token": "refreshToken",
}


class TokenRefused(Exception):
    """The token endpoint's own error body, which differs from the API's (§2.1)."""

    def __init__(self, status: int, error: str, description: str) -> None:
        super().__init__(description)
        self.status = status
        self.error = error
        self.description = description


def issue_location_token(
    store: Store,
    scopes: Iterable[str] = SCOPES,
    location_id: str = NORTHLIGHT_ID,
    *,
    token: str = "",
) -> str:
    """A Private Integration Token of the location, as made in its settings (§2.3)."""
    token = token or f"pit-{uuid_id()}"
    location = store.get("highlevel_location", location_id)
    if location is None:
        raise LookupError(f"Location {location_id} not found")
    # A location's PITs share one quota: they count as one app (§4).
    owner = grants.owner_of(location, location["companyId"], list(scopes), "pit")
    grants.put_static_token(store, token, owner)
    return token


def app_register(store: Store, client_id: str, client_secret: str) -> None:
    store.put(APPS, client_id, {"id": client_id, "secret": client_secret})


def seeded_app(store: Store) -> None:
    app_register(store, CLIENT_ID, CLIENT_SECRET)


@routes.post("/oauth/token")
def token() -> Response:
    ctx = current_context()
    try:
        fields = _fields()
        given = {
            "authorization_code": _exchange,
            "refresh_token": _refresh,
            "client_credentials": _client_credentials,
        }.get(fields.get("grant_type", ""), _unknown_grant)(ctx, fields)
    except TokenRefused as refusal:
        body = {"error": refusal.error, "error_description": refusal.description}
        return answer(body, refusal.status)
    return given if isinstance(given, Response) else answer(_in_version(given))


def _fields() -> dict[str, str]:
    """Form-encoded; JSON is taken under v3 only (§1)."""
    if request.is_json and request.headers.get("Version") == "v3":
        return {k: str(v) for k, v in (request.get_json(silent=True) or {}).items()}
    return request.form.to_dict()


def _exchange(ctx: Context, fields: dict[str, str]) -> dict[str, Any]:
    """The code is looked at before the client; all failures read the same (§2.1)."""
    failure = TokenRefused(401, "UnAuthorized!", "Authorization code not found")
    approved = grants.take_code(ctx, fields.get("code", ""))
    if approved is None or not _is_client(ctx, fields):
        raise failure
    if approved["clientId"] != fields["client_id"]:
        raise failure
    redirect_uri = fields.get("redirect_uri")
    if redirect_uri and redirect_uri != approved["redirectUri"]:
        raise failure
    if not _proves(approved.get("challenge"), fields.get("code_verifier", "")):
        raise failure
    owner: Document = approved["owner"]
    agency.install(ctx, owner)
    return grants.issue_pair(ctx, owner)


def _refresh(ctx: Context, fields: dict[str, str]) -> dict[str, Any] | Response:
    """The body for a spent token is not known (§2.1): the shape of the others, 401."""
    failure = TokenRefused(401, "UnAuthorized!", "Invalid refresh token")
    if not _is_client(ctx, fields):
        raise failure
    pair = grants.refresh(ctx, fields.get("refresh_token", ""), fields["client_id"])
    if pair is None:
        raise failure
    if ctx.switches().lost_refresh_answer:
        # The token is spent, the new pair kept, and its answer lost: once.
        Switches.save(ctx.store, lost_refresh_answer=False)
        return Response(GATEWAY_TIMEOUT, 504, mimetype="text/html")
    return pair


def _client_credentials(ctx: Context, fields: dict[str, str]) -> dict[str, Any]:
    raise TokenRefused(
        400,
        "unauthorized_client",
        "This app is not allowed to use the client_credentials grant",
    )


def _unknown_grant(ctx: Context, fields: dict[str, str]) -> dict[str, Any]:
    raise TokenRefused(422, "unsupported_grant_type", "grant_type is not supported")


def _is_client(ctx: Context, fields: dict[str, str]) -> bool:
    app = ctx.store.get(APPS, fields.get("client_id", ""))
    secret = fields.get("client_secret", "")
    return app is not None and hmac.compare_digest(
        app["secret"].encode(), secret.encode()
    )


def _proves(challenge: Document | None, verifier: str) -> bool:
    """PKCE: only asked for when a challenge came with the authorisation."""
    if not challenge:
        return True
    if challenge["method"] == "plain":
        made = verifier
    else:
        digest = hashlib.sha256(verifier.encode()).digest()
        made = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    return hmac.compare_digest(made.encode(), challenge["value"].encode())


def _in_version(pair: dict[str, Any]) -> dict[str, Any]:
    """v2 answers in snake_case, v3 in camelCase (§1)."""
    if request.headers.get("Version") != "v3":
        return pair
    return {_V3_NAMES.get(name, name): value for name, value in pair.items()}
