"""Setting a sync up: saving its settings, going live, pausing."""

from __future__ import annotations

from collections.abc import Mapping as Choices
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from crosswalk.clock import now
from crosswalk.errors import ConfigError
from integrations.models import Connection
from integrations.registry import spec
from mapping.models import Mapping
from sync.engine.guards import MOST_CANARY, Guards
from sync.models import RecordLink, Sync
from sync.setup.nights import next_night
from sync.setup.pausing import runs_go_on, runs_rest
from sync.setup.planstate import plans_outdate
from sync.setup.schedules import MANUAL, next_moment, schedule_check
from synclog.models import Event
from workspaces.models import Workspace
from workspaces.services import audit

MATCH_KEYS = ("email", "phone", "name")
FIRST_MERGE = ("left", "right", "newest", "non_empty")
CONFLICT = ("left", "right", "newest", "ask")
DELETE = ("ignore", "archive", "ask", "mirror")
LEAVING = ("keep", "unlink", "archive")
HISTORY = ("all", "new")
DEFAULTS: dict[str, Any] = {
    "match": list(MATCH_KEYS),
    "first_merge": "non_empty",
    "conflict": "newest",
    "delete": "ignore",
    "leaving": "keep",
    "history": "all",
    "schedule": {"every_minutes": 5},
    "guards": {},
}
SETTINGS = tuple(DEFAULTS)
COLUMNS = {"delete": "delete_policy"}  # where the column has another name
MAX_NAME_LENGTH = 80


@transaction.atomic
def sync_save(
    *,
    workspace: Workspace,
    name: str,
    left: Connection,
    right: Connection,
    match: Sequence[str],
    first_merge: str,
    conflict: str,
    delete: str,
    history: Any,
    schedule: Any,
    actor: AbstractBaseUser | None,
    leaving: str = "keep",
    guards: Choices[str, Any] | None = None,
) -> Sync:
    """Create the sync of a name or change its settings. Idempotent.

    Raises ConfigError with the key of the setting that cannot be used.
    """
    wanted: dict[str, Any] = {
        "match": _match(match),
        "first_merge": _choice("first_merge", first_merge, FIRST_MERGE),
        "conflict": _choice("conflict", conflict, CONFLICT),
        "delete_policy": _choice("delete", delete, DELETE),
        "leaving": _choice("leaving", leaving, LEAVING),
        "history": _history(history),
    }
    if guards is not None:  # else they stay as they are
        wanted["guards"] = _guards(guards)
    sync = (
        Sync.objects.select_for_update().filter(workspace=workspace, name=name).first()
    )
    wanted["schedule"] = schedule_check(
        schedule, [spec(left.kind), spec(right.kind)], _polled(sync)
    )
    _must_be_pair(workspace, sync, left, right)
    if sync is None:
        return _create(workspace, name, left, right, wanted, actor)
    return _change(sync, {"left": left, "right": right, **wanted}, actor)


def _polled(sync: Sync | None) -> list[str]:
    """Return the object types that a sync's polls are about; contacts to begin with."""
    mapped = sync.mappings.values_list("object_type", flat=True) if sync else ()
    return list(mapped) or ["contact"]


@transaction.atomic
def sync_rename(*, sync: Sync, name: str, actor: AbstractBaseUser | None) -> Sync:
    """Give a sync another name that no other one of the workspace has. Idempotent."""
    sync = _locked(sync)
    if sync.name == name:
        return sync
    if not 1 <= len(name.strip()) <= MAX_NAME_LENGTH:
        raise ConfigError(f"must have 1 to {MAX_NAME_LENGTH} characters", path="name")
    if Sync.objects.filter(workspace=sync.workspace, name=name).exists():
        raise ConfigError("another sync has this name", path="name")
    changes = {"name": [sync.name, name]}
    sync.name = name
    sync.save(update_fields=["name"])
    tell(sync, "sync.config_changed", actor, {"changes": changes})
    return sync


@transaction.atomic
def sync_go_live(*, sync: Sync, actor: AbstractBaseUser | None, tested: bool) -> Sync:
    """Switch a sync on; it polls from its next slot. Idempotent.

    `tested` goes into the audit trail: whether a plan was seen before.
    """
    sync = _locked(sync)
    if sync.state == Sync.State.LIVE:
        return sync
    _must_be_ready(sync)
    before = sync.state
    sync.state = Sync.State.LIVE
    sync.paused_reason = ""
    # the first time stands
    sync.went_live_at = sync.went_live_at or now()
    sync.next_poll_at = next_poll_after(sync, now())
    sync.next_reconcile_at = next_reconcile_after(sync, now())
    sync.save()
    runs_go_on(sync)
    tell(sync, "sync.went_live", actor, {"before": before, "tested": tested})
    return sync


@transaction.atomic
def sync_pause(*, sync: Sync, actor: AbstractBaseUser | None, reason: str = "") -> Sync:
    """Stop a sync and its runs until it is resumed; nothing it remembers is lost.

    A run under way keeps its place. Idempotent.
    """
    sync = _locked(sync)
    if sync.state == Sync.State.PAUSED:
        return sync
    before = sync.state
    sync.state = Sync.State.PAUSED
    sync.paused_reason = reason[:400]
    sync.next_poll_at = sync.next_reconcile_at = None
    sync.save()
    runs_rest(sync)
    tell(sync, "sync.paused", actor, {"before": before, "reason": reason})
    return sync


@transaction.atomic
def sync_resume(*, sync: Sync, actor: AbstractBaseUser | None) -> Sync:
    """Go on after a pause: the run that rests, then one poll for all that was missed."""
    sync = _locked(sync)
    if sync.state != Sync.State.PAUSED:
        return sync
    if sync.canary_id is not None:
        raise ConfigError(
            f"The first people of “{sync.name}” are written, and the rest waits for "
            "you. Go on with the rest, or test again.",
            path="state",
        )
    _must_be_ready(sync)
    sync.state = Sync.State.LIVE
    sync.paused_reason = ""
    sync.went_live_at = sync.went_live_at or now()
    sync.next_poll_at = None if sync.schedule in (MANUAL, {}) else now()
    sync.next_reconcile_at = next_reconcile_after(sync, now())
    sync.save()
    runs_go_on(sync)
    tell(sync, "sync.resumed", actor, {})
    return sync


@transaction.atomic
def sync_to_draft(*, sync: Sync, actor: AbstractBaseUser | None) -> Sync:
    """Switch a sync off again as one that never went live. Idempotent."""
    sync = _locked(sync)
    if sync.state in (Sync.State.DRAFT, Sync.State.TESTED):
        return sync
    before = sync.state
    sync.state = Sync.State.DRAFT
    sync.paused_reason = ""
    sync.canary = None
    sync.next_poll_at = sync.next_reconcile_at = None
    sync.save()
    runs_rest(sync)
    changes = {"state": [before, sync.state]}
    tell(sync, "sync.config_changed", actor, {"changes": changes})
    return sync


def next_poll_after(sync: Sync, moment: datetime) -> datetime | None:
    """Return when a sync polls next after a moment, None when only by hand."""
    return next_moment(sync.schedule, sync.workspace.time_zone, moment)


def next_reconcile_after(sync: Sync, moment: datetime) -> datetime | None:
    """Return when a sync next compares everything, None when it looks up nothing by
    itself."""
    if sync.schedule in (MANUAL, {}):
        return None
    return next_night(sync.pk, sync.workspace.time_zone, moment)


def _locked(sync: Sync) -> Sync:
    return (
        Sync.objects.select_for_update(of=("self",))
        .select_related("workspace", "left", "right")
        .get(pk=sync.pk)
    )


def tell(
    sync: Sync, what: str, actor: AbstractBaseUser | None, data: dict[str, Any]
) -> None:
    """Put a change of a sync into the audit trail and the outbox."""
    audit(
        workspace=sync.workspace, actor=actor, action=what, subject=sync.name, data=data
    )
    Event.objects.create(
        workspace=sync.workspace,
        type=what,
        payload={"sync": sync.pk, "name": sync.name, **data},
    )


def _create(
    workspace: Workspace,
    name: str,
    left: Connection,
    right: Connection,
    wanted: dict[str, Any],
    actor: AbstractBaseUser | None,
) -> Sync:
    if not 1 <= len(name.strip()) <= MAX_NAME_LENGTH:
        raise ConfigError(f"must have 1 to {MAX_NAME_LENGTH} characters", path="name")
    sync = Sync.objects.create(
        workspace=workspace,
        name=name,
        left=left,
        right=right,
        history_since=_history_since(wanted),
        **wanted,
    )
    tell(sync, "sync.created", actor, {"settings": wanted})
    return sync


def _change(sync: Sync, wanted: dict[str, Any], actor: AbstractBaseUser | None) -> Sync:
    changes = {
        key: [_shown(getattr(sync, key)), _shown(value)]
        for key, value in wanted.items()
        if getattr(sync, key) != value
    }
    if not changes:
        return sync
    for key, value in wanted.items():
        setattr(sync, key, value)
    if "history" in changes:
        sync.history_since = _history_since(wanted)
    if "schedule" in changes and sync.state == Sync.State.LIVE:
        sync.next_poll_at = next_poll_after(sync, now())
        sync.next_reconcile_at = next_reconcile_after(sync, now())
    sync.save()
    tell(sync, "sync.config_changed", actor, {"changes": changes})
    if changes.keys() - {"schedule"}:
        plans_outdate(sync=sync)
    return sync


def _shown(value: Any) -> Any:
    return value.name if isinstance(value, Connection) else value


def _must_be_pair(
    workspace: Workspace, sync: Sync | None, left: Connection, right: Connection
) -> None:
    if {left.workspace_id, right.workspace_id} != {workspace.pk}:
        raise ConfigError("both connections must be of this workspace", path="left")
    if left.pk == right.pk:
        raise ConfigError("must be another connection than left", path="right")
    pair = [left.pk, right.pk]
    other = (
        Sync.objects.filter(workspace=workspace, left__in=pair, right__in=pair)
        .exclude(pk=sync.pk if sync else 0)
        .first()
    )
    if other is not None:
        raise ConfigError(
            f"the sync “{other.name}” already joins these two connections; change it "
            "instead",
            path="left",
        )
    if sync and (sync.left_id, sync.right_id) != (left.pk, right.pk):
        _must_be_movable(sync, left, right)


def _must_be_movable(sync: Sync, left: Connection, right: Connection) -> None:
    path = "left" if sync.left_id != left.pk else "right"
    same_kinds = (sync.left.kind, sync.right.kind) == (left.kind, right.kind)
    mapped = Mapping.objects.filter(workspace_id=sync.workspace_id, sync_id=sync.pk)
    if (
        RecordLink.objects.filter(sync=sync).exists()
        or sync.runs.exists()
        or (mapped.exists() and not same_kinds)
    ):
        raise ConfigError(
            f"the sync “{sync.name}” remembers the people of its two connections and "
            "cannot be moved to others; make a new sync under another name",
            path=path,
        )


def _must_be_ready(sync: Sync) -> None:
    mappings = Mapping.objects.filter(workspace_id=sync.workspace_id, sync_id=sync.pk)
    if not mappings.exclude(published=None).exists():
        raise ConfigError(
            f"“{sync.name}” has no published mapping yet. Map its fields first.",
            path="objects",
        )


def _choice(key: str, value: Any, allowed: Sequence[str]) -> str:
    if value not in allowed:
        raise ConfigError(f"must be one of {', '.join(allowed)}", path=key)
    return str(value)


def _match(value: Sequence[str]) -> list[str]:
    keys = list(value)
    if not keys or len(set(keys)) != len(keys) or not set(keys) <= set(MATCH_KEYS):
        raise ConfigError(
            f"must be a list of {', '.join(MATCH_KEYS)}, each at most once",
            path="match",
        )
    return keys


def _guards(value: Choices[str, Any]) -> dict[str, int]:
    """Return guards as stored: only what differs from the usual."""
    usual = asdict(Guards())
    for key, chosen in value.items():
        path = f"guards.{key}"
        if key not in usual:
            raise ConfigError("is not a guard", path=path)
        if isinstance(chosen, bool) or not isinstance(chosen, int):
            raise ConfigError("must be a whole number", path=path)
        most = 100 if key.endswith("_percent") else MOST_CANARY
        if not 0 <= chosen <= most:
            raise ConfigError(f"must be from 0 to {most:,}", path=path)
    return {key: each for key, each in value.items() if each != usual[key]}


def _history_since(wanted: Choices[str, Any]) -> datetime | None:
    """Return from when a history choice made now counts, None when it says so itself.

    Not from when the sync goes live: what a test has shown is what the run does.
    """
    return now() if wanted["history"] == "new" else None


def _history(value: Any) -> Any:
    if value in HISTORY:
        return value
    since = value.get("since") if isinstance(value, dict) and len(value) == 1 else None
    if isinstance(since, date):
        return {"since": since.isoformat()[:10]}
    try:
        return {"since": date.fromisoformat(since or "").isoformat()}
    except (TypeError, ValueError):
        raise ConfigError(
            "must be all, new or {since: DATE} with a date as in 2026-01-31",
            path="history",
        ) from None
