"""API keys: made once, shown once, kept as a hash, allowed only what they are for."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import wraps
from typing import cast

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.decorators import login_not_required
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from crosswalk.clock import now
from crosswalk.errors import ConfigError
from workspaces.models import ApiKey, Workspace
from workspaces.services import audit

PREFIX = "cwk_"
MOST_KEYS = 50
USED_EVERY = timedelta(minutes=1)  # how often a use is written down
SCOPES = {
    "status": "Read how connections and syncs are going",
    "audit": "Read the audit trail",
}


class KeyRequest(HttpRequest):
    """A request of a program: its key, and the workspace it belongs to."""

    api_key: ApiKey
    workspace: Workspace


def key_hash(key: str) -> str:
    """Return what is kept of a key: it is random, so a plain hash gives nothing away."""
    return hashlib.sha256(key.encode()).hexdigest()


@transaction.atomic
def api_key_create(
    *,
    workspace: Workspace,
    name: str,
    scopes: Sequence[str],
    days: int,
    actor: AbstractBaseUser,
) -> tuple[ApiKey, str]:
    """Make a key; return its row and the key itself, which is never shown again.

    `days`: for how long it works, 0 for good. Raises ConfigError for a name in use.
    """
    key = PREFIX + secrets.token_urlsafe(32)
    rows = ApiKey.objects.filter(workspace=workspace, revoked_at__isnull=True)
    if rows.count() >= MOST_KEYS:
        raise ConfigError(
            f"A workspace has at most {MOST_KEYS} keys. Revoke one first."
        )
    try:
        with transaction.atomic():
            row = ApiKey.objects.create(
                workspace=workspace,
                name=name,
                shown=key[: len(PREFIX) + 6],
                key_hash=key_hash(key),
                scopes=[scope for scope in SCOPES if scope in scopes],
                created_by_id=actor.pk,
                expires_at=now() + timedelta(days=days) if days else None,
            )
    except IntegrityError:
        raise ConfigError("Another key has this name.") from None
    _tell(row, "api_key.created", actor)
    return row, key


@transaction.atomic
def api_key_revoke(*, key: ApiKey, actor: AbstractBaseUser) -> None:
    """End a key at once. Idempotent."""
    if key.revoked_at is None:
        key.revoked_at = now()
        key.save(update_fields=["revoked_at"])
        _tell(key, "api_key.revoked", actor)


def api_key_find(given: str) -> ApiKey | None:
    """Return the working key that somebody presents, and note that it was used."""
    if not given.startswith(PREFIX) or len(given) > 200:
        return None
    row = ApiKey.objects.filter(key_hash=key_hash(given)).select_related("workspace")
    key = row.first()
    moment = now()
    if key is None or key.revoked_at or (key.expires_at and key.expires_at <= moment):
        return None
    if key.used_at is None or moment - key.used_at >= USED_EVERY:
        ApiKey.objects.filter(pk=key.pk).update(used_at=moment)
    return key


def api(
    scope: str,
) -> Callable[[Callable[..., HttpResponseBase]], Callable[..., HttpResponseBase]]:
    """Open a view to programs whose key has a scope; others get JSON that says why."""

    def decorate(
        view: Callable[..., HttpResponseBase],
    ) -> Callable[..., HttpResponseBase]:
        @login_not_required
        @csrf_exempt
        @never_cache
        @wraps(view)
        def guarded(
            request: HttpRequest, *args: object, **kwargs: object
        ) -> HttpResponseBase:
            kind, _, given = request.headers.get("Authorization", "").partition(" ")
            key = api_key_find(given.strip()) if kind.lower() == "bearer" else None
            if key is None:
                answer = _refusal(
                    401, "Send a working key: “Authorization: Bearer cwk_…”."
                )
                answer["WWW-Authenticate"] = "Bearer"
                return answer
            if scope not in key.scopes:
                return _refusal(403, f"This key may not do this. It needs: {scope}.")
            known = cast(KeyRequest, request)
            known.api_key, known.workspace = key, key.workspace
            return view(known, *args, **kwargs)

        return guarded

    return decorate


def _refusal(status: int, words: str) -> JsonResponse:
    return JsonResponse({"error": words}, status=status)


def _tell(key: ApiKey, action: str, actor: AbstractBaseUser) -> None:
    audit(
        workspace=key.workspace,
        actor=actor,
        action=action,
        subject=key.name,
        data={"begins_with": key.shown, "scopes": key.scopes},
    )
