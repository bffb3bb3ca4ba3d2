"""The catalogue as a workspace sees it: what there is, and what its connections allow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db.models import Max

from integrations import registry
from integrations.connectors.operations import Operation
from integrations.models import Connection
from integrations.operations.declared import kind_of, operations
from integrations.operations.permitting import Verdict, permitted
from synclog.models import Event
from workspaces.models import Workspace

KINDS = {"trigger": "Triggers", "search": "Searches", "action": "Actions"}
ICONS = {"trigger": "bolt", "search": "search", "action": "pencil"}
# object types that no connector syncs, as a heading
OBJECTS = {
    "calendar": "Calendars",
    "tag": "Tags",
    "custom_field": "Custom fields",
    "campaign": "Campaigns",
    "workflow": "Workflows",
    "business": "Businesses",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody looks for; empty: everything."""

    words: str = ""
    system: str = ""
    kind: str = ""
    object_type: str = ""

    def fits(self, operation: Operation, *, but_kind: bool = False) -> bool:
        """Whether an operation is among them; all words must be in it somewhere."""
        if self.system and kind_of(operation) != self.system:
            return False
        if self.kind and not but_kind and operation.kind != self.kind:
            return False
        if self.object_type and operation.object_type != self.object_type:
            return False
        text = " ".join(
            (
                operation.key,
                operation.label,
                operation.sentence,
                registry.spec(kind_of(operation)).label,
                object_label(operation),
            )
        ).casefold()
        return all(word in text for word in self.words.casefold().split())


@dataclass(frozen=True, slots=True)
class Allowed:
    """Whether one connection may use an operation."""

    connection: Connection
    verdict: Verdict
    is_watching: bool = False


@dataclass(frozen=True, slots=True)
class Offer:
    """An operation, and where the workspace may use it."""

    operation: Operation
    system: str
    object_label: str
    icon: str
    allowed: list[Allowed] = field(default_factory=list)
    last_event: Event | None = None  # of a trigger, where it was asked for

    @property
    def usable(self) -> list[Connection]:
        return [each.connection for each in self.allowed if each.verdict.allowed]

    @property
    def watching(self) -> list[Connection]:
        return [each.connection for each in self.allowed if each.is_watching]


def connections_of(workspace: Workspace) -> list[Connection]:
    """Return the connections of a workspace with what may be done with them known."""
    found = Connection.objects.filter(workspace=workspace).select_related("grant")
    return list(found.order_by("name"))


def offers(wanted: Wanted, connections: Sequence[Connection]) -> list[Offer]:
    """Return the operations somebody looks for, in the order of the catalogue."""
    return [
        offer_of(each, connections)
        for each in operations().values()
        if wanted.fits(each)
    ]


def offer_of(operation: Operation, connections: Sequence[Connection]) -> Offer:
    """Return an operation as a workspace with these connections sees it."""
    kind = kind_of(operation)
    return Offer(
        operation,
        registry.spec(kind).label,
        object_label(operation),
        ICONS[operation.kind],
        [
            Allowed(each, permitted(each, operation), is_watching(each, operation))
            for each in connections
            if each.kind == kind
        ],
    )


def is_watching(connection: Connection, operation: Operation) -> bool:
    """Whether a trigger is switched on for a connection."""
    held = connection.watched.get(operation.object_type) or {}
    return operation.key in held.get("keys", ())


def object_label(operation: Operation) -> str:
    """Return what the records of an operation are called, in the plural."""
    spec = registry.spec(kind_of(operation)).known(operation.object_type)
    return spec.label_plural if spec else OBJECTS[operation.object_type]


def objects_offered(system: str = "") -> dict[str, str]:
    """Return object type → its heading, of a system or of all, by heading."""
    found: dict[str, str] = {}
    for each in operations().values():
        if not system or kind_of(each) == system:
            found.setdefault(each.object_type, object_label(each))
    return dict(sorted(found.items(), key=lambda pair: pair[1]))


def kinds_counted(wanted: Wanted) -> dict[str, int]:
    """Return kind → how many of what somebody looks for, whatever kind they chose."""
    fitting = [e for e in operations().values() if wanted.fits(e, but_kind=True)]
    return {kind: sum(e.kind == kind for e in fitting) for kind in KINDS}


def last_events(workspace: Workspace) -> dict[str, Event]:
    """Return trigger key → the last event of it. Two queries."""
    keys = [each.key for each in operations().values() if each.trigger]
    newest = (
        Event.objects.filter(workspace=workspace, type__in=keys)
        .values("type")
        .annotate(last=Max("pk"))
    )
    rows = Event.objects.filter(pk__in=[row["last"] for row in newest])
    return {row.type: row for row in rows}
