"""Saving and publishing a mapping."""

from __future__ import annotations

import pytest

from crosswalk.errors import ConfigError
from mapping.selectors import draft_lines, is_published, published_lines
from mapping.services import mapping_publish, mapping_save
from tests.config.rows import sync_make
from workspaces.models import AuditEvent

pytestmark = pytest.mark.django_db
EMAIL = {"left": "email", "right": "email", "to_right": [{"name": "email"}]}
PHONE = {"left": "phone", "right": "phone"}


def save(sync, *lines, direction="both"):
    return mapping_save(
        sync=sync, object_type="contact", direction=direction, lines=lines, actor=None
    )


def test_it_replaces_the_draft_and_keeps_the_order():
    sync = sync_make()
    save(sync, EMAIL, PHONE)

    mapping = save(sync, PHONE, EMAIL)

    assert [line["left"] for line in draft_lines(mapping)] == ["phone", "email"]
    assert published_lines(mapping) == []


def test_it_publishes_full_lines_under_the_next_number():
    sync = sync_make()
    first = mapping_publish(mapping=save(sync, EMAIL), actor=None)
    second = mapping_publish(mapping=save(sync, EMAIL, PHONE), actor=None)

    assert (first.number, second.number) == (1, 2)
    assert second.lines[0] == {
        "left": "email",
        "right": "email",
        "direction": "both",
        "write": "always",
        "conflict": "",
        "to_right": [{"name": "email"}],
        "to_left": [],
    }


def test_publishing_the_same_again_keeps_the_version():
    sync = sync_make()
    first = mapping_publish(mapping=save(sync, EMAIL), actor=None)
    audited = AuditEvent.objects.count()

    mapping = save(sync, EMAIL)

    assert mapping_publish(mapping=mapping, actor=None) == first
    assert AuditEvent.objects.count() == audited


def test_another_direction_is_another_version():
    sync = sync_make()
    mapping_publish(mapping=save(sync, EMAIL), actor=None)
    mapping = save(sync, EMAIL, direction="left_to_right")

    assert not is_published(mapping)
    assert mapping_publish(mapping=mapping, actor=None).number == 2


def test_it_saves_nothing_that_cannot_be_used():
    sync = sync_make()
    save(sync, EMAIL)

    with pytest.raises(ConfigError) as refused:
        save(sync, PHONE, {"left": "nickname", "right": "email"})

    assert refused.value.path == "fields[1].left"
    assert [line["left"] for line in draft_lines(sync.mappings.get())] == ["email"]
