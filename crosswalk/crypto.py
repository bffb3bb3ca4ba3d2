"""Encryption at rest: secrets as MultiFernet tokens under a rotatable key list."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

from crosswalk.errors import ConfigError


@lru_cache(maxsize=4)
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def fernet() -> MultiFernet:
    """Return the cipher of the configured keys; the first one encrypts."""
    keys = tuple(settings.ENCRYPTION_KEYS)
    if not keys:
        raise ConfigError("CROSSWALK_ENCRYPTION_KEYS is not set.")
    return _fernet(keys)


def encrypt(data: Mapping[str, Any]) -> str:
    """Return plain JSON data as an encrypted text column."""
    return fernet().encrypt(json.dumps(data).encode()).decode()


def decrypt(token: str) -> dict[str, Any]:
    """Return the data of `encrypt`, {} for an empty column.

    Raises ConfigError when none of the configured keys fits.
    """
    if not token:
        return {}
    try:
        data: dict[str, Any] = json.loads(fernet().decrypt(token.encode()))
    except InvalidToken as exc:
        raise ConfigError(
            "A stored credential cannot be decrypted: the key it was written with is "
            "missing from CROSSWALK_ENCRYPTION_KEYS."
        ) from exc
    return data


def rotate(token: str) -> str:
    """Return the same secret encrypted under the first key."""
    return fernet().rotate(token.encode()).decode() if token else token


def keyed_hash(value: str) -> str:
    """Return a hash that only this installation can compute, to compare secrets."""
    key = settings.SECRET_KEY.encode()
    return hmac.new(key, value.encode(), hashlib.sha256).hexdigest()
