"""Importing the syncs of a configuration file, with their mappings and states."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from config.configerrors import placed
from config.configexport import sync_part
from config.configfile import ChildPart, ObjectPart, SyncPart
from crosswalk.errors import ConfigError
from integrations.models import Connection
from mapping.defaults import default_field_maps
from mapping.models import Mapping
from mapping.pairings import pairing
from mapping.selectors import published_lines
from mapping.services import (
    line_normal,
    mapping_publish,
    mapping_save,
    mapping_warnings,
)
from sync.models import Sync
from sync.setup.filters import filters_save
from sync.setup.saving import (
    DEFAULTS,
    sync_go_live,
    sync_pause,
    sync_resume,
    sync_save,
    sync_to_draft,
)
from synclog.models import SyncRun
from workspaces.models import Workspace
from workspaces.services import audit

PAUSED_BY_FILE = "Paused by the configuration file."


@dataclass(frozen=True, slots=True)
class ImportedSync:
    """A sync as it is after the import, and what the import did to it."""

    sync: Sync
    result: str  # created, updated, unchanged
    warnings: tuple[str, ...] = ()  # values that do not come back as they went


def sync_import(part: SyncPart, *, path: str, workspace: Workspace) -> ImportedSync:
    """Make or update one sync. Keys that the file leaves out stay as they are."""
    existing = Sync.objects.filter(workspace=workspace, name=part.name).first()
    before = sync_part(existing) if existing else None
    kept = {key: before[key] for key in DEFAULTS} if before else DEFAULTS
    with placed(path):
        sync = sync_save(
            workspace=workspace,
            name=part.name,
            left=_connection(workspace, part.left, "left"),
            right=_connection(workspace, part.right, "right"),
            actor=None,
            **_settings(kept, part),
        )
    with placed(f"{path}.objects.contact"):
        warnings = _mapping_import(sync, "contact", _contact(part))
        _filters_import(sync, part)
    for key, wanted in (part.objects.children() if part.objects else {}).items():
        with placed(f"{path}.objects.{key}"):
            warnings += _mapping_import(sync, key, wanted)
    with placed(path):
        if existing is None or "state" in part.model_fields_set:
            _state_import(sync, part.state)
    sync.refresh_from_db()
    if before == sync_part(sync):
        return ImportedSync(sync, "unchanged")
    return ImportedSync(sync, "updated" if before else "created", tuple(warnings))


def syncs_prune(workspace: Workspace, kept: set[str]) -> list[str]:
    """Remove the syncs that the file does not name; return their names.

    Raises ConfigError while one of them is running.
    """
    removed = []
    for sync in Sync.objects.filter(workspace=workspace).exclude(name__in=kept):
        running = sync.runs.filter(state__in=SyncRun.ACTIVE)
        if any(run.is_held for run in running):
            raise ConfigError(
                f"“{sync.name}” is not in the file and would be removed, but it is "
                "running now; import again when it has ended",
                path="syncs",
            )
        audit(workspace=workspace, action="sync.removed", subject=sync.name)
        removed.append(sync.name)
        sync.delete()
    return removed


def _settings(kept: dict[str, Any], part: SyncPart) -> dict[str, Any]:
    """Return the settings of a sync; a guard that is not mentioned stays as it is."""
    wanted = part.settings()
    if "guards" in wanted:
        wanted["guards"] = {**kept["guards"], **wanted["guards"]}
    return {**kept, **wanted}


def _connection(workspace: Workspace, name: str, key: str) -> Connection:
    found = Connection.objects.filter(workspace=workspace, name=name).first()
    if found is None:
        raise ConfigError(f"there is no connection “{name}”", path=key)
    return found


def _contact(part: SyncPart) -> ObjectPart | None:
    return part.objects.contact if part.objects else None


def _mapping_import(
    sync: Sync, object_type: str, part: ObjectPart | ChildPart | None
) -> list[str]:
    """Publish the mapping of a part; return what it does not keep, if it is new."""
    mapping = Mapping.objects.filter(
        workspace_id=sync.workspace_id, sync_id=sync.pk, object_type=object_type
    ).first()
    if part is None and mapping and mapping.published:
        return []
    wanted = part or ObjectPart()
    keys = wanted.model_fields_set
    in_force = mapping.published if mapping else None
    best = pairing(sync.left.kind, sync.right.kind, object_type).directions
    direction: str = wanted.direction or next(iter(best), "both")
    if in_force and "direction" not in keys:
        direction = in_force.direction
    lines = _lines(sync, object_type, wanted)
    if in_force and mapping and "fields" not in keys:
        lines = published_lines(mapping)
    # a draft that somebody is editing is left alone when nothing changes
    if in_force and (in_force.direction, in_force.lines) == (direction, lines):
        return []
    saved = mapping_save(
        sync=sync, object_type=object_type, direction=direction, lines=lines, actor=None
    )
    mapping_publish(mapping=saved, actor=None)
    saved.refresh_from_db()
    return mapping_warnings(saved)


def _filters_import(sync: Sync, part: SyncPart) -> None:
    wanted = part.objects.contact if part.objects else ObjectPart()
    if "filters" in wanted.model_fields_set:
        filters = wanted.filters.model_dump()
        filters_save(sync=sync, object_type="contact", filters=filters, actor=None)


def _lines(
    sync: Sync, object_type: str, part: ObjectPart | ChildPart
) -> list[dict[str, Any]]:
    if isinstance(part.fields, list):
        return [line_normal(line.as_line()) for line in part.fields]
    found = default_field_maps(sync.left.kind, sync.right.kind, object_type)
    return [line.as_line() for line in found]


def _state_import(sync: Sync, state: str) -> None:
    if state == "draft":
        sync_to_draft(sync=sync, actor=None)
    elif state == "paused":
        sync_pause(sync=sync, actor=None, reason=PAUSED_BY_FILE)
    elif sync.canary_id is not None:
        return  # it is live as far as a file can say: a person goes on with the rest
    elif sync.state == Sync.State.PAUSED:
        sync_resume(sync=sync, actor=None)
    else:
        sync_go_live(sync=sync, actor=None, tested=sync.state == Sync.State.TESTED)
