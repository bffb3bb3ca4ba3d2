"""Zoho Accounts over HTTP: consent page, token endpoint, revoke, self client (§2)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit

from flask import Response, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from sandbox.context import current_context
from sandbox.fault_answers import html_answer
from sandbox.switches import Switches
from sandbox.zoho import grants
from sandbox.zoho.grants import Refused
from sandbox.zoho.wire import blueprint, data_center, root_url

THROTTLED = {
    "error_description": "You have made too many requests continuously. Please try "
    "again after some time.",
    "error": "Access Denied",
    "status": "failure",
}


@blueprint.get("/accounts/oauth/v2/auth")
def consent_page() -> Response | str:
    refusal = _authorize_error()
    if refusal:
        return _page_error(refusal)
    client = grants.client_find(
        current_context().store, request.args["client_id"], data_center()
    )
    return render_template(
        "zoho_consent.html",
        client=client,
        scopes=request.args["scope"].split(","),
        parameters=request.args,
        dc=data_center(),
    )


@blueprint.post("/accounts/oauth/v2/auth")
def consent_answer() -> AnyResponse:
    """Approve or Deny; `state` goes back untouched (§2.3)."""
    refusal = _authorize_error()
    if refusal:
        return _page_error(refusal)
    values = request.values
    if values.get("decision") != "approve":
        return _back({"error": "access_denied"})
    # The visitor chose where the account lives; Zoho routes the user itself (§2.2).
    dc = "eu" if values.get("location") == "eu" else "us"
    code = grants.code_issue(
        current_context(),
        client_id=values["client_id"],
        scope=values["scope"],
        dc=dc,
        redirect_uri=values["redirect_uri"],
        offline=_wants_refresh_token(dc),
    )
    grants.note_consent(current_context().store, values["client_id"], dc)
    accounts = f"{root_url(dc)}/accounts"
    return _back({"code": code, "location": dc, "accounts-server": accounts})


@blueprint.post("/accounts/oauth/v2/token")
def token() -> Response:
    """Most failures are HTTP 200: only the body's `error` tells (§2)."""
    try:
        return _token()
    except Refused as refused:
        if refused.error == "Access Denied":
            return _json(THROTTLED, 400)
        return _json({"error": refused.error})


@blueprint.get("/accounts/oauth/v2/token")
def token_by_get() -> Response:
    return Response("server error", 400, mimetype="text/plain")


@blueprint.post("/accounts/oauth/v2/token/revoke")
def revoke() -> Response:
    found = grants.revoke(current_context().store, request.values.get("token", ""))
    return _json({"status": "success"} if found else {"error": "invalid_code"})


@blueprint.get("/accounts/oauth/serverinfo")
def server_info() -> Response:
    locations = {dc: f"{root_url(dc)}/accounts" for dc in ("us", "eu")}
    return _json({"result": "success", "locations": locations})


@blueprint.route("/accounts/self-client", methods=["GET", "POST"])
def self_client() -> str:
    """The API console's Self Client tab: a code to copy, no redirect."""
    scope = request.form.get("scope", grants.DEFAULT_SCOPE).replace(" ", "")
    error = "" if grants.scopes_known(scope) else "Zoho knows no such scope."
    code = ""
    if request.method == "POST" and not error:
        code = grants.code_issue(
            current_context(),
            client_id=grants.CLIENT_ID,
            scope=scope,
            dc=data_center(),
            redirect_uri=None,
            seconds=grants.SELF_CODE_SECONDS,
        )
    return render_template(
        "zoho_self_client.html", scope=scope, code=code, error=error, dc=data_center()
    )


def _token() -> Response:
    values, context, dc = request.values, current_context(), data_center()
    client_id = values.get("client_id", "")
    # Parameters sent as JSON are not seen at all, hence invalid_client (§2.4).
    grants.client_check(context.store, client_id, values.get("client_secret", ""), dc)
    if values.get("grant_type") == "authorization_code":
        access_token, refresh_token = grants.code_redeem(
            context,
            code=values.get("code", ""),
            client_id=client_id,
            dc=dc,
            redirect_uri=values.get("redirect_uri", ""),
        )
        return _granted(access_token, dc, refresh_token)
    if values.get("grant_type") == "refresh_token":
        access_token = grants.token_refresh(
            context,
            refresh_token=values.get("refresh_token", ""),
            client_id=client_id,
            dc=dc,
        )
        if context.switches().lost_refresh_answer:
            # The token has been made and counted; only its answer is lost, once.
            Switches.save(context.store, lost_refresh_answer=False)
            return html_answer(504)
        return _granted(access_token, dc)
    raise Refused("unsupported_grant_type")


def _granted(access_token: str, dc: str, refresh_token: str | None = None) -> Response:
    body: dict[str, object] = {"access_token": access_token}
    if refresh_token:
        body["refresh_token"] = refresh_token
    seconds = current_context().switches().zoho_access_token_seconds
    body |= {
        "api_domain": f"{root_url(dc)}/api",
        "token_type": "Bearer",
        "expires_in": seconds,
    }
    return _json(body)


def _authorize_error() -> str:
    """What is wrong with the request to authorise; empty if nothing is."""
    values = request.values
    try:
        client = grants.client_find(
            current_context().store, values.get("client_id", ""), data_center()
        )
    except Refused as refused:
        return refused.error
    if not grants.redirect_allowed(client, values.get("redirect_uri", "")):
        return "invalid_redirect_uri"
    if values.get("response_type") != "code":
        return "invalid_response_type"
    if not grants.scopes_known(values.get("scope", "")):
        return "invalid_scope"
    return ""


def _wants_refresh_token(dc: str) -> bool:
    """Only offline; without prompt=consent only the first time (§2.2)."""
    values = request.values
    if values.get("access_type") != "offline":
        return False
    again = "consent" in values.get("prompt", "").lower()
    store = current_context().store
    return again or not grants.has_granted(store, values["client_id"], dc)


def _back(parameters: dict[str, str]) -> AnyResponse:
    target = request.values["redirect_uri"]
    if "state" in request.values:
        parameters["state"] = request.values["state"]
    joint = "&" if urlsplit(target).query else "?"
    return redirect(f"{target}{joint}{urlencode(parameters)}")


def _page_error(error: str) -> Response:
    page = render_template("zoho_error.html", error=error)
    return Response(page, 400, mimetype="text/html")


def _json(body: Mapping[str, object], status: int = 200) -> Response:
    return Response(json.dumps(body), status, mimetype="application/json")
