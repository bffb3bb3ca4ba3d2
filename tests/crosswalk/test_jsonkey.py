"""Values under a key of a JSON column: the same text in either database."""

from __future__ import annotations

import json
from typing import Any

import pytest

from crosswalk.clock import now
from crosswalk.jsonkey import HeldAt
from integrations.models import RemoteRecord
from tests.sync.rows import live_sync

pytestmark = pytest.mark.django_db
KEY = "customFields.a b"  # dots and spaces are part of it


@pytest.mark.parametrize(
    "value",
    [None, "", "null", "é ‘x’", 1, 1.5, True, False, [], ["a", "b"], {"x": [None]}],
)
def test_what_was_put_in_comes_out(workspace: Any, value: Any) -> None:
    sync = live_sync(workspace)
    fields = {"connection": sync.left, "object_type": "contact", "read_at": now()}
    RemoteRecord.objects.create(remote_id="1", values={KEY: value}, **fields)
    RemoteRecord.objects.create(remote_id="2", values={"other": value}, **fields)

    rows = RemoteRecord.objects.order_by("remote_id")
    held, absent = rows.values_list(HeldAt("values", KEY), flat=True)

    assert json.loads(held) == value
    assert type(json.loads(held)) is type(value)
    assert absent is None
