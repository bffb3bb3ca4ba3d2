"""How long a workspace keeps its log, and the requests and answers in it."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from crosswalk.errors import ConfigError
from synclog.models import LogTerm
from workspaces.models import Workspace
from workspaces.services import audit

LOG_DAYS = 90
REQUEST_DAYS = 7
LONGEST = {"log": 3650, "requests": 90}


@dataclass(frozen=True, slots=True)
class Terms:
    """Days that entries are kept, and the requests and answers of their calls."""

    log_days: int = LOG_DAYS
    request_days: int = REQUEST_DAYS


def terms_of(workspace: Workspace) -> Terms:
    """Return the terms of a workspace: its own, else those of everybody."""
    own = LogTerm.objects.filter(workspace=workspace).first()
    return Terms(own.log_days, own.request_days) if own else Terms()


@transaction.atomic
def terms_set(
    *, workspace: Workspace, log_days: int, request_days: int, actor: AbstractBaseUser
) -> Terms:
    """Choose how long a workspace keeps its log. What is older goes within hours.

    Raises ConfigError for days that make no sense.
    """
    if not 1 <= log_days <= LONGEST["log"]:
        raise ConfigError(f"Keep the log between 1 and {LONGEST['log']:,} days.")
    if not 1 <= request_days <= min(LONGEST["requests"], log_days):
        raise ConfigError(
            f"Keep requests between 1 and {LONGEST['requests']} days, and no longer "
            "than the log."
        )
    wanted = {"log_days": log_days, "request_days": request_days}
    LogTerm.objects.update_or_create(workspace=workspace, defaults=wanted)
    audit(workspace=workspace, actor=actor, action="log.terms", data=wanted)
    return Terms(log_days, request_days)
