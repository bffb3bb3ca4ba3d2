"""What flows: which object types a sync carries beside its people."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from crosswalk.errors import ConfigError
from mapping.convert import other
from sync.models import Sync
from sync.objects import (
    SIDES,
    ObjectChoice,
    object_choices,
    object_switch_off,
    object_switch_on,
)
from sync.policy import system_name
from sync.views.parts import mapping_url, sync_here
from workspaces.access import WorkspaceRequest, workspace_member


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_member
def sync_objects(request: WorkspaceRequest, workspace: str, pk: int) -> HttpResponse:
    """Show what flows beside people, and switch it on and off."""
    sync = sync_here(request, pk)
    if request.method == "POST":
        _switch(request, sync)
        return redirect("sync:sync_objects", workspace, sync.pk)
    choices = object_choices(sync)
    context = {
        "sync": sync,
        "choices": [_shown(sync, each) for each in choices if not each.pairing.missing],
        "missing": [each for each in choices if each.pairing.missing],
        "can_write": request.membership.can_write,
    }
    return render(request, "sync/sync_objects.html", context)


def _switch(request: WorkspaceRequest, sync: Sync) -> None:
    key = request.POST.get("object", "")
    try:
        if request.POST.get("switch") == "off":
            object_switch_off(sync=sync, object_type=key, actor=request.user)
            messages.success(request, "Switched off. Everything stays where it is.")
            return
        object_switch_on(
            sync=sync,
            object_type=key,
            direction=request.POST.get("direction", ""),
            actor=request.user,
        )
    except ConfigError as error:
        text = error.message[:1].upper() + error.message[1:].rstrip(".")
        messages.error(request, f"{text}.")
    else:
        messages.success(request, "Switched on. The next run brings them across.")


def _shown(sync: Sync, choice: ObjectChoice) -> dict[str, object]:
    """Return a choice with the names and directions as a page shows them."""
    words = {"both": "Both ways"}
    for side in SIDES:
        toward = "left_to_right" if side == "right" else "right_to_left"
        here, there = system_name(sync, other(side)), system_name(sync, side)
        words[toward] = f"From {here} to {there} only"
    return {
        "choice": choice,
        "left": system_name(sync, "left"),
        "right": system_name(sync, "right"),
        "left_plural": choice.names["left"],
        "right_plural": choice.names["right"],
        "direction": words.get(choice.direction, ""),
        "directions": [(key, words[key]) for key in choice.pairing.directions],
        "fields_url": mapping_url(sync.workspace.slug, sync.pk, choice.pairing.key),
    }
