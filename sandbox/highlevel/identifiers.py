"""Identifiers and times in HighLevel's forms."""

from __future__ import annotations

import random
import string
import uuid
from datetime import UTC, datetime

# Contacts, locations, users, tasks, notes and calendars carry 20 alphanumerics;
# businesses, apps and versions 24 hex digits; deliveries and traces a UUID (§6.1).
ALPHANUMERIC = string.ascii_letters + string.digits
_fresh = random.SystemRandom()


def short_id(source: random.Random | None = None) -> str:
    """Twenty alphanumerics; repeatable when the caller brings its own source."""
    return "".join((source or _fresh).choices(ALPHANUMERIC, k=20))


def hex_id(source: random.Random | None = None) -> str:
    return f"{(source or _fresh).getrandbits(96):024x}"


def uuid_id() -> str:
    return str(uuid.uuid4())


def iso(moment: datetime) -> str:
    """The moment as ``2021-07-02T05:18:26.704Z``."""
    utc = moment.astimezone(UTC)
    return utc.strftime("%Y-%m-%dT%H:%M:%S.") + f"{utc.microsecond // 1000:03d}Z"


def iso_from_milliseconds(value: int) -> str:
    return iso(datetime.fromtimestamp(value / 1000, UTC))


def milliseconds(text: str) -> int:
    """The epoch milliseconds of an ISO time; a time without zone counts as UTC.

    Raises ValueError when the text is no time.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return round(moment.timestamp() * 1000)
