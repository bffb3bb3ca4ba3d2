"""What all steps of the set-up show and keep: the way, the sentence, what was typed."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from integrations import registry
from integrations.models import Connection, RemoteRecord
from sync.models import Setup
from sync.setup import wizard
from sync.setup.sentences import SyncChoices, choices_of, is_instant, sync_sentence
from sync.setup.wizard import SIDES, STEPS, System
from workspaces.access import WorkspaceRequest
from workspaces.models import Workspace

SESSION_KEY = "setup-{}-{}"  # what was typed on a step and not saved yet, by step


def setup_get(workspace: Workspace, pk: int) -> Setup:
    """Return a set-up of the workspace; 404 if it is not here."""
    found = Setup.objects.select_related("left__grant", "right__grant", "sync")
    return get_object_or_404(found, workspace=workspace, pk=pk)


def names_of(setup: Setup) -> tuple[str, str]:
    """Return what people call the two sides."""
    left, right = (
        registry.CONNECTORS[setup.left_kind],
        registry.CONNECTORS[setup.right_kind],
    )
    if left == right and setup.left and setup.right:
        return setup.left.name, setup.right.name
    return left, right


def steps_of(
    setup: Setup | None, step: str, systems: tuple[System, System]
) -> list[dict[str, str]]:
    """Return the steps as the page's head shows them."""
    labels = dict(
        zip(
            STEPS,
            (
                "Systems",
                *(s.label for s in systems),
                "Rules",
                "Who and what",
                "Fields",
                "Test and go live",
            ),
            strict=True,
        )
    )
    shown = []
    for name, label in labels.items():
        done = setup is not None and name != "test" and wizard.step_is_done(setup, name)
        is_open = setup is not None and wizard.step_is_open(setup, name)
        state = "now" if name == step else "done" if done and is_open else "todo"
        url = ""
        if setup is not None and is_open:
            slug = setup.workspace.slug
            url = reverse("sync:setup_step", args=[slug, setup.pk, name])
        shown.append({"label": label, "state": state, "url": url})
    return shown


def page_context(setup: Setup, step: str) -> dict[str, Any]:
    systems = (wizard.side_system(setup, "left"), wizard.side_system(setup, "right"))
    at = STEPS.index(step)
    return {
        "setup_row": setup,
        "step": step,
        "steps": steps_of(setup, step, systems),
        "left": systems[0],
        "right": systems[1],
        "back": STEPS[at - 1] if at else "",
        "sofar": _sofar(setup, step),
        "sentence": _saved_sentence(setup),
    }


def _saved_sentence(setup: Setup) -> str:
    if setup.sync:
        return sync_sentence(choices_of(setup.sync))
    left, right = names_of(setup)
    return first_sentence(
        left,
        right,
        left_is_instant=bool(setup.left and is_instant(setup.left)),
        right_is_instant=bool(setup.right and is_instant(setup.right)),
    )


def first_sentence(left: str, right: str, **more: Any) -> str:
    return sync_sentence(
        SyncChoices(left=left, right=right, schedule={"every_minutes": 5}, **more)
    )


def _sofar(setup: Setup, step: str) -> list[dict[str, Any]]:
    """Return what is done so far, as the panel beside the step lists it."""
    rows = []
    for side in SIDES:
        connection = wizard.side_connection(setup, side)
        label = wizard.side_system(setup, side).name
        done = connection is not None and wizard.step_is_done(setup, side)
        text = "You are here" if side == step else "Not connected yet"
        if connection is not None and done:
            text = f"Connected{_read_so_far(connection)}"
            label = f"{label}, {connection.account_name or connection.name}"
        rows.append({"done": done, "label": label, "text": text, "side": side})
    return rows


def _read_so_far(connection: Connection) -> str:
    people = RemoteRecord.objects.filter(connection=connection, gone_at=None).count()
    return f", {people:,} people" if people else ""


def onward(request: WorkspaceRequest, setup: Setup, step: str) -> HttpResponse:
    """Go to the step after this one."""
    following = STEPS[STEPS.index(step) + 1]
    return redirect("sync:setup_step", request.workspace.slug, setup.pk, following)


def typed_before(request: HttpRequest, setup: Setup, step: str) -> QueryDict | None:
    """Return what was typed on a step: just now, or before going back."""
    if request.method == "POST":
        return request.POST
    kept = request.session.get(SESSION_KEY.format(setup.pk, step))
    return QueryDict(kept) if kept else None


def keep_and_go_back(
    request: WorkspaceRequest, setup: Setup, step: str
) -> HttpResponse:
    """Go one step back without losing what was typed here."""
    request.session[SESSION_KEY.format(setup.pk, step)] = request.POST.urlencode()
    before = STEPS[STEPS.index(step) - 1]
    return redirect("sync:setup_step", request.workspace.slug, setup.pk, before)


def forget(request: HttpRequest, setup: Setup, step: str) -> None:
    request.session.pop(SESSION_KEY.format(setup.pk, step), None)


def step_page(request: HttpRequest, name: str, context: dict[str, Any]) -> HttpResponse:
    """Show a step. A form that cannot be saved yet is an ordinary page, too."""
    return render(request, f"sync/setup/{name}.html", context)
