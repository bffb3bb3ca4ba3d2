"""Installing and uninstalling the app, and the agency's tokens (§2.2)."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

from flask import Blueprint, request

from sandbox.context import Context
from sandbox.highlevel import grants, hooks, validation
from sandbox.highlevel.accounts import APP_ID, COMPANY_ID, VERSION_ID
from sandbox.highlevel.identifiers import iso
from sandbox.highlevel.installs import (
    install_drop,
    install_for_new,
    install_of,
    install_put,
)
from sandbox.highlevel.wire import (
    Answer,
    Call,
    Refusal,
    guarded,
    no_access,
    no_such_address,
)
from sandbox.store import Document, Store

routes = Blueprint("agency", __name__)
PAGE = 20
EXCHANGE: validation.Schema = {
    "companyId": validation.filled,
    "locationId": validation.filled,
}
_INSTALL_DETAILS = {
    "planId": grants.PLAN_ID,
    "trial": {"onTrial": False, "trialDuration": 0, "trialStartDate": None},
    "isWhitelabelCompany": False,
    "whitelabelDetails": {"domain": "", "logoUrl": ""},
    "companyName": "Northlight Agency",
}
# v3 writes the OAuth answers in camelCase (§1).
_V3_NAMES = {
    "access_token": "accessToken",
    "token_type": "tokenType",
    "expires_in": "expiresIn",
    "refresh_token": "refreshToken",
}


def install(ctx: Context, owner: Document) -> None:
    """Remember the installation; from now on webhooks flow (§2.3, §9)."""
    install_put(ctx.store, owner, iso(ctx.clock.now()))
    event = {"installType": owner["class"], "companyId": owner["companyId"]}
    if owner["class"] == "Location":
        event["locationId"] = owner["locationId"]
    event["userId"] = owner["userId"]
    hooks.deliver(ctx, "INSTALL", {**event, **_INSTALL_DETAILS})


def uninstall(ctx: Context, account_id: str) -> bool:
    """The admin removes the app: tokens die, UNINSTALL is sent (§9)."""
    if not install_drop(ctx.store, account_id):
        return False
    grants.withdraw(ctx.store, account_id)
    name = "companyId" if account_id == COMPANY_ID else "locationId"
    hooks.deliver(ctx, "UNINSTALL", {name: account_id})
    return True


def location_add(ctx: Context, location: Document) -> bool:
    """The agency makes a location; True if the app is in it from the first day."""
    ctx.store.put("highlevel_location", location["id"], location)
    if not install_for_new(ctx.store, location["id"]):
        return False
    event = {"installType": "Location", "companyId": location["companyId"]}
    event |= {"locationId": location["id"]}
    hooks.deliver(ctx, "INSTALL", {**event, **_INSTALL_DETAILS})
    return True


@routes.post("/oauth/locationToken")
@guarded("oauth.write", company=True)
def location_token(call: Call) -> Answer:
    """In snake_case under every version; with a refresh token under v3 (§2.2)."""
    return _minted(call, with_refresh=call.is_v3), 201


@routes.post("/oauth/location-token")
@guarded("oauth.write", company=True)
def location_token_v3(call: Call) -> Answer:
    if not call.is_v3:
        raise no_such_address()
    minted = _minted(call, with_refresh=True)
    return {_V3_NAMES.get(name, name): value for name, value in minted.items()}, 201


def _minted(call: Call, *, with_refresh: bool) -> dict[str, Any]:
    """A token of one location, with the two oauth scopes added, as seen live (§2.2)."""
    sent = {**call.body, **request.form.to_dict()}
    _need_company(call, sent.get("companyId"))
    required = ("companyId", "locationId")
    if found := validation.messages_for(sent, EXCHANGE, required):
        raise Refusal(422, found)
    location = call.location(sent["locationId"])
    scopes = [*dict.fromkeys([*call.token["scopes"], "oauth.readonly", "oauth.write"])]
    owner = grants.owner_of(
        location, call.token["companyId"], scopes, call.token["clientId"]
    )
    owner["install"] = call.token["install"]
    answer = {
        "access_token": grants.access_token(call.ctx, owner),
        "token_type": "Bearer",
        "expires_in": call.ctx.switches().access_token_seconds,
        "scope": " ".join(scopes),
        "locationId": location["id"],
        "planId": grants.PLAN_ID,
        "userId": owner["userId"],
        "appId": APP_ID,
        "versionId": VERSION_ID,
    }
    if with_refresh:
        answer["refresh_token"] = grants.refresh_token(call.ctx, owner)
    return answer


@routes.get("/oauth/installedLocations")
@guarded("oauth.readonly", company=True)
def installed_locations(call: Call) -> Answer:
    rows = _installed_rows(call)
    skip, limit = _number("skip", 0), _number("limit", PAGE)
    return {
        "locations": rows[skip : skip + limit],
        "count": len(rows),
        "installToFutureLocations": _takes_future(call),
    }


@routes.get("/oauth/installed-locations")
@guarded("oauth.readonly", company=True)
def installed_locations_v3(call: Call) -> Answer:
    """Pages by an opaque token instead of skip and limit (§2.2)."""
    if not call.is_v3:
        raise no_such_address()
    rows = _installed_rows(call)
    skip, size = _offset(request.args.get("pageToken", "")), _number("pageSize", PAGE)
    page, following = rows[skip : skip + size], skip + size
    pagination: dict[str, Any] = {
        "totalRecords": len(rows),
        "hasNextPage": following < len(rows),
        "hasPrevPage": skip > 0,
        "currentPageSize": len(page),
    }
    if following < len(rows):
        pagination["nextPageToken"] = _token(following)
    if skip:
        pagination["prevPageToken"] = _token(max(0, skip - size))
    return {
        "items": page,
        "pagination": pagination,
        "installToFutureLocations": _takes_future(call),
    }


def _installed_rows(call: Call) -> list[dict[str, Any]]:
    """All locations of the agency that the query fits, installed or not."""
    _need_company(call, request.args.get("companyId"))
    if not request.args.get("companyId"):
        raise Refusal(422, ["companyId should not be empty"])
    if request.args.get("appId") != APP_ID:
        raise Refusal(422, ["appId should not be empty"])
    rows = [
        _installed(call.ctx.store, each)
        for each in call.ctx.store.all("highlevel_location")
        if each["companyId"] == call.token["companyId"]
    ]
    return [row for row in rows if all(fits(row) for fits in _wishes())]


def _wishes() -> list[Callable[[dict[str, Any]], bool]]:
    asked = request.args
    wishes: list[Callable[[dict[str, Any]], bool]] = []
    if wanted := asked.get("isInstalled"):
        wishes.append(lambda row: str(row["isInstalled"]).lower() == wanted.lower())
    if only := asked.get("locationId"):
        wishes.append(lambda row: bool(row["_id"] == only))
    if query := asked.get("query"):
        wishes.append(lambda row: query.lower() in row["name"].lower())
    if (version := asked.get("versionId")) and version != VERSION_ID:
        wishes.append(lambda row: False)
    if (plan := asked.get("planId")) and plan != grants.PLAN_ID:
        wishes.append(lambda row: False)
    if asked.get("onTrial", "").lower() == "true":  # nobody is on trial here
        wishes.append(lambda row: False)
    return wishes


def _takes_future(call: Call) -> bool:
    install = call.ctx.store.get("highlevel_install", call.token["install"]) or {}
    return bool(install.get("future"))


def _number(name: str, default: int) -> int:
    try:
        return max(0, int(request.args.get(name) or default))
    except ValueError:
        raise Refusal(422, [f"{name} must be a number"]) from None


def _token(offset: int) -> str:
    return base64.urlsafe_b64encode(f'{{"offset":{offset}}}'.encode()).decode()


def _offset(token: str) -> int:
    """What a page token stands for."""
    try:
        text = base64.urlsafe_b64decode(token.encode()).decode()
        return int(text.removeprefix('{"offset":').removesuffix("}")) if token else 0
    except ValueError:
        raise Refusal(422, ["pageToken is invalid"]) from None


def _need_company(call: Call, company_id: str | None) -> None:
    if call.token["class"] != "Company":
        raise Refusal(401, "Token's user type mismatch!")
    if company_id and company_id != call.token["companyId"]:
        raise no_access()


def _installed(store: Store, location: Document) -> dict[str, Any]:
    found = install_of(store, location)
    row: dict[str, Any] = {
        "_id": location["id"],
        "name": location["name"],
        "address": location["address"],
        "isInstalled": found is not None,
        "versionId": VERSION_ID,
    }
    return {**row, "installedAt": found["installedAt"]} if found else row
