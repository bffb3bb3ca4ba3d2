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
    COMPANY_ID,
    NORTHLIGHT_ID,
    SCOPES,
)
from sandbox.highlevel.identifiers import uuid_id
from sandbox.highlevel.installs import INSTALL
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
_V2_FIELDS = {
    "clientId": "client_id",
    "clientSecret": "client_secret",
    "grantType": "grant_type",
    "refreshToken": "refresh_token",
    "redirectUri": "redirect_uri",
    "userType": "user_type",
    "codeVerifier": "code_verifier",
}


class TokenRefused(Exception):
    """The answer of a refused token request (§2.1)."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        super().__init__(str(body))
        self.status = status
        self.body = body


def unauthorized(description: str) -> TokenRefused:
    """As seen live for a bad code, client or secret (§2.1)."""
    body = {"error": "UnAuthorized!", "error_description": description}
    return TokenRefused(401, body)


def invalid(message: str) -> TokenRefused:
    """As in the examples of the v3 specification's /oauth/token."""
    return TokenRefused(400, {"statusCode": 400, "message": message})


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


def issue_agency_token(
    store: Store, scopes: Iterable[str] = SCOPES, *, token: str = ""
) -> str:
    """A Private Integration Token of the agency: it reaches no contacts (§2.3)."""
    token = token or f"pit-{uuid_id()}"
    owner = grants.owner_of(None, COMPANY_ID, list(scopes), "pit")
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
        return answer(refusal.body, refusal.status)
    return given if isinstance(given, Response) else answer(_in_version(given))


def _fields() -> dict[str, str]:
    """Form-encoded; JSON and camelCase names are taken under v3 only (§1)."""
    if request.headers.get("Version") != "v3":
        return request.form.to_dict()
    sent = request.get_json(silent=True) if request.is_json else request.form.to_dict()
    return {_V2_FIELDS.get(name, name): str(v) for name, v in (sent or {}).items()}


def _exchange(ctx: Context, fields: dict[str, str]) -> dict[str, Any]:
    """The code is looked at before the client; all failures read the same (§2.1)."""
    failure = unauthorized("Authorization code not found")
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
    """A spent token's answer is in v3's specification; v2's is not known (§2.1)."""
    for name, v3_name in (("client_id", "clientId"), ("refresh_token", "refreshToken")):
        if not fields.get(name):
            raise invalid(f"Missing parameter: {v3_name}")
    if not _is_client(ctx, fields):
        raise invalid("Invalid parameter: clientSecret")
    if ctx.switches().inactive_locations:
        # Paused by the agency or unpaid: the same token works again afterwards.
        raise invalid("Location is not active")
    pair = grants.refresh(ctx, fields["refresh_token"], fields["client_id"])
    if pair is None and ctx.switches().spent_token_status == 401:
        raise unauthorized("Invalid refresh token")
    if pair is None:
        raise invalid("Invalid grant: refresh token is invalid")
    if ctx.switches().lost_refresh_answer:
        # The token is spent, the new pair kept, and its answer lost: once.
        Switches.save(ctx.store, lost_refresh_answer=False)
        return Response(GATEWAY_TIMEOUT, 504, mimetype="text/html")
    return pair


def _client_credentials(ctx: Context, fields: dict[str, str]) -> dict[str, Any]:
    """In the specification, but for whom it gives tokens is nowhere written.

    Switched on it gives an access token, without a successor, of the agency that has
    the app installed.
    """
    if not ctx.switches().client_credentials_grant:
        raise invalid("Invalid parameter: grantType")
    if not _is_client(ctx, fields):
        raise invalid("Invalid parameter: clientSecret")
    if ctx.store.get(INSTALL, COMPANY_ID) is None:
        raise invalid("Invalid grant: the app is not installed")
    owner = grants.owner_of(None, COMPANY_ID, list(SCOPES), fields["client_id"])
    pair = grants.issue_pair(ctx, owner)
    grants.refresh_forget(ctx.store, pair.pop("refresh_token"))
    return pair


def _unknown_grant(ctx: Context, fields: dict[str, str]) -> dict[str, Any]:
    sort = "Invalid" if fields.get("grant_type") else "Missing"
    raise invalid(f"{sort} parameter: grantType")


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
