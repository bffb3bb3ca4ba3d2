"""What is to be sent, as rows: at once, gathered when it is much, or once a day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from crosswalk.clock import now
from sync.models import AlertChannel, Delivery
from workspaces.models import Workspace

HOUR = timedelta(hours=1)
MOST_AN_HOUR = 10  # of single messages; what comes beyond is gathered
GATHER = timedelta(minutes=30)
DIGEST_HOUR = 8  # by the clock of the workspace

Item = dict[str, Any]


@transaction.atomic
def deliveries_add(workspace: Workspace, items: Sequence[Item]) -> list[Delivery]:
    """Write down for every channel what it is to be told; return the rows."""
    rows = []
    for channel in AlertChannel.objects.filter(workspace=workspace, is_active=True):
        wanted = [i for i in items if not channel.rules or i["rule"] in channel.rules]
        rows += [_add(channel, workspace, item) for item in wanted]
    return rows


def _add(channel: AlertChannel, workspace: Workspace, item: Item) -> Delivery:
    moment = now()
    due = _gathered_until(channel, workspace, moment)
    if due is None:
        return Delivery.objects.create(
            workspace=workspace, channel=channel, items=[item], next_at=moment
        )
    open_row = (
        Delivery.objects.select_for_update()
        .filter(channel=channel, gathers=True, attempts=0, state="pending")
        .first()
    )
    if open_row is not None:
        open_row.items.append(item)
        open_row.save(update_fields=["items"])
        return open_row
    return Delivery.objects.create(
        workspace=workspace, channel=channel, items=[item], gathers=True, next_at=due
    )


def _gathered_until(
    channel: AlertChannel, workspace: Workspace, moment: datetime
) -> datetime | None:
    """Return until when a channel's messages are gathered, None: each at once."""
    if channel.pace == AlertChannel.Pace.DAILY:
        return digest_at(moment, workspace.time_zone)
    recent = channel.deliveries.filter(created_at__gt=moment - HOUR, gathers=False)
    return moment + GATHER if recent.count() >= MOST_AN_HOUR else None


def digest_at(moment: datetime, zone: str) -> datetime:
    """Return the next eight o'clock of a zone."""
    local = moment.astimezone(ZoneInfo(zone))
    at = local.replace(hour=DIGEST_HOUR, minute=0, second=0, microsecond=0)
    if at <= local:
        at += timedelta(days=1)
    return at


def delivery_test(channel: AlertChannel) -> Delivery:
    """Write down a message that only says that messages arrive."""
    return Delivery.objects.create(
        workspace=channel.workspace,
        channel=channel,
        next_at=now(),
        items=[
            {
                "what": "test",
                "rule": "",
                "subject": "",
                "name": channel.workspace.name,
                "title": "This is a test from Crosswalk",
                "text": "Alerts of this workspace arrive here.",
                "path": f"/w/{channel.workspace.slug}/workspace/alerts/",
                "at": now().isoformat(),
            }
        ],
    )
