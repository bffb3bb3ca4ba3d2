"""The consent page: choose a location, then approve or deny (§2.1)."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from flask import Blueprint, make_response, redirect, render_template, request
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from sandbox.context import Context, current_context
from sandbox.highlevel import grants
from sandbox.highlevel.accounts import COMPANY_ID, SCOPES
from sandbox.highlevel.oauth import APPS
from sandbox.store import Document

routes = Blueprint("consent", __name__)
# The portal refuses a redirect address that names the vendor (§2.1).
VENDOR_NAMES = ("highlevel", "gohighlevel", "leadconnector")
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
CARRIED = (
    *("response_type", "client_id", "redirect_uri", "scope", "state", "version_id"),
    *("code_challenge", "code_challenge_method"),
)


class AuthorizeRefused(Exception):
    """Shown as a page: an address that is not trusted is never redirected to."""

    def __init__(self, title: str, advice: str) -> None:
        super().__init__(title)
        self.title = title
        self.advice = advice


@dataclass(frozen=True, slots=True)
class Wish:
    """What an authorize link asks for, checked."""

    client_id: str
    redirect_uri: str
    scopes: list[str]
    state: str | None
    challenge: Document | None

    def back(self, **parameters: str) -> Response:
        """Back to the app, with its state untouched."""
        if self.state is not None:
            parameters["state"] = self.state
        parts = urlsplit(self.redirect_uri)
        query = [*parse_qsl(parts.query, keep_blank_values=True), *parameters.items()]
        return redirect(urlunsplit(parts._replace(query=urlencode(query))))


@routes.get("/v2/oauth/chooselocation")
@routes.get("/oauth/chooselocation", endpoint="ask_old")
def ask() -> Response:
    ctx = current_context()
    try:
        wish = _wish(ctx, request.args)
    except AuthorizeRefused as refusal:
        return _refused(refusal)
    return make_response(
        render_template(
            "highlevel/consent.html",
            wish=wish,
            carried=[(n, request.args[n]) for n in CARRIED if n in request.args],
            locations=ctx.store.all("highlevel_location"),
            company_id=COMPANY_ID,
        )
    )


@routes.post("/v2/oauth/chooselocation")
@routes.post("/oauth/chooselocation", endpoint="decide_old")
def decide() -> Response:
    ctx = current_context()
    try:
        wish = _wish(ctx, request.form)
        if request.form.get("decision") != "approve":
            return wish.back(error="access_denied")
        owner = _owner(ctx, wish, request.form)
    except AuthorizeRefused as refusal:
        return _refused(refusal)
    approved = {
        "clientId": wish.client_id,
        "redirectUri": wish.redirect_uri,
        "challenge": wish.challenge,
        "owner": owner,
    }
    return wish.back(code=grants.issue_code(ctx, approved))


def _wish(ctx: Context, values: MultiDict[str, str]) -> Wish:
    client_id = values.get("client_id", "")
    if ctx.store.get(APPS, client_id) is None:
        raise AuthorizeRefused(
            "error.noappversionid", "No app has this client id. Check the client id."
        )
    redirect_uri = values.get("redirect_uri", "")
    _check_redirect(redirect_uri)
    if values.get("response_type") != "code":
        raise AuthorizeRefused(
            "error.invalid_response_type", "Only response_type=code is supported."
        )
    scopes = values.get("scope", "").split()
    unknown = [scope for scope in scopes if scope not in SCOPES]
    if unknown or not scopes:
        named = ", ".join(unknown) or "none was asked for"
        raise AuthorizeRefused("error.invalid_scope", f"Scopes not available: {named}.")
    challenge = values.get("code_challenge")
    method = values.get("code_challenge_method", "plain")
    return Wish(
        client_id,
        redirect_uri,
        scopes,
        values.get("state"),
        {"value": challenge, "method": method} if challenge else None,
    )


def _check_redirect(redirect_uri: str) -> None:
    """https, or http on this machine: the portal would refuse even that (§2.1)."""
    if any(name in redirect_uri.lower() for name in VENDOR_NAMES):
        raise AuthorizeRefused(
            "The redirect uri contains a Highlevel reference",
            "Use a redirect address whose host and path do not name the vendor.",
        )
    parts = urlsplit(redirect_uri)
    is_local = parts.scheme == "http" and parts.hostname in LOOPBACK
    if not parts.hostname or not (parts.scheme == "https" or is_local):
        raise AuthorizeRefused(
            "The redirect uri is not valid",
            "It has to start with https://; http:// is taken for this machine only.",
        )


def _owner(ctx: Context, wish: Wish, form: MultiDict[str, str]) -> Document:
    """Whose tokens these will be: one location's, or the agency's."""
    account = form.get("account", "")
    if account == COMPANY_ID:
        owner = grants.owner_of(None, COMPANY_ID, wish.scopes, wish.client_id)
        return {**owner, **_approved(ctx, form)}
    location = ctx.store.get("highlevel_location", account)
    if location is None:
        raise AuthorizeRefused("No location chosen", "Go back and choose a location.")
    return grants.owner_of(location, location["companyId"], wish.scopes, wish.client_id)


def _approved(ctx: Context, form: MultiDict[str, str]) -> Document:
    """What the agency gives: the ticked locations, or without any all, also those to
    come. Even a single one brings a Company token (§2.2)."""
    every = [each["id"] for each in ctx.store.all("highlevel_location")]
    ticked = [each for each in every if each in form.getlist("chosen")]
    return {
        "approvedLocations": ticked or every,
        "every": not ticked,
        "future": not ticked or "future" in form,
    }


def _refused(refusal: AuthorizeRefused) -> Response:
    page = render_template("highlevel/refused.html", refusal=refusal)
    return make_response(page, 400)
