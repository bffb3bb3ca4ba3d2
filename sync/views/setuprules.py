"""The step of the set-up that chooses by which rules, and makes the sync."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect

from crosswalk.errors import ConfigError
from mapping.models import Mapping
from mapping.selectors import draft_lines, is_published
from mapping.services import default_field_maps, mapping_publish, mapping_save
from sync.models import Setup, Sync
from sync.setup.forms import RulesForm, rules_initial
from sync.setup.planstate import plans_outdate
from sync.setup.saving import sync_rename, sync_save
from sync.setup.sentences import SyncChoices, choices_of, is_instant, sync_sentence
from sync.views.setuppage import (
    forget,
    keep_and_go_back,
    names_of,
    onward,
    page_context,
    step_page,
    typed_before,
)
from workspaces.access import WorkspaceRequest
from workspaces.models import Workspace

OBJECT_TYPE = "contact"


def step_rules(request: WorkspaceRequest, setup: Setup, step: str) -> HttpResponse:
    """Choose by which rules; creates the sync, or changes the one made before."""
    if request.method == "POST" and request.POST.get("go") == "back":
        return keep_and_go_back(request, setup, step)
    form = rules_form(request, setup, typed_before(request, setup, step))
    if (
        request.method == "POST"
        and form.is_valid()
        and _save_rules(request, setup, form)
    ):
        forget(request, setup, step)
        if setup.finished_at:
            messages.success(request, "The rules are saved. The next run follows them.")
            return redirect("sync:sync_detail", setup.workspace.slug, setup.sync_id)
        return onward(request, setup, step)
    context = {"form": form, **page_context(setup, step)}
    context["sentence"] = rules_sentence(setup, form)
    return step_page(request, "rules", context)


def rules_form(
    request: WorkspaceRequest, setup: Setup, data: QueryDict | None
) -> RulesForm:
    """Return the rules of a set-up: as typed, as saved, or as a safe beginning."""
    sync = _sync_of_pair(setup)
    mapped = Mapping.objects.filter(sync=sync, object_type=OBJECT_TYPE)
    mapping = mapped.first() if sync else None
    initial = rules_initial(
        sync,
        mapping.direction if mapping else "both",
        free_sync_name(request.workspace),
    )
    left, right = names_of(setup)
    return RulesForm(
        data,
        initial=initial,
        workspace=request.workspace,
        left=left,
        right=right,
        sync=sync,
    )


def _sync_of_pair(setup: Setup) -> Sync | None:
    """Return the sync this set-up made, as long as it joins the chosen connections
    (or may still be moved to them)."""
    sync = setup.sync
    if sync is None:
        return None
    kinds = (sync.left.kind, sync.right.kind)
    return sync if kinds == (setup.left_kind, setup.right_kind) else None


def free_sync_name(workspace: Workspace) -> str:
    """Return a name no sync of the workspace has: "Contacts", "Contacts 2" …"""
    taken = set(Sync.objects.filter(workspace=workspace).values_list("name", flat=True))
    names = ["Contacts", *(f"Contacts {n}" for n in range(2, len(taken) + 3))]
    return next(name for name in names if name not in taken)


def _save_rules(request: WorkspaceRequest, setup: Setup, form: RulesForm) -> bool:
    """Save the sync and its first mapping; a refusal goes to its field."""
    chosen = form.settings()
    direction = chosen.pop("direction")
    name = form.cleaned_data["name"]
    before = _rules_of(form.sync) if form.sync else None
    try:
        with transaction.atomic():
            if form.sync and form.sync.name != name:
                sync_rename(sync=form.sync, name=name, actor=request.user)
            sync = sync_save(
                workspace=request.workspace,
                name=name,
                left=setup.left,  # type: ignore[arg-type]
                right=setup.right,  # type: ignore[arg-type]
                actor=request.user,
                **chosen,
            )
            _mapping_direct(request, sync, direction)
    except ConfigError as error:
        form.refuse(error)
        return False
    if before is not None and before != _rules_of(sync):
        plans_outdate(sync=sync)
    setup.sync = sync
    setup.save(update_fields=["sync"])
    return True


def _rules_of(sync: Sync) -> list[Any]:
    """Return the settings a plan depends on."""
    names = ("left_id", "right_id", "match", "first_merge", "conflict", "history")
    return [getattr(sync, name) for name in (*names, "delete_policy", "leaving")]


def _mapping_direct(request: WorkspaceRequest, sync: Sync, direction: str) -> None:
    """Draft the mapping people would start with, or give the one that is there
    another direction: at once in force where nothing else waits to be published."""
    mapping = Mapping.objects.filter(sync=sync, object_type=OBJECT_TYPE).first()
    if mapping is not None and mapping.direction == direction:
        return  # the draft may be unfinished: it is nobody's business here
    in_force = mapping is not None and is_published(mapping)
    lines: Any = draft_lines(mapping) if mapping else []
    saved = mapping_save(
        sync=sync,
        object_type=OBJECT_TYPE,
        direction=direction,
        lines=lines or default_field_maps(sync.left.kind, sync.right.kind, OBJECT_TYPE),
        actor=request.user,
    )
    if in_force:
        mapping_publish(mapping=saved, actor=request.user)


def rules_sentence(setup: Setup, form: RulesForm) -> str:
    """Return the sentences of a rules form, filled in as far as it is."""
    left, right = names_of(setup)
    chosen = form.settings()
    del chosen["guards"]  # they say when to ask, not what the sync does
    if form.sync is not None:  # chosen in other steps
        saved = choices_of(form.sync)
        chosen |= {"filters": saved.filters, "flowing": saved.flowing}
        if chosen["history"] == saved.history:  # else it counts from now
            chosen["history_day"] = saved.history_day
    return sync_sentence(
        SyncChoices(
            left=left,
            right=right,
            left_is_instant=bool(setup.left and is_instant(setup.left)),
            right_is_instant=bool(setup.right and is_instant(setup.right)),
            **chosen,
        )
    )
