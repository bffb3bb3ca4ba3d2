"""Sending what is written down: each delivery until it arrives or is given up.

At least once: a process that dies between the sending and the writing down sends again,
under the same id, which is what a receiver counts a message by.
"""

from __future__ import annotations

import json
import logging
import random
import smtplib
from datetime import timedelta

import httpx
from django.conf import settings
from django.core.mail import EmailMessage

from crosswalk.clock import iso, now
from crosswalk.crypto import decrypt
from crosswalk.errors import ConfigError
from crosswalk.leases import Heartbeat, claim, release
from integrations.http import retry_after_seconds
from integrations.outbound import AddressRefused, outbound_client, url_checked
from sync.alerting import messages
from sync.alerting.signing import signed_headers
from sync.models import AlertChannel, Delivery

logger = logging.getLogger(__name__)
# seconds before each further try: within a minute at first, over two days in all
WAITS = (10, 60, 300, 1800, 7200, 18_000, 36_000, 86_400)
Kind = AlertChannel.Kind


class NotSent(Exception):
    """A try failed. `later`: another may do; `after`: seconds the receiver asked for."""

    def __init__(
        self, words: str, *, later: bool, after: float = 0, is_gone: bool = False
    ) -> None:
        super().__init__(words)
        self.words = words
        self.later = later
        self.after = after
        self.is_gone = is_gone


def delivery_send(
    pk: int, *, transport: httpx.BaseTransport | None = None
) -> Delivery | None:
    """Try a delivery once; None when it is not due or somebody else has it."""
    row = claim(Delivery, pk)
    if row is None:
        return None
    channel = AlertChannel.objects.select_related("workspace").get(pk=row.channel_id)
    try:
        with Heartbeat(row):
            _send(row, channel, transport)
    except NotSent as failure:
        _failed(row, channel, failure)
    except ConfigError as error:  # a secret that no key opens, an address not allowed
        _failed(row, channel, NotSent(error.message, later=False))
    else:
        release(row, next_at=None, state=Delivery.State.SENT, error="", sent_at=now())
        AlertChannel.objects.filter(pk=channel.pk).update(
            trouble="", delivered_at=now()
        )
    return row


def _failed(row: Delivery, channel: AlertChannel, failure: NotSent) -> None:
    tries_left = failure.later and row.attempts <= len(WAITS)
    changes = {"error": failure.words[:400]}
    logger.warning("Alert %s to channel %s: %s", row.pk, channel.pk, failure.words)
    if tries_left:
        wait = WAITS[row.attempts - 1] * random.uniform(1, 1.2)  # noqa: S311
        later = now() + timedelta(seconds=max(wait, failure.after))
        release(row, next_at=later, **changes)
    else:
        release(row, next_at=None, state=Delivery.State.FAILED, **changes)
    if failure.is_gone:  # the receiver wants no more: Standard Webhooks says to stop
        AlertChannel.objects.filter(pk=channel.pk).update(is_active=False)
    if row.attempts > 1 or not tries_left:
        AlertChannel.objects.filter(pk=channel.pk).update(trouble=failure.words[:400])


def _send(
    row: Delivery, channel: AlertChannel, transport: httpx.BaseTransport | None
) -> None:
    target = decrypt(channel.target)
    if channel.kind == Kind.EMAIL:
        _mail(row, channel, target["emails"])
    else:
        _post(row, channel, target, transport)


def _mail(row: Delivery, channel: AlertChannel, emails: list[str]) -> None:
    message = EmailMessage(
        subject=messages.subject(row.items, channel.workspace.name),
        body=messages.plain(row.items, settings.BASE_URL),
        to=emails,
        headers={
            "Message-ID": f"<{row.message_id}@crosswalk>",
            "Auto-Submitted": "auto-generated",
        },
    )
    try:
        message.send()
    except smtplib.SMTPRecipientsRefused:
        raise NotSent("The mail server refused the addresses.", later=False) from None
    except (smtplib.SMTPException, OSError) as exc:
        raise NotSent(
            "The mail server cannot be reached or took nothing.", later=True
        ) from exc


def _post(
    row: Delivery,
    channel: AlertChannel,
    target: dict[str, str],
    transport: httpx.BaseTransport | None,
) -> None:
    url = url_checked(target["url"], settings.ALERT_HOSTS)
    body = json.dumps(_body(row, channel), ensure_ascii=False).encode()
    headers = {"Content-Type": "application/json"}
    if channel.kind == Kind.WEBHOOK:
        headers |= signed_headers(target["secret"], row.message_id, now(), body)
    try:
        with (
            outbound_client(settings.ALERT_HOSTS, transport) as client,
            # the answer's body is of no use and may be endless: it is not read
            client.stream("POST", url, content=body, headers=headers) as answer,
        ):
            _judge(answer)
    except AddressRefused:
        raise NotSent(
            "The address leads into a private network, which is not called. "
            "CROSSWALK_ALERT_HOSTS can allow its host.",
            later=False,
        ) from None
    except httpx.TimeoutException:
        raise NotSent("It did not answer in time.", later=True) from None
    except httpx.HTTPError:  # its words hold the address, which is a key
        raise NotSent("It could not be reached.", later=True) from None


def _body(row: Delivery, channel: AlertChannel) -> dict[str, object]:
    place = channel.workspace.name
    if channel.kind == Kind.SLACK:
        return messages.slack(row.items, settings.BASE_URL, place)
    if channel.kind == Kind.TEAMS:
        return messages.teams(row.items, settings.BASE_URL, place)
    made = iso(row.created_at) or ""
    return messages.webhook(row.items, settings.BASE_URL, place, made)


def _judge(answer: httpx.Response) -> None:
    status = answer.status_code
    if answer.is_success:
        return
    if status == 410:
        raise NotSent(
            "It answered that it is gone (410) and was switched off.",
            later=False,
            is_gone=True,
        )
    later = status in {408, 425, 429} or status >= 500
    after = retry_after_seconds(answer.headers, 0.0)
    raise NotSent(f"It answered with HTTP {status}.", later=later, after=after)
