"""The search of the header: what it finds, for whom, and at what cost."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection as database
from django.test import Client

from crosswalk.clock import now
from integrations.mirroring.keys import record_keys
from integrations.mirroring.lookup import people_keys
from integrations.models import RecordKey, RemoteRecord
from integrations.registry import spec
from sync.models import RecordLink, Sync
from tests.sync.rows import live_sync, remote, run_make, unit
from workspaces.models import Workspace
from workspaces.services import workspace_create

pytestmark = pytest.mark.django_db


def person(sync: Sync, number: int, side: str = "left", **values: str) -> RemoteRecord:
    """Store a person with the keys that a read would give them."""
    row = remote(sync, side, number, **values)
    kind = "highlevel" if side == "left" else "zoho_invoice"
    RecordKey.objects.bulk_create(
        RecordKey(
            record=row,
            connection=row.connection,
            object_type="contact",
            kind=name,
            value=value,
        )
        for name, value in record_keys(spec(kind).object("contact"), values, "GB")
    )
    return row


@pytest.fixture
def sync(workspace: Workspace) -> Sync:
    """A live sync that knows Maya O'Connor."""
    sync = live_sync(workspace, name="Contacts")
    sync.left.country = "GB"
    sync.left.save()
    maya = person(
        sync,
        1,
        firstName="Maya",
        lastName="O'Connor",
        email="maya@studio.example",
        phone="020 7946 0958",
    )
    row = unit(sync, "in_sync", 1, left=maya)
    row.label = "Maya O'Connor"
    row.save()
    return sync


def ask(client: Client, workspace: Workspace, words: str, **headers: str) -> str:
    answer = client.get(f"/w/{workspace.slug}/find/", {"q": words}, headers=headers)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize(
    "words",
    [
        "maya",
        "O'Con",
        "oconnor m",
        "  MAYA o",
        "maya@st",
        "+44 20 79",
        "0044 207946",
        "020 7946",
        "(0)20-79",
        "left-1",
    ],
)
def test_a_person_is_found_by_how_what_is_typed_begins(
    as_owner: Client, workspace: Workspace, sync: Sync, words: str
) -> None:
    assert "maya@studio.example" in ask(as_owner, workspace, words)


@pytest.mark.parametrize(
    "words",
    ["aya", "m", "studio.example", "7946", "left-", "%", "_aya", "ma%a"],
)
def test_nobody_is_found_by_the_middle_of_a_key(
    as_owner: Client, workspace: Workspace, sync: Sync, words: str
) -> None:
    assert "maya@studio.example" not in ask(as_owner, workspace, words)


def test_whoever_is_on_both_sides_is_found_once(
    as_owner: Client, workspace: Workspace, sync: Sync
) -> None:
    left = RemoteRecord.objects.get()
    right = person(sync, 2, "right", first_name="Maya", last_name="O'Connor")
    sync.records.update(right=right)
    RecordLink.objects.create(sync=sync, object_type="contact", left=left, right=right)

    page = ask(as_owner, workspace, "maya")

    assert page.count(f"/contacts/{left.pk}/") == 1
    assert f"/contacts/{right.pk}/" not in page
    assert "In sync" in page


def test_another_workspace_is_never_searched(sync: Sync, stranger: User) -> None:
    client = Client()
    client.force_login(stranger)
    Sync.objects.update(name="Maya or nobody")

    assert client.get(f"/w/{sync.workspace.slug}/find/?q=maya").status_code == 404
    elsewhere = stranger.memberships.get().workspace
    assert "maya@studio.example" not in ask(client, elsewhere, "maya o")
    assert "Fields of Contacts" not in ask(client, elsewhere, "fields contacts")


def test_whoever_is_gone_is_not_offered(
    as_owner: Client, workspace: Workspace, sync: Sync
) -> None:
    RemoteRecord.objects.update(gone_at=now())

    assert "maya@studio.example" not in ask(as_owner, workspace, "maya")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("atten", "Needs attention"),
        ("errors", "Needs attention"),
        ("conta field", "Fields of Contacts: contacts"),
        ("people contacts", "People of Contacts"),
        ("wizard", "Set up a sync"),
    ],
)
def test_pages_are_found_by_their_names_and_by_others(
    as_owner: Client, workspace: Workspace, sync: Sync, words: str, expected: str
) -> None:
    assert expected in ask(as_owner, workspace, words, **{"HX-Request": "true"})


def test_a_run_is_found_by_its_number_or_its_sync(
    as_owner: Client, workspace: Workspace, sync: Sync
) -> None:
    run = run_make(sync)
    other = live_sync(workspace_create(name="Other"), name="Contacts")
    theirs = run_make(other)

    for words in (f"run {run.pk}", str(run.pk), "contacts", ""):
        page = ask(as_owner, workspace, words, **{"HX-Request": "true"})
        assert f"/runs/{run.pk}/" in page, words
        assert f"/runs/{theirs.pk}/" not in page
    page = ask(as_owner, workspace, f"run {theirs.pk}", **{"HX-Request": "true"})
    assert f"/runs/{theirs.pk}/" not in page
    assert "Nothing fits" in ask(as_owner, workspace, "9" * 30)


def test_a_viewer_is_not_led_to_what_only_editors_do(
    viewer: User, workspace: Workspace
) -> None:
    client = Client()
    client.force_login(viewer)

    assert "Set up a sync" not in ask(client, workspace, "set up")


def test_the_palette_gets_options_and_the_page_gets_links(
    as_owner: Client, workspace: Workspace, sync: Sync
) -> None:
    page = ask(as_owner, workspace, "maya")
    options = ask(as_owner, workspace, "maya", **{"HX-Request": "true"})

    assert 'role="option"' not in page.partition("<main")[2]
    assert "<html" not in options
    assert 'role="option"' in options


def test_it_takes_the_same_number_of_queries_however_many_there_are(
    as_owner: Client,
    workspace: Workspace,
    sync: Sync,
    django_assert_max_num_queries: Any,
) -> None:
    for number in range(10, 40):
        person(sync, number, firstName=f"Maya {number}", lastName="Berg")

    with django_assert_max_num_queries(20):
        ask(as_owner, workspace, "maya", **{"HX-Request": "true"})


def test_keys_are_looked_up_in_their_index_and_never_scanned(
    sync: Sync, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(5) as asked:
        people_keys([sync.left, sync.right], "0207946", 8)

    of_keys = [q["sql"] for q in asked if "integrations_recordkey" in q["sql"]]
    assert len(of_keys) == 4
    for sql in of_keys:
        with database.cursor() as cursor:
            if database.vendor == "sqlite":
                cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
            else:
                cursor.execute("SET LOCAL enable_seqscan = off")
                cursor.execute(f"EXPLAIN {sql}")
            plan = "\n".join(str(row) for row in cursor.fetchall())
        assert "record_by_key" in plan, plan
        if database.vendor == "sqlite":
            assert "value>?" in plan, plan
        else:
            assert "~>=~" in plan, plan
