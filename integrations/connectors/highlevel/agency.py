"""HighLevel's agencies: their locations, and a token made for each of them.

A Company token reads no contacts. It lists where the app is installed and is exchanged
for Location tokens (sheet §2.2); both addresses answer under every version.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx

from crosswalk.errors import (
    AccessExpired,
    AuthError,
    ConnectorError,
    PermanentError,
    TransientError,
)
from integrations.connectors.agencies import Agency
from integrations.connectors.base import Account, Values
from integrations.connectors.highlevel.auth import approved, parse_token
from integrations.connectors.highlevel.spec import LABEL
from integrations.connectors.highlevel.wire import HighLevelDialect
from integrations.connectors.oauth import Scope, TokenFacts
from integrations.http import Api, error_for_status, message_of, parse_body

INSTALLED_PATH, TOKEN_PATH = "/oauth/installedLocations", "/oauth/locationToken"
PAGE_SIZE = 100  # 20 unless told; a server that gives fewer loses nothing
MOST_PAGES = 200
TIMEOUT = httpx.Timeout(20.0, connect=5.0)


def is_agency(facts: Values) -> bool:
    """Whether a token is a company's."""
    return facts.get("user_type") == "Company"


def accounts(api: Api, facts: Values, client_id: str) -> list[Account]:
    """Return the locations where the app is installed, by name.

    Where HighLevel does not list them (the permission is missing, the list is empty),
    those that the token answer itself named.
    """
    try:
        rows = list(installed(api, str(facts.get("company_id") or ""), client_id))
    except AuthError:
        raise
    except PermanentError:
        rows = []
    found = {
        str(row["_id"]): str(row.get("name") or "") for row in rows if row.get("_id")
    }
    found = found or dict.fromkeys(approved(facts), "")
    return [
        Account(id=id, name=name)
        for id, name in sorted(found.items(), key=lambda item: item[1].lower())
    ]


def installed(api: Api, company_id: str, client_id: str) -> Iterator[dict[str, Any]]:
    """Yield the rows of the list, page after page, none of them twice."""
    seen: set[str] = set()
    params = {
        "companyId": company_id,
        "appId": client_id.partition("-")[0],
        "isInstalled": "true",
        "limit": PAGE_SIZE,
    }
    for _ in range(MOST_PAGES):
        answer = api.call(
            "GET",
            INSTALLED_PATH,
            operation="list installed locations",
            params={**params, "skip": len(seen)},
        )
        body = answer.body if isinstance(answer.body, dict) else {}
        rows = [row for row in body.get("locations") or [] if isinstance(row, dict)]
        new = [row for row in rows if str(row.get("_id")) not in seen]
        yield from (row for row in new if row.get("isInstalled") is not False)
        seen |= {str(row.get("_id")) for row in new}
        if not new or len(seen) >= total_of(body, len(seen) + 1):
            return


def total_of(body: dict[str, Any], unknown: int) -> int:
    """Return how many rows there are, or a number that means "go on"."""
    try:
        return int(body["count"])
    except (KeyError, TypeError, ValueError):
        return unknown


def account_token(
    client: httpx.Client, api_url: str, access: str, facts: Values, account_id: str
) -> TokenFacts:
    """Return a Location token that is made by a Company token; not single-use.

    AccessExpired: the Company token itself was refused. AuthError: the app may not
    enter this location (any more).
    """
    form = {"companyId": str(facts.get("company_id") or ""), "locationId": account_id}
    headers = HighLevelDialect().headers(access)
    try:
        response = client.post(
            api_url + TOKEN_PATH, data=form, headers=dict(headers), timeout=TIMEOUT
        )
    except httpx.HTTPError as exc:
        raise unanswered(type(exc).__name__) from exc
    body, readable = parse_body(response)
    if not response.is_success:
        raise refusal(response, body, readable)
    made = body if isinstance(body, dict) else {}
    if not readable or not (made.get("access_token") or made.get("accessToken")):
        raise unanswered(f"HTTP {response.status_code} without a token")
    return of_location(parse_token(made, {}), account_id)


def of_location(made: TokenFacts, account_id: str) -> TokenFacts:
    """Return a token if it is of the location that was asked for."""
    if made.accounts and made.accounts != (account_id,):
        raise AuthError(
            "HighLevel gave access to another location than the one asked for. "
            "Nothing was done with it. Connect the location again.",
            code="other_location",
        )
    return made


def refusal(response: httpx.Response, body: Any, readable: bool) -> ConnectorError:
    """Return what a refused exchange means."""
    status = response.status_code
    headers = {name.lower(): value for name, value in response.headers.items()}
    detail = f"HTTP {status}: {message_of(body)[:300]}"
    if status >= 500 or status in {408, 425} or not readable:
        return unanswered(detail)
    error = HighLevelDialect().error(status, body, headers)
    if not isinstance(error, ConnectorError):
        error = error_for_status(LABEL, status, body, headers, repeatable=True)
    if isinstance(error, AccessExpired | TransientError):
        return error
    if error.code == "scope_missing":
        return AuthError(
            "The agency's access cannot enter its locations: the permission "
            "“oauth.write” is missing. Add it to the app at HighLevel, then connect "
            "again.",
            detail=detail,
            code="scope_missing",
            status=status,
        )
    if error.code in {"wrong_address", "version_refused"}:
        return error
    return AuthError(
        "HighLevel no longer lets the agency's access enter this location: the app "
        "was removed from it, or the location left the agency. Install the app there "
        "again, then reconnect.",
        detail=detail,
        code="account_left",
        status=status,
    )


def unanswered(detail: str) -> TransientError:
    return TransientError(
        "HighLevel did not answer when asked for access to a location. Crosswalk tries "
        "again by itself.",
        detail=detail,
    )


AGENCY = Agency(
    is_agency=is_agency,
    accounts=accounts,
    account_token=account_token,
    scopes=(
        Scope("oauth.readonly", "List the locations of an agency", required=False),
        Scope("oauth.write", "Enter the locations of an agency"),
    ),
    token_params={"user_type": "Company"},
)
