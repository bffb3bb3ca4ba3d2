"""Installations: of one location or the whole agency, and the agency's tokens (§2.2)."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request

from sandbox.context import Context
from sandbox.highlevel import grants, hooks
from sandbox.highlevel.accounts import APP_ID, COMPANY_ID, VERSION_ID
from sandbox.highlevel.identifiers import iso
from sandbox.highlevel.wire import Answer, Call, Refusal, guarded, no_access
from sandbox.store import Document, Store

routes = Blueprint("agency", __name__)
_INSTALL_DETAILS = {
    "planId": grants.PLAN_ID,
    "trial": {"onTrial": False},
    "isWhitelabelCompany": False,
    "whitelabelDetails": {"domain": "", "logoUrl": ""},
    "companyName": "Northlight Agency",
}


def install(ctx: Context, owner: Document) -> None:
    """Remember the installation; from now on webhooks flow (§2.3, §9)."""
    now = iso(ctx.clock.now())
    installed = {"id": owner["subject"], "class": owner["class"], "installedAt": now}
    ctx.store.put(hooks.INSTALL, owner["subject"], installed)
    event = {"installType": owner["class"], "companyId": owner["companyId"]}
    if owner["class"] == "Location":
        event |= {"locationId": owner["locationId"], "userId": owner["userId"]}
    hooks.deliver(ctx, "INSTALL", {**event, **_INSTALL_DETAILS})


def uninstall(ctx: Context, account_id: str) -> bool:
    """The admin removes the app: tokens die, UNINSTALL is sent (§9)."""
    installed = ctx.store.get(hooks.INSTALL, account_id)
    if installed is None:
        return False
    grants.withdraw(ctx.store, account_id)
    ctx.store.delete(hooks.INSTALL, account_id)
    name = "companyId" if account_id == COMPANY_ID else "locationId"
    hooks.deliver(ctx, "UNINSTALL", {name: account_id})
    return True


@routes.post("/oauth/locationToken")
@routes.post("/oauth/location-token", endpoint="location_token_v3")
@guarded("oauth.write", company=True)
def location_token(call: Call) -> Answer:
    """Answers 201, with the two oauth scopes added, as seen live (§2.2)."""
    sent = {**call.body, **request.form.to_dict()}
    _need_company(call, sent.get("companyId"))
    missing = [n for n in ("companyId", "locationId") if not sent.get(n)]
    if missing:
        raise Refusal(422, [f"{name} should not be empty" for name in missing])
    location = call.location(sent["locationId"])
    scopes = [*dict.fromkeys([*call.token["scopes"], "oauth.readonly", "oauth.write"])]
    owner = grants.owner_of(
        location, call.token["companyId"], scopes, call.token["clientId"]
    )
    minted = {**owner, "install": call.token["install"]}
    return {
        "access_token": grants.location_token(call.ctx, minted),
        "token_type": "Bearer",
        "expires_in": call.ctx.switches().access_token_seconds,
        "scope": " ".join(scopes),
        "locationId": location["id"],
        "planId": grants.PLAN_ID,
        "userId": owner["userId"],
        "appId": APP_ID,
        "versionId": VERSION_ID,
    }, 201


@routes.get("/oauth/installedLocations")
@routes.get("/oauth/installed-locations", endpoint="installed_locations_v3")
@guarded("oauth.readonly", company=True)
def installed_locations(call: Call) -> Answer:
    _need_company(call, request.args.get("companyId"))
    if request.args.get("appId") != APP_ID:
        raise Refusal(422, ["appId should not be empty"])
    rows = [
        _installed(call.ctx.store, each)
        for each in call.ctx.store.all("highlevel_location")
        if each["companyId"] == call.token["companyId"]
    ]
    if wanted := request.args.get("isInstalled"):
        rows = [row for row in rows if str(row["isInstalled"]).lower() == wanted]
    if only := request.args.get("locationId"):
        rows = [row for row in rows if row["_id"] == only]
    skip, limit = (
        int(request.args.get(n) or default)
        for n, default in (("skip", 0), ("limit", 20))
    )
    return {
        "locations": rows[skip : skip + limit],
        "count": len(rows),
        "installToFutureLocations": True,
    }


def _need_company(call: Call, company_id: str | None) -> None:
    if call.token["class"] != "Company":
        raise Refusal(401, "Token's user type mismatch!")
    if company_id and company_id != call.token["companyId"]:
        raise no_access()


def _installed(store: Store, location: Document) -> dict[str, Any]:
    installs = [store.get(hooks.INSTALL, location[n]) for n in ("id", "companyId")]
    found = next((each for each in installs if each), None)
    row: dict[str, Any] = {
        "_id": location["id"],
        "name": location["name"],
        "address": location["address"],
        "isInstalled": found is not None,
        "versionId": VERSION_ID,
    }
    return {**row, "installedAt": found["installedAt"]} if found else row
