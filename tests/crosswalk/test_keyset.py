"""Pages by key: every row once, there and back, whatever comes in meanwhile."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models import Q

from crosswalk.clock import now
from crosswalk.keyset import keyset_page
from synclog.models import LogEntry
from tests.sync.rows import entry_make, live_sync, run_make, unit

pytestmark = pytest.mark.django_db
UPPER, LOWER = Q(name_key__gte="p3"), Q(name_key__lte="p4")


@pytest.fixture
def found(workspace):
    sync = live_sync(workspace)
    run = run_make(sync)
    for number in range(7):
        entry_make(run, unit(sync, "in_sync", number), name_key=f"p{number}")
    # two of them at the same moment, and times against the order of the keys
    for number, entry in enumerate(LogEntry.objects.order_by("pk")):
        at = now() - timedelta(hours=number // 2)
        LogEntry.objects.filter(pk=entry.pk).update(at=at)
    return LogEntry.objects.filter(run=run)


@pytest.mark.parametrize("moment", ["", "at"])
@pytest.mark.parametrize(
    "ways",
    [
        {},
        {"ways": [UPPER, LOWER]},
        {"few": [UPPER, LOWER]},
        {"ways": [UPPER], "few": [LOWER]},
    ],
    ids=["all", "ways", "few", "both"],
)
@pytest.mark.parametrize("near", [0, 4, 7], ids=["afar", "near", "nearer"])
def test_there_and_back_shows_each_row_once_in_order(
    found, moment, ways, near, monkeypatch
):
    monkeypatch.setattr("crosswalk.keyset.MANY", 1)
    monkeypatch.setattr("crosswalk.keyset.NEAR", near)
    ways = {**ways, "near": found if near else None}
    names = [f"-{moment}", "-pk"] if moment else ["-pk"]
    wanted = list(found.order_by(*names))
    edge, there = "", []
    while True:
        page = keyset_page(found, edge, 3, moment=moment, **ways)
        there.append(list(page))
        if not page.older:
            break
        edge = page.older

    assert [row for rows in there for row in rows] == wanted
    back = [there[-1]]
    while page.newer:
        page = keyset_page(found, page.newer, 3, moment=moment, **ways)
        back.append(list(page))
    assert [row for rows in reversed(back) for row in rows] == wanted


@pytest.mark.parametrize("edge", ["x", "o", "o1_2_3", "n" + "9" * 40, "o" + "9" * 18])
def test_an_edge_that_means_nothing_shows_the_first_page_or_none(found, edge):
    assert len(keyset_page(found, edge, 3)) == 3
    assert len(keyset_page(found, edge, 3, moment="at")) == 3


def test_a_moment_beyond_all_time_shows_the_first_page(found):
    edge = f"o{'9' * 18}_1"

    assert len(keyset_page(found, edge, 3, moment="at")) == 3


def test_a_way_of_very_many_is_not_ordered_as_a_whole(
    found, monkeypatch, django_assert_num_queries
):
    monkeypatch.setattr("crosswalk.keyset.MANY", 3)

    with django_assert_num_queries(4) as seen:
        page = keyset_page(found, "", 3, moment="at", ways=[LOWER], near=found)

    assert [entry.name_key for entry in page] == ["p1", "p0", "p3"]
    assert "OFFSET 3" in seen.captured_queries[0]["sql"]
    assert not any("LIMIT 4" in q["sql"] and "IN" not in q["sql"] for q in seen)
