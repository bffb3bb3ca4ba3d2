"""A page that was overtaken, by a poll or by somebody else, decides nothing that the
person who looked at it never saw."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db.models import F
from django.test import Client

from integrations.models import RemoteRecord
from mapping.services import mapping_publish, mapping_save
from sandbox.highlevel import service as highlevel
from sync.choices.shown import must_be_as_shown, stamp
from sync.models import KeptApart, PendingDelete, RecordLink, SyncRecord
from synclog.models import SyncRun
from tests.sync.rows import live_sync, remote, run_make, unit
from tests.sync.test_canary import approve, tested
from tests.sync.test_choosing import conflict, highlevel_add, review, value, zoho_add
from tests.sync.test_deleting import NAMES, active, asked, record
from tests.sync.test_planmatching import in_question
from tests.sync.world import World
from workspaces.models import Workspace

__all__ = ["asked", "conflict", "review", "tested"]  # fixtures

FORM = re.compile(r'<form[^>]*action="([^"]+)"[^>]*>(.*?)</form>', re.S)
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')
TICK = re.compile(r'name="record" value="([^"]+)"')
GONE_ON = "This was settled meanwhile. Look again."
Form = tuple[str, dict[str, str]]


def form(client: Client, path: str, ends: str) -> Form:
    """Return where a form of a page goes to, and what it sends by itself."""
    text = client.get(path).content.decode()
    action, inside = next(each for each in FORM.findall(text) if each[0].endswith(ends))
    sent = dict(HIDDEN.findall(inside))
    return action, {key: sent[key] for key in sent if key != "csrfmiddlewaretoken"}


def opened(client: Client, show: str, ends: str) -> Form:
    return form(client, f"/w/acme/attention/?show={show}", ends)


def ticked(client: Client, show: str) -> list[str]:
    """Return what the boxes of all cards of a kind send."""
    page = client.get(f"/w/acme/attention/?show={show}")
    return TICK.findall(page.content.decode())


def press(client: Client, page: Form, **chosen: Any) -> str:
    """Send a form that was opened before; return the page that answers."""
    answer = client.post(page[0], {**page[1], **chosen}, follow=True)
    return answer.content.decode()


def decide_ticked(client: Client, ticks: list[str], way: str) -> str:
    return press(client, ("/w/acme/attention/several/", {}), record=ticks, way=way)


def poll(world: World) -> SyncRun:
    return world.run(scope="dirty", trigger="schedule")


def carry_out(world: World) -> None:
    for run in SyncRun.objects.filter(state="queued"):
        world.work(run)


def right_id(record: SyncRecord) -> str:
    assert record.right is not None
    return record.right.remote_id


def fields_publish(world: World, *keys: tuple[str, str]) -> None:
    saved = mapping_save(
        sync=world.sync,
        object_type="contact",
        direction="both",
        lines=[{"left": left, "right": right} for left, right in keys],
        actor=None,
    )
    mapping_publish(mapping=saved, actor=None)


# --- conflicts --------------------------------------------------------------------------


def test_a_winner_counts_for_the_values_on_the_page(
    empty_world: World, conflict: SyncRecord, as_owner: Client
) -> None:
    page = opened(as_owner, "conflicts", "/choose/")
    zoho_add(empty_world, right_id(conflict), company_name="Newer")
    poll(empty_world)

    answer = press(as_owner, page, **{"winner-0": "left"})
    carry_out(empty_world)

    assert GONE_ON in answer
    assert value(empty_world, "right", "company_name") == "Newer"
    assert SyncRecord.objects.get().list == "conflict"


def test_a_winner_counts_for_the_field_on_the_page(
    empty_world: World, conflict: SyncRecord, as_owner: Client
) -> None:
    world = empty_world
    company = ("companyName", "company_name")
    fields_publish(world, ("email", "email"), ("website", "website"), company)
    poll(world)
    page = opened(as_owner, "conflicts", "/choose/")
    assert conflict.left is not None
    highlevel_add(world, conflict.left.remote_id, website="https://left.example")
    zoho_add(world, right_id(conflict), website="https://right.example")
    poll(world)
    assert len(SyncRecord.objects.get().detail["conflicts"]) == 2

    answer = press(as_owner, page, **{"winner-0": "left"})
    carry_out(world)

    assert GONE_ON in answer
    assert value(world, "right", "website") == "https://right.example"
    assert value(world, "right", "company_name") == "Right"


def test_the_same_page_looked_at_again_decides(
    empty_world: World, conflict: SyncRecord, as_owner: Client
) -> None:
    zoho_add(empty_world, right_id(conflict), company_name="Newer")
    poll(empty_world)
    page = opened(as_owner, "conflicts", "/choose/")

    press(as_owner, page, **{"winner-0": "left"})
    carry_out(empty_world)

    assert value(empty_world, "right", "company_name") == "Left"


def test_ticked_conflicts_count_for_the_values_on_the_page(
    empty_world: World, conflict: SyncRecord, as_owner: Client
) -> None:
    ticks = ticked(as_owner, "conflicts")
    zoho_add(empty_world, right_id(conflict), company_name="Newer")
    poll(empty_world)

    assert GONE_ON in decide_ticked(as_owner, ticks, "left")

    carry_out(empty_world)
    assert value(empty_world, "right", "company_name") == "Newer"


def test_a_side_that_wins_once_does_so_with_the_value_on_the_page(
    workspace: Workspace, as_owner: Client
) -> None:
    sync = live_sync(workspace)
    left, right = remote(sync, "left", 1), remote(sync, "right", 1)
    RecordLink.objects.create(
        sync=sync, object_type="contact", left=left, right=right, frozen={"for": "x"}
    )
    line = {"left": "companyName", "right": "company_name", "label": "Company"}
    flips = unit(sync, "review", left=left, right=right, reason_code="loop")
    flips.detail = {"conflicts": [{**line, "left_value": "A", "right_value": "a"}]}
    flips.save()
    page = opened(as_owner, "loops", "/loop/")
    flips.detail = {"conflicts": [{**line, "left_value": "A", "right_value": "B"}]}
    flips.save()

    assert GONE_ON in press(as_owner, page, winner="left")

    assert not SyncRun.objects.exists()
    assert RecordLink.objects.get().frozen == {"for": "x"}


# --- pending deletes --------------------------------------------------------------------


def anna_is_edited(world: World) -> None:
    anna = record()
    zoho_add(world, right_id(anna), company_name="Berg & Co")
    poll(world)
    assert PendingDelete.objects.get(link__left=anna.left).code == "delete_edited"


@pytest.mark.parametrize("way", ["delete", "archive", "keep"])
def test_who_was_edited_since_the_page_was_opened_is_asked_about_again(
    asked: World, as_owner: Client, way: str
) -> None:
    page = opened(as_owner, "deletes", f"/{record().pk}/remove/")
    anna_is_edited(asked)

    answer = press(as_owner, page, way=way)
    carry_out(asked)

    assert GONE_ON in answer
    assert active(asked) == list(NAMES)
    assert PendingDelete.objects.count() == 3


def test_all_of_three_are_the_three_of_the_page(asked: World, as_owner: Client) -> None:
    page = opened(as_owner, "deletes", "/removals/")
    late = [
        highlevel_add(asked, firstName=name, email=f"{name}@example.com")
        for name in ("Dora", "Emil")
    ]
    poll(asked)
    for each in late:
        highlevel.contact_delete(asked.app.extensions["context"], each)
    asked.run(trigger="reconcile", scope="dirty")
    assert PendingDelete.objects.count() == 5

    press(as_owner, page, way="delete")
    carry_out(asked)

    assert active(asked) == ["Dora", "Emil"]
    assert PendingDelete.objects.count() == 2


def test_of_all_the_one_who_was_edited_is_asked_about_again(
    asked: World, as_owner: Client
) -> None:
    page = opened(as_owner, "deletes", "/removals/")
    anna_is_edited(asked)

    press(as_owner, page, way="delete")
    carry_out(asked)

    assert active(asked) == ["Anna"]
    assert PendingDelete.objects.get().link.left_id == record().left_id


def test_of_the_ticked_one_who_was_edited_stops_all(
    asked: World, as_owner: Client
) -> None:
    ticks = ticked(as_owner, "deletes")
    anna_is_edited(asked)

    assert GONE_ON in decide_ticked(as_owner, ticks, "delete")

    carry_out(asked)
    assert active(asked) == list(NAMES)
    decide_ticked(as_owner, ticked(as_owner, "deletes"), "delete")
    carry_out(asked)
    assert active(asked) == []


def test_a_page_that_says_nothing_of_what_it_showed_removes_nobody(
    asked: World, as_owner: Client
) -> None:
    """As one that was opened before Crosswalk was updated."""
    alone, _ = opened(as_owner, "deletes", f"/{record().pk}/remove/")
    whole, _ = opened(as_owner, "deletes", "/removals/")
    pks = [str(each.pk) for each in SyncRecord.objects.all()]

    for each in (alone, whole):
        assert GONE_ON in press(as_owner, (each, {}), way="delete")
    assert GONE_ON in decide_ticked(as_owner, pks, "delete")

    assert not SyncRun.objects.filter(state="queued").exists()


# --- who is who -------------------------------------------------------------------------


def another_fits(world: World) -> None:
    """A second customer with the e-mail address of Adam comes, and a poll sees it."""
    zoho_add(
        world,
        contact_name="Greta",
        contact_persons=[{"first_name": "Greta", "email": "us@example.com"}],
    )
    poll(world)


def test_somebody_who_was_not_shown_is_not_kept_apart(
    empty_world: World, review: SyncRecord, as_owner: Client
) -> None:
    page = opened(as_owner, "matches", f"/{review.pk}/apart/")
    another_fits(empty_world)
    review.refresh_from_db()
    assert len(review.detail["candidates"]) > 1

    assert GONE_ON in press(as_owner, page)

    assert not KeptApart.objects.exists()


@pytest.mark.parametrize("way", ["same", "apart"])
def test_ticked_people_count_for_those_they_were_shown_beside(
    empty_world: World, review: SyncRecord, as_owner: Client, way: str
) -> None:
    ticks = [t for t in ticked(as_owner, "matches") if t.startswith(f"{review.pk}.")]
    another_fits(empty_world)

    assert GONE_ON in decide_ticked(as_owner, ticks, way)

    assert not RecordLink.objects.exists()
    assert not KeptApart.objects.exists()


def test_who_reads_otherwise_by_now_is_compared_again(
    empty_world: World, review: SyncRecord, as_owner: Client
) -> None:
    page = opened(as_owner, "matches", f"/{review.pk}/same/")
    assert review.left is not None
    highlevel_add(empty_world, review.left.remote_id, lastName="Olsen")
    poll(empty_world)

    assert GONE_ON in press(as_owner, page)

    assert not RecordLink.objects.exists()
    press(as_owner, opened(as_owner, "matches", f"/{review.pk}/same/"))
    assert RecordLink.objects.get().how == "person"


def poll_saw_an_edit(pk: int) -> None:
    RemoteRecord.objects.filter(pk=pk).update(version=F("version") + 1)


@pytest.mark.parametrize("chosen", [True, False])
def test_who_is_who_in_a_plan_is_compared_again_too(
    world: World, as_owner: Client, chosen: bool
) -> None:
    test = world.run("test")
    change, candidate = in_question(test)
    path = f"/w/acme/runs/{test.pk}/plan/?show=review"
    page = form(as_owner, path, f"/match/{change.pk}/")
    poll_saw_an_edit(candidate)

    sent = {"candidate": candidate} if chosen else {}
    assert GONE_ON in press(as_owner, page, **sent)

    assert not RecordLink.objects.exists()
    assert not KeptApart.objects.exists()


# --- after an undo, after a canary ------------------------------------------------------


def test_a_field_held_apart_is_released_with_the_values_on_the_page(
    workspace: Workspace, as_owner: Client
) -> None:
    sync = live_sync(workspace)
    left, right = remote(sync, "left", 1), remote(sync, "right", 1)
    held = unit(sync, "in_sync", left=left, right=right)
    link = RecordLink(sync=sync, object_type="contact", left=left, right=right)
    link.base = {"line": {"left": "A", "right": "B", "apart": True}}
    link.save()
    button = f"line.{stamp('apart', 'A', 'B')}"
    link.base["line"]["right"] = "C"  # put back by another undo
    link.save()

    together: Form = (f"/w/acme/people/{held.pk}/together/", {})
    assert GONE_ON in press(as_owner, together, field=button)

    link.refresh_from_db()
    assert link.base["line"]["apart"]


def test_the_rest_of_a_plan_goes_on_after_those_on_the_page(
    tested: World, as_owner: Client
) -> None:
    first = approve(tested)
    page = form(as_owner, f"/w/acme/runs/{first.pk}/", "/go-on/")
    tested.sync.canary = run_make(tested.sync, plan=first.plan)
    tested.sync.save()

    assert GONE_ON in press(as_owner, page)

    assert not SyncRun.objects.filter(state="queued").exists()


# --- the stamp --------------------------------------------------------------------------


def test_who_shows_no_page_decides_about_what_is_stored() -> None:
    must_be_as_shown(None, stamp("anything"))


def test_a_stamp_tells_what_was_said_apart() -> None:
    assert stamp("a", 1) == stamp("a", 1)
    assert len({stamp("a", 1), stamp("a", "1"), stamp("a1"), stamp("a", [1])}) == 4
