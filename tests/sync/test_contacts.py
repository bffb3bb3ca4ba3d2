"""People across systems: the search, and the story of one."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from crosswalk.clock import now
from integrations.connectors.base import Record
from integrations.mirroring.mirror import records_store
from integrations.models import RemoteRecord
from sync.models import RecordLink, Sync
from sync.telling.contacts import people_search
from tests.sync.rows import PHONE_CHANGE, entry_make, live_sync, run_make, unit

pytestmark = pytest.mark.django_db
PAGE = "/w/acme/contacts/"


@pytest.fixture
def sync(workspace) -> Sync:
    return live_sync(workspace)


def put(
    sync: Sync, side: str, number: str, first: str, last: str, **more
) -> RemoteRecord:
    """Store a person as a listing would."""
    connection = sync.left if side == "left" else sync.right
    keys = ("firstName", "lastName") if side == "left" else ("first_name", "last_name")
    values = dict(zip(keys, (first, last), strict=True)) | more
    record = Record(id=number, values=values, via="list", label=f"{first} {last}")
    records_store(connection, "contact", [record])
    return RemoteRecord.objects.get(connection=connection, remote_id=number)


def pair(sync: Sync, number: str = "1", **more) -> RecordLink:
    """Store somebody whom both systems know, linked."""
    email = {"email": f"maya{number}@harbour.example"}
    left = put(sync, "left", f"L{number}", "Maya", "O'Connor", **email, **more)
    right = put(sync, "right", f"R{number}", "Maya", "O'Connor", **email)
    unit(sync, "in_sync", left=left, right=right)
    return RecordLink.objects.create(
        sync=sync, object_type="contact", left=left, right=right, how="email"
    )


def story(client, link: RecordLink, query: str = "") -> str:
    return client.get(f"{PAGE}{link.left_id}/{query}").content.decode()


@pytest.mark.parametrize(
    "words",
    [
        *("maya", "MAY", "Maya O", "maya oconnor", "oconn", "O'Connor"),
        *("maya1@harbour.example", "Maya1@Harb", "L1", "R1", "+44 20 7946 0958"),
    ],
)
def test_somebody_is_found_by_name_email_phone_and_id(workspace, sync, words):
    link = pair(sync, phone="+442079460958")

    found, _ = people_search(workspace, words)

    assert [each.pk for each in found] == [link.left_id]
    assert [name for name, _ in found[0].places] == ["GHL", "Zoho"]


@pytest.mark.parametrize("words", ["nobody", "aya", "%", "_", "harbour", "x" * 5000])
def test_what_fits_nobody_finds_nobody(workspace, sync, words):
    pair(sync)

    assert people_search(workspace, words) == ([], False)


def test_another_workspace_finds_nobody(client, stranger, sync):
    pair(sync)
    client.force_login(stranger)

    assert (
        "Nobody fits that"
        in client.get("/w/elsewhere/contacts/?q=maya").content.decode()
    )


def test_one_hit_leads_to_its_page(as_owner, sync):
    link = pair(sync)

    answer = as_owner.get(f"{PAGE}?q=maya")

    assert answer.url == f"{PAGE}{link.left_id}/"


def test_many_hits_are_cut_and_said_to_be(as_owner, sync):
    for number in range(60):
        put(sync, "left", f"L{number}", "Maya", f"Lee{number}")

    page = as_owner.get(f"{PAGE}?q=maya").content.decode()

    assert page.count('<tr class="hit">') == 50
    assert "These are the first 50" in page


def test_without_words_those_are_shown_who_changed_lately(as_owner, sync):
    assert "Nobody is known yet" in as_owner.get(PAGE).content.decode()
    record = unit(sync, "in_sync", 3)
    entry_make(run_make(sync), record)

    page = as_owner.get(PAGE).content.decode()

    assert "Changed lately" in page
    assert "Person 3" in page


def test_a_story_shows_both_sides_and_where_values_come_from(as_owner, sync):
    link = pair(sync, phone="+442079460958")
    RemoteRecord.objects.filter(pk=link.right_id).update(written_at=now())
    run = run_make(sync)
    record = link.sync.records.get()
    entry = entry_make(
        run, record, changes=[{**PHONE_CHANGE, "left": "email", "right": "email"}]
    )

    page = story(as_owner, link)

    assert "maya1@harbour.example" in page
    assert f"/runs/{run.pk}/people/{entry.pk}/" in page
    assert "Linked: they have the same e-mail." in page
    assert "Why they are, or are not, in sync" in page


def test_notes_of_both_systems_are_one_line_of_time(as_owner, sync):
    link = pair(sync)
    moment = now() - timedelta(days=1)
    for side, key, parent in (("left", "body", "L1"), ("right", "description", "R1")):
        connection = sync.left if side == "left" else sync.right
        note = Record(
            id=f"n-{side}",
            values={key: "Prefers calls after four."},
            via="list",
            parent_id=parent,
            created_at=moment,
        )
        records_store(connection, "note", [note])
    notes = list(RemoteRecord.objects.filter(object_type="note").order_by("pk"))

    page = story(as_owner, link, "?show=note")
    assert page.count("Prefers calls after four.") == 2

    RecordLink.objects.create(
        sync=sync, object_type="note", left=notes[0], right=notes[1], parent=link
    )
    page = story(as_owner, link, "?show=note")
    assert page.count("Prefers calls after four.") == 1
    assert "Linked: they" not in page.split("Everything that happened")[1]


def test_who_asked_for_a_change_is_said(as_owner, sync, owner):
    link = pair(sync)
    entry_make(
        run_make(sync, requested_by=owner),
        link.sync.records.get(),
        changes=[PHONE_CHANGE],
    )

    page = story(as_owner, link)

    assert "owner@example.com" in page.split("Everything that happened")[1]
    assert "Phone: +441184960111 → +441184960222" in page


def test_somebody_of_one_system_has_a_story_too(as_owner, sync):
    row = put(sync, "right", "R9", "Ann", "Fox")

    page = as_owner.get(f"{PAGE}{row.pk}/").content.decode()

    assert "Ann Fox" in page


def test_a_story_of_elsewhere_is_not_found(as_owner, client, stranger, sync):
    link = pair(sync)
    for number in (0, 999_999, 2**63, 2**70):
        assert as_owner.get(f"{PAGE}{number}/").status_code == 404
    client.force_login(stranger)

    assert client.get(f"/w/elsewhere/contacts/{link.left_id}/").status_code == 404


def test_a_note_is_no_person(as_owner, sync):
    records_store(sync.left, "note", [Record(id="n", values={"body": "x"}, via="list")])
    row = RemoteRecord.objects.get(object_type="note")

    assert as_owner.get(f"{PAGE}{row.pk}/").status_code == 404


def test_a_viewer_reads_and_asks_for_nothing(client, viewer, sync):
    link = pair(sync)
    client.force_login(viewer)

    assert "Look now" not in story(client, link)
    assert client.post(f"{PAGE}{link.left_id}/look/").status_code == 403


def test_looking_now_reads_both_systems_and_says_what_it_could_not(as_owner, world):
    sync = live_sync_of(world)
    row = RemoteRecord.objects.filter(
        connection=sync.left, object_type="contact"
    ).first()
    RemoteRecord.objects.filter(pk=row.pk).update(read_at=now() - timedelta(days=3))

    answer = as_owner.post(f"{PAGE}{row.pk}/look/", follow=True)

    row.refresh_from_db()
    assert "Read just now" in answer.content.decode()
    assert now() - row.read_at < timedelta(minutes=5)


@pytest.fixture
def billed(world) -> RemoteRecord:
    """A customer who has invoices, which the access given covers."""
    sync = live_sync_of(world)
    for token in world.store.scan("zoho.refresh_token"):
        wider = {**token, "scope": f"{token['scope']},ZohoInvoice.invoices.READ"}
        world.store.put("zoho.refresh_token", token["token"], wider)
    invoice = next(iter(world.store.all("zoho.invoice")))
    return RemoteRecord.objects.get(
        connection=sync.right, remote_id=invoice["customer_id"]
    )


def test_looking_now_brings_the_invoices_of_somebody(as_owner, billed):
    assert "INV-000" not in as_owner.get(f"{PAGE}{billed.pk}/").content.decode()

    page = as_owner.post(f"{PAGE}{billed.pk}/look/", follow=True).content.decode()

    assert "INV-000" in page
    assert re.search(r"Invoice, 120\.00 [A-Z]{3}, sent", page)
    stored = RemoteRecord.objects.filter(object_type="invoice")
    assert {row.parent_id for row in stored} == {billed.remote_id}


def test_invoices_are_not_asked_for_without_the_permission(as_owner, world, billed):
    grant = billed.connection.grant
    grant.scopes = ["ZohoInvoice.contacts.READ"]
    grant.save()
    world.sent.clear()

    as_owner.post(f"{PAGE}{billed.pk}/look/", follow=True)

    assert world.sent
    assert not [each for each in world.sent if "/invoices" in each.url.path]


def live_sync_of(world) -> Sync:
    world.run()
    return world.sync


def test_pages_take_the_same_queries_for_many_people(
    as_owner, sync, django_assert_max_num_queries
):
    links = [pair(sync, str(number)) for number in range(8)]
    as_owner.get(PAGE)

    with django_assert_max_num_queries(18):
        as_owner.get(f"{PAGE}?q=maya")
    with django_assert_max_num_queries(60):
        story(as_owner, links[0])
