"""The result of a test: the plan, person by person, and its approval."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from crosswalk.errors import ConfigError, CrosswalkError
from integrations.models import Connection
from integrations.quotas.budget import windows
from sync.choices.approving import READY, left_counts, plan_approve
from sync.choices.planmatching import decided_count
from sync.choices.retrying import is_preview, is_sample
from sync.engine.guards import MOST_CANARY
from sync.jobs import run_enqueue
from sync.models import Plan, Sync
from sync.policy import system_name
from sync.services import RunActive
from sync.setup.planstate import plan_checked
from sync.setup.resting import KEY
from sync.setup.wizard import setup_finish
from sync.telling.planrows import plan_rows
from sync.telling.plansearch import changes_found
from sync.views.golive import going_context
from sync.views.parts import PAGE_SIZE, run_here
from sync.views.testing import some_test_request, test_progress, test_request
from sync.views.undone import undo_choices, undo_chosen, undo_name, undo_test_request
from sync.words import duration, units
from synclog.models import SyncRun
from workspaces.access import WorkspaceRequest, workspace_editor, workspace_member

FACETS = (
    ("create", "Create", "new on one side"),
    ("link", "Link", "already on both"),
    ("update", "Update", "some fields differ"),
    ("delete", "Remove", "deleted or archived"),
    ("unchanged", "Unchanged", "already the same"),
    ("review", "Review", "maybe the same"),
    ("conflict", "Conflict", "two values"),
    ("excluded", "Excluded", "left as they are"),
    ("failed", "Failed", "cannot be written"),
)
TEST_LEAD = (
    "Nothing has been written. This is every change, field by field, as it would happen "
    "if you approve it now."
)
UNDO_LEAD = (
    "Nothing has been put back yet. Whatever was edited since that run stays as it is, "
    "and is listed as excluded."
)
PART_LEAD = (
    "What was chosen of it has been approved. The rest is as it would happen if you "
    "approve it now."
)
SOME_LEAD = (
    "Nothing has been written. This is what becomes of just the people you asked about, "
    "by the mapping and the rules as they are now. Approving it writes nobody else."
)
SAMPLE_LEAD = (
    "Nothing has been written. This is what becomes of the first few people of all. "
    "Approving it writes nobody else, and does not go live."
)
LABELS = {key: label for key, label, _ in FACETS}


@require_safe
@workspace_member
def plan(request: WorkspaceRequest, workspace: str, run: int) -> HttpResponse:
    """Show the plan a test made, or how far the test is."""
    found = _test_here(request, run)
    progress = test_progress(found, request.path)
    if not progress.is_ready:
        context = {"run": found, "sync": found.sync, "progress": progress}
        if request.htmx:
            return render(request, "sync/_test_progress.html", context)
        return render(request, "sync/plan_progress.html", context)
    if request.htmx:  # it was being waited for
        return HttpResponseClientRefresh()
    return render(request, "sync/plan.html", _context(request, found))


def _test_here(request: WorkspaceRequest, pk: int) -> SyncRun:
    found = run_here(request, pk)
    if found.mode != SyncRun.Mode.TEST:
        raise Http404
    return found


def _context(request: WorkspaceRequest, run: SyncRun) -> dict[str, Any]:
    plan = plan_checked(run.plan)  # type: ignore[arg-type]
    sync = run.sync
    show, words = _show(request), request.GET.get("q", "").strip()[:200]
    pages = Paginator(changes_found(plan, show, words), PAGE_SIZE)
    page = pages.get_page(request.GET.get("page"))
    left, runs = left_counts(plan), list(_live_runs(plan))
    ready = sum(left.values())
    return {
        "run": run,
        "sync": sync,
        "plan": plan,
        "ready": ready,
        "title": _title(run, plan, ready),
        "undone": run.undo_of_id,
        "created": undo_choices(run),
        "facet_left": 0 if words else left.get(show, 0),
        "can_pick": request.membership.can_write and plan.state == Plan.State.READY,
        "lead": _lead(run, runs),
        "costs": [_cost(sync, plan, side) for side in ("left", "right")],
        "takes": duration(plan.seconds) if plan.calls else "",
        "decisions": plan.counts.get("review", 0) + plan.counts.get("conflict", 0),
        "doubles": [
            {"name": system_name(sync, side), "count": count}
            for side, count in run.checkpoint.get("duplicates", {}).items()
        ],
        "facets": _facets(request, plan, show),
        "show": show,
        "show_words": LABELS.get(show, ""),
        "facet_note": _facet_note(run, plan, show),
        "q": words,
        "page": page,
        "rows": plan_rows(sync, page.object_list),
        "is_ready": plan.state == Plan.State.READY,
        "is_live": sync.state == Sync.State.LIVE or is_preview(run),
        "is_preview": is_preview(run),
        "live_runs": runs,
        "decided": decided_count(plan),
        **going_context(run, plan),
        "can_write": request.membership.can_write,
    }


def _title(run: SyncRun, plan: Plan, ready: int) -> str:
    words = "1 change" if ready == 1 else f"{ready:,} changes"
    verb = "is" if ready == 1 else "are"
    said = f"{words} {verb} ready" if ready else "nothing has to change"
    if plan.state == Plan.State.EXPIRED:
        said = "out of date"
    elif plan.state != Plan.State.READY:
        said = f"{words} approved" if ready else "approved"
    if run.undo_of_id is not None:
        return f"Undo of {undo_name(run)}: {said}"
    return f"Test of {plan.sync.name}: {said}"


def _lead(run: SyncRun, carried_out_by: list[SyncRun]) -> str:
    if carried_out_by:
        return PART_LEAD
    if is_preview(run):
        return SAMPLE_LEAD if is_sample(run) else SOME_LEAD
    return UNDO_LEAD if run.undo_of_id else TEST_LEAD


def _show(request: WorkspaceRequest) -> str:
    show = request.GET.get("show", "")
    return show if show in LABELS else ""


def _facets(request: WorkspaceRequest, plan: Plan, show: str) -> list[dict[str, Any]]:
    def url(value: str) -> str:
        query = QueryDict(mutable=True)
        if value:
            query["show"] = value
        if words := request.GET.get("q", "").strip():
            query["q"] = words
        return f"?{query.urlencode()}"

    everybody = {
        "label": "All",
        "count": sum(plan.counts.values()),
        "sub": "people looked at",
        "url": url(""),
        "active": not show,
        "value": "",
    }
    return [
        everybody,
        *(
            {
                "label": label,
                "count": plan.counts.get(key, 0),
                "sub": sub,
                "url": url(key),
                "active": show == key,
                "value": key,
            }
            for key, label, sub in FACETS
            if key != "delete" or plan.counts.get(key)
        ),
    ]


def _facet_note(run: SyncRun, plan: Plan, show: str) -> str:
    """Return what is said of people who are counted and not listed."""
    same = plan.counts.get("unchanged", 0)
    if not same or show not in ("", "unchanged"):
        return ""
    verb = "is" if same == 1 else "are"
    return f"{units(same, run)} {verb} already the same on both sides and only counted."


def _cost(sync: Sync, plan: Plan, side: str) -> dict[str, Any]:
    """Return what a plan costs on one side, and what the day still has for it."""
    connection: Connection = sync.left if side == "left" else sync.right
    day = next((w for w in windows(connection) if w["window"] == "day"), None)
    calls = plan.calls.get(connection.name, 0)
    left = max(0, day["limit"] - day["used"] - day["reserve"]) if day else None
    return {
        "side": side,
        "name": system_name(sync, side),  # type: ignore[arg-type]
        "calls": calls,
        "left": left,
        "is_short": left is not None and calls > left,
        "resets_at": day["resets_at"] if day else None,
    }


def _live_runs(plan: Plan) -> QuerySet[SyncRun]:
    """Return the runs that carry out what was approved of a plan, in their order."""
    runs = SyncRun.objects.filter(plan=plan, mode=SyncRun.Mode.LIVE)
    return runs.order_by("pk")


# --- buttons --------------------------------------------------------------------------


@require_POST
@workspace_editor
def plan_accept(request: WorkspaceRequest, workspace: str, run: int) -> HttpResponse:
    """Approve a plan, or what was chosen of it: a run carries out just that."""
    found = _test_here(request, run)
    if found.plan is None:
        raise Http404
    try:
        chosen = _selection(request)
        started = plan_approve(
            plan=plan_checked(found.plan),
            actor=request.user,
            first=_first_chosen(request),
            **chosen,
        )
    except RunActive as error:
        messages.info(request, error.words("Approve"))
        return redirect("sync:plan", workspace, run)
    except CrosswalkError as error:
        messages.error(request, error.message)
        return redirect("sync:plan", workspace, run)
    if found.undo_of_id is None and not chosen and not is_preview(found):
        setup_finish(sync=found.sync)
        _tell_live(request, found.sync, started)
    run_enqueue(started.pk)
    return redirect("sync:run_detail", workspace, started.pk)


def _tell_live(request: WorkspaceRequest, sync: Sync, run: SyncRun) -> None:
    """Say that it is live now; `sync` is as it was before the approval. Of the first
    people the page of their run tells."""
    if sync.state != Sync.State.LIVE and KEY not in run.checkpoint:
        messages.success(
            request,
            f"“{sync.name}” is live. What changes on either side is followed from "
            "now on.",
        )


def _selection(request: WorkspaceRequest) -> dict[str, Any]:
    """Return what was chosen of a plan, as `plan_approve` takes it; {} for all.

    Raises ConfigError when some were to be chosen and none was.
    """
    which = request.POST.get("which", "all")
    units = request.POST.getlist("unit")[:PAGE_SIZE]
    show = request.POST.get("show", "")
    if which == "chosen" and units:
        return {"only": units}
    if which == "facet" and show in READY:
        return {"outcomes": [show]}
    if which in ("chosen", "facet"):
        raise ConfigError("Choose at least one person first, by the box beside them.")
    return {}


def _first_chosen(request: WorkspaceRequest) -> int | None:
    """Return after how many people it is to ask, None where that is not offered."""
    chosen = request.POST.get("first", "")
    if not chosen.isdecimal() or len(chosen) > 6:
        return None
    return min(int(chosen), MOST_CANARY)


@require_POST
@workspace_editor
def plan_again(request: WorkspaceRequest, workspace: str, run: int) -> HttpResponse:
    """Test again, from today's data."""
    found = _test_here(request, run)
    if is_preview(found) and not is_sample(found):
        started = some_test_request(request, found.sync, found.targets)
    elif found.undo_of is not None:
        started = undo_test_request(request, found.undo_of, undo_chosen(request, found))
    else:
        started = test_request(request, found.sync)
    return redirect("sync:plan", workspace, started.pk if started else run)
