"""How HighLevel's OAuth answers read: endpoints, tokens and refused tokens.

Answers are snake_case up to version 2 and camelCase in version 3 (sheet §2.1).
"""

from __future__ import annotations

from crosswalk.errors import (
    AuthError,
    CrosswalkError,
    PermanentError,
    RateLimited,
    TransientError,
)
from integrations.connectors.base import JSONValue, Values
from integrations.connectors.oauth import Endpoints, TokenFacts
from integrations.http import message_of

API = "https://services.leadconnectorhq.com"
AUTHORIZE = "https://marketplace.gohighlevel.com/v2/oauth/chooselocation"
TOKEN_SECONDS = 86_399  # what they last, for an answer that does not say
THROTTLED_SECONDS = 60.0  # body and Retry-After of a 429 are not published (sheet §4)


def endpoints(data_center: str = "") -> Endpoints:
    """Return where HighLevel is reached: one place for all, and no revocation."""
    return Endpoints(api=API, authorize=AUTHORIZE, token=f"{API}/oauth/token")


def parse_token(answer: Values, callback: Values) -> TokenFacts:
    """Return a token answer in the common form; AuthError when it holds none.

    A Company token names no location of its own, only those that approved the app: it
    cannot read contacts until it is exchanged (sheet §2.2).
    """
    access = text(answer, "access_token", "accessToken")
    if not access:
        raise AuthError(
            "HighLevel’s answer brought no access. Connect again.",
            detail=f"token answer with {', '.join(sorted(map(str, answer))) or 'nothing'}",
            code="no_token",
        )
    return TokenFacts(
        access_token=access,
        refresh_token=text(answer, "refresh_token", "refreshToken"),
        expires_in=lifetime(answer),
        scopes=frozenset(text(answer, "scope").replace(",", " ").split()),
        owner=owner_of(answer),
        accounts=accounts_of(answer),
        facts=facts_of(answer),
    )


def accounts_of(answer: Values) -> tuple[str, ...]:
    """Return the location of the token, or those that a Company token may enter."""
    location = text(answer, "locationId", "location_id")
    return (location,) if location else approved(answer)


def facts_of(answer: Values) -> dict[str, JSONValue]:
    """Return what tells a Company token from a Location token."""
    facts: dict[str, JSONValue] = {
        "user_type": text(answer, "userType", "user_type"),
        "company_id": text(answer, "companyId", "company_id"),
    }
    if not text(answer, "locationId", "location_id"):
        facts["user_type"] = facts["user_type"] or "Company"
        facts["approved_locations"] = list(approved(answer))
    return facts


def approved(answer: Values) -> tuple[str, ...]:
    """Return the locations that approved a Company install, of an answer or facts."""
    found = answer.get("approvedLocations") or answer.get("approved_locations")
    return tuple(str(each) for each in found) if isinstance(found, list) else ()


def owner_of(answer: Values) -> str:
    """Return company and user behind the grant; a reconnect is known by them."""
    company = text(answer, "companyId", "company_id")
    user = text(answer, "userId", "user_id")
    return ":".join(part for part in (company, user) if part)


def lifetime(answer: Values) -> int:
    """Return for how many seconds the access token is good."""
    try:
        return int(answer.get("expires_in") or answer.get("expiresIn") or TOKEN_SECONDS)
    except (TypeError, ValueError):
        return TOKEN_SECONDS


def text(answer: Values, *names: str) -> str:
    """Return the first of several spellings that holds something."""
    return next((str(answer[name]) for name in names if answer.get(name)), "")


def token_error(status: int, answer: Values) -> CrosswalkError:
    """Return what a failed exchange or refresh means.

    HighLevel looks at the code before the client, so a wrong secret and a spent code
    answer alike (sheet §2.1): one sentence must cover both.
    """
    detail = f"HTTP {status}: {message_of(answer)[:200]}"
    if status == 429:
        return RateLimited(
            "HighLevel asked us to slow down when giving access. Crosswalk goes on by "
            "itself.",
            retry_after=THROTTLED_SECONDS,
            window="token",
            detail=detail,
        )
    if status in {408, 425} or status >= 500:
        return TransientError(
            "HighLevel’s sign-in server has a problem of its own. Crosswalk tries again "
            "by itself.",
            detail=detail,
            status=status,
        )
    if "not active" in message_of(answer).lower():
        # the location sleeps; its token is not spent and works again with it
        return TransientError(
            "HighLevel says that this location is not active. Crosswalk tries again by "
            "itself.",
            detail=detail,
            status=status,
        )
    if status in {400, 401, 403, 422}:
        return AuthError(
            "HighLevel no longer accepts this authorisation: it was used up, has "
            "expired or was withdrawn, or the client id and secret do not belong to "
            "it. Check them, then connect again.",
            detail=detail,
            code="revoked",
            status=status,
        )
    return PermanentError(
        "HighLevel’s sign-in server does not know this address. Check the token "
        "address in the settings.",
        detail=detail,
        code="wrong_address",
        status=status,
    )
