"""The column of a secret: text that `crosswalk.crypto.encrypt` made, or nothing.

A column of this type is found by key rotation and by the doctor without being listed
anywhere; one of another type is not, so no secret belongs there (a test looks).
"""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db import models


class SecretField(models.TextField):  # type: ignore[type-arg]
    """A text column of encrypted JSON; to migrations a plain one."""

    def deconstruct(self) -> tuple[str, str, Any, Any]:
        name, _path, args, kwargs = super().deconstruct()
        return str(name), "django.db.models.TextField", args, kwargs


def secret_columns() -> list[tuple[type[models.Model], str]]:
    """Return (model, column) of every secret there is, in a fixed order."""
    found = [
        (model, field.name)
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, SecretField)
    ]
    return sorted(found, key=lambda each: (each[0]._meta.label, each[1]))
