"""Rotating keys: every stored secret encrypted again under the first key.

Safe while everything runs: rows are taken in small batches without a transaction
around them, and each is written only if it still holds what was read (a token
refreshed meanwhile is already under the first key). Which columns hold secrets is read
from the models (`crosswalk.secretfield`), so a new one cannot be forgotten.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.db import models

from crosswalk.crypto import rotate
from crosswalk.secretfield import secret_columns

BATCH = 100
PASSES = 3  # a process may have written under an older key behind the first one
RESULTS = ("rotated", "already", "unreadable")

Column = tuple[type[models.Model], str]


@dataclass(slots=True)
class Rotation:
    """What a rotation did: results over all, by column, and what is left to do."""

    counts: Counter[str] = field(default_factory=Counter)
    columns: dict[str, Counter[str]] = field(default_factory=dict)
    outdated: int = 0  # still under an older key when it was done

    def as_json(self) -> dict[str, object]:
        return {
            **{name: self.counts[name] for name in RESULTS},
            "outdated": self.outdated,
            "columns": {
                name: {result: found[result] for result in RESULTS}
                for name, found in self.columns.items()
            },
        }


def keys_rotate() -> Rotation:
    """Put every secret under the first key, and return what was done.

    Safe to repeat, and to be killed and started again: it goes on where it was. What
    running processes wrote under an older key behind it is looked for at the end.
    """
    done = Rotation()
    for column in secret_columns():
        done.columns[column_name(column)] = found = Counter[str]()
        for pk in holders(column):
            found[rotate_one(column, pk)] += 1
        done.counts += found
    for _ in range(PASSES):
        late = list(outdated_rows())
        if not late:
            return done
        for column, pk in late:
            result = rotate_one(column, pk)
            done.counts["rotated"] += result == "rotated"
            done.columns[column_name(column)]["rotated"] += result == "rotated"
    done.outdated = outdated()
    return done


def column_name(column: Column) -> str:
    """Return how a column is called in reports: “grant.credentials”."""
    model, name = column
    return f"{model._meta.model_name}.{name}"


def unreadable() -> list[str]:
    """Return the rows whose secret none of the configured keys opens."""
    return [
        f"{column[0]._meta.verbose_name} {pk}"
        for column in secret_columns()
        for pk, token in secrets_in(column)
        if not rotated(token)
    ]


def outdated() -> int:
    """Return how many secrets are still under an older key."""
    return sum(
        not is_current(token)
        for column in secret_columns()
        for _, token in secrets_in(column)
    )


def outdated_rows() -> Iterator[tuple[Column, int]]:
    """Yield what is under an older key and can be read."""
    for column in secret_columns():
        for pk, token in secrets_in(column):
            if not is_current(token) and rotated(token):
                yield column, pk


def is_current(token: str) -> bool:
    """Whether a secret is under the first key."""
    try:
        Fernet(settings.ENCRYPTION_KEYS[0]).decrypt(token.encode())
    except InvalidToken:
        return False
    return True


def holders(column: Column) -> Iterator[int]:
    """Yield the rows that hold a secret, batch by batch; rows made meanwhile too."""
    for batch in batches(column):
        yield from (pk for pk, _ in batch)


def secrets_in(column: Column) -> Iterator[tuple[int, str]]:
    """Yield (row, secret) of a column."""
    for batch in batches(column):
        yield from batch


def batches(column: Column) -> Iterator[list[tuple[int, str]]]:
    """Yield a column's rows in order, a few at a time: no query stays open."""
    model, name = column
    last = 0
    while True:
        rows = model._default_manager.filter(pk__gt=last).exclude(**{name: ""})
        batch = list(rows.order_by("pk").values_list("pk", name)[:BATCH])
        if not batch:
            return
        yield batch
        last = batch[-1][0]


def rotate_one(column: Column, pk: int) -> str:
    """Rotate the secret of one row as it is now; return which result it had."""
    model, name = column
    rows = model._default_manager.filter(pk=pk)
    while token := rows.values_list(name, flat=True).first():
        if is_current(token):
            return "already"
        if not rotated(token):
            return "unreadable"
        if secret_rotate(column, pk, token):
            return "rotated"
    return "already"  # emptied or removed meanwhile


def secret_rotate(column: Column, pk: int, token: str) -> bool:
    """Rotate one secret unless it is no longer `token`; return whether it was done."""
    model, name = column
    rows = model._default_manager.filter(pk=pk, **{name: token})
    return bool(rows.update(**{name: rotated(token)}))


def rotated(token: str) -> str:
    """Return a secret under the first key, "" when no key opens it."""
    try:
        return rotate(token)
    except InvalidToken:
        return ""
