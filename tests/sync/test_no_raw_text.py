"""The text of an exception is for the log of the server: no page, no file, no row of ours
ever shows it. One is planted at each level, and every page of the product is asked for."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.test import Client

from integrations.models import Connection, Grant, RemoteRecord
from sync import jobs
from sync.deciding import units
from sync.models import Setup, SyncRecord
from sync.running import execution
from sync.services import run_request
from sync.setup.saving import sync_go_live
from sync.views import attention
from synclog.models import LogEntry, SyncRun
from tests.sync.failures import ANNA, Broken, linked
from tests.sync.test_choosing import highlevel_add
from tests.sync.world import World
from tests.test_access import PAGES
from tests.test_bad_input import place
from workspaces.models import Membership

CANARY = "RAW-EXCEPTION-TEXT"
OURS = ("sync", "synclog", "integrations", "mapping", "workspaces", "automations")


def broken(*args: Any, **kwargs: Any) -> Any:
    raise RuntimeError(f"{CANARY} of some library")


def in_a_call(world: World, patch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.TRANSPORT_FACTORY = lambda: Broken(world.app, world.sent)
    assert world.run().counts["failed"] == 1
    assert LogEntry.objects.get(outcome="failed").is_bug
    SyncRecord.objects.update(retry_at=None)  # tried again below


def before_any_call(world: World, patch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.TRANSPORT_FACTORY = broken
    assert world.run().reason_code == "bug"


def in_a_decision(world: World, patch: pytest.MonkeyPatch, settings: Any) -> None:
    patch.setattr(units, "decide_single", broken)
    for mode in ("test", "live"):
        run = world.run(mode)
        assert run.reason_code == "bug" or run.counts["failed"] == 1


def in_a_phase(world: World, patch: pytest.MonkeyPatch, settings: Any) -> None:
    patch.setattr(execution, "write_all", broken)
    assert world.run().reason_code == "bug"


def in_a_job(world: World, patch: pytest.MonkeyPatch, settings: Any) -> None:
    run = run_request(sync=world.sync, mode="live", trigger="manual")
    patch.setattr(jobs, "run_slice", broken)
    with pytest.raises(RuntimeError, match=CANARY):
        jobs.work_run(run.pk)


def in_the_inbox(world: World, patch: pytest.MonkeyPatch, settings: Any) -> None:
    sync_go_live(sync=world.sync, actor=None, tested=True)
    patch.setattr(execution, "inbox_settle", broken)
    assert (
        world.run(trigger=SyncRun.Trigger.WEBHOOK, scope="dirty").reason_code == "bug"
    )


PLACES = (in_a_call, before_any_call, in_a_decision, in_a_phase, in_the_inbox, in_a_job)


def test_no_page_file_or_row_has_the_text_of_an_exception(
    as_owner: Client,
    empty_world: World,
    monkeypatch: pytest.MonkeyPatch,
    settings: Any,
) -> None:
    highlevel_add(empty_world, **ANNA)
    whole = settings.TRANSPORT_FACTORY
    for plant in PLACES:
        settings.TRANSPORT_FACTORY = whole
        with monkeypatch.context() as patch:
            plant(empty_world, patch, settings)
    settings.TRANSPORT_FACTORY = broken  # pages that call a system meet it, too

    asked = sum(is_clean(as_owner, url) for url in every_page(empty_world))

    assert asked > 50
    for model in apps.get_models():
        if model.__module__.partition(".")[0] in OURS:
            assert CANARY not in repr(list(model._default_manager.values())), model


def every_page(world: World) -> list[str]:
    """Return the addresses of all pages of the workspace, with rows that there are."""
    entry = LogEntry.objects.filter(outcome="failed").first()
    run = entry.run if entry else SyncRun.objects.latest("pk")
    record = SyncRecord.objects.first()
    ids = {
        "setup": Setup.objects.create(workspace=world.workspace).pk,
        "event": 1,
        "contact": RemoteRecord.objects.earliest("pk").pk,
        "member": Membership.objects.latest("pk").pk,
        "sync": world.sync.pk,
        "grant": Grant.objects.latest("pk").pk,
        "connection": Connection.objects.latest("pk").pk,
        "run": run.pk,
        "test": run.pk,
        "record": record.pk if record else 1,
        "entry": entry.pk if entry else 1,
    }
    pages = [place(name, args, world.workspace, ids) for name, args in PAGES]
    base = f"/w/{world.workspace.slug}/"
    shows = ("causes", "conflicts", "matches", "deletes")
    return [
        *pages,
        *(f"{base}runs/{pk}/" for pk in SyncRun.objects.values_list("pk", flat=True)),
        *(f"{base}attention/?show={show}" for show in shows),
        *(f"{base}runs/log/log.{kind}" for kind in ("csv", "json")),
        f"{base}syncs/{world.sync.pk}/people/?list=failing",
        *([f"{base}syncs/{world.sync.pk}/why/?unit={entry.unit}"] if entry else []),
    ]


def test_no_button_shows_the_text_of_an_exception(
    as_owner: Client, empty_world: World, settings: Any
) -> None:
    linked(empty_world)
    settings.TRANSPORT_FACTORY = broken

    asked = sum(is_clean(as_owner, u, "post") for u in every_page(empty_world))

    assert asked > 60


def is_clean(client: Client, url: str, method: str = "get") -> bool:
    """Ask for a page, be it one that breaks; say whether there was one."""
    client.raise_request_exception = False
    answer = getattr(client, method)(url, follow=True)
    parts = answer.streaming_content if answer.streaming else [answer.content]
    text = b"".join(parts).decode("utf-8", "replace")
    assert CANARY not in text, url
    assert "Traceback (most" not in text, url
    return answer.status_code not in {404, 405}


def test_a_view_that_breaks_says_so_in_words_of_its_own(
    as_owner: Client, empty_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attention, "causes_context", broken)
    as_owner.raise_request_exception = False

    answer = as_owner.get("/w/acme/attention/")

    assert answer.status_code == 500
    page = answer.content.decode()
    assert CANARY not in page
    assert "<h1" in page
