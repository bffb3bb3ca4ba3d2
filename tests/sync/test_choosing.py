"""What people decide: a winner, the same person, two people."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from crosswalk.errors import ConfigError
from integrations.models import RemoteRecord
from sandbox.context import Context
from sandbox.highlevel import service as highlevel
from sandbox.zoho import service as zoho
from sync.choices.choosing import conflict_resolve
from sync.choices.pairing import first_candidate, match_accept, match_refuse
from sync.choices.shown import conflicts_stamp, match_stamp_now
from sync.models import KeptApart, RecordLink, SyncRecord
from sync.setup.saving import sync_go_live, sync_pause
from synclog.models import SyncRun
from tests.sync.world import ORG, World
from workspaces.models import AuditEvent


def highlevel_add(world: World, contact: str | None = None, **fields: Any) -> str:
    context: Context = world.app.extensions["context"]
    return str(highlevel.contact_save(context, contact, fields)["id"])


def zoho_add(world: World, contact: str | None = None, **fields: Any) -> str:
    context: Context = world.app.extensions["context"]
    organization = world.store.get("zoho.organization", ORG)
    if contact:
        return str(
            zoho.contact_update(context, organization, contact, fields)["contact_id"]
        )
    return str(zoho.contact_create(context, organization, fields)["contact_id"])


def value(world: World, side: str, key: str) -> Any:
    connection = world.left if side == "left" else world.right
    return RemoteRecord.objects.get(connection=connection).values[key]


# --- conflicts --------------------------------------------------------------------------


@pytest.fixture
def conflict(empty_world: World) -> SyncRecord:
    """Anna has another company on each side, and the sync is to ask."""
    world = empty_world
    world.sync.conflict = "ask"
    world.sync.save()
    highlevel_add(world, firstName="Anna", email="a@example.com", companyName="Left")
    zoho_add(
        world,
        contact_name="Anna",
        company_name="Right",
        contact_persons=[{"first_name": "Anna", "email": "a@example.com"}],
    )
    world.run()
    sync_go_live(sync=world.sync, actor=None, tested=True)
    return SyncRecord.objects.get(list="conflict")


@pytest.mark.parametrize(("winner", "wins"), [("left", "Left"), ("right", "Right")])
def test_the_chosen_value_wins_on_both_sides(
    empty_world: World, conflict: SyncRecord, winner: str, wins: str
) -> None:
    run = empty_world.work(
        conflict_resolve(record=conflict, winners={0: winner}, actor=None)
    )

    assert (run.state, run.counts["update"]) == ("completed", 1)
    assert value(empty_world, "left", "companyName") == wins
    assert value(empty_world, "right", "company_name") == wins
    assert SyncRecord.objects.get().list == "in_sync"
    assert empty_world.run(scope="dirty", trigger="schedule").counts["update"] == 0


def test_what_changed_since_it_was_shown_is_asked_again(
    empty_world: World, conflict: SyncRecord
) -> None:
    run = conflict_resolve(record=conflict, winners={0: "left"}, actor=None)
    assert conflict.right is not None
    zoho_add(empty_world, conflict.right.remote_id, company_name="Newer")

    empty_world.work(run)

    assert SyncRecord.objects.get().list == "conflict"
    assert value(empty_world, "right", "company_name") == "Newer"


@pytest.mark.parametrize("winners", [{}, {0: "both"}, {7: "left"}])
def test_a_choice_that_names_nothing_is_refused(
    conflict: SyncRecord, winners: dict[int, str]
) -> None:
    with pytest.raises(ConfigError, match="settled meanwhile"):
        conflict_resolve(record=conflict, winners=winners, actor=None)


def test_a_paused_sync_writes_no_choice(conflict: SyncRecord) -> None:
    sync_pause(sync=conflict.sync, actor=None)
    conflict.sync.refresh_from_db()

    with pytest.raises(ConfigError, match="is paused"):
        conflict_resolve(record=conflict, winners={0: "left"}, actor=None)


# --- matches ----------------------------------------------------------------------------


@pytest.fixture
def review(empty_world: World) -> SyncRecord:
    """Freya at Zoho has the e-mail address of Adam at HighLevel."""
    world = empty_world
    highlevel_add(world, firstName="Adam", email="us@example.com")
    zoho_add(
        world,
        contact_name="Freya",
        contact_persons=[{"first_name": "Freya", "email": "us@example.com"}],
    )
    world.run()
    sync_go_live(sync=world.sync, actor=None, tested=True)
    return SyncRecord.objects.get(list="review", left__isnull=False)


def candidate(record: SyncRecord) -> int:
    return int(record.detail["candidates"][0]["record"])


def test_the_same_person_is_linked_and_merged(
    empty_world: World, review: SyncRecord
) -> None:
    run = empty_world.work(
        match_accept(record=review, candidate=candidate(review), actor=None)
    )

    link = RecordLink.objects.get()
    assert (run.state, link.how) == ("completed", "person")
    assert SyncRecord.objects.filter(list="review").count() == 0
    assert RemoteRecord.objects.count() == 2


def test_two_people_are_kept_apart_and_each_goes_across(
    empty_world: World, review: SyncRecord
) -> None:
    run = empty_world.work(match_refuse(record=review, actor=None))

    assert run.state == "completed"
    assert KeptApart.objects.count() == 1
    assert RecordLink.objects.get().left_id == review.left_id
    empty_world.run(scope="dirty", trigger="schedule")
    assert not SyncRecord.objects.filter(reason_code="unlike_name").exists()


def test_one_who_was_linked_meanwhile_is_not_taken(
    empty_world: World, review: SyncRecord
) -> None:
    them = candidate(review)
    other = highlevel_add(empty_world, firstName="Freya", email="f@example.com")
    empty_world.run(mode="test")
    RecordLink.objects.create(
        sync=empty_world.sync,
        object_type="contact",
        left=RemoteRecord.objects.get(remote_id=other),
        right_id=them,
    )

    with pytest.raises(ConfigError, match="linked to somebody else"):
        match_accept(record=review, candidate=them, actor=None)


def test_only_a_candidate_can_be_the_same(review: SyncRecord) -> None:
    for wrong in (0, review.left_id or 0, 10**12):
        with pytest.raises(ConfigError):
            match_accept(record=review, candidate=wrong, actor=None)


def review_stamp(record: SyncRecord) -> str:
    mine = record.left_id or record.right_id
    return match_stamp_now(mine, record.detail["candidates"])


# --- pages ------------------------------------------------------------------------------


def url(record: SyncRecord, what: str) -> str:
    return f"/w/{record.sync.workspace.slug}/people/{record.pk}/{what}/"


def test_an_editor_chooses_on_the_page(
    conflict: SyncRecord, client: Client, editor: Any
) -> None:
    client.force_login(editor)
    page = client.get(f"/w/{conflict.sync.workspace.slug}/attention/")
    assert 'name="winner-0"' in page.content.decode()

    seen = conflicts_stamp(conflict)
    answer = client.post(url(conflict, "choose"), {"winner-0": "left", "seen": seen})

    assert answer.status_code == 302
    assert answer.headers["location"].endswith("/attention/")
    assert AuditEvent.objects.filter(action="conflict.resolved").count() == 1


def test_an_editor_says_who_is_the_same(
    review: SyncRecord, client: Client, editor: Any
) -> None:
    client.force_login(editor)
    page = client.get(f"/w/{review.sync.workspace.slug}/attention/")
    assert "The same person" in page.content.decode()

    seen = review_stamp(review)
    client.post(url(review, "same"), {"candidate": candidate(review), "seen": seen})

    assert RecordLink.objects.get().how == "person"


def test_an_editor_says_they_are_two(
    review: SyncRecord, client: Client, editor: Any
) -> None:
    client.force_login(editor)

    client.post(url(review, "apart"), {"seen": review_stamp(review)})

    assert KeptApart.objects.get().said_by == editor


@pytest.mark.parametrize("what", ["choose", "same", "apart"])
def test_others_may_not(
    review: SyncRecord, client: Client, viewer: Any, stranger: Any, what: str
) -> None:
    assert client.post(url(review, what)).status_code == 302  # to sign in
    client.force_login(viewer)
    assert client.post(url(review, what)).status_code == 403
    client.force_login(stranger)
    assert client.post(url(review, what)).status_code == 404
    assert not RecordLink.objects.exists()


@pytest.mark.parametrize(
    "data", [{"winner-x": "left"}, {"winner-" + "9" * 40: "left"}, {"candidate": "-1"}]
)
def test_nonsense_is_said_to_be_settled(
    conflict: SyncRecord, client: Client, editor: Any, data: dict[str, str]
) -> None:
    client.force_login(editor)

    for what in ("choose", "same", "apart"):
        answer = client.post(url(conflict, what), data, follow=True)
        assert "settled meanwhile" in answer.content.decode()


# --- several at once --------------------------------------------------------------------


SEVERAL = "/w/acme/attention/several/"


def test_several_conflicts_are_settled_in_one_run(as_owner, empty_world: World) -> None:
    world = empty_world
    world.sync.conflict = "ask"
    world.sync.save()
    for name in ("anna", "ben", "cleo"):
        email = f"{name}@example.com"
        highlevel_add(world, firstName=name, email=email, companyName="Left")
        person = {"first_name": name, "email": email, "is_primary_contact": True}
        zoho_add(
            world, contact_name=name, company_name="Right", contact_persons=[person]
        )
    world.run()
    records = list(SyncRecord.objects.filter(list="conflict").order_by("pk"))
    assert len(records) == 3

    ticked = [f"{each.pk}.{conflicts_stamp(each)}" for each in records[:2]]
    as_owner.post(SEVERAL, {"record": ticked, "way": "left"})

    run = world.work(SyncRun.objects.get(trigger="retry"))
    assert run.counts["update"] == 2
    assert world.lists() == {"in_sync": 2, "conflict": 1}


def test_several_matches_are_kept_apart_or_linked_in_one_run(
    as_owner, world: World
) -> None:
    world.run()

    def decide(way: str) -> SyncRun:
        reviews = SyncRecord.objects.filter(list="review", left__isnull=False)
        linked = set(RecordLink.objects.values_list("right", flat=True))
        ticked = next(
            review
            for review in reviews.order_by("pk")
            if first_candidate(review) not in {0, *linked}
        )
        tick = f"{ticked.pk}.{review_stamp(ticked)}"
        as_owner.post(SEVERAL, {"record": [tick], "way": way})
        return world.work(SyncRun.objects.filter(trigger="retry").latest("pk"))

    assert decide("apart").counts["failed"] == 0
    assert KeptApart.objects.filter(is_open=False).exists()
    assert decide("same").counts["failed"] == 0
    assert RecordLink.objects.filter(how="person").count() == 1


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"way": "left"}, "Tick somebody first"),
        ({"way": "left", "record": ["x", "9" * 40, "999"]}, "Tick somebody first"),
    ],
)
def test_nobody_ticked_starts_nothing(as_owner, workspace, sent, said) -> None:
    page = as_owner.post(SEVERAL, sent, follow=True).content.decode()

    assert said in page
    assert not SyncRun.objects.exists()


@pytest.mark.parametrize("way", ["left", "same", "apart", "keep", "fly"])
def test_what_was_settled_meanwhile_says_so(as_owner, empty_world: World, way) -> None:
    highlevel_add(empty_world, firstName="Anna", email="a@example.com")
    empty_world.run()
    record = SyncRecord.objects.get()

    sent = {"record": [str(record.pk)], "way": way}
    page = as_owner.post(SEVERAL, sent, follow=True).content.decode()

    assert "note-fail" in page
    assert SyncRun.objects.count() == 1
