"""Sending: by mail and to webhooks, until it arrives or is given up."""

from __future__ import annotations

import json
from datetime import timedelta

import httpx
import pytest
from django.core import mail
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from crosswalk.clock import now
from sync.alerting.channels import (
    channel_add,
    channel_secret,
    channel_secret_renew,
    channel_test,
)
from sync.alerting.sending import WAITS, delivery_send
from sync.models import AlertChannel, Delivery

pytestmark = pytest.mark.django_db
URL = "https://93.184.215.14/services/T1/B2/secretpart"
ITEM = {
    "what": "raised",
    "rule": "failing",
    "subject": "sync:1",
    "name": "Contacts",
    "title": "Contacts <!channel> *all*: 2 people could not be written",
    "text": "Everything else goes on.",
    "path": "/w/acme/attention/",
    "at": "2026-03-01T10:00:00+00:00",
}


class Receiver:
    """Answers with the given statuses, one after the other; keeps what came."""

    def __init__(self, *statuses: int, headers=None, error=None) -> None:
        self.statuses = list(statuses)
        self.headers = headers or {}
        self.error = error
        self.got: list[httpx.Request] = []

    @property
    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self.answer)

    def answer(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.got.append(request)
        if self.error:
            raise self.error
        status = self.statuses.pop(0) if self.statuses else 200
        return httpx.Response(status, headers=self.headers)


def channel_of(workspace, kind: str, to: str = URL) -> AlertChannel:
    return channel_add(
        workspace=workspace,
        kind=kind,
        name=kind,
        to=to,
        pace="at_once",
        rules=[],
        actor=None,
    )


def delivery(channel: AlertChannel, *items) -> Delivery:
    return Delivery.objects.create(
        workspace=channel.workspace,
        channel=channel,
        items=list(items) or [ITEM],
        next_at=now(),
    )


def again(row: Delivery, receiver: Receiver) -> Delivery:
    Delivery.objects.filter(pk=row.pk).update(next_at=now())
    return delivery_send(row.pk, transport=receiver.transport)


def test_a_mail_says_what_why_and_where(workspace):
    channel = channel_of(workspace, "email", "a@example.com, b@example.com")

    row = delivery_send(delivery(channel).pk)

    (message,) = mail.outbox
    assert message.to == ["a@example.com", "b@example.com"]
    assert message.subject.startswith("[Acme] Contacts")
    assert "/w/acme/attention/" in message.body
    assert row.state == "sent"


def test_a_name_with_a_line_break_makes_no_header(workspace):
    channel = channel_of(workspace, "email", "a@example.com")
    bad = {**ITEM, "title": "Contacts\r\nBcc: thief@example.com"}

    delivery_send(delivery(channel, bad).pk)

    assert "\n" not in mail.outbox[0].subject
    assert mail.outbox[0].recipients() == ["a@example.com"]


def test_a_webhook_is_signed_so_that_another_library_believes_it(workspace):
    channel = channel_of(workspace, "webhook")
    receiver = Receiver(204)

    row = delivery_send(delivery(channel).pk, transport=receiver.transport)

    (request,) = receiver.got
    data = Webhook(channel_secret(channel)).verify(
        request.content, dict(request.headers)
    )
    assert data["type"] == "alert.raised"
    assert data["data"]["alerts"][0]["rule"] == "failing"
    assert request.headers["webhook-id"] == row.message_id


def test_a_changed_body_or_an_old_secret_is_not_believed(workspace, owner):
    channel = channel_of(workspace, "webhook")
    old = channel_secret(channel)
    channel_secret_renew(channel=channel, actor=owner)
    receiver = Receiver(200)
    delivery_send(delivery(channel).pk, transport=receiver.transport)
    (request,) = receiver.got
    headers = dict(request.headers)

    with pytest.raises(WebhookVerificationError):
        Webhook(old).verify(request.content, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(channel_secret(channel)).verify(request.content + b" ", headers)


def test_every_try_has_the_same_id_and_a_time_of_its_own(workspace):
    channel = channel_of(workspace, "webhook")
    receiver = Receiver(503, 200)
    row = delivery(channel)

    first = delivery_send(row.pk, transport=receiver.transport)
    assert (first.state, first.error) == ("pending", "It answered with HTTP 503.")
    assert first.next_at > now()
    second = again(row, receiver)

    assert second.state == "sent"
    assert len({request.headers["webhook-id"] for request in receiver.got}) == 1


def test_slack_shows_names_as_they_are(workspace):
    receiver = Receiver(200)
    row = delivery(channel_of(workspace, "slack"))

    delivery_send(row.pk, transport=receiver.transport)

    text = json.loads(receiver.got[0].content)["blocks"][0]["text"]["text"]
    assert "<!channel>" not in text
    assert "&lt;!channel&gt;" in text
    assert "*all*" not in text


def test_teams_gets_a_card_with_plain_runs(workspace):
    receiver = Receiver(202)
    row = delivery(channel_of(workspace, "teams"))

    delivery_send(row.pk, transport=receiver.transport)

    body = json.loads(receiver.got[0].content)
    card = body["attachments"][0]["content"]
    assert card["body"][0]["inlines"][0]["text"].endswith(ITEM["title"])
    assert card["actions"][0]["url"].endswith("/w/acme/attention/")


def test_it_is_given_up_in_the_end_and_the_channel_says_so(workspace):
    channel = channel_of(workspace, "slack")
    row = delivery(channel)
    receiver = Receiver(*[500] * 20)

    tries = 0
    current = delivery_send(row.pk, transport=receiver.transport)
    while current is not None and current.state == "pending" and tries < 30:
        tries += 1
        current = again(row, receiver)

    channel.refresh_from_db()
    assert current.state == "failed"
    assert len(receiver.got) == len(WAITS) + 1
    assert channel.trouble == "It answered with HTTP 500."


def test_a_refusal_is_not_tried_again(workspace):
    channel = channel_of(workspace, "slack")

    row = delivery_send(delivery(channel).pk, transport=Receiver(404).transport)

    channel.refresh_from_db()
    assert (row.state, row.next_at) == ("failed", None)
    assert (channel.trouble, channel.is_active) == ("It answered with HTTP 404.", True)


def test_a_receiver_that_is_gone_is_switched_off(workspace):
    channel = channel_of(workspace, "webhook")

    delivery_send(delivery(channel).pk, transport=Receiver(410).transport)

    channel.refresh_from_db()
    assert not channel.is_active


def test_the_time_a_receiver_asks_for_is_kept(workspace):
    receiver = Receiver(429, headers={"retry-after": "3600"})

    row = delivery_send(
        delivery(channel_of(workspace, "slack")).pk, transport=receiver.transport
    )

    assert row.next_at > now() + timedelta(minutes=59)


@pytest.mark.parametrize(
    "error", [httpx.ConnectError(URL), httpx.ReadTimeout(URL), httpx.InvalidURL(URL)]
)
def test_no_reason_holds_the_address(workspace, error, caplog):
    channel = channel_of(workspace, "slack")
    receiver = Receiver(error=error)
    if isinstance(error, httpx.InvalidURL):
        receiver = Receiver(302, headers={"location": URL})

    row = delivery_send(delivery(channel).pk, transport=receiver.transport)

    assert row.error
    assert "secretpart" not in row.error + caplog.text


def test_a_test_is_an_ordinary_message(workspace, owner):
    channel = channel_of(workspace, "email", "a@example.com")

    delivery_send(channel_test(channel=channel, actor=owner).pk)

    assert "This is a test" in mail.outbox[0].subject


def test_a_message_is_sent_by_one_process(workspace):
    row = delivery(channel_of(workspace, "email", "a@example.com"))
    Delivery.objects.update(
        lease_owner="elsewhere|1|1|x", lease_until=now() + timedelta(minutes=1)
    )

    assert delivery_send(row.pk) is None
    assert mail.outbox == []
