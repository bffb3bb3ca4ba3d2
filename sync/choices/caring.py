"""Whose a cause is, and putting it aside: the people go on failing and being tried."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from crosswalk.errors import ConfigError
from sync.choices.auditing import choice_audit
from sync.failing import Cause, failing_of
from sync.models import CauseCare
from workspaces.models import Membership

MAX_REASON = 200


def cause_put_aside(
    *, cause: Cause, until: datetime | None, reason: str, actor: AbstractBaseUser | None
) -> CauseCare:
    """Take a cause off the list until a moment, or (None) until somebody brings it back.

    Raises ConfigError when it is to stay away for good and nobody said why, or when
    nobody fails of it any more.
    """
    reason = " ".join(reason.split())[:MAX_REASON]
    if until is None and not reason:
        raise ConfigError("Say why this is to be ignored, for whoever finds it later.")
    return _care(
        cause,
        actor,
        "cause.put_aside",
        {"is_aside": True, "until": until, "reason": reason},
    )


def cause_bring_back(*, cause: Cause, actor: AbstractBaseUser | None) -> CauseCare:
    """Have a cause on the list again."""
    back = {"is_aside": False, "until": None, "reason": ""}
    return _care(cause, actor, "cause.brought_back", back)


def cause_assign(
    *, cause: Cause, member: Membership | None, actor: AbstractBaseUser | None
) -> CauseCare:
    """Say which member sees to a cause, or (None) that nobody does."""
    return _care(
        cause, actor, "cause.assigned", {"owner": member.user if member else None}
    )


@transaction.atomic
def _care(
    cause: Cause, actor: AbstractBaseUser | None, action: str, change: dict[str, Any]
) -> CauseCare:
    if not failing_of(cause).exists():
        raise ConfigError("Nobody fails of this any more.")
    care, _ = CauseCare.objects.update_or_create(
        sync=cause.sync,
        code=cause.code,
        field_map=cause.line,
        defaults={**change, "set_by_id": actor.pk if actor else None},
    )
    said = {key: str(value) for key, value in change.items() if value}
    choice_audit(cause.sync, actor, action, cause.code, {"line": cause.line, **said})
    return care
