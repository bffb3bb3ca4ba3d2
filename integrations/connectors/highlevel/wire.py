"""HighLevel's wire: its headers, its error bodies, its quota headers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from crosswalk.errors import (
    AccessExpired,
    AuthError,
    ConnectorError,
    DuplicateRefused,
    PermanentError,
    RateLimited,
    RemoteNotFound,
    RemoteRejected,
)
from integrations.connectors.base import RateSnapshot
from integrations.connectors.highlevel.spec import LABEL, VERSION
from integrations.http import message_of, retry_after_seconds

WINDOW_SECONDS = 10.0
# A missing contact is a 400 (sheet §3). Of a user, a calendar or an own field that a
# value names it means that the value is refused, and not that the record is gone.
GONE = re.compile(
    r"^((the )?(contact|note|task|event|appointment|business)\b.*)?"
    r"\b(not found|is deleted|does not belong)",
    re.I | re.S,
)
WRONG_PATH = re.compile(r"^Cannot [A-Z]+ /")
# "property title should not exist", "each value in tags must be a string", "email must
# be an email", "customFields.0.id should not be empty" (sheet §3).
FIELD_MESSAGE = re.compile(
    r"^(?:property |each value in )?(?P<field>[A-Za-z][\w]*)[\w.]* "
    r"(?:should|must|can't|cannot)\b"
)

WRONG_VERSION = (
    PermanentError,
    "version_refused",
    (
        "HighLevel no longer speaks the version of its API that Crosswalk uses. "
        "Update Crosswalk."
    ),
)
SCOPE_MISSING = (
    PermanentError,
    "scope_missing",
    (
        "HighLevel’s permissions do not cover this. Grant the contacts permissions, "
        "then reconnect."
    ),
)
COMPANY_TOKEN = (
    AuthError,
    "company_token",
    (
        "This is an agency token, and HighLevel shows contacts only to a token of one "
        "location. Make the token inside the location (sub-account), then reconnect."
    ),
)
WRONG_LOCATION = (
    AuthError,
    "wrong_location",
    (
        "HighLevel’s token belongs to another location. Check the location ID, or "
        "reconnect with a token of this location."
    ),
)
EXPIRED = AccessExpired, "", "HighLevel no longer accepts our access. Reconnect it."

# Status and words in the message → what it means (sheet §3). First match wins.
REFUSALS: Sequence[tuple[int, str, tuple[type[ConnectorError], str, str]]] = (
    (401, "not authorized for this scope", SCOPE_MISSING),
    (401, "authclass", COMPANY_TOKEN),
    (401, "user type mismatch", COMPANY_TOKEN),
    (401, "version header", WRONG_VERSION),
    (401, "", EXPIRED),
    (403, "not have access to this location", WRONG_LOCATION),
    (400, "invalid api version", WRONG_VERSION),
)


class HighLevelDialect:
    """What HighLevel adds to plain JSON over HTTP; each call names a version."""

    label = LABEL

    def __init__(self, version: str = VERSION) -> None:
        self.version = version

    def headers(self, token: str) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {token}", "Version": self.version}

    def params(self) -> Mapping[str, str]:
        return {}

    def error(
        self, status: int, body: Any, headers: Mapping[str, str]
    ) -> ConnectorError | None:
        """Return what a refusal means, None where the common table says it."""
        if status < 400:
            return None
        if status == 429:
            return rate_limited(headers, datetime.now(UTC))
        message = message_of(body)
        detail = f"HTTP {status}: {message[:500]}"
        for wanted, words, (kind, code, sentence) in REFUSALS:
            if status == wanted and words in message.lower():
                return kind(sentence, detail=detail, code=code, status=status)
        if status == 404 and WRONG_PATH.match(message):
            return wrong_address(detail, status)
        if status in {400, 409, 422}:
            return refusal(status, body, message, detail)
        return None

    def rates(self, headers: Mapping[str, str]) -> Sequence[RateSnapshot]:
        """Return both windows from the headers of sheet §4; there is no reset time."""
        burst = _whole(headers, "x-ratelimit-max", "x-ratelimit-remaining")
        day = _whole(headers, "x-ratelimit-limit-daily", "x-ratelimit-daily-remaining")
        snapshots = []
        if burst:
            snapshots.append(RateSnapshot("10s", *burst))
        if day:
            snapshots.append(RateSnapshot("day", *day))
        return snapshots

    def request_id(self, body: Any, headers: Mapping[str, str]) -> str:
        trace = body.get("traceId") if isinstance(body, dict) else None
        return str(trace) if trace else ""


def wrong_address(detail: str, status: int) -> PermanentError:
    """Return the error of a path that the server does not have."""
    return PermanentError(
        "HighLevel does not know this address. Check the API address in the settings.",
        detail=detail,
        code="wrong_address",
        status=status,
    )


def rate_limited(headers: Mapping[str, str], now: datetime) -> RateLimited:
    """Return the 429; both limits look alike but for what is left of the day (§4)."""
    day = _whole(headers, "x-ratelimit-limit-daily", "x-ratelimit-daily-remaining")
    if day and day[1] <= 0:
        midnight = datetime.combine(now.date() + timedelta(days=1), datetime.min.time())
        return RateLimited(
            "HighLevel’s calls of today are used up. Crosswalk goes on tomorrow by "
            "itself.",
            retry_after=(midnight.replace(tzinfo=UTC) - now).total_seconds(),
            window="day",
            detail="HTTP 429, none left today",
        )
    return RateLimited(
        "HighLevel asked us to slow down. Crosswalk goes on by itself.",
        retry_after=retry_after_seconds(headers, WINDOW_SECONDS),
        detail="HTTP 429",
    )


def refusal(status: int, body: Any, message: str, detail: str) -> ConnectorError | None:
    """Return the error of refused values; None where the common table says it."""
    meta = body.get("meta") if isinstance(body, dict) else None
    if isinstance(meta, dict) and meta.get("contactId"):
        matching = str(meta.get("matchingField") or "")
        shared = f" with this {matching}" if matching else ""
        return DuplicateRefused(
            f"HighLevel already has a person{shared}.",
            remote_id=str(meta["contactId"]),
            matching_field=matching,
            detail=detail,
        )
    if status == 400 and GONE.match(message):
        return RemoteNotFound(
            "HighLevel no longer has this person.", detail=detail, status=status
        )
    fields = field_messages(body)
    if not fields:
        return None
    return RemoteRejected(
        f"HighLevel refused the change: {message}",
        detail=detail,
        status=status,
        fields=fields,
    )


def field_messages(body: Any) -> dict[str, str]:
    """Return HighLevel's messages per field key; 422 sends a list of them (§3)."""
    messages = body.get("message") if isinstance(body, dict) else None
    fields: dict[str, str] = {}
    for message in messages if isinstance(messages, list) else []:
        found = FIELD_MESSAGE.match(str(message))
        if found:
            key = found["field"]
            fields[key] = f"{fields[key]}; {message}" if key in fields else str(message)
    return fields


def _whole(headers: Mapping[str, str], *names: str) -> tuple[int, int] | None:
    """Return two headers as numbers, None unless both are there and are numbers."""
    try:
        limit, remaining = (int(headers[name]) for name in names)
    except (KeyError, ValueError):
        return None
    return limit, remaining
