"""Rotating keys: every stored secret encrypted again under the first key.

Safe while everything runs: rows are taken in small batches, and each is written
only if it still holds what was read (a token refreshed meanwhile is already under
the first key).
"""

from __future__ import annotations

from collections.abc import Iterator

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.db import models

from crosswalk.crypto import rotate
from integrations.models import Connection, Grant, OAuthApp

BATCH = 100
COLUMNS: tuple[tuple[type[models.Model], str], ...] = (
    (Grant, "credentials"),
    (OAuthApp, "secret"),
    (Connection, "webhook_secret"),
)


def keys_rotate() -> dict[str, int]:
    """Return how many secrets were rotated, were in order, and cannot be read.

    Safe to repeat, and to stop and start again.
    """
    counts = {"rotated": 0, "already": 0, "unreadable": 0}
    for model, column in COLUMNS:
        for pk in _holders(model, column):
            counts[_rotate_one(model, column, pk)] += 1
    return counts


def unreadable() -> list[str]:
    """Return the rows whose secret none of the configured keys opens."""
    return [
        f"{model._meta.verbose_name} {pk}"
        for model, column in COLUMNS
        for pk, token in _tokens(model, column)
        if not _rotated(token)
    ]


def outdated() -> int:
    """Return how many secrets are still under an older key."""
    return sum(
        not is_current(token)
        for model, column in COLUMNS
        for _, token in _tokens(model, column)
    )


def is_current(token: str) -> bool:
    """Whether a secret is under the first key."""
    try:
        Fernet(settings.ENCRYPTION_KEYS[0]).decrypt(token.encode())
    except InvalidToken:
        return False
    return True


def _holders(model: type[models.Model], column: str) -> list[int]:
    rows = model._default_manager.exclude(**{column: ""}).order_by("pk")
    return list(rows.values_list("pk", flat=True))


def _tokens(model: type[models.Model], column: str) -> Iterator[tuple[int, str]]:
    rows = model._default_manager.exclude(**{column: ""}).order_by("pk")
    yield from rows.values_list("pk", column).iterator(chunk_size=BATCH)


def _rotate_one(model: type[models.Model], column: str, pk: int) -> str:
    rows = model._default_manager.filter(pk=pk)
    while token := rows.values_list(column, flat=True).first():
        if is_current(token):
            return "already"
        if not _rotated(token):
            return "unreadable"
        if secret_rotate(model, column, pk, token):
            return "rotated"
    return "already"  # emptied or removed meanwhile


def secret_rotate(model: type[models.Model], column: str, pk: int, token: str) -> bool:
    """Rotate one secret unless it is no longer `token`; return whether it was done."""
    rows = model._default_manager.filter(pk=pk, **{column: token})
    return bool(rows.update(**{column: _rotated(token)}))


def _rotated(token: str) -> str:
    try:
        return rotate(token)
    except InvalidToken:
        return ""
