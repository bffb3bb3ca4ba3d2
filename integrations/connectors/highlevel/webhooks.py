"""HighLevel's webhooks: signatures over the exact bytes; events.py reads them.

Header            signs with                      state (sheet §9.1)
x-ghl-signature   Ed25519                         current
x-wh-signature    RSA, PKCS#1 v1.5 with SHA-256   legacy, announced to stop

All events of an app reach one address; `locationId` says whose they are.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from functools import lru_cache

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from crosswalk.errors import ConfigError, WebhookRejected
from integrations.connectors.base import WebhookRequest

Key = Ed25519PublicKey | RSAPublicKey
CURRENT, LEGACY = "x-ghl-signature", "x-wh-signature"
# Base64 of DER, the same for all apps: WebhookIntegrationGuide and
# docs/oauth/WebhookAuthentication.md of the vendor (sheet §9.1).
BUILTIN_KEYS = (
    "MCowBQYDK2VwAyEAi2HR1srL4o18O8BRa7gVJY7G7bupbN3H9AwJrHCDiOg=",
    "MIICIjANBgkqhkiG9w0BAQEFAAOCAg8AMIICCgKCAgEAokvo/r9tVgcfZ5DysOSC"
    "Frm602qYV0MaAiNnX9O8KxMbiyRKWeL9JpCpVpt4XHIcBOK4u3cLSqJGOLaPuXw6"
    "dO0t6Q/ZVdAV5Phz+ZtzPL16iCGeK9po6D6JHBpbi989mmzMryUnQJezlYJ3DVfB"
    "csedpinheNnyYeFXolrJvcsjDtfAeRx5ByHQmTnSdFUzuAnC9/GepgLT9SM4nCpv"
    "uxmZMxrJt5Rw+VUaQ9B8JSvbMPpez4peKaJPZHBbU3OdeCVx5klVXXZQGNHOs8gF"
    "3kvoV5rTnXV0IknLBXlcKKAQLZcY/Q9rG6Ifi9c+5vqlvHPCUJFT5XUGG5RKgOKU"
    "J062fRtN+rLYZUV+BjafxQauvC8wSWeYja63VSUruvmNj8xkx2zE/Juc+yjLjTXp"
    "IocmaiFeAO6fUtNjDeFVkhf5LNb59vECyrHD2SQIrhgXpO4Q3dVNA5rw576PwTzN"
    "h/AMfHKIjE4xQA1SZuYJmNnmVZLIZBlQAF9Ntd03rfadZ+yDiOXCCs9FkHibELhC"
    "HULgCsnuDJHcrGNd5/Ddm5hxGQ0ASitgHeMZ0kcIOwKDOzOU53lDza6/Y09T7sYJ"
    "PQe7z0cvj7aE4B+Ax1ZoZGPzpJlZtGXCsu9aTEGEnKzmsFqwcSsnw3JB31IGKAyk"
    "T1hhTiaCeIY/OwwwNUY2yvcCAwEAAQ==",
)


# Which header proves a delivery, and with which kind of key: the first that is there.
# Several keys of a kind may be in force while the vendor changes over.
SCHEMES: tuple[tuple[str, type[Ed25519PublicKey] | type[RSAPublicKey]], ...] = (
    (CURRENT, Ed25519PublicKey),
    (LEGACY, RSAPublicKey),
)


def verify(request: WebhookRequest, *, keys: Sequence[str], secret: str = "") -> None:
    """Check the signature of the exact bytes; WebhookRejected unless one holds.

    Where the current signature is present and can be checked, the legacy one does not
    count any more, or an attacker could choose the weaker.
    """
    loaded = [public_key(key) for key in keys or BUILTIN_KEYS]
    for header, kind in SCHEMES:
        candidates = [key for key in loaded if isinstance(key, kind)]
        signature = signature_in(request, header)
        if signature and candidates:
            if any(is_signed(key, signature, request.body) for key in candidates):
                return
            raise WebhookRejected("The signature does not fit.", status=401)
    raise WebhookRejected("The delivery is not signed.", status=401)


def signature_in(request: WebhookRequest, header: str) -> bytes:
    """Return a signature, empty when absent: HighLevel may also send “N/A” (§9.1)."""
    value = request.headers.get(header, "").strip()
    if value.upper() in {"", "N/A"}:
        return b""
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return value.encode()  # present, and never right


def is_signed(key: Key, signature: bytes, body: bytes) -> bool:
    """Say whether a signature is that of the body."""
    try:
        if isinstance(key, Ed25519PublicKey):
            key.verify(signature, body)
        else:
            key.verify(signature, body, PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True


@lru_cache(maxsize=16)
def public_key(encoded: str) -> Key:
    """Return a key of base64 DER; ConfigError when it is none that can verify."""
    try:
        key = load_der_public_key(base64.b64decode(encoded))
    except (ValueError, UnsupportedAlgorithm) as exc:
        raise bad_key() from exc
    if not isinstance(key, Ed25519PublicKey | RSAPublicKey):
        raise bad_key()
    return key


def bad_key() -> ConfigError:
    """Return the error of a key that cannot be used."""
    return ConfigError(
        "A webhook public key of HighLevel cannot be read. It must be an Ed25519 or RSA "
        "key as base64 of DER.",
        path="HIGHLEVEL_WEBHOOK_PUBLIC_KEYS",
    )
