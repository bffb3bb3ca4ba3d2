"""Pages of the installation itself: is it alive, is it ready, how do its parts look."""

from __future__ import annotations

from datetime import timedelta

from django import forms
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.paginator import Paginator
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from crosswalk.clock import now
from crosswalk.states import LOOKS, PAST


@login_not_required
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Alive: this process answers. It asks nobody else."""
    return HttpResponse("ok", content_type="text/plain")


@login_not_required
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Ready: the database answers and is of this version."""
    try:
        executor = MigrationExecutor(connection)
        pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return _not_ready("The database does not answer.")
    if pending:
        return _not_ready(
            f"{len(pending)} migrations are not applied yet: run manage.py migrate."
        )
    return JsonResponse({"ready": True})


def _not_ready(reason: str) -> JsonResponse:
    return JsonResponse({"ready": False, "reason": reason}, status=503)


class SampleForm(forms.Form):
    """Every kind of field, one of them with an error."""

    name = forms.CharField(label="Client ID", help_text="Stored encrypted.")
    email = forms.EmailField(label="E-mail", required=False)
    system = forms.ChoiceField(
        choices=[("left", "HighLevel"), ("right", "Zoho Invoice")]
    )
    policy = forms.ChoiceField(
        label="When both sides change a field",
        choices=[("newest", "The newer value wins"), ("ask", "Ask me")],
        widget=forms.RadioSelect,
    )
    remember = forms.BooleanField(label="Keep me signed in", required=False)


@login_not_required
@require_safe
def styleguide(request: HttpRequest) -> HttpResponse:
    """Show every element of the look, for those who build pages."""
    if not settings.DEBUG and not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    moment = now()
    steps = [("Systems", "done"), ("HighLevel", "done"), ("Zoho Invoice", "now")]
    steps += [("Rules", "todo"), ("Fields", "todo"), ("Test and go live", "todo")]
    form = SampleForm({"name": "1000.7QK2M9X4", "email": "dana@", "policy": "newest"})
    context = {
        "states": LOOKS,
        "past": PAST,
        "form": form,
        "steps": [
            {"label": label, "state": state, "url": "#"} for label, state in steps
        ],
        "moments": [moment - timedelta(seconds=s) for s in (1, 12, 340, 9000, 90_000)],
        "old": moment - timedelta(days=40),
        "page": Paginator(range(318), 50).get_page(request.GET.get("page")),
        "sync_meter": [("ok", 284), ("wait", 9), ("off", 7), ("person", 18)],
        "quota_meter": [("acc", 612), ("next", 258)],
        "run_meter": [("acc", 165), ("fail", 6)],
    }
    return render(request, "styleguide.html", context)
