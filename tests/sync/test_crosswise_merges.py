"""One person held twice, and merged at both vendors: HighLevel keeps the one, Zoho
Invoice the other."""

from __future__ import annotations

from typing import Any

import pytest

from crosswalk.clock import now
from integrations.mirroring.mirror import record_gone
from integrations.models import RemoteRecord
from sandbox.highlevel import service as highlevel
from sync.choices.deleting import removal_decide
from sync.models import PendingDelete, RecordLink, SyncRecord
from sync.setup.saving import sync_go_live
from tests.sync.test_choosing import highlevel_add
from tests.sync.test_deletes import at_zoho, compare, leave_zoho, policy
from tests.sync.world import World

PHONE = "+442071234567"
MAILS = ("anna@one.example", "anna@two.example")


@pytest.fixture
def twice(empty_world: World) -> World:
    """Anna stands twice on both sides, linked one by one; both have her phone now."""
    world = empty_world
    for mail in MAILS:
        highlevel_add(world, firstName="Anna", lastName="Berg", email=mail)
    policy(world, "mirror", conflict="left")
    world.run()
    sync_go_live(sync=world.sync, actor=None, tested=True)
    world.sync.refresh_from_db()
    for mail in MAILS:  # past its check, as an import may put it there
        remote_id = link_of(mail).left.remote_id
        doc = world.store.get("highlevel_contact", remote_id)
        world.store.put("highlevel_contact", remote_id, {**doc, "phone": PHONE})
    compare(world)
    return world


def link_of(mail: str) -> RecordLink:
    links = RecordLink.objects.select_related("left", "right")
    return links.get(left__values__email=mail)


def merge_at_highlevel(world: World) -> None:
    """Have HighLevel keep the first of her."""
    context = world.app.extensions["context"]
    highlevel.contact_delete(context, link_of(MAILS[1]).left.remote_id)
    compare(world)


def merge_at_zoho(world: World) -> None:
    """Have Zoho Invoice keep the second of her: “Merge the two there”, said the card."""
    leave_zoho(world, link_of(MAILS[0]).right.remote_id)
    compare(world)


def decided(world: World, pending: PendingDelete, way: str) -> None:
    record = SyncRecord.objects.get(left=pending.link.left_id)
    world.work(removal_decide(record=record, way=way, actor=None))


@pytest.mark.parametrize("delete", ["ignore", "ask", "archive", "mirror"])
def test_merged_crosswise_they_are_one_pair(twice: World, delete: str) -> None:
    policy(twice, delete)
    left, right = link_of(MAILS[0]).left, link_of(MAILS[1]).right
    merge_at_highlevel(twice)
    merge_at_zoho(twice)

    highlevel_add(twice, left.remote_id, companyName="New Company")
    twice.run(scope="dirty", trigger="schedule")

    right.refresh_from_db()
    assert right.values["company_name"] == "New Company"
    assert (twice.lists(), PendingDelete.objects.count()) == ({"in_sync": 1}, 0)
    assert at_zoho(twice) == [right.label]


def test_the_other_order_comes_to_the_same(twice: World) -> None:
    right = link_of(MAILS[1]).right
    merge_at_zoho(twice)
    merge_at_highlevel(twice)

    link = RecordLink.objects.select_related("left", "right").get()
    assert (link.left.gone_at, link.right) == (None, right)
    assert twice.lists() == {"in_sync": 1}


def test_only_what_both_pairs_agreed_on_is_a_base(twice: World) -> None:
    """An edit flows; of what always differed nobody knows which is right."""
    policy(twice, "ask", conflict="ask")
    left, right = link_of(MAILS[0]).left, link_of(MAILS[1]).right
    merge_at_highlevel(twice)
    highlevel_add(twice, left.remote_id, lastName="Bergson")

    merge_at_zoho(twice)

    asked = SyncRecord.objects.get(list="conflict").detail["conflicts"]
    assert [each["left"] for each in asked] == ["email"]
    right.refresh_from_db()
    assert right.values["last_name"] == "Bergson"


def test_one_not_found_joins_no_pairs(twice: World) -> None:
    merge_at_highlevel(twice)
    lost = link_of(MAILS[0]).right
    leave_zoho(twice, lost.remote_id)
    record_gone(lost, RemoteRecord.Proof.READ)

    twice.run(scope="dirty", trigger="schedule")
    asked = PendingDelete.objects.values_list("code", flat=True)
    assert list(asked) == ["delete_merged"] * 2

    compare(twice)
    assert RecordLink.objects.count() == 1


def test_what_hangs_under_both_stays_linked(twice: World) -> None:
    def child(connection: Any, kind: str) -> RemoteRecord:
        return RemoteRecord.objects.create(
            connection=connection, object_type=kind, remote_id="1", read_at=now()
        )

    kept, spare = RecordLink.objects.order_by("pk")
    note = RecordLink.objects.create(
        sync=twice.sync,
        object_type="note",
        left=child(twice.left, "note"),
        right=child(twice.right, "comment"),
        parent=spare,
    )
    merge_at_highlevel(twice)
    merge_at_zoho(twice)

    note.refresh_from_db()
    assert note.parent == kept


def test_who_is_left_of_two_is_not_removed_without_asking(twice: World) -> None:
    """The card of the first merge was answered with “Delete”, then Zoho Invoice loses
    the other one as well: nobody but the one at HighLevel is left of her."""
    merge_at_highlevel(twice)
    decided(twice, PendingDelete.objects.get(), "delete")

    merge_at_zoho(twice)

    pending = PendingDelete.objects.get()
    assert (pending.code, pending.at) == ("delete_survivor", "left")
    record = SyncRecord.objects.get(left=pending.link.left_id)
    assert "probably all that is left of two: Anna Berg was merged" in record.reason


def test_who_was_entered_again_is_removed_as_ever(twice: World) -> None:
    merge_at_highlevel(twice)
    decided(twice, PendingDelete.objects.get(), "delete")
    RecordLink.objects.filter(tombstone="").update(created_at=now())

    merge_at_zoho(twice)

    assert (PendingDelete.objects.count(), at_zoho(twice)) == (0, [])
    assert not RemoteRecord.objects.filter(gone_at=None).exists()
