"""The pages of alerts: adding, testing, changing; nothing that leads there is shown."""

from __future__ import annotations

import re

import pytest
from django.core import mail

from sync.alerting.channels import channel_add, channel_secret
from sync.models import AlertChannel, AlertRule, Delivery
from workspaces.models import AuditEvent

pytestmark = pytest.mark.django_db
PAGE = "/w/acme/workspace/alerts/"
URL = "https://hooks.example.com/services/T1/secretpart"


def add(client, **given):
    data = {"kind": "email", "name": "Office", "to": "a@example.com", "pace": "at_once"}
    return client.post(f"{PAGE}add/", {**data, **given}, follow=True)


@pytest.fixture
def channel(workspace):
    return channel_add(
        workspace=workspace,
        kind="webhook",
        name="Hook",
        to=URL,
        pace="at_once",
        rules=[],
        actor=None,
    )


def test_an_empty_page_says_what_to_do(as_owner):
    page = as_owner.get(PAGE).content.decode()

    assert "Nobody is told yet" in page
    assert page.count("btn-primary") == 1


def test_a_channel_is_added_and_tested(as_owner, django_capture_on_commit_callbacks):
    page = add(as_owner).content.decode()
    channel = AlertChannel.objects.get()
    assert "Office is told from now on" in page

    with django_capture_on_commit_callbacks(execute=True):
        page = as_owner.post(f"{PAGE}{channel.pk}/test/", follow=True)

    assert "This is a test" in mail.outbox[0].subject
    assert "This is a test" in as_owner.get(PAGE).content.decode()
    assert Delivery.objects.get().state == "sent"
    actions = set(AuditEvent.objects.values_list("action", flat=True))
    assert {"alert_channel.added", "alert_channel.tested"} <= actions


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"to": "nobody"}, "is not an e-mail address"),
        ({"to": " , "}, "Enter an e-mail address"),
        ({"kind": "slack", "to": "http://example.com/"}, "begins with https://"),
        ({"kind": "webhook", "to": "https://10.0.0.1/"}, "inside a private network"),
        ({"kind": "pigeon"}, "Select a valid choice"),
        ({"rules": "nonsense"}, "Select a valid choice"),
        ({"pace": ""}, "This field is required"),
    ],
)
def test_what_cannot_be_told_is_refused_with_a_sentence(as_owner, given, words):
    answer = add(as_owner, **given)

    assert answer.status_code == 400
    assert words in answer.content.decode()
    assert not AlertChannel.objects.exists()


def test_two_channels_have_two_names(as_owner):
    add(as_owner)

    assert "Another channel has this name" in add(as_owner).content.decode()


def test_an_address_is_never_shown_again(as_owner, channel):
    pages = as_owner.get(PAGE).content.decode()
    pages += as_owner.get(f"{PAGE}{channel.pk}/").content.decode()

    assert "hooks.example.com" in pages
    assert "secretpart" not in pages
    assert "secretpart" not in channel.target


def test_a_secret_is_shown_once_when_it_is_made(as_owner):
    page = add(as_owner, kind="webhook", to=URL)
    channel = AlertChannel.objects.get()
    first = re.search(r"whsec_[\w+/=]+", page.content.decode())[0]

    assert channel_secret(channel) == first
    assert "whsec_" not in as_owner.get(f"{PAGE}{channel.pk}/").content.decode()

    renewed = as_owner.post(f"{PAGE}{channel.pk}/secret/").content.decode()
    assert "whsec_" in renewed
    assert first not in renewed


def test_only_a_webhook_has_a_secret(as_owner):
    add(as_owner)

    path = f"{PAGE}{AlertChannel.objects.get().pk}/secret/"
    assert as_owner.post(path).status_code == 404


def test_a_channel_is_changed_renewed_and_removed(as_owner, channel):
    here = f"{PAGE}{channel.pk}/"
    as_owner.post(here, {"pace": "daily", "rules": ["guard", "quota"]})
    target = channel.target
    as_owner.post(f"{here}secret/")

    channel.refresh_from_db()
    assert (channel.pace, channel.rules) == ("daily", ["guard", "quota"])
    assert not channel.is_active
    assert channel.target != target

    as_owner.post(f"{here}remove/")
    assert not AlertChannel.objects.exists()


def test_rules_are_saved_and_wrong_limits_refused(as_owner, workspace):
    data = {"failing-on": "on", "failing-limit": "5", "silent-limit": "24"}
    data |= {"volume-limit": "5", "quota-limit": "90", "unheard-limit": "30"}
    as_owner.post(f"{PAGE}rules/", data)

    rule = AlertRule.objects.get(rule="failing")
    assert (rule.is_on, rule.limit) == (True, 5)
    assert not AlertRule.objects.get(rule="guard").is_on

    answer = as_owner.post(f"{PAGE}rules/", {**data, "quota-limit": "900"})
    assert answer.status_code == 400
    assert "less than or equal to 100" in answer.content.decode()


def test_a_viewer_looks_and_changes_nothing(client, viewer, channel):
    client.force_login(viewer)

    assert "Add the channel" not in client.get(PAGE).content.decode()
    assert (
        "Remove the channel" not in client.get(f"{PAGE}{channel.pk}/").content.decode()
    )
    assert client.post(f"{PAGE}{channel.pk}/").status_code == 403


def test_a_stranger_does_not_find_a_channel(client, stranger, channel):
    client.force_login(stranger)

    assert client.get(f"/w/elsewhere/workspace/alerts/{channel.pk}/").status_code == 404
    assert (
        client.post(f"/w/elsewhere/workspace/alerts/{channel.pk}/test/").status_code
        == 404
    )


def test_the_page_takes_the_same_queries_for_many_channels(
    as_owner, workspace, channel, django_assert_max_num_queries
):
    for number in range(5):
        made = channel_add(
            workspace=workspace,
            kind="email",
            name=f"C{number}",
            to="a@example.com",
            pace="at_once",
            rules=[],
            actor=None,
        )
        Delivery.objects.create(workspace=workspace, channel=made, items=[])
    as_owner.get(PAGE)

    with django_assert_max_num_queries(16):
        as_owner.get(PAGE)
