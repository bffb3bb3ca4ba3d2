"""The first owner: who may become it, and making it exactly once."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from urllib.parse import urlsplit

from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.urls import reverse
from django.utils.crypto import constant_time_compare

from crosswalk.errors import CrosswalkError
from workspaces.models import Membership, Workspace
from workspaces.selectors import owner_exists
from workspaces.services import audit, workspace_create

LOOPBACK_HOSTS = {"localhost", "127.0.0.1", "::1"}
LOCK = 4_201_976  # any number, the same everywhere: PostgreSQL's advisory lock


class OwnerExists(CrosswalkError):
    """Somebody else was first."""

    code = "owner_exists"


def owner_link_needed() -> bool:
    """Return whether a stranger could reach the first visit.

    A loopback bind behind a reverse proxy with a public address counts as reachable.
    """
    is_local = urlsplit(settings.BASE_URL).hostname in LOOPBACK_HOSTS
    return not (settings.IS_LOOPBACK and is_local)


def owner_link_path() -> Path:
    return Path(settings.DATA_DIR) / "owner-link"


def owner_link_key() -> str:
    """Return the one-time key of the first visit, made on first use (0600)."""
    path = owner_link_path()
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="utf-8").strip()
    key = secrets.token_urlsafe(32)
    with os.fdopen(descriptor, "w", encoding="utf-8") as handle:
        handle.write(key)
    return key


def owner_link() -> str | None:
    """Return the address to print at start, while there is no owner yet."""
    if owner_exists():
        return None
    url = f"{settings.BASE_URL}{reverse('welcome')}"
    return f"{url}?key={owner_link_key()}" if owner_link_needed() else url


def owner_link_fits(key: str) -> bool:
    """Return whether the first visit may go on with this key."""
    if not owner_link_needed():
        return True
    kept = owner_link_key()
    return bool(kept) and constant_time_compare(key, kept)


def owner_create(
    *, workspace_name: str, email: str, password: str, time_zone: str
) -> tuple[User, Workspace]:
    """Make the first account and its workspace; raise OwnerExists for all but one."""
    user = user_build(email)
    user.set_password(password)  # slow by design: before the lock
    with transaction.atomic():
        _one_at_a_time()
        if owner_exists():
            raise OwnerExists(
                "Somebody has created the owner account already. Ask them to add you."
            )
        user.save()
        EmailAddress.objects.create(
            user=user, email=user.email, primary=True, verified=True
        )
        imported = _adopt(user)
        workspace = imported.get(workspace_name) or workspace_create(
            name=workspace_name, time_zone=time_zone, owner=user
        )
    owner_link_path().unlink(missing_ok=True)
    return user, workspace


def _adopt(user: User) -> dict[str, Workspace]:
    """Give the first owner the workspaces made by the command line, by name."""
    nobodys = list(Workspace.objects.filter(memberships=None))
    for workspace in nobodys:
        Membership.objects.create(
            workspace=workspace, user=user, role=Membership.Role.OWNER
        )
        audit(
            workspace=workspace, actor=user, action="member.added", subject=user.email
        )
    return {workspace.name: workspace for workspace in nobodys}


def user_build(email: str) -> User:
    """Return an unsaved account; people sign in by e-mail, the user name is filler."""
    adapter = get_adapter()
    username = adapter.generate_unique_username([email.partition("@")[0], "person"])
    return User(username=username, email=email.lower())


def _one_at_a_time() -> None:
    """Let one transaction in at a time; SQLite's IMMEDIATE ones already are."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
