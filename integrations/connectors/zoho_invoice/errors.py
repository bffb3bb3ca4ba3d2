"""What Zoho's answers mean when they refuse: one table of its codes (sheet §4.5).

`code` in the body decides, never the HTTP status alone: `code != 0` is a failure
under any status (sheet §3), and throttle codes were seen under HTTP 200 (§6).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
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
from integrations.http import message_of, retry_after_seconds

MINUTE_PAUSE = 60.0
DAY_PAUSE = 3600.0
BURST_PAUSE = 2.0
BLOCK_PAUSE = 3600.0

MINUTE, DAY, AT_ONCE = 44, 45, 1070
THROTTLED = frozenset({MINUTE, DAY, AT_ONCE})
BLOCKED = re.compile(r"\bip\b.*\bblocked\b", re.IGNORECASE | re.DOTALL)
NO_ACCESS = frozenset({14, 57})
WRONG_ORGANIZATION = 6041
WRONG_ORGANIZATION_SENTENCE = (
    "The user who connected Zoho Invoice is not a member of this organization. "
    "Reconnect as a member, or choose another organization."
)
HAS_TRANSACTIONS, NAME_MISSING = "zoho_3000", "zoho_3013"
INVALID_VALUE = "zoho_2"  # error code of "Invalid value passed for …"
OUR_MISTAKES = frozenset({5, 37})  # invalid URL, method not allowed
SENTENCES = {
    2: "Zoho Invoice does not accept a value we sent",
    4: "Zoho Invoice does not accept a value we sent",
    15: "A value is too long for Zoho Invoice",
    3000: "This customer has transactions, so Zoho Invoice does not delete it",
    3013: "Zoho Invoice does not accept this customer name",
    9004: "Zoho Invoice does not know this currency",
    20004: "Zoho Invoice does not accept a negative amount",
    20077: "This project has expenses, so Zoho Invoice does not delete it",
    31006: "The client portal is switched off for this organization at Zoho Invoice",
}
# What 1002 says is missing, by a word of its message; most often it is the customer.
NOUNS = (
    ("person", "contact person"),
    ("comment", "comment"),
    ("address", "address"),
    ("task", "task"),
    ("project", "project"),
)


def error_of(
    status: int, body: Any, headers: Mapping[str, str]
) -> ConnectorError | None:
    """Return the error an answer means, None for success and the common table."""
    code = code_of(body)
    if status >= 500:
        return None  # the common table knows whether the call was repeatable
    if code in THROTTLED or status == 429:
        return throttled(code, body, headers)
    if status >= 400 and code <= 0 and BLOCKED.search(message_of(body)):
        return blocked(status, body, headers)
    return error_of_code(code, status, body) if code else None


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
            f"Zoho Invoice no longer has this {noun_of(body)}.",
            detail=detail,
            status=status,
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
    if code == MINUTE:
        pause = max(pause, MINUTE_PAUSE)
    message = "Zoho Invoice asked us to slow down. Crosswalk goes on by itself."
    if code == DAY:
        fallback = retry_after_seconds(headers, DAY_PAUSE)
        window, pause = "day", reset_seconds(headers) or fallback
        message = (
            "Zoho Invoice's calls of today are used up. Crosswalk goes on by itself "
            "when the organization's day begins."
        )
    elif code == AT_ONCE:
        window, pause = "burst", max(retry_after_seconds(headers, 0), BURST_PAUSE)
    detail = f"code {code}: {message_of(body)[:500]}"
    return RateLimited(message, retry_after=pause, window=window, detail=detail)


def blocked(status: int, body: Any, headers: Mapping[str, str]) -> RateLimited:
    """Return the block of a server's address, seen in Zoho's forum: a long pause,
    because each call made meanwhile may lengthen it."""
    return RateLimited(
        "Zoho refuses calls from this server's address for now, because too many came "
        "from it. Crosswalk goes on by itself; if it lasts, ask Zoho's support to lift "
        "the block.",
        retry_after=max(retry_after_seconds(headers, BLOCK_PAUSE), MINUTE_PAUSE),
        window="minute",
        detail=f"HTTP {status}: {message_of(body)[:500]}",
        status=status,
    )


def noun_of(body: Any) -> str:
    """Return what a 1002 misses, as people call it."""
    words = message_of(body).lower()
    return next((noun for word, noun in NOUNS if word in words), "customer")


def reset_seconds(headers: Mapping[str, str]) -> float | None:
    """Return the seconds to the organization's midnight, None when not said."""
    try:
        seconds = float(headers.get("x-rate-limit-reset", ""))
    except ValueError:
        return None
    return seconds if seconds > 0 else None
