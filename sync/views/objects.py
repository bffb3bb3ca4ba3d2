"""What flows: which object types a sync carries beside its people."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from crosswalk.errors import ConfigError
from mapping.convert import other
from sync.models import Sync
from sync.policy import system_name
from sync.setup.abilities import abilities, people_lost, tag_abilities
from sync.setup.objects import (
    SIDES,
    ObjectChoice,
    object_choices,
    object_switch_off,
    object_switch_on,
)
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
    context = {
        "sync": sync,
        **objects_context(sync),
        "can_write": request.membership.can_write,
    }
    return render(request, "sync/sync_objects.html", context)


def objects_context(sync: Sync, typed: QueryDict | None = None) -> dict[str, object]:
    """Return all object types: those that can flow, those that cannot, and people.

    `typed` is a form of check boxes as it was sent (`objects_chosen`).
    """
    choices = object_choices(sync)
    return {
        "choices": [
            _shown(sync, each, typed) for each in choices if not each.pairing.missing
        ],
        "missing": [each for each in choices if each.pairing.missing],
        "tags": tag_abilities(sync),
        "people_lost": people_lost(sync),
    }


def objects_chosen(request: WorkspaceRequest, sync: Sync) -> list[str]:
    """Switch on and off what a form of check boxes says; return what was refused."""
    refused = []
    for each in object_choices(sync):
        key = each.pairing.key
        wanted = request.POST.get(f"{key}.direction", "")
        is_wanted = bool(request.POST.get(f"{key}.on")) and not each.off
        try:
            if is_wanted and each.direction != wanted:
                object_switch_on(
                    sync=sync, object_type=key, direction=wanted, actor=request.user
                )
            elif each.is_on and not is_wanted and not each.off:
                object_switch_off(sync=sync, object_type=key, actor=request.user)
        except ConfigError as error:
            refused.append(_sentence(error))
    return refused


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
        messages.error(request, _sentence(error))
    else:
        messages.success(request, "Switched on. The next run brings them across.")


def _sentence(error: ConfigError) -> str:
    return f"{error.message[:1].upper()}{error.message[1:].rstrip('.')}."


def _shown(
    sync: Sync, choice: ObjectChoice, typed: QueryDict | None
) -> dict[str, object]:
    """Return a choice with the names and directions as a page shows them."""
    words = {"both": "Both ways"}
    for side in SIDES:
        toward = "left_to_right" if side == "right" else "right_to_left"
        here, there = system_name(sync, other(side)), system_name(sync, side)
        words[toward] = f"From {here} to {there} only"
    key = choice.pairing.key
    chosen = choice.direction if typed is None else typed.get(f"{key}.direction", "")
    return {
        "choice": choice,
        "left": system_name(sync, "left"),
        "right": system_name(sync, "right"),
        "left_plural": choice.names["left"],
        "right_plural": choice.names["right"],
        "direction": words.get(choice.direction, ""),
        "directions": [(key, words[key]) for key in choice.pairing.directions],
        "chosen": chosen,
        "is_chosen": choice.is_on if typed is None else f"{key}.on" in typed,
        "can": abilities(sync, choice.pairing),
        "fields_url": mapping_url(sync.workspace.slug, sync.pk, key),
    }
