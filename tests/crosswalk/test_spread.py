"""Some of many rows stand for all of them, however their keys came about."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group

from crosswalk.spread import spread

pytestmark = pytest.mark.django_db
KEYS = range(1, 6001)


@pytest.fixture
def rows():
    Group.objects.bulk_create([Group(pk=key, name=str(key)) for key in KEYS])
    return Group.objects.order_by("pk")


@pytest.mark.parametrize(
    "taken",
    [
        lambda key: True,
        lambda key: key % 2 == 0,  # two systems read in turns
        lambda key: key % 300 < 100,  # page by page
        lambda key: key > 3000,
    ],
)
@pytest.mark.parametrize("step", [7, 10, 30, 32])
def test_it_takes_an_even_part_of_rows_in_any_order(rows, taken, step):
    keys = [key for key in KEYS if taken(key)]

    found = [g.pk for g in spread(rows.filter(pk__in=keys), step)]

    assert len(found) == pytest.approx(len(keys) / step, rel=0.35)
    tenth = len(keys) // 10
    for start in range(0, len(keys), tenth):
        part = set(keys[start : start + tenth])
        assert part & set(found), f"nobody of {min(part)} to {max(part)}"


def test_of_few_it_takes_all(rows):
    assert spread(rows, 1).count() == spread(rows, 0).count() == len(KEYS)
