"""The set-up's check of instant notices, once a side is connected."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from sync.models import Setup
from tests.config.rows import pair_make
from workspaces.models import Workspace


@pytest.fixture
def setup_row(workspace: Workspace) -> Setup:
    left, right = pair_make(workspace)
    return Setup.objects.create(
        workspace=workspace,
        left_kind="highlevel",
        right_kind="zoho_invoice",
        left=left,
        right=right,
    )


def step(client: Client, setup_row: Setup, side: str) -> str:
    answer = client.get(f"/w/acme/setup/{setup_row.pk}/{side}/")
    assert answer.status_code == 200
    return answer.content.decode()


def test_it_shows_the_address_and_listens(
    as_owner: Client, setup_row: Setup, settings: Any
) -> None:
    settings.IS_HTTPS = True

    page = step(as_owner, setup_row, "right")

    assert setup_row.right is not None
    assert setup_row.right.webhook_token in page
    assert f"/connections/{setup_row.right.pk}/listening/" in page
    assert "Workflow Rule" in page  # the steps of the connector's own page


def test_without_a_public_address_it_says_what_is_missing(
    as_owner: Client, setup_row: Setup
) -> None:
    page = step(as_owner, setup_row, "right")

    assert "public https address" in page
    assert "listening" not in page


def test_where_none_are_sent_nothing_is_promised(
    as_owner: Client, setup_row: Setup, settings: Any
) -> None:
    settings.IS_HTTPS = True

    page = step(as_owner, setup_row, "left")  # a token: notices need an app

    assert "Changes within seconds" not in page
