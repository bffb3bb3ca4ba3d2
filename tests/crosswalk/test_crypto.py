"""Secrets at rest: encrypted, readable under any configured key, rotated to the first."""

from __future__ import annotations

import pytest
from cryptography.fernet import Fernet
from pytest_django import Settings

from crosswalk.crypto import decrypt, encrypt, keyed_hash, rotate
from crosswalk.errors import ConfigError

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()
SECRET = {"refresh_token": "1000.canary.value", "expires_in": 3600}


def test_a_secret_comes_back_and_is_not_readable_at_rest() -> None:
    token = encrypt(SECRET)

    assert decrypt(token) == SECRET
    assert "canary" not in token


def test_an_empty_column_is_an_empty_secret() -> None:
    assert decrypt("") == {}
    assert rotate("") == ""


def test_rotating_moves_a_secret_to_the_first_key(settings: Settings) -> None:
    settings.ENCRYPTION_KEYS = [OLD]
    token = encrypt(SECRET)

    settings.ENCRYPTION_KEYS = [NEW, OLD]
    assert decrypt(token) == SECRET
    rotated = rotate(token)

    settings.ENCRYPTION_KEYS = [NEW]
    assert decrypt(rotated) == SECRET
    with pytest.raises(ConfigError):
        decrypt(token)


def test_a_missing_key_is_explained(settings: Settings) -> None:
    token = encrypt(SECRET)
    settings.ENCRYPTION_KEYS = [NEW]

    with pytest.raises(ConfigError, match="missing from CROSSWALK_ENCRYPTION_KEYS"):
        decrypt(token)


def test_no_keys_at_all_is_explained(settings: Settings) -> None:
    settings.ENCRYPTION_KEYS = []

    with pytest.raises(ConfigError, match="CROSSWALK_ENCRYPTION_KEYS is not set"):
        encrypt(SECRET)


def test_a_keyed_hash_depends_on_the_installation(settings: Settings) -> None:
    here = keyed_hash("token")
    settings.SECRET_KEY = "another installation's key"

    assert keyed_hash("token") != here
