"""What our commands share: finding things by name, JSON alone on stdout, exit codes."""

from __future__ import annotations

import json
from abc import abstractmethod
from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError, ProgrammingError
from django.db.models import QuerySet

from crosswalk.errors import CrosswalkError
from crosswalk.redact import redact_text
from sync.models import Sync
from workspaces.models import Workspace

SCHEMA = 1
OK, FAILED, USAGE, BUSY, WAITING = 0, 1, 2, 3, 4
DATABASE_UNUSABLE = (
    "The database cannot be used. Check CROSSWALK_DATABASE_URL and that it is up, and "
    "run: manage.py migrate"
)


class UsageError(CommandError):
    """The command line or the configuration must be changed: exit code 2."""

    def __init__(self, message: str, *, path: str = "", code: int = USAGE) -> None:
        # the path is not redacted: “….auth.token: is missing” is no secret
        self.message, self.path = redact_text(message), path
        text = f"{path}: {self.message}" if path else self.message
        super().__init__(text, returncode=code)


class JsonCommand(BaseCommand):
    """A command with --json and --workspace; its failures are JSON too."""

    workspace_help = "name or slug, where a name is ambiguous"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--json", action="store_true", dest="as_json", help="JSON alone on stdout"
        )
        parser.add_argument("--workspace", default="", help=self.workspace_help)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self.work(options)
        except UsageError as exc:
            self._fail(exc, as_json=options["as_json"])
        except CrosswalkError as exc:
            path = str(getattr(exc, "path", ""))
            self._fail(UsageError(exc.message, path=path), as_json=options["as_json"])
        except (OperationalError, ProgrammingError) as exc:
            unusable = UsageError(f"{DATABASE_UNUSABLE} ({first_line(exc)})")
            self._fail(unusable, as_json=options["as_json"])

    @abstractmethod
    def work(self, options: dict[str, Any]) -> None:
        """Do what the command is for; raise UsageError for what it was told wrong."""

    def say_json(self, data: dict[str, Any], *, indent: int | None = 2) -> None:
        """Write one JSON object to stdout."""
        self.stdout.write(json_text(data, indent=indent))

    def note(self, text: str) -> None:
        """Write a line for the person at the terminal, never into the JSON."""
        self.stderr.write(text, style_func=str)

    def _fail(self, error: UsageError, *, as_json: bool) -> NoReturn:
        if as_json:
            words = {"message": error.message, "path": error.path}
            self.say_json({"schema": SCHEMA, "error": words})
        raise error


def first_line(error: Exception) -> str:
    """Return what an error says, without the lines of details below it."""
    return str(error).partition("\n")[0].strip()


def json_text(data: Any, *, indent: int | None = 2) -> str:
    """Return data as JSON that reads well in any script."""
    return json.dumps(data, indent=indent, ensure_ascii=False, default=str)


def workspace_by_name(name: str) -> Workspace:
    """Return the workspace of a slug or a name.

    Without a name: the only one there is. Raises UsageError when it is not clear.
    """
    found = list(workspaces_named(name)[:20])
    if not found:
        raise UsageError(
            f"There is no workspace “{name}”." if name else "There is no workspace yet."
        )
    if len(found) > 1:
        raise UsageError(
            "It is not clear which workspace is meant. Name one with --workspace: "
            + ", ".join(workspace.slug for workspace in found)
        )
    return found[0]


def workspaces_named(name: str) -> QuerySet[Workspace]:
    """Return the workspaces a name may mean: one slug, else all of that name."""
    everything = Workspace.objects.order_by("pk")
    if not name:
        return everything
    by_slug = everything.filter(slug=name)
    return by_slug if by_slug.exists() else everything.filter(name=name)


def sync_by_name(name: str, workspace: str = "") -> Sync:
    """Return the sync of a name, in any workspace where only one has it.

    Raises UsageError (exit 2) when there is none, or when it is ambiguous.
    """
    syncs = Sync.objects.select_related("workspace", "left", "right").filter(name=name)
    if workspace:
        syncs = syncs.filter(workspace=workspace_by_name(workspace))
    found = list(syncs.order_by("pk")[:20])
    if not found:
        known = Sync.objects.order_by("name").values_list("name", flat=True)
        others = ", ".join(f"“{other}”" for other in known.distinct()[:10])
        advice = f" There is {others}." if others else " There is none yet."
        raise UsageError(f"There is no sync “{name}”.{advice}")
    if len(found) > 1:
        raise UsageError(
            f"Several workspaces have a sync “{name}”. Name one with --workspace: "
            + ", ".join(sync.workspace.slug for sync in found)
        )
    return found[0]
