"""The wire of Zoho Invoice: headers, error codes, what its headers say of limits.

`code` in the body decides, never the HTTP status alone: `code != 0` is a failure
under any status (sheet §3), and throttle codes were seen under HTTP 200 (§6).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from crosswalk.errors import (
    AccessExpired,
    AuthError,
    ConnectorError,
    NameTaken,
    OutcomeUnknown,
    PermanentError,
    RateLimited,
    RemoteNotFound,
    RemoteRejected,
)
from integrations.connectors.base import RateSnapshot
from integrations.connectors.zoho_invoice.spec import LABEL
from integrations.http import message_of, retry_after_seconds

ORGANIZATION_HEADER = "X-com-zoho-invoice-organizationid"
MINUTE_PAUSE = 60.0
DAY_PAUSE = 3600.0
BURST_PAUSE = 2.0

NO_ACCESS = frozenset({14, 57})
WRONG_ORGANIZATION = 6041
WRONG_ORGANIZATION_SENTENCE = (
    "The user who connected Zoho Invoice is not a member of this organization. "
    "Reconnect as a member, or choose another organization."
)
INVALID_VALUE = "zoho_2"  # error code of "Invalid value passed for …"
OUR_MISTAKES = frozenset({5, 37})  # invalid URL, method not allowed
SENTENCES = {
    2: "Zoho Invoice does not accept a value we sent",
    4: "Zoho Invoice does not accept a value we sent",
    15: "A value is too long for Zoho Invoice",
    3000: "This customer has transactions, so Zoho Invoice does not delete it",
    3013: "Zoho Invoice does not accept this customer name",
    9004: "Zoho Invoice does not know this currency",
}


class ZohoDialect:
    """What Zoho Invoice adds to JSON over HTTP, for one organization.

    With no organization (before one is chosen) none is named.
    """

    label = LABEL

    def __init__(self, organization_id: str = "") -> None:
        self.organization_id = organization_id

    def headers(self, token: str) -> Mapping[str, str]:
        # Not "Bearer", although the token answer says so (sheet §2.7).
        headers = {"Authorization": f"Zoho-oauthtoken {token}"}
        if self.organization_id:
            headers[ORGANIZATION_HEADER] = self.organization_id
        return headers

    def params(self) -> Mapping[str, str]:
        # The header is Invoice's documented form, the query the one recorded live
        # (sheet §1): whichever the server reads, it finds.
        if not self.organization_id:
            return {}
        return {"organization_id": self.organization_id}

    def error(
        self, status: int, body: Any, headers: Mapping[str, str]
    ) -> ConnectorError | None:
        """Return the error an answer means, None for success and the common table."""
        code = code_of(body)
        if status >= 500:
            return None  # the common table knows whether the call was repeatable
        if code in {44, 45, 1070} or status == 429:
            return throttled(code, body, headers)
        if code == 0:
            return None
        return error_of_code(code, status, body)

    def rates(self, headers: Mapping[str, str]) -> Sequence[RateSnapshot]:
        """The day's quota; it was seen at -80 on an HTTP 200, kept as said."""
        try:
            limit = int(headers["x-rate-limit-limit"])
            remaining = int(headers["x-rate-limit-remaining"])
        except (KeyError, ValueError):
            return ()
        return (RateSnapshot("day", limit, remaining, reset_seconds(headers)),)

    def request_id(self, body: Any, headers: Mapping[str, str]) -> str:
        return headers.get("x-request-id", "")


def code_of(body: Any) -> int:
    """Return Zoho's own code of an answer; 0 for success and where it has none."""
    try:
        return int(body.get("code") or 0) if isinstance(body, dict) else 0
    except (TypeError, ValueError):
        return -1  # a code we cannot read is no success


def error_of_code(code: int, status: int, body: Any) -> ConnectorError:
    """The table of sheet §4.5, without throttling."""
    detail = f"HTTP {status}, code {code}: {message_of(body)[:500]}"
    if code in NO_ACCESS or code == WRONG_ORGANIZATION:
        return no_access(code, status, detail)
    if code == 1002:
        return RemoteNotFound(
            "Zoho Invoice no longer has this customer.", detail=detail, status=status
        )
    if code == 1000:
        return OutcomeUnknown(
            "Zoho Invoice has a problem of its own. Crosswalk tries again by itself.",
            detail=detail,
            status=status,
        )
    if code in OUR_MISTAKES:  # a 404 of this kind must never read as a delete
        return PermanentError(
            "Zoho Invoice does not offer what Crosswalk asked for. Please report it.",
            detail=detail,
            code="unsupported_call",
            status=status,
        )
    return refused(code, status, body, detail)


def no_access(code: int, status: int, detail: str) -> AuthError:
    """Return why we may not: another organization's data, or no right at all."""
    if code == WRONG_ORGANIZATION:
        return AuthError(
            WRONG_ORGANIZATION_SENTENCE,
            detail=detail,
            code="wrong_organization",
            status=status,
        )
    return AccessExpired(
        "Zoho Invoice no longer accepts our access, or a permission is missing. "
        "Reconnect it and allow everything it asks for.",
        detail=detail,
        status=status,
    )


def refused(code: int, status: int, body: Any, detail: str) -> RemoteRejected:
    """Return the refusal of values, with Zoho's own words where it has some."""
    words = message_of(body)
    if code == 3062:
        return NameTaken(
            "Another customer at Zoho Invoice already has this name.",
            detail=detail,
            status=status,
        )
    sentence = SENTENCES.get(code, "Zoho Invoice refused the change")
    return RemoteRejected(
        f"{sentence}: {words}" if words else f"{sentence}.",
        detail=detail,
        code=f"zoho_{code}",
        status=status,
    )


def throttled(code: int, body: Any, headers: Mapping[str, str]) -> RateLimited:
    """Tell the three limits apart: minute, day, calls at once (sheet §6).

    A 429 without a code we know is taken for the minute's: waiting longer than
    needed is cheap, an IP block is not.
    """
    window, pause = "minute", retry_after_seconds(headers, MINUTE_PAUSE)
    if code == 44:
        pause = max(pause, MINUTE_PAUSE)
    message = "Zoho Invoice asked us to slow down. Crosswalk goes on by itself."
    if code == 45:
        fallback = retry_after_seconds(headers, DAY_PAUSE)
        window, pause = "day", reset_seconds(headers) or fallback
        message = (
            "Zoho Invoice's calls of today are used up. Crosswalk goes on by itself "
            "when the organization's day begins."
        )
    elif code == 1070:
        window, pause = "burst", max(retry_after_seconds(headers, 0), BURST_PAUSE)
    detail = f"code {code}: {message_of(body)[:500]}"
    return RateLimited(message, retry_after=pause, window=window, detail=detail)


def reset_seconds(headers: Mapping[str, str]) -> float | None:
    """Return the seconds to the organization's midnight, None when not said."""
    try:
        seconds = float(headers.get("x-rate-limit-reset", ""))
    except ValueError:
        return None
    return seconds if seconds > 0 else None
