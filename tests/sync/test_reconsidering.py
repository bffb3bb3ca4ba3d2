"""Taking back who is who, the pages for it, and who stands in one system twice."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from crosswalk.errors import ConfigError
from integrations.mirroring.mirror import record_gone
from integrations.models import RemoteRecord
from sync.choices.pairing import match_accept, match_refuse
from sync.choices.reconsidering import apart_take_back, match_unlink
from sync.deciding.duplicates import duplicates_count, duplicates_of
from sync.models import KeptApart, RecordLink, SyncRecord
from sync.setup.saving import sync_go_live, sync_pause
from tests.sync.test_choosing import highlevel_add, value, zoho_add
from tests.sync.world import World
from workspaces.models import AuditEvent


@pytest.fixture
def review(empty_world: World) -> SyncRecord:
    """Freya at Zoho has the e-mail address of Adam at HighLevel."""
    world = empty_world
    highlevel_add(
        world, firstName="Adam", email="us@example.com", phone="020 7946 0001"
    )
    zoho_add(
        world,
        contact_name="Freya",
        contact_persons=[{"first_name": "Freya", "email": "us@example.com"}],
    )
    world.run()
    sync_go_live(sync=world.sync, actor=None, tested=True)
    return SyncRecord.objects.get(list="review", left__isnull=False)


@pytest.fixture
def linked(empty_world: World, review: SyncRecord) -> RecordLink:
    """A person has called the two the same."""
    pk = review.detail["candidates"][0]["record"]
    empty_world.work(match_accept(record=review, candidate=pk, actor=None))
    return RecordLink.objects.get()


def test_unlinked_to_be_asked_again_they_are_under_review(
    empty_world: World, linked: RecordLink
) -> None:
    before = value(empty_world, "left", "phone")

    run = empty_world.work(match_unlink(link=linked, is_open=True, actor=None))

    assert (run.state, run.counts["review"]) == ("completed", 2)
    assert not RecordLink.objects.exists()
    codes = SyncRecord.objects.values_list("reason_code", flat=True)
    assert set(codes) == {"asked_again"}
    assert value(empty_world, "left", "phone") == before
    # and they stay so, though they share an e-mail and have one name by now
    assert empty_world.run(scope="dirty", trigger="schedule").counts["link"] == 0


def test_asked_again_a_person_may_link_them_again(
    empty_world: World, linked: RecordLink
) -> None:
    empty_world.work(match_unlink(link=linked, is_open=True, actor=None))
    record = SyncRecord.objects.get(left__isnull=False)
    pk = record.detail["candidates"][0]["record"]

    empty_world.work(match_accept(record=record, candidate=pk, actor=None))

    assert RecordLink.objects.get().how == "person"
    assert not KeptApart.objects.exists()


def test_asked_again_a_person_may_keep_them_apart(
    empty_world: World, linked: RecordLink
) -> None:
    empty_world.work(match_unlink(link=linked, is_open=True, actor=None))
    record = SyncRecord.objects.get(left__isnull=False)

    match_refuse(record=record, actor=None)

    assert KeptApart.objects.get().is_open is False


def test_unlinked_as_two_people_they_are_never_linked_by_themselves(
    empty_world: World, linked: RecordLink
) -> None:
    left, right = linked.left_id, linked.right_id

    empty_world.work(match_unlink(link=linked, is_open=False, actor=None))

    assert KeptApart.objects.get().is_open is False
    assert not RecordLink.objects.filter(left=left, right=right).exists()


def test_whom_nobody_keeps_apart_any_more_is_matched_again(
    empty_world: World, review: SyncRecord
) -> None:
    match_refuse(record=review, actor=None)
    world = empty_world
    world.sync.runs.filter(state="queued").delete()

    run = world.work(apart_take_back(apart=KeptApart.objects.get(), actor=None))

    assert run.counts["review"] == 2
    assert not KeptApart.objects.exists()


def test_a_paused_sync_takes_nothing_back(linked: RecordLink) -> None:
    sync_pause(sync=linked.sync, actor=None)
    linked.sync.refresh_from_db()

    with pytest.raises(ConfigError, match="is paused"):
        match_unlink(link=linked, is_open=True, actor=None)


# --- twice in one system ----------------------------------------------------------------


def test_who_stands_twice_in_one_system_is_a_group(empty_world: World) -> None:
    world = empty_world
    for first, phone in (("Gus", "1"), ("Gustav", "2"), ("Mary", "3")):
        zoho_add(
            world,
            contact_name=f"{first} Twice",
            contact_persons=[
                {
                    "first_name": first,
                    "email": "gus@twice.example",
                    "phone": f"+44 20 7946 000{phone}",
                }
            ],
        )
    run = world.run("test")

    (group,) = duplicates_of(world.sync)
    names = [record.values["first_name"] for record in group.records]
    assert (group.side, names) == ("right", ["Gus", "Gustav"])
    assert run.checkpoint["duplicates"] == duplicates_count(world.sync) == {"right": 1}


def test_who_comes_and_goes_is_seen_at_once_though_keys_are_counted_once(
    empty_world: World,
) -> None:
    world = empty_world

    def gus(name: str) -> None:
        person = {"first_name": "Gus", "email": "gus@twice.example"}
        zoho_add(world, contact_name=name, contact_persons=[person])

    def grouped() -> tuple[list[int], int]:
        with CaptureQueriesContext(connection) as seen:
            groups = duplicates_of(world.sync)
        counts = sum("GROUP BY" in query["sql"] for query in seen.captured_queries)
        return [len(group.records) for group in groups], counts

    gus("Gus one")
    gus("Gus two")
    world.run("test")
    cache.clear()  # the test has counted them, too
    assert grouped() == ([2], 4)
    assert grouped() == ([2], 0)

    gus("Gus three")
    world.run("test")
    assert grouped() == ([3], 0)

    row = RemoteRecord.objects.get(values__contact_name="Gus three")
    record_gone(row, RemoteRecord.Proof.READ)
    assert grouped() == ([2], 0)


# --- pages ------------------------------------------------------------------------------


def base(world: World) -> str:
    return f"/w/{world.workspace.slug}/"


def test_the_pages_show_what_was_decided_and_take_it_back(
    empty_world: World, linked: RecordLink, client: Client, editor: Any
) -> None:
    client.force_login(editor)
    page = client.get(f"{base(empty_world)}attention/decided/?show=linked")
    assert "Unlink and ask again" in page.content.decode()

    answer = client.post(f"{base(empty_world)}links/{linked.pk}/unlink/", {"as": "two"})

    assert "/runs/" in answer.headers["location"]
    apart = KeptApart.objects.get()
    page = client.get(f"{base(empty_world)}attention/decided/")
    assert "Take back" in page.content.decode()
    assert editor.email in page.content.decode()
    empty_world.work(empty_world.sync.runs.get(state="queued"))
    client.post(f"{base(empty_world)}apart/{apart.pk}/take-back/")
    assert not KeptApart.objects.exists()
    assert AuditEvent.objects.filter(action="match.taken_back").count() == 1


def test_the_page_of_groups_shows_them_side_by_side(
    empty_world: World, client: Client, viewer: Any
) -> None:
    world = empty_world
    highlevel_add(world, firstName="Ann", email="ann@a.example", phone="020 7946 0002")
    RemoteRecord.objects.all().delete()
    for number, company in enumerate(("Fox Ltd", "Hare Ltd")):
        zoho_add(
            world,
            contact_name=f"Gus {number}",
            company_name=company,
            contact_persons=[{"first_name": "Gus", "email": "gus@twice.example"}],
        )
    test = world.run("test")
    client.force_login(viewer)

    page = client.get(
        f"{base(world)}syncs/{world.sync.pk}/duplicates/"
    ).content.decode()
    assert "look like one person" in page
    assert page.count('class="differs"') == 2  # the companies
    plan = client.get(f"{base(world)}runs/{test.pk}/plan/").content.decode()
    assert "Twice in one system" in plan


def test_a_possible_match_is_shown_with_how_alike_they_are(
    empty_world: World, review: SyncRecord, client: Client, viewer: Any
) -> None:
    client.force_login(viewer)
    page = client.get(f"{base(empty_world)}attention/").content.decode()
    assert "% alike" in page
    assert "Same e-mail, another first name." in page


def test_a_typo_in_an_email_is_asked_about_and_not_created(empty_world: World) -> None:
    world = empty_world
    highlevel_add(
        world, firstName="John", lastName="Smith", email="jon.smith@fox.example"
    )
    zoho_add(
        world,
        contact_name="John Smith",
        contact_persons=[
            {
                "first_name": "John",
                "last_name": "Smith",
                "email": "jon.smiht@fox.example",
            }
        ],
    )

    run = world.run()

    assert (run.counts["review"], run.counts["create"]) == (2, 0)
    record = SyncRecord.objects.get(left__isnull=False)
    assert record.reason_code == "likely"
    assert "E-mail differs by one letter, same name." in record.reason
