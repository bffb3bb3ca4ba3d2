"""Matching a chunk at a time: the verdicts of all at once, in any order, kept."""

from __future__ import annotations

import random
from typing import Any

import pytest

from integrations.models import RecordKey, RemoteRecord
from mapping.convert import Side
from sync.context import SliceOver
from sync.deciding import matchrun, verdicts
from sync.deciding.matching import Made, unlinked, verdicts_make
from sync.engine.people import NOBODY, Verdict
from sync.models import KeptApart, MatchVerdict, RecordLink, Sync
from tests.sync.matchworld import POLICY, make_sync, match_of, matching_context, store
from tests.sync.messy import CASES, Town
from tests.sync.test_matching import anybody, link

SIDES: tuple[Side, Side] = ("left", "right")


@pytest.fixture
def sync(db: None) -> Sync:
    return make_sync()


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a few people take several chunks and windows."""
    monkeypatch.setattr(matchrun, "CHUNK", 3)
    monkeypatch.setattr(verdicts, "WINDOW", 2)


def crowd(sync: Sync, seed: int) -> None:
    """Store people who share much, and people of every messy case; link two pairs."""
    chance, town = random.Random(seed), Town(seed)
    lefts = [anybody("highlevel", chance) for _ in range(10)]
    rights = [anybody("zoho_invoice", chance) for _ in range(10)]
    for _, make in CASES:
        left, right = make(town)
        lefts += [each.highlevel for each in left]
        rights += [each.zoho for each in right]
    for side, rows in ((sync.left, lefts), (sync.right, rights)):
        chance.shuffle(rows)
        store(side, [{k: v for k, v in row.items() if k != "excluded"} for row in rows])
    stored = [
        list(RemoteRecord.objects.filter(connection=c)) for c in (sync.left, sync.right)
    ]
    for left, right in zip(
        chance.sample(stored[0], 2), chance.sample(stored[1], 2), strict=True
    ):
        link(sync, left, right)
    apart = chance.sample(stored[0], 2) + chance.sample(stored[1], 2)
    for number, (one, two) in enumerate(zip(apart[:2], apart[2:], strict=True)):
        KeptApart.objects.create(sync=sync, one=one, two=two, is_open=bool(number))


def asked(sync: Sync, found: Any) -> Made:
    """Ask for the verdict of everybody, in the order in which a run does."""
    return {
        side: {
            row.pk: found[side].get(row.pk, NOBODY)
            for row in unlinked(sync, side, "contact").order_by("pk")
        }
        for side in SIDES
    }


@pytest.mark.parametrize("seed", range(6))
def test_a_chunk_at_a_time_gives_the_verdicts_of_all_at_once(
    sync: Sync, seed: int
) -> None:
    crowd(sync, seed)

    stored = asked(sync, match_of(matching_context(sync)))

    made = verdicts_make(sync, "contact", POLICY)
    assert stored == made
    kinds = {v.kind for side in SIDES for v in made[side].values()}
    assert kinds == {"link", "review", "none"}


def test_a_link_is_mutual_and_nobody_is_in_two(sync: Sync) -> None:
    crowd(sync, 11)
    stored = asked(sync, match_of(matching_context(sync)))

    pairs = [(pk, v.partner) for pk, v in stored["left"].items() if v.kind == "link"]
    back = [(v.partner, pk) for pk, v in stored["right"].items() if v.kind == "link"]
    assert sorted(pairs) == sorted(back)
    assert len({pk for pair in pairs for pk in pair}) == 2 * len(pairs)


def test_a_slice_that_ends_goes_on_where_it_was(
    sync: Sync, monkeypatch: pytest.MonkeyPatch
) -> None:
    crowd(sync, 3)
    context = matching_context(sync)
    chunks = 0

    def over() -> None:
        nonlocal chunks
        chunks += 1
        if chunks % 2 == 0:
            raise SliceOver

    monkeypatch.setattr(context, "keep_going", over)
    for _ in range(1000):
        try:
            found = match_of(context)
            break
        except SliceOver:
            context.run.refresh_from_db()

    assert chunks > 10
    assert asked(sync, found) == verdicts_make(sync, "contact", POLICY)


def test_what_a_run_writes_does_not_change_its_mind(sync: Sync) -> None:
    crowd(sync, 5)
    context = matching_context(sync)
    before = asked(sync, match_of(context))
    left = next(pk for pk, v in before["left"].items() if v.kind == "link")
    RecordLink.objects.create(
        sync=sync,
        object_type="contact",
        left_id=left,
        right_id=before["left"][left].partner,
    )

    after = asked(sync, match_of(context))

    for side in SIDES:
        assert after[side].items() <= before[side].items()


def test_who_came_later_or_changed_is_judged_by_todays_data(sync: Sync) -> None:
    store(sync.left, [{"firstName": "Anna", "email": "a@x.example"}])
    context = matching_context(sync)
    match_of(context)
    store(sync.right, [{"first_name": "Anna", "email": "a@x.example"}])
    store(sync.left, [{"firstName": "Anna", "email": "a@x.example", "phone": "0117"}])
    (left,), (right,) = (
        RemoteRecord.objects.filter(connection=each) for each in (sync.left, sync.right)
    )

    found = match_of(context)

    assert found["right"].get(right.pk, NOBODY).partner == left.pk
    assert RecordKey.objects.filter(record=left).exists()
    assert found["left"].get(left.pk, NOBODY).partner == right.pk


def test_a_run_that_read_again_matches_again(sync: Sync) -> None:
    store(sync.left, [{"firstName": "Anna", "email": "a@x.example"}])
    context = matching_context(sync)
    match_of(context)
    store(sync.right, [{"first_name": "Anna", "email": "a@x.example"}])
    context.run.checkpoint["read"] = {"left.contact": {"started_at": "2026-11-21"}}

    match_of(context)

    assert MatchVerdict.objects.get().kind == "link"


def test_what_the_run_created_itself_is_left_out_when_it_matches_again(
    sync: Sync,
) -> None:
    store(sync.left, [{"firstName": "Anna", "email": "a@x.example"}])
    store(sync.right, [{"first_name": "Anna", "email": "a@x.example"}])
    (right,) = RemoteRecord.objects.filter(connection=sync.right)
    (left,) = RemoteRecord.objects.filter(connection=sync.left)

    found = match_of(matching_context(sync), {"right": {right.pk}})

    assert found["left"].get(left.pk, NOBODY) == NOBODY


def test_a_poll_with_few_people_stores_nothing(sync: Sync) -> None:
    crowd(sync, 2)
    found = match_of(matching_context(sync, scope="dirty"))

    assert not MatchVerdict.objects.exists()
    assert asked(sync, found) == verdicts_make(sync, "contact", POLICY)


def test_at_rest_a_poll_asks_next_to_nothing(
    sync: Sync, django_assert_max_num_queries: Any
) -> None:
    store(sync.left, [{"email": f"p{n}@x.example"} for n in range(20)])
    store(sync.right, [{"email": f"p{n}@x.example"} for n in range(20)])
    lefts, rights = (
        RemoteRecord.objects.filter(connection=each).order_by("pk")
        for each in (sync.left, sync.right)
    )
    for left, right in zip(lefts, rights, strict=True):
        link(sync, left, right)
    context = matching_context(sync, scope="dirty")

    with django_assert_max_num_queries(5):
        match_of(context)


def test_a_key_of_very_many_says_nothing_and_loads_nobody(sync: Sync) -> None:
    board = "+442079460958"
    for side, first in ((sync.left, "firstName"), (sync.right, "first_name")):
        store(side, [{first: "Anna", "phone": board} for _ in range(101)])

    stored = asked(sync, match_of(matching_context(sync)))

    everybody = [v for side in SIDES for v in stored[side].values()]
    assert len(everybody) == 202
    # the name is left, and it is not unique
    assert {v.code for v in everybody} == {"several_fit"}
    assert isinstance(everybody[0], Verdict)
