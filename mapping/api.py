"""What the mapping editor's script asks: JSON there and back, for one mapping each."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_GET, require_POST

from crosswalk.errors import ConfigError
from crosswalk.foreign import json_read, storable_text
from mapping.checks import CONFLICTS, DIRECTIONS, MAX_KEY_LENGTH, WRITES
from mapping.defaults import LINE_KEYS, RULE_KEYS
from mapping.drafts import draft_save, suggestion_dismiss
from mapping.editor import previewed, reported
from mapping.finding import catalogue_of, mapping_get
from mapping.forms import Catalogue
from mapping.gather import gather_read
from mapping.models import Mapping
from mapping.sampling import people_of, person_find, person_json
from mapping.steps.declare import LONGEST
from mapping.valuemap import MAX_LENGTH, MAX_ROWS
from workspaces.access import View, WorkspaceRequest, workspace_member

MAX_LINES = 400
MAX_STEPS = 20
MAX_BYTES = 1_000_000
UNREADABLE = "This request could not be read. Reload the page."


class Unreadable(Exception):
    """A request that the page would not have sent."""


Endpoint = Callable[[WorkspaceRequest, Mapping], JsonResponse]


def of_mapping(endpoint: Endpoint) -> View:
    """Find the mapping of an address for an endpoint, and answer what it refuses."""

    @workspace_member
    @wraps(endpoint)
    def answered(
        request: WorkspaceRequest, workspace: str, sync: int, object_type: str
    ) -> JsonResponse:
        mapping = mapping_get(request.workspace, sync, object_type)
        try:
            return endpoint(request, mapping)
        except Unreadable:
            return JsonResponse({"message": UNREADABLE}, status=400)
        except ConfigError as error:
            return JsonResponse({"message": error.message}, status=409)

    return answered


@require_POST
@of_mapping
def preview(request: WorkspaceRequest, mapping: Mapping) -> JsonResponse:
    """Answer what a draft makes of the sample person, and what is wrong with it."""
    body = _body(request)
    draft, person = _draft(body), _person(mapping, body.get("sample"))
    return JsonResponse(previewed(mapping, _catalogue(mapping), draft, person))


@require_POST
@of_mapping
def report(request: WorkspaceRequest, mapping: Mapping) -> JsonResponse:
    """Answer for some lines what they do to many people."""
    lines = _lines(_body(request).get("lines"))
    return JsonResponse({"reports": reported(mapping, _catalogue(mapping), lines)})


@require_POST
@of_mapping
def draft(request: WorkspaceRequest, mapping: Mapping) -> JsonResponse:
    """Save the draft as it is, errors and all: nothing flows by it."""
    body = _body(request)
    saved = draft_save(
        mapping=mapping,
        **_draft(body),
        revision=body.get("revision"),
        actor=request.user,
    )
    return JsonResponse({"revision": saved.revision, "words": "Saved as a draft"})


@require_GET
@of_mapping
def sample(request: WorkspaceRequest, mapping: Mapping) -> JsonResponse:
    """Answer another person to try the mapping on."""
    asked = request.GET
    row = person_find(
        mapping,
        after=_number(asked.get("after")),
        before=_number(asked.get("before")),
        query=storable_text(asked.get("q", "")[:100]),
        at_random="random" in asked,
    )
    return JsonResponse({"sample": person_json(mapping, row)})


@require_POST
@of_mapping
def dismiss(request: WorkspaceRequest, mapping: Mapping) -> JsonResponse:
    """Never suggest a pair of fields again."""
    body = _body(request)
    left, right = _key(body.get("left")), _key(body.get("right"))
    suggestion_dismiss(mapping=mapping, left=left, right=right)
    return JsonResponse({})


def _catalogue(mapping: Mapping) -> Catalogue:
    return catalogue_of(mapping.sync, mapping.object_type)


def _body(request: HttpRequest) -> dict[str, Any]:
    """Return what was sent, without what no database stores (NaN, half characters)."""
    if request.content_type != "application/json" or len(request.body) > MAX_BYTES:
        raise Unreadable
    try:
        found = json_read(request.body)
    except ValueError:
        raise Unreadable from None
    if not isinstance(found, dict):
        raise Unreadable
    return found


def _draft(body: dict[str, Any]) -> dict[str, Any]:
    direction = body.get("direction")
    if direction not in DIRECTIONS:
        raise Unreadable
    return {"direction": direction, "lines": _lines(body.get("lines"))}


def _lines(found: Any) -> list[dict[str, Any]]:
    if not isinstance(found, list) or len(found) > MAX_LINES:
        raise Unreadable
    return [_line(line) for line in found]


def _line(found: Any) -> dict[str, Any]:
    """Return a line as the page sends it; whether it can be published is not asked."""
    if not isinstance(found, dict):
        raise Unreadable
    line = {key: found[key] for key in (*LINE_KEYS, *RULE_KEYS) if key in found}
    line["left"], line["right"] = (
        _key(line.get("left", "")),
        _key(line.get("right", "")),
    )
    chosen = (("direction", DIRECTIONS), ("write", WRITES), ("conflict", CONFLICTS))
    is_fit = (
        bool(line["left"] or line["right"])
        and all(line[key] in allowed for key, allowed in chosen if key in line)
        and all(_is_chain(line.get(way, [])) for way in ("to_right", "to_left"))
        and _is_table(line.get("value_map") or [])
        and _is_plain(line.get("constant"))
        and _is_default(line.get("default") or {})
        and _is_gathering(line.get("gather"))
    )
    if not is_fit:
        raise Unreadable
    return line


def _is_chain(steps: Any) -> bool:
    return (
        isinstance(steps, list)
        and len(steps) <= MAX_STEPS
        and all(
            isinstance(step, dict)
            and isinstance(step.get("name"), str)
            and all(_is_plain(value, LONGEST) for value in step.values())
            for step in steps
        )
    )


def _is_table(rows: Any) -> bool:
    return (
        isinstance(rows, list)
        and len(rows) <= MAX_ROWS
        and all(
            isinstance(row, list)
            and len(row) == 2
            and all(isinstance(cell, str) and len(cell) <= MAX_LENGTH for cell in row)
            for row in rows
        )
    )


def _is_default(found: Any) -> bool:
    return (
        isinstance(found, dict)
        and found.keys() <= {"left", "right"}
        and all(map(_is_plain, found.values()))
    )


def _is_gathering(found: Any) -> bool:
    try:
        gather_read(found)
    except ValueError:
        return False
    return True


def _is_plain(value: Any, most: int = MAX_LENGTH) -> bool:
    if isinstance(value, str):
        return len(value) <= most
    return value is None or isinstance(value, bool | int | float)


def _key(found: Any) -> str:
    if not isinstance(found, str) or len(found) > MAX_KEY_LENGTH:
        raise Unreadable
    return found


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) < 19 else None


def _person(mapping: Mapping, pk: Any) -> Any:
    if pk is None:
        return None
    if not isinstance(pk, int) or isinstance(pk, bool):
        raise Unreadable
    return people_of(mapping).filter(pk=pk).first()
