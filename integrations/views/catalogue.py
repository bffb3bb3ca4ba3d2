"""The catalogue of operations, the page of one, and the log of those that were used."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.timezone import localtime
from django.views.decorators.http import require_safe

from integrations import registry
from integrations.connectors.operations import Operation, Output
from integrations.models import Watch
from integrations.operations.declared import absent_of, kind_of, operations
from integrations.operations.noticing import WORKFLOW
from integrations.operations.offers import (
    KINDS,
    Allowed,
    Offer,
    Wanted,
    connections_of,
    kinds_counted,
    last_events,
    objects_offered,
    offer_of,
    offers,
)
from integrations.operations.schemas import input_schema, output_schema
from integrations.selectors import call_url
from synclog.models import Event, OperationCall
from workspaces.access import WorkspaceRequest, workspace_member

PAGE_SIZE = 50
WORDS_LENGTH = 80


@workspace_member
@require_safe
def catalogue_page(request: WorkspaceRequest, workspace: str) -> HttpResponse:
    """Show all operations, by system, kind, object and words."""
    wanted = wanted_of(request)
    told = last_events(request.workspace)
    shown = [
        replace(each, last_event=told.get(each.operation.key))
        for each in offers(wanted, connections_of(request.workspace))
    ]
    counts = kinds_counted(wanted)
    systems = dict(registry.kinds())
    context = {
        "wanted": wanted,
        "is_filtered": wanted != Wanted(),
        "groups": grouped(shown),
        "count": len(shown),
        "systems": systems,
        "objects": objects_offered(wanted.system),
        "facets": [
            ("", "Everything", sum(counts.values()), linked(request, "")),
            *((k, KINDS[k], counts[k], linked(request, k)) for k in KINDS),
        ],
        "absent": [
            (label, absent_of(kind))
            for kind, label in systems.items()
            if wanted.system in ("", kind)
        ],
    }
    return render(request, "integrations/catalogue.html", context)


def wanted_of(request: WorkspaceRequest) -> Wanted:
    """Return what the address asks for; what it cannot mean is left out."""
    system, kind = request.GET.get("system", ""), request.GET.get("kind", "")
    system = system if system in registry.CONNECTORS else ""
    chosen = request.GET.get("object", "")
    return Wanted(
        words=request.GET.get("q", "")[:WORDS_LENGTH].strip(),
        system=system,
        kind=kind if kind in KINDS else "",
        object_type=chosen if chosen in objects_offered(system) else "",
    )


def linked(request: WorkspaceRequest, kind: str) -> str:
    """Return the address of the same search for another kind."""
    query = request.GET.copy()
    query.pop("kind", None)
    if kind:
        query["kind"] = kind
    return f"?{query.urlencode()}"


def grouped(shown: list[Offer]) -> list[tuple[str, list[Offer]]]:
    """Return the operations under headings: system and object."""
    groups: dict[tuple[str, str], list[Offer]] = {}
    for each in shown:
        groups.setdefault((each.system, each.object_label), []).append(each)
    order = sorted(groups, key=lambda pair: pair[0])
    return [(f"{system}: {label}", groups[system, label]) for system, label in order]


def operation_here(key: str) -> Operation:
    """Return an operation by key; 404 for none."""
    found = operations().get(key)
    if found is None:
        raise Http404
    return found


def operation_context(
    request: WorkspaceRequest, operation: Operation
) -> dict[str, Any]:
    """Return what the page of an operation shows, but for trying it."""
    offer = offer_of(operation, connections_of(request.workspace))
    events = Event.objects.filter(workspace=request.workspace, type=operation.key)
    last = events.order_by("-pk").first() if operation.trigger else None
    calls = OperationCall.objects.filter(
        workspace=request.workspace, operation=operation.key
    )
    return {
        "operation": operation,
        "offer": offer,
        "listening": listening_of(offer),
        "spec": registry.spec(kind_of(operation)),
        "can_write": request.membership.can_write,
        "last_event": last,
        "last_payload": pretty(last.payload) if last else "",
        "sample": pretty(operation.sample),
        "schemas": [
            *(
                []
                if operation.trigger
                else [("What it takes", pretty(input_schema(operation)))]
            ),
            ("What comes back", pretty(output_schema(operation))),
        ],
        "last_calls": calls.select_related("requested_by").order_by("-pk")[:5],
    }


def listening_of(offer: Offer) -> list[tuple[Allowed, Watch | None, str]]:
    """Return each connection with how its listening goes, and where workflows call."""
    if offer.operation.trigger is None:
        return []
    object_type = offer.operation.object_type
    rows = Watch.objects.filter(
        connection__in=[each.connection for each in offer.allowed],
        object_type=object_type,
    )
    held = {row.connection_id: row for row in rows}
    called = object_type == WORKFLOW
    return [
        (
            each,
            held.get(each.connection.pk),
            call_url(each.connection) if called else "",
        )
        for each in offer.allowed
    ]


def pretty(data: Any) -> str:
    """Return JSON as people read it."""
    return json.dumps(data, indent=2, ensure_ascii=False)


# --- what was used ----------------------------------------------------------------------


@workspace_member
@require_safe
def calls_page(request: WorkspaceRequest, workspace: str) -> HttpResponse:
    """Show the operations that were used, newest first."""
    rows = OperationCall.objects.filter(workspace=request.workspace)
    rows = rows.select_related("requested_by").defer("answer", "rows", "request")
    page = Paginator(rows.order_by("-pk"), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": [(row, operations().get(row.operation)) for row in page],
    }
    return render(request, "integrations/operation_calls.html", context)


@workspace_member
@require_safe
def call_page(request: WorkspaceRequest, workspace: str, pk: int) -> HttpResponse:
    """Show one use of an operation: what was asked, by whom, and what came back."""
    rows = OperationCall.objects.select_related("requested_by", "connection")
    call = get_object_or_404(rows, workspace=request.workspace, pk=pk)
    operation = operations().get(call.operation)
    again = ""
    if operation and call.connection_id:
        page = reverse(
            "integrations:operation", args=[request.workspace.slug, operation.key]
        )
        again = f"{page}?connection={call.connection_id}#try"
    heads = columns(operation, call) if operation else []
    rows_shown = table(operation, call) if operation else []
    context = {
        "call": call,
        "operation": operation,
        "again": again,
        "columns": heads,
        "table": rows_shown,
        # one record is easier to read from top to bottom
        "record": zip(heads, rows_shown[0], strict=True)
        if len(rows_shown) == 1 and heads
        else None,
        "raw": pretty(call.answer) if call.answer is not None else "",
        "asked": pretty(call.request),
    }
    return render(request, "integrations/operation_call.html", context)


def columns(operation: Operation, call: OperationCall) -> list[str]:
    """Return the heads of the table of what came back: of what came at all."""
    return [each.label for each in operation.outputs if came(each.key, call)]


def table(operation: Operation, call: OperationCall) -> list[list[Any]]:
    """Return what came back as a table."""
    shown = [each for each in operation.outputs if came(each.key, call)]
    return [[cell(row.get(each.key), each) for each in shown] for row in call.rows]


def came(key: str, call: OperationCall) -> bool:
    """Whether any record that came back has this."""
    return any(row.get(key) not in (None, "", []) for row in call.rows)


def cell(value: Any, output: Output) -> Any:
    """Return a value as a table shows it: times in the workspace's zone."""
    if output.type == "datetime" and isinstance(value, str):
        return moment_shown(value)
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, dict) or (
        isinstance(value, list) and any(isinstance(each, dict) for each in value)
    ):
        return json.dumps(value, ensure_ascii=False)
    return value


def moment_shown(text: str) -> str:
    """Return a vendor's moment for people; as it came where it names no zone."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    if moment.tzinfo is None:
        return text
    local = localtime(moment)
    return f"{local.day} {local:%b %Y, %H:%M}"
