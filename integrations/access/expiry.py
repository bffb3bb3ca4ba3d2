"""Expiry: when an authorisation ends by itself, as a date and a sentence.

The vendors' rules are facts of the connectors (`OAuthSpec.refresh_days`, `.ends_when`,
`ConnectorSpec.token_unused_days`); here they meet what is known of one grant.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from crosswalk.clock import now
from integrations import registry
from integrations.connectors.base import local_zone
from integrations.models import Grant

SOON = timedelta(days=14)  # from here on it is a warning
USED_EVERY = timedelta(hours=1)  # `Grant.used_at` is written at most this often


@dataclass(frozen=True, slots=True)
class ExpiryForecast:
    """When an authorisation ends (None: not by itself, or it has), and in words.

    `tone` is "ok", "warn" (soon, or trouble that passes), "error" (a person is
    needed) or "off" (disconnected).
    """

    ends_at: datetime | None
    sentence: str
    tone: str


def expiry_forecast(grant: Grant, at: datetime | None = None) -> ExpiryForecast:
    """Return when a grant ends unless something happens, as seen at `at` (now)."""
    moment = at or now()
    if not grant.credentials:
        return ExpiryForecast(None, "Disconnected: nothing is kept of it.", "off")
    if grant.status == Grant.Status.NEEDS_RECONNECT:
        reason = grant.reason or "Connect it again."
        return ExpiryForecast(None, f"It has ended. {reason}", "error")
    forecast = _static(grant, moment) if is_static(grant) else _oauth(grant, moment)
    if grant.retry_at and grant.retry_at > moment:
        return ExpiryForecast(forecast.ends_at, _cooling(grant, grant.retry_at), "warn")
    return forecast


def is_static(grant: Grant) -> bool:
    """Whether a grant is one token that nobody renews."""
    return grant.auth_type == "token"


def grant_used(grant: Grant) -> bool:
    """Note that a call with this grant succeeded, at most once an hour."""
    moment = now()
    if grant.used_at and moment - grant.used_at < USED_EVERY:
        return False
    grant.used_at = moment
    due = Grant.objects.filter(pk=grant.pk).exclude(used_at__gt=moment - USED_EVERY)
    return bool(due.update(used_at=moment))


def _oauth(grant: Grant, moment: datetime) -> ExpiryForecast:
    oauth = registry.spec(grant.kind).oauth
    if not oauth.refresh_days:
        return ExpiryForecast(None, _endless(oauth.ends_when), "ok")
    renewed = grant.refreshed_at or grant.created_at
    return _unused(grant, renewed + timedelta(days=oauth.refresh_days), moment)


def _static(grant: Grant, moment: datetime) -> ExpiryForecast:
    spec = registry.spec(grant.kind)
    entered = grant.refreshed_at or grant.created_at
    if not spec.token_unused_days:
        return ExpiryForecast(None, _endless(""), "ok")
    used = max(filter(None, (grant.used_at, entered)))
    ends = used + timedelta(days=spec.token_unused_days)
    forecast = _unused(grant, ends, moment)
    rotate_at = entered + timedelta(days=spec.token_rotate_days)
    if forecast.tone != "ok" or not spec.token_rotate_days:
        return forecast
    if rotate_at > moment:
        return ExpiryForecast(
            ends, f"{forecast.sentence} {_rotate(grant, rotate_at, False)}", "ok"
        )
    return ExpiryForecast(ends, _rotate(grant, rotate_at, True), "warn")


def _unused(grant: Grant, ends: datetime, moment: datetime) -> ExpiryForecast:
    """Return the forecast of what ends when nobody uses it."""
    label = registry.spec(grant.kind).label
    if ends <= moment:
        return ExpiryForecast(
            ends,
            f"Nothing has used it for so long that {label} has probably ended it on "
            f"{day(grant, ends)}. Check it, or connect it again.",
            "error",
        )
    if ends - moment <= SOON:
        return ExpiryForecast(
            ends,
            f"Nobody has used it for long: on {day(grant, ends)} this link dies. "
            "Check it now, or let a sync use it.",
            "warn",
        )
    return ExpiryForecast(
        ends, f"If nothing uses it until {day(grant, ends)}, this link dies.", "ok"
    )


def _rotate(grant: Grant, at: datetime, is_due: bool) -> str:
    spec = registry.spec(grant.kind)
    if is_due:
        return (
            f"This token is {spec.token_rotate_days} days old or more. {spec.label} "
            "advises a new one: make it there, then enter it under “Reconnect”."
        )
    return f"{spec.label} advises a new token from {day(grant, at)} on."


def _endless(ends_when: str) -> str:
    return f"It does not end by itself. {ends_when}".rstrip()


def _cooling(grant: Grant, until: datetime) -> str:
    label = registry.spec(grant.kind).label
    at = timezone.localtime(until, local_zone(grant.workspace.time_zone))
    return (
        f"{label} gives no new access at the moment. Crosswalk asks again by itself "
        f"at {at:%H:%M}."
    )


def day(grant: Grant, moment: datetime) -> str:
    """Return a day as its workspace's calendar shows it: “12 March 2027”."""
    local = timezone.localtime(moment, local_zone(grant.workspace.time_zone))
    return f"{local.day} {local:%B %Y}"
