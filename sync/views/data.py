"""Data: what a workspace holds, for how long, and how to take it along."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from sync.running import pruning
from synclog.terms import Terms, terms_of
from workspaces.access import WorkspaceRequest, workspace_member
from workspaces.models import Membership


@require_safe
@workspace_member
def data(request: WorkspaceRequest, workspace: str) -> HttpResponse:
    """Show the terms, the export, and where somebody is forgotten."""
    context = {
        "terms": _terms(terms_of(request.workspace)),
        "is_owner": request.membership.role == Membership.Role.OWNER,
    }
    return render(request, "sync/data.html", context)


def _terms(own: Terms) -> list[tuple[str, str]]:
    """Return what is kept and for how long, as it is pruned."""
    return [
        ("Log of runs, changes and messages", f"{own.log_days} days; undo as long"),
        ("Values sent to the systems", f"{own.request_days} days"),
        ("Notices from the systems", f"{pruning.INBOX_DAYS} days"),
        ("Runs that found nothing to do", f"{pruning.QUIET_HOURS} hours"),
        (
            "Plans nobody approved",
            f"{pruning.PLAN_DAYS} days, the last {pruning.PLANS_KEPT} of a sync longer",
        ),
        ("People as last read, and who is linked", "until they are forgotten"),
        ("Audit trail", "for good"),
    ]
