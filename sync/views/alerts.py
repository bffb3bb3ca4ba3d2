"""Alerts: who is told, of what, what is wrong now, and what was sent."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from crosswalk.errors import ConfigError
from sync.alerting import channels
from sync.alerting.forms import ChannelChangeForm, ChannelForm, RulesForm
from sync.alerting.rules import BY_KEY, rules_chosen
from sync.jobs import delivery_enqueue
from sync.models import Alert, AlertChannel, Delivery
from workspaces.access import WorkspaceRequest, workspace_editor, workspace_member

SENT_PAGE = 25
Kind = AlertChannel.Kind


@require_safe
@workspace_member
def alerts(request: WorkspaceRequest, workspace: str) -> HttpResponse:
    """Show who is told, what is wrong now, the rules, and what was sent."""
    return _page(request)


@require_POST
@workspace_editor
def channel_add(request: WorkspaceRequest, workspace: str) -> HttpResponse:
    """Add a channel, and show the secret of a webhook on its own page."""
    form = ChannelForm(request.POST)
    if not form.is_valid():
        return _page(request, form=form)
    try:
        channel = channels.channel_add(
            workspace=request.workspace, actor=request.user, **form.cleaned_data
        )
    except ConfigError as error:
        form.add_error(None, error.message)
        return _page(request, form=form)
    messages.success(request, f"{channel.name} is told from now on. Send it a test.")
    if channel.kind != Kind.WEBHOOK:
        return redirect("sync:alert_channel", workspace, channel.pk)
    return _channel(request, channel, secret=channels.channel_secret(channel))


@workspace_member
def alert_channel(request: WorkspaceRequest, workspace: str, pk: int) -> HttpResponse:
    """Show one channel and what it was sent; change what it is told."""
    channel = _here(request, pk)
    form = ChannelChangeForm(request.POST) if request.method == "POST" else None
    if form is not None and form.is_valid():
        channels.channel_change(
            channel=channel, actor=request.user, **form.cleaned_data
        )
        messages.success(request, f"{channel.name} is saved.")
        return redirect("sync:alert_channel", workspace, pk)
    return _channel(request, channel, form=form)


def _channel(
    request: WorkspaceRequest,
    channel: AlertChannel,
    *,
    form: ChannelChangeForm | None = None,
    secret: str = "",
) -> HttpResponse:
    """Show a channel; a secret made just now is shown this once, and kept nowhere."""
    initial = {
        "pace": channel.pace,
        "rules": channel.rules,
        "is_active": channel.is_active,
    }
    sent = Paginator(channel.deliveries.order_by("-pk"), SENT_PAGE)
    context = {
        "channel": channel,
        "form": form or ChannelChangeForm(initial=initial),
        "page": sent.get_page(request.GET.get("page")),
        "secret": secret,
        "is_signed": channel.kind == Kind.WEBHOOK,
        "told": [BY_KEY[key].title for key in channel.rules if key in BY_KEY],
        "can_write": request.membership.can_write,
        "mail_is_printed": channel.kind == Kind.EMAIL and _mail_is_printed(),
    }
    status = 200 if form is None else 400
    answer = render(request, "sync/alert_channel.html", context, status=status)
    if secret:
        answer["Cache-Control"] = "no-store"
    return answer


@require_POST
@workspace_editor
def channel_test(request: WorkspaceRequest, workspace: str, pk: int) -> HttpResponse:
    """Send a message that says that messages arrive."""
    channel = _here(request, pk)
    delivery = channels.channel_test(channel=channel, actor=request.user)
    delivery_enqueue(delivery.pk)
    messages.info(request, "A test is on its way. Below you see whether it arrived.")
    return redirect("sync:alert_channel", workspace, pk)


@require_POST
@workspace_editor
def channel_renew(request: WorkspaceRequest, workspace: str, pk: int) -> HttpResponse:
    """Give a webhook another secret, and show it this once."""
    channel = _here(request, pk)
    if channel.kind != Kind.WEBHOOK:
        raise Http404
    channels.channel_secret_renew(channel=channel, actor=request.user)
    return _channel(request, channel, secret=channels.channel_secret(channel))


@require_POST
@workspace_editor
def channel_remove(request: WorkspaceRequest, workspace: str, pk: int) -> HttpResponse:
    """Remove a channel."""
    channel = _here(request, pk)
    channels.channel_remove(channel=channel, actor=request.user)
    messages.success(request, f"{channel.name} is no longer told.")
    return redirect("sync:alerts", workspace)


@require_POST
@workspace_editor
def rules_save(request: WorkspaceRequest, workspace: str) -> HttpResponse:
    """Keep which rules are on and their limits."""
    form = RulesForm(dict(rules_chosen(request.workspace)), request.POST)
    if not form.is_valid():
        return _page(request, rules=form)
    channels.rules_save(
        workspace=request.workspace, chosen=form.wanted(), actor=request.user
    )
    messages.success(request, "The rules are saved.")
    return redirect("sync:alerts", workspace)


def _here(request: WorkspaceRequest, pk: int) -> AlertChannel:
    """Return a channel of this workspace; 404 for any other."""
    found = AlertChannel.objects.filter(workspace=request.workspace)
    return get_object_or_404(found.select_related("workspace", "created_by"), pk=pk)


def _page(
    request: WorkspaceRequest,
    form: ChannelForm | None = None,
    rules: RulesForm | None = None,
) -> HttpResponse:
    here = request.workspace
    sent = Delivery.objects.filter(workspace=here).select_related("channel")
    context: dict[str, Any] = {
        "channels": AlertChannel.objects.filter(workspace=here).order_by("name"),
        "open": Alert.objects.filter(workspace=here, is_open=True).order_by(
            "-raised_at"
        ),
        "rules": rules or RulesForm(dict(rules_chosen(here))),
        "form": form or ChannelForm(initial={"pace": AlertChannel.Pace.AT_ONCE}),
        "page": Paginator(sent.order_by("-pk"), SENT_PAGE).get_page(
            request.GET.get("page")
        ),
        "can_write": request.membership.can_write,
        "mail_is_printed": _mail_is_printed(),
    }
    status = 200 if form is None and rules is None else 400
    return render(request, "sync/alerts.html", context, status=status)


def _mail_is_printed() -> bool:
    """Whether mail goes nowhere but to the terminal (CROSSWALK_EMAIL_URL is unset)."""
    return str(settings.EMAIL_BACKEND).endswith("console.EmailBackend")
