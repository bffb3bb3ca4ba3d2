"""Everything a workspace holds, as one zip of JSON lines that is never whole in memory.

What belongs to it is read from the models: each has some way of foreign keys to its
workspace. So a model added later is exported as well. Secrets are left out by type
(`SecretField`) and by name; a test plants some and looks.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections import deque
from collections.abc import Iterator
from datetime import datetime

from django.apps import apps
from django.contrib.auth.models import User
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from crosswalk.clock import iso, now
from crosswalk.secretfield import SecretField
from workspaces.models import Workspace

BATCH = 500
APPS = ("workspaces", "synclog", "integrations", "mapping", "sync", "automations")
# by column: what opens something, and what only a process needs
SECRET = frozenset({"webhook_token", "key_hash", "token_hash", "imported_hash"})
INNER = frozenset(
    {"lease_owner", "lease_until", "heartbeat_at", "refresh_owner", "maker"}
)
LEFT_OUT = frozenset({"RecordKey", "MatchVerdict"})  # made from the others
ABOUT = """Everything that the workspace “{name}” of Crosswalk holds, as of {at}.

Each file is a table, a line is a row in JSON, times are UTC. Columns that end in _id
refer to the id of another table; people (user_id and the like) are in people.jsonl.
Credentials, secrets and keys are left out.
"""


def workspace_path(model: type[models.Model]) -> str | None:
    """Return the shortest way of foreign keys to the workspace, None without one."""
    waiting: deque[tuple[type[models.Model], str]] = deque([(model, "")])
    seen = {model}
    while waiting:
        here, path = waiting.popleft()
        for field in here._meta.concrete_fields:
            target = field.related_model
            if not isinstance(field, models.ForeignKey) or isinstance(target, str):
                continue
            way = f"{path}__{field.name}" if path else field.name
            if target is Workspace:
                return way
            # a row that may lack this key would be lost on the way
            if target is not None and target not in seen and not field.null:
                seen.add(target)
                waiting.append((target, way))
    return None


def tables() -> list[tuple[type[models.Model], str]]:
    """Return (model, way to the workspace) of all that is exported, in order."""
    found = [
        (model, workspace_path(model))
        for app in APPS
        if apps.is_installed(app)
        for model in apps.get_app_config(app).get_models()
        if model.__name__ not in LEFT_OUT
    ]
    return [(model, path) for model, path in found if path]


def columns(model: type[models.Model]) -> list[str]:
    """Return the columns of a model that may leave."""
    return [
        field.attname
        for field in model._meta.concrete_fields
        if not isinstance(field, SecretField)
        and field.name not in SECRET
        and field.name not in INNER
    ]


class _Outlet(io.RawIOBase):
    """Takes what the zip writes until it is fetched: it cannot be wound back."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._at = 0

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        part = bytes(data)  # type: ignore[call-overload]
        self._parts.append(part)
        self._at += len(part)
        return len(part)

    def tell(self) -> int:
        return self._at

    def fetch(self) -> bytes:
        """Return what has come since the last time."""
        found = b"".join(self._parts)
        self._parts.clear()
        return found


def export_stream(workspace: Workspace) -> Iterator[bytes]:
    """Yield a zip with a file a table, a few rows at a time."""
    outlet = _Outlet()
    moment = now()
    with zipfile.ZipFile(outlet, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as bundle:
        about = ABOUT.format(name=workspace.name, at=iso(moment))
        bundle.writestr(_entry("README.txt", moment), about)
        yield outlet.fetch()
        for name, rows in _files(workspace):
            with bundle.open(_entry(name, moment), "w", force_zip64=True) as file:
                for batch in rows:
                    file.write(batch)
                    yield outlet.fetch()
    yield outlet.fetch()


def _entry(name: str, moment: datetime) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, moment.timetuple()[:6])
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


def _files(workspace: Workspace) -> Iterator[tuple[str, Iterator[bytes]]]:
    people = User.objects.filter(memberships__workspace=workspace)
    yield "people.jsonl", _batches(people, ["id", "email", "date_joined", "last_login"])
    mine = Workspace.objects.filter(pk=workspace.pk)
    yield "workspaces_workspace.jsonl", _batches(mine, columns(Workspace))
    for model, path in tables():
        rows = model._default_manager.filter(**{path: workspace})
        yield f"{model._meta.db_table}.jsonl", _batches(rows, columns(model))


def _batches(rows: models.QuerySet[models.Model], names: list[str]) -> Iterator[bytes]:
    """Yield the lines of a table in order of their ids; no query stays open."""
    last = 0
    while True:
        found = rows.filter(pk__gt=last).order_by("pk").values("pk", *names)[:BATCH]
        batch = list(found)
        if not batch:
            return
        last = batch[-1]["pk"]
        lines = (
            json.dumps({n: row[n] for n in names}, cls=DjangoJSONEncoder)
            for row in batch
        )
        yield ("\n".join(lines) + "\n").encode()
