"""Channels and rules: adding, changing, testing, each with its line in the audit trail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import QuerySet

from crosswalk.crypto import decrypt, encrypt
from crosswalk.errors import ConfigError
from integrations.outbound import url_checked
from sync.alerting.deliveries import delivery_test
from sync.alerting.rules import BY_KEY
from sync.alerting.signing import secret_new
from sync.alerting.watching import watch_start
from sync.models import AlertChannel, AlertRule, Delivery
from workspaces.models import Workspace
from workspaces.services import audit

MOST_CHANNELS = 20
MOST_EMAILS = 20
Person = AbstractBaseUser


def emails_read(text: str) -> list[str]:
    """Return the addresses of a text, each once; raise ConfigError for a wrong one."""
    found = list(dict.fromkeys(text.replace(";", ",").replace("\n", ",").split(",")))
    emails = [each.strip() for each in found if each.strip()]
    if not emails:
        raise ConfigError("Enter an e-mail address.")
    if len(emails) > MOST_EMAILS:
        raise ConfigError(f"At most {MOST_EMAILS} addresses in one channel.")
    for each in emails:
        try:
            validate_email(each)
        except ValidationError:
            raise ConfigError(f"“{each}” is not an e-mail address.") from None
    return emails


@transaction.atomic
def channel_add(
    *,
    workspace: Workspace,
    kind: str,
    name: str,
    to: str,
    pace: str,
    rules: Sequence[str],
    actor: Person | None,
) -> AlertChannel:
    """Add a channel. `to` are addresses, or the address of a webhook.

    Raises ConfigError for what cannot be called or is there already.
    """
    rows = AlertChannel.objects.filter(workspace=workspace)
    if rows.filter(name=name).exists():
        raise ConfigError("Another channel has this name.")
    if rows.count() >= MOST_CHANNELS:
        raise ConfigError(f"A workspace has at most {MOST_CHANNELS} channels.")
    target, shown = target_read(kind, to)
    channel = AlertChannel.objects.create(
        workspace=workspace,
        kind=kind,
        name=name,
        target=encrypt(target),
        shown=shown[:200],
        pace=pace,
        rules=_rules(rules),
        created_by_id=actor.pk if actor else None,
    )
    watch_start(workspace)
    _tell(channel, "alert_channel.added", actor)
    return channel


def target_read(kind: str, to: str) -> tuple[dict[str, Any], str]:
    """Return where a channel goes, as it is kept and as it is shown."""
    if kind == AlertChannel.Kind.EMAIL:
        emails = emails_read(to)
        return {"emails": emails}, ", ".join(emails)
    url = url_checked(to, settings.ALERT_HOSTS)
    target = {"url": url}
    if kind == AlertChannel.Kind.WEBHOOK:
        target["secret"] = secret_new()
    return target, urlsplit(url).hostname or ""


@transaction.atomic
def channel_change(
    *,
    channel: AlertChannel,
    pace: str,
    rules: Sequence[str],
    is_active: bool,
    actor: Person,
) -> None:
    """Change what a channel is told, and when; where it goes stays."""
    channel.pace, channel.rules = pace, _rules(rules)
    if is_active and not channel.is_active:
        channel.trouble = ""
    channel.is_active = is_active
    channel.save(update_fields=["pace", "rules", "is_active", "trouble"])
    _tell(channel, "alert_channel.changed", actor)


@transaction.atomic
def channel_remove(*, channel: AlertChannel, actor: Person) -> None:
    """Remove a channel with what was not sent yet."""
    _tell(channel, "alert_channel.removed", actor)
    channel.delete()


@transaction.atomic
def channel_test(*, channel: AlertChannel, actor: Person) -> Delivery:
    """Have a message sent that only says that messages arrive."""
    _tell(channel, "alert_channel.tested", actor)
    return delivery_test(channel)


def channels_silent(workspace: Workspace) -> QuerySet[AlertChannel]:
    """Return the channels that are to be told and cannot."""
    found = AlertChannel.objects.filter(workspace=workspace, is_active=True)
    return found.exclude(trouble="").order_by("name")


def channel_secret(channel: AlertChannel) -> str:
    """Return the secret by which a receiver checks our signatures, "" without one."""
    return str(decrypt(channel.target).get("secret", ""))


@transaction.atomic
def channel_secret_renew(*, channel: AlertChannel, actor: Person) -> None:
    """Give a webhook another secret; the old one ends at once."""
    target = decrypt(channel.target)
    channel.target = encrypt({**target, "secret": secret_new()})
    channel.save(update_fields=["target"])
    _tell(channel, "alert_channel.secret_renewed", actor)


@transaction.atomic
def rules_save(
    *, workspace: Workspace, chosen: Mapping[str, tuple[bool, int]], actor: Person
) -> None:
    """Keep which rules are on and their limits: rule → (on, limit)."""
    for key, (is_on, limit) in chosen.items():
        AlertRule.objects.update_or_create(
            workspace=workspace, rule=key, defaults={"is_on": is_on, "limit": limit}
        )
    audit(
        workspace=workspace,
        actor=actor,
        action="alert_rules.changed",
        data={key: limit if is_on else "off" for key, (is_on, limit) in chosen.items()},
    )


def _rules(keys: Sequence[str]) -> list[str]:
    """Return the rules chosen; all of them is none in particular."""
    known = [key for key in keys if key in BY_KEY]
    return [] if len(known) == len(BY_KEY) else known


def _tell(channel: AlertChannel, action: str, actor: Person | None) -> None:
    audit(
        workspace=channel.workspace,
        actor=actor,
        action=action,
        subject=channel.name,
        data={"kind": channel.kind, "to": channel.shown},
    )
