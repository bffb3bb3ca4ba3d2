"""The audit trail of what people decide."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AbstractBaseUser

from sync.models import Sync
from workspaces.services import audit


def choice_audit(
    sync: Sync,
    actor: AbstractBaseUser | None,
    action: str,
    subject: str,
    data: dict[str, Any],
) -> None:
    """Note who decided what of whom (`subject`) in a sync."""
    audit(
        workspace=sync.workspace,
        actor=actor,
        action=action,
        subject=subject,
        data={"sync": sync.name, **data},
    )
