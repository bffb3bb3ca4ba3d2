"""Secrets that deliveries are signed with: the new one, and for a day the old one.

A person changes the secret here and at the vendor, one after the other; what is sent
meanwhile is signed with either.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from crosswalk.clock import now
from crosswalk.crypto import decrypt, encrypt

CHANGE_OVER = timedelta(days=1)


def secret_stored(before: str, secret: str) -> str:
    """Return the column that holds a new secret and what was in force before.

    Clearing it ends the old one, too; a first secret has none beside it, so that an
    unsigned delivery is refused at once.
    """
    if not secret:
        return ""
    data = {"secret": secret}
    old = str(decrypt(before).get("secret", ""))
    if old and old != secret:
        until = now() + CHANGE_OVER
        data |= {"previous": old, "previous_until": until.isoformat()}
    return encrypt(data)


def secrets_in_force(stored: str) -> tuple[str, ...]:
    """Return the secrets that count now, the newest first; ("",) for none at all."""
    data = decrypt(stored)
    found = [str(data.get("secret", ""))]
    until = str(data.get("previous_until", ""))
    if until and datetime.fromisoformat(until) > now():
        found.append(str(data["previous"]))
    return tuple(found)
