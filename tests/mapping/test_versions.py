"""Which lines a version takes up again, and what that makes of their stamps."""

from __future__ import annotations

from collections.abc import Mapping as Data
from typing import Any

import pytest

from mapping.fieldrule import rules_build
from mapping.models import MappingVersion
from mapping.services import mapping_publish, mapping_save
from mapping.versions import version_next
from sync.models import Sync
from tests.config.rows import sync_make

pytestmark = pytest.mark.django_db
EMAIL = {"left": "email", "right": "email"}
COMPANY = {"left": "companyName", "right": "company_name"}
WEBSITE = {"left": "website", "right": "company_name"}
UPPER = {**COMPANY, "to_right": [{"name": "case", "to": "upper"}]}
AT_REST = {**COMPANY, "write": "never"}


@pytest.fixture
def sync() -> Sync:
    return sync_make()


def publish(sync: Sync, *lines: Data[str, Any]) -> MappingVersion:
    mapping = mapping_save(
        sync=sync, object_type="contact", direction="both", lines=lines, actor=None
    )
    return mapping_publish(mapping=mapping, actor=None)


def stamps(version: MappingVersion) -> dict[str, str]:
    """Return the stamps of a version's lines by their left field."""
    rules = rules_build(version.lines, {}, {}, version.taken_up)
    return {rule.left: rule.stamp for rule in rules}


def since(version: MappingVersion) -> dict[str, int]:
    """Return the versions that took lines up again, by the left field of these."""
    rules = rules_build(version.lines, {}, {}, version.taken_up)
    return {rule.left: rule.since for rule in rules if rule.since}


def test_a_line_that_stays_or_is_new_is_not_taken_up_again(sync: Sync) -> None:
    first = publish(sync, EMAIL)
    second = publish(sync, EMAIL, COMPANY)
    third = publish(sync, COMPANY, EMAIL)

    assert [each.taken_up for each in (first, second, third)] == [{}, {}, {}]
    assert stamps(first)["email"] == stamps(third)["email"]


def test_a_line_taken_up_again_has_another_stamp_and_keeps_it(sync: Sync) -> None:
    first = publish(sync, EMAIL, COMPANY)
    publish(sync, EMAIL, WEBSITE)

    third = publish(sync, EMAIL, COMPANY)
    fourth = publish(sync, COMPANY)

    assert since(third) == since(fourth) == {"companyName": 3}
    assert stamps(first)["companyName"] != stamps(third)["companyName"]
    assert stamps(third)["companyName"] == stamps(fourth)["companyName"]
    assert stamps(first)["email"] == stamps(third)["email"]


def test_each_time_it_is_taken_up_again_is_another_stamp(sync: Sync) -> None:
    found = [
        stamps(publish(sync, *lines))["companyName"]
        for _ in range(3)
        for lines in ((EMAIL, COMPANY), (COMPANY,))
        if publish(sync, EMAIL)
    ]

    assert len(set(found)) == len(found) == 6


def test_a_line_that_was_changed_for_a_while_is_taken_up_again(sync: Sync) -> None:
    publish(sync, COMPANY)

    changed = publish(sync, UPPER)
    back = publish(sync, COMPANY)

    assert since(changed) == {}
    assert since(back) == {"companyName": 3}


def test_a_line_that_only_rested_goes_on(sync: Sync) -> None:
    """What was edited meanwhile is carried over when it flows again."""
    first = publish(sync, EMAIL, COMPANY)
    publish(sync, EMAIL, AT_REST)

    assert stamps(publish(sync, EMAIL, COMPANY)) == stamps(first)


def test_a_line_whose_field_another_wrote_while_it_rested_is_taken_up_again(
    sync: Sync,
) -> None:
    publish(sync, EMAIL, COMPANY)
    publish(sync, EMAIL, AT_REST, WEBSITE)

    assert since(publish(sync, EMAIL, COMPANY)) == {"companyName": 3}


def test_the_same_again_is_no_version_and_keeps_its_stamps(sync: Sync) -> None:
    publish(sync, COMPANY)
    publish(sync, EMAIL)
    third = publish(sync, COMPANY)

    again = publish(sync, COMPANY)

    assert again == third
    assert stamps(version_next(sync.mappings.get())) == stamps(third)


def test_a_draft_has_the_stamps_that_it_will_be_published_with(sync: Sync) -> None:
    publish(sync, EMAIL, COMPANY)
    publish(sync, EMAIL)
    mapping = mapping_save(
        sync=sync,
        object_type="contact",
        direction="both",
        lines=[EMAIL, COMPANY],
        actor=None,
    )

    draft = version_next(mapping)

    assert draft.pk is None
    assert stamps(draft) == stamps(mapping_publish(mapping=mapping, actor=None))
