"""How Zoho's OAuth answers read: data centres, tokens, errors under HTTP 200.

A user lives in one of nine data centres. The callback names it in the browser's
address bar (`accounts-server`), so it is accepted from a list only: the client secret
is sent there next.
"""

from __future__ import annotations

from collections.abc import Mapping

from crosswalk.errors import (
    AuthError,
    ConfigError,
    CrosswalkError,
    RateLimited,
    TransientError,
)
from integrations.connectors.base import JSONValue, Values
from integrations.connectors.oauth import Endpoints, TokenFacts

DEFAULT_DATA_CENTER = "us"
DATA_CENTERS: Mapping[str, str] = {
    "us": "https://accounts.zoho.com",
    "eu": "https://accounts.zoho.eu",
    "in": "https://accounts.zoho.in",
    "au": "https://accounts.zoho.com.au",
    "jp": "https://accounts.zoho.jp",
    "ca": "https://accounts.zohocloud.ca",  # accounts.zoho.ca does not connect
    "sa": "https://accounts.zoho.sa",
    "uk": "https://accounts.zoho.uk",  # in Zoho Accounts' list, not in Invoice's
    "cn": "https://accounts.zoho.com.cn",  # registers clients of its own (unverified)
}
API_ROOTS: Mapping[str, str] = {
    "us": "https://www.zohoapis.com",
    "eu": "https://www.zohoapis.eu",
    "in": "https://www.zohoapis.in",
    "au": "https://www.zohoapis.com.au",
    "jp": "https://www.zohoapis.jp",
    "ca": "https://www.zohoapis.ca",
    "sa": "https://www.zohoapis.sa",
    "uk": "https://www.zohoapis.uk",
    "cn": "https://www.zohoapis.com.cn",
}
TOKEN_SECONDS = 3600
THROTTLE_SECONDS = 600.0  # 10 tokens in 10 minutes, then closed (sheet §2)

REVOKED = (
    "revoked",
    "Zoho no longer accepts this authorisation: it was used up, has expired, was "
    "withdrawn, or belongs to another data centre. Connect again.",
)
AUTH_SENTENCES = {  # error → our code and sentence
    "invalid_code": REVOKED,
    "invalid_grant": REVOKED,
    "access_denied": (
        "denied",
        "Access was not allowed at Zoho. Connect again and choose Accept.",
    ),
}
CONFIG_SENTENCES = {
    "invalid_client": "Zoho does not know this client id in this data centre. Check "
    "the id, and switch on Multi-DC for it in Zoho's API console.",
    "invalid_client_secret": "Zoho does not accept this client secret. Copy it again "
    "from Zoho's API console; a data centre may have a secret of its own there.",
    "invalid_redirect_uri": "Zoho does not know our redirect address. Enter it in "
    "Zoho's API console exactly as the set-up page shows it.",
    "unauthorized_client": "This client may not be used this way. In Zoho's API "
    "console, make a Server-based Application.",
}


def endpoints(
    data_center: str = DEFAULT_DATA_CENTER, *, accounts_url: str = "", api_url: str = ""
) -> Endpoints:
    """Return where a data centre is reached; roots given by settings win."""
    code = data_center or DEFAULT_DATA_CENTER
    if code not in DATA_CENTERS:
        known = ", ".join(DATA_CENTERS)
        raise ConfigError(
            f"Zoho has no data centre “{code}”. Known are {known}.", path="data_center"
        )
    accounts = (accounts_url or DATA_CENTERS[code]).rstrip("/")
    return Endpoints(
        api=(api_url or API_ROOTS[code]).rstrip("/"),
        authorize=f"{accounts}/oauth/v2/auth",
        token=f"{accounts}/oauth/v2/token",
        revoke=f"{accounts}/oauth/v2/token/revoke",
    )


def parse_token(answer: Values, callback: Values) -> TokenFacts:
    """Return a token answer in the common form; raise what an error answer means.

    A refresh brings no refresh token: the old one stays (sheet §2.5). `api_url` is as
    Zoho said it; whoever stores it first asks whether it is known (endpoints.py).
    """
    access = answer.get("access_token")
    if not isinstance(access, str) or not access:
        raise token_error(200, answer)
    location = callback.get("location") or ""
    return TokenFacts(
        access_token=access,
        refresh_token=str(answer.get("refresh_token") or ""),
        expires_in=lifetime(answer),
        scopes=scopes_of(answer.get("scope")),
        api_url=str(answer.get("api_domain") or "").rstrip("/"),
        facts={"location": str(location)} if location else {},
    )


def lifetime(answer: Values) -> int:
    """Return seconds; older answers have them in `expires_in_sec`, `expires_in` being
    milliseconds then."""
    for key in ("expires_in_sec", "expires_in"):
        try:
            return int(answer[key])
        except (KeyError, TypeError, ValueError):
            continue
    return TOKEN_SECONDS


def scopes_of(value: JSONValue) -> frozenset[str]:
    """Return the scopes an answer names; most name none."""
    return frozenset(str(value or "").replace(",", " ").split())


def is_throttled(status: int, error: str, answer: Values) -> bool:
    """Say whether tokens were asked for too often; "Access Denied" under HTTP 400 is
    that, while `access_denied` is a person who said no."""
    words = str(answer.get("error_description") or "").lower()
    return error.lower() == "access denied" or status == 429 or "too many" in words


def token_error(status: int, answer: Values) -> CrosswalkError:
    """Return what a failed token answer means; they come with HTTP 200 (sheet §2).

    An answer that we do not know never counts as revoked: that would disconnect
    healthy customers.
    """
    error = str(answer.get("error") or "")
    detail = f"HTTP {status}: {error[:100]}"
    if is_throttled(status, error, answer):
        return RateLimited(
            "Zoho pauses new access for about ten minutes because it was asked for too "
            "often. Crosswalk goes on by itself.",
            retry_after=THROTTLE_SECONDS,
            detail=detail,
            status=status,
        )
    if error in AUTH_SENTENCES:
        code, sentence = AUTH_SENTENCES[error]
        return AuthError(sentence, detail=detail, code=code, status=status)
    if error in CONFIG_SENTENCES:
        return ConfigError(CONFIG_SENTENCES[error], detail=detail)
    return TransientError(
        "Zoho's sign-in server did not answer as it should. Crosswalk tries again by "
        "itself.",
        detail=detail,
        status=status,
    )
