"""Why somebody is, or is not, in sync: the service, the page, the command."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from crosswalk.errors import ConfigError
from integrations.models import RemoteRecord
from sandbox.context import Context
from sandbox.highlevel import service as highlevel
from sync.models import RecordLink, Sync, SyncRecord
from sync.setup.saving import sync_go_live, sync_pause
from sync.telling.explaining import Explanation, explain, look_again
from sync.telling.finding import people_ask, people_find
from tests.sync.world import World


def person(world: World, pk: str | None = None, **fields: Any) -> str:
    context: Context = world.app.extensions["context"]
    return str(highlevel.contact_save(context, pk, fields)["id"])


@pytest.fixture
def synced(empty_world: World) -> World:
    """A live sync of Anna, who is in sync, and Nobody, who cannot be created."""
    person(empty_world, firstName="Anna", lastName="Berg", email="anna@example.com")
    person(empty_world, firstName="Annabel", phone="+442079460111")
    empty_world.run()
    sync_go_live(sync=empty_world.sync, actor=None, tested=True)
    empty_world.sync.refresh_from_db()
    return empty_world


def anna(world: World) -> RecordLink:
    return RecordLink.objects.select_related("left", "right").get(
        left__label="Anna Berg"
    )


def explained(world: World, words: str = "anna@example.com") -> Explanation:
    (hit,) = people_find(world.sync, words)
    return explain(Sync.objects.get(), hit.key)


def states(found: Explanation) -> list[str]:
    return [each.state for each in found.stages]


def test_somebody_in_sync_passes_every_stage_without_a_call(synced: World) -> None:
    synced.sent.clear()

    found = explained(synced)

    assert states(found) == ["ok"] * 5
    assert found.stages[2].words == "Linked: one was created from the other."
    assert found.record is not None
    assert found.record.list == "in_sync"
    assert [entry.outcome for entry in found.entries] == ["create"]
    assert {change.action for change in found.fields} == {"same", "agree"}
    assert synced.sent == []


def test_it_says_what_a_run_would_do(synced: World) -> None:
    RemoteRecord.objects.filter(pk=anna(synced).left_id).update(
        values={**anna(synced).left.values, "lastName": "Lund"}
    )

    found = explained(synced)

    assert (found.decision.outcome, states(found)[-1]) == ("update", "waits")
    assert synced.run(scope="dirty").counts["update"] == 0  # explaining wrote nothing


@pytest.mark.parametrize("words", ["anna@example.com", "ANNA@example.com ", "Anna B"])
def test_people_are_found_by_what_one_knows_of_them(synced: World, words: str) -> None:
    assert [hit.label for hit in people_find(synced.sync, words)] == ["Anna Berg"]


def test_a_pair_is_found_once_by_either_id(synced: World) -> None:
    link = anna(synced)

    for remote_id in (link.left.remote_id, link.right.remote_id):
        (hit,) = people_find(synced.sync, remote_id)
        assert hit.key == f"l{link.left_id}"
        assert len(hit.places) == 2
    assert len(people_find(synced.sync, "anna")) == 2
    assert people_find(synced.sync, "020 7946 0111")[0].label == "Annabel"
    assert people_find(synced.sync, " ") == []


def test_whoever_is_filtered_out_is_stopped_at_the_scope(synced: World) -> None:
    condition = {"field": "lastName", "op": "equals", "value": "Lund"}
    Sync.objects.update(filters={"contact": {"left": condition}})

    found = explained(synced)

    assert states(found) == ["ok", "stopped", *["not_reached"] * 3]
    assert "Left out at HighLevel" in found.stages[1].words
    assert found.fields == []


def test_a_paused_sync_is_said_first(synced: World) -> None:
    sync_pause(sync=synced.sync, actor=None)

    found = explained(synced)

    assert (found.stages[0].state, found.stages[0].words[:19]) == (
        "stopped",
        "The sync is paused.",
    )


def test_what_failed_says_what_the_vendor_said(synced: World) -> None:
    SyncRecord.objects.filter(left=anna(synced).left).update(
        list="failing", reason="Zoho Invoice refused the phone."
    )

    assert explained(synced).stages[-1].words == "Zoho Invoice refused the phone."


def test_looking_reads_both_records_once(synced: World) -> None:
    link = anna(synced)
    person(synced, link.left.remote_id, lastName="Lund")
    assert explained(synced).decision.outcome == "unchanged"
    synced.sent.clear()

    assert look_again(synced.sync, f"l{link.left_id}") == 2

    assert len([r for r in synced.sent if "oauth" not in r.url.path]) == 2
    found = explained(synced)
    assert (found.decision.outcome, synced.writes()) == ("update", [])


def test_somebody_nobody_told_of_is_asked_for(synced: World) -> None:
    new = person(synced, firstName="Zoe", email="zoe@example.com")
    assert people_find(synced.sync, "zoe@example.com") == []

    assert people_ask(synced.sync, "zoe@example.com") == 1
    assert people_ask(synced.sync, new) == 1
    assert people_ask(synced.sync, "nobody-has-this-id") == 0

    found = explained(synced, "zoe@example.com")
    assert (found.decision.outcome, found.record) == ("create", None)


@pytest.mark.parametrize("key", ["", "l", "x1", "l999999", "r1e9", "l" + "9" * 40])
def test_a_record_of_somebody_else_is_not_explained(synced: World, key: str) -> None:
    with pytest.raises(ConfigError, match="knows no such record"):
        explain(synced.sync, key)


# --- the log, the page, the command -------------------------------------------------------


def test_the_log_of_a_run_keeps_the_stages(synced: World) -> None:
    (entry,) = explained(synced).entries

    keys = [key for key, _ in entry.trace]
    assert keys[:3] == ["connected", "scope", "matched"]
    assert entry.trace[-1] == ["written", "Created at Zoho Invoice."]


def page(world: World, query: str = "") -> str:
    return f"/w/{world.workspace.slug}/syncs/{world.sync.pk}/why/{query}"


def test_the_page_tells_it(synced: World, client: Client, viewer: Any) -> None:
    client.force_login(viewer)

    text = client.get(page(synced, "?q=anna@example.com")).content.decode()

    for words in (
        "Anna Berg in Contacts",
        "In scope",
        "Field by field",
        "What runs did",
    ):
        assert words in text
    assert "Look now" not in text
    both = client.get(page(synced, "?q=anna")).content.decode()
    assert "Who do you mean?" in both
    nobody = client.get(page(synced, "?q=nemo")).content.decode()
    assert "Nobody known fits that" in nobody
    wrong = client.get(page(synced, "?unit=l999999"))
    assert "knows no such record" in wrong.content.decode()


def test_an_editor_looks_from_the_page(
    synced: World, client: Client, editor: Any
) -> None:
    client.force_login(editor)
    person(synced, firstName="Zoe", email="zoe@example.com")

    asked = client.post(f"{page(synced)}look/", {"q": "zoe@example.com"}, follow=True)
    key = f"l{anna(synced).left_id}"
    read = client.post(f"{page(synced)}look/", {"unit": key}, follow=True)

    assert "1 person found" in asked.content.decode()
    assert "Zoe in Contacts" in asked.content.decode()
    assert "Read just now." in read.content.decode()


def test_the_command_says_it_too(synced: World) -> None:
    out, plain = StringIO(), StringIO()

    call_command("crosswalk_why", "Contacts", "anna@example.com", "--json", stdout=out)
    call_command("crosswalk_why", "Contacts", "anna@example.com", stdout=plain)

    (record,) = json.loads(out.getvalue())["records"]
    assert (record["list"], record["outcome"]) == ("in_sync", "unchanged")
    assert [each["stage"] for each in record["stages"]] == [
        *("connected", "scope", "matched", "mapped", "written")
    ]
    assert "Anna Berg: In sync" in plain.getvalue()
    with pytest.raises(CommandError, match="Nobody known fits"):
        call_command("crosswalk_why", "Contacts", "nemo", "--look", stdout=out)
