"""Signatures of our own webhooks, by Standard Webhooks (standardwebhooks.com).

The secret is "whsec_" and base64 of 32 bytes; signed are id, time and body, so that a
receiver can tell a forged, a changed and a replayed message.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from datetime import datetime

PREFIX = "whsec_"


def secret_new() -> str:
    """Return a fresh secret of 256 bits."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def signed_headers(
    secret: str, message_id: str, moment: datetime, body: bytes
) -> Mapping[str, str]:
    """Return the headers by which a receiver knows that a body is ours."""
    stamp = str(int(moment.timestamp()))
    key = base64.b64decode(secret.removeprefix(PREFIX))
    content = b".".join((message_id.encode(), stamp.encode(), body))
    signature = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest())
    return {
        "webhook-id": message_id,
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{signature.decode()}",
    }
