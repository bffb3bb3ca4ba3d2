"""Forgetting a person: not a word of them is left, and they do not come back."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps

from crosswalk.clock import now
from integrations.models import RemoteRecord
from sync.models import InboxEvent, RecordLink
from sync.running.forgetting import NOBODY
from synclog.models import Event, LogEntry, OperationCall, SyncRun
from tests.sync.rows import run_make
from tests.sync.world import World

pytestmark = pytest.mark.django_db


def everything() -> dict[str, str]:
    """Return all that the product stores, by model."""
    found: dict[str, str] = {}
    for model in apps.get_models():
        if model._meta.app_label in {
            "sync",
            "synclog",
            "integrations",
            "mapping",
            "workspaces",
        }:
            found[model.__name__] = str(list(model._default_manager.values()))
    return found


def words_of(row: RemoteRecord) -> list[str]:
    """Return what of a record nobody else has: its id, e-mail, phone and name."""
    keys = [key.value for key in row.keys.exclude(kind="sound").exclude(kind="word")]
    return [row.remote_id, row.label, *keys]


@pytest.fixture
def linked(world: World) -> RecordLink:
    world.run()
    return RecordLink.objects.filter(object_type="contact", how="email").first()


def forget(client: Any, link: RecordLink) -> str:
    answer = client.post(f"/w/acme/contacts/{link.left_id}/forget/", follow=True)
    return answer.content.decode()


def test_not_a_word_is_left_and_the_next_run_does_not_bring_them_back(
    as_owner, world, linked
):
    words = {*words_of(linked.left), *words_of(linked.right)}
    InboxEvent.objects.create(
        connection=linked.left.connection,
        event_type="ContactUpdate",
        object_type="contact",
        record_id=linked.left.remote_id,
        body=str(linked.left.values),
        handled_at=now(),
    )
    Event.objects.create(
        workspace=world.workspace,
        type="hl.contact_updated",
        payload={"id": linked.left.remote_id, "record": linked.left.values},
    )
    OperationCall.objects.create(
        workspace=world.workspace,
        once=uuid4(),
        request={"body": {"email": linked.left.values["email"]}},
    )
    stored = everything()
    assert all(any(word in text for text in stored.values()) for word in words)
    writes = len(world.writes())

    assert "They are forgotten here" in forget(as_owner, linked)
    world.run()

    for name, text in everything().items():
        for word in words:
            assert word not in text, (name, word)
    assert len(world.writes()) == writes
    assert LogEntry.objects.filter(label=NOBODY).exists()


def test_the_log_keeps_its_counts(as_owner, world, linked):
    run = SyncRun.objects.latest("pk")
    before = run.entries.count()

    forget(as_owner, linked)

    assert run.entries.count() == before


def test_it_waits_for_a_run_that_is_under_way(as_owner, world, linked):
    run_make(world.sync, "running")

    page = forget(as_owner, linked)

    assert "is under way" in page
    linked.refresh_from_db()
    assert linked.left.label


def test_only_an_owner_forgets(client, editor, world, linked):
    client.force_login(editor)
    path = f"/w/acme/contacts/{linked.left_id}/forget/"

    assert client.get(path).status_code == 403
    assert client.post(path).status_code == 403


def test_it_asks_first_and_says_what_it_does_not_do(as_owner, world, linked):
    page = as_owner.get(f"/w/acme/contacts/{linked.left_id}/forget/").content.decode()

    assert "At the systems themselves nothing is deleted" in page
