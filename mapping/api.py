"""What the mapping editor's script asks: JSON there and back, for one mapping each."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_GET, require_POST

from crosswalk.errors import ConfigError
from mapping.checks import MAX_KEY_LENGTH
from mapping.drafts import draft_save, suggestion_dismiss
from mapping.editor import previewed, reported
from mapping.finding import catalogue_of, mapping_get
from mapping.models import Mapping
from mapping.sampling import people_of, person_find, person_json
from workspaces.access import WorkspaceRequest, workspace_member

MAX_LINES = 400
MAX_BYTES = 1_000_000
UNREADABLE = "This request could not be read. Reload the page."


class Unreadable(Exception):
    """A request that the page would not have sent."""


@require_POST
@workspace_member
def preview(
    request: WorkspaceRequest, workspace: str, sync: int, object_type: str
) -> JsonResponse:
    """Answer what a draft makes of the sample person, and what is wrong with it."""
    mapping = mapping_get(request.workspace, sync, object_type)
    try:
        body = _body(request)
        draft = _draft(body)
        person = _person(mapping, body.get("sample"))
    except Unreadable:
        return _refused()
    catalogue = catalogue_of(mapping.sync, object_type)
    return JsonResponse(previewed(mapping, catalogue, draft, person))


@require_POST
@workspace_member
def report(
    request: WorkspaceRequest, workspace: str, sync: int, object_type: str
) -> JsonResponse:
    """Answer for some lines what they do to many people."""
    mapping = mapping_get(request.workspace, sync, object_type)
    try:
        lines = _lines(_body(request).get("lines"))
    except Unreadable:
        return _refused()
    catalogue = catalogue_of(mapping.sync, object_type)
    return JsonResponse({"reports": reported(mapping, catalogue, lines)})


@require_POST
@workspace_member
def draft(
    request: WorkspaceRequest, workspace: str, sync: int, object_type: str
) -> JsonResponse:
    """Save the draft as it is, errors and all: nothing flows by it."""
    mapping = mapping_get(request.workspace, sync, object_type)
    try:
        body = _body(request)
        wanted = _draft(body)
    except Unreadable:
        return _refused()
    try:
        saved = draft_save(
            mapping=mapping,
            direction=wanted["direction"],
            lines=wanted["lines"],
            revision=body.get("revision"),
            actor=request.user,
        )
    except ConfigError as error:
        return JsonResponse({"message": error.message}, status=409)
    return JsonResponse({"revision": saved.revision, "words": "Saved as a draft"})


@require_GET
@workspace_member
def sample(
    request: WorkspaceRequest, workspace: str, sync: int, object_type: str
) -> JsonResponse:
    """Answer another person to try the mapping on."""
    mapping = mapping_get(request.workspace, sync, object_type)
    asked = request.GET
    row = person_find(
        mapping,
        after=_number(asked.get("after")),
        before=_number(asked.get("before")),
        query=asked.get("q", "")[:100],
        at_random="random" in asked,
    )
    return JsonResponse({"sample": person_json(mapping, row)})


@require_POST
@workspace_member
def dismiss(
    request: WorkspaceRequest, workspace: str, sync: int, object_type: str
) -> JsonResponse:
    """Never suggest a pair of fields again."""
    mapping = mapping_get(request.workspace, sync, object_type)
    try:
        body = _body(request)
        left, right = _key(body.get("left")), _key(body.get("right"))
    except Unreadable:
        return _refused()
    suggestion_dismiss(mapping=mapping, left=left, right=right)
    return JsonResponse({})


def _body(request: HttpRequest) -> dict[str, Any]:
    if request.content_type != "application/json" or len(request.body) > MAX_BYTES:
        raise Unreadable
    try:
        found = json.loads(request.body)
    except (ValueError, RecursionError):
        raise Unreadable from None
    if not isinstance(found, dict):
        raise Unreadable
    return found


def _draft(body: dict[str, Any]) -> dict[str, Any]:
    direction = body.get("direction")
    if direction not in ("both", "left_to_right", "right_to_left"):
        raise Unreadable
    return {"direction": direction, "lines": _lines(body.get("lines"))}


def _lines(found: Any) -> list[dict[str, Any]]:
    if not isinstance(found, list) or len(found) > MAX_LINES:
        raise Unreadable
    for line in found:
        if not isinstance(line, dict):
            raise Unreadable
        if not (_key(line.get("left")) or _key(line.get("right"))):
            raise Unreadable
        for way in ("to_right", "to_left"):
            steps = line.get(way, [])
            if not isinstance(steps, list):
                raise Unreadable
            if not all(isinstance(s, dict) and s.get("name") for s in steps):
                raise Unreadable
    return found


def _key(found: Any) -> str:
    if not isinstance(found, str) or len(found) > MAX_KEY_LENGTH:
        raise Unreadable
    return found


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) < 19 else None


def _person(mapping: Mapping, pk: Any) -> Any:
    if pk is None:
        return None
    if not isinstance(pk, int):
        raise Unreadable
    return people_of(mapping).filter(pk=pk).first()


def _refused() -> JsonResponse:
    return JsonResponse({"message": UNREADABLE}, status=400)
