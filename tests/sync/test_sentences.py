"""The sentence that says what a sync will do."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from sync.setup.sentences import SyncChoices, settings_sentences, sync_sentence
from tests.sync.world import World


@pytest.mark.parametrize(
    ("choices", "words"),
    [
        ({}, "the other way round, when you start it."),
        ({"schedule": {"every_minutes": 1}}, "within a minute"),
        ({"schedule": {"cron": "0 3 * * *"}}, "at the times you set"),
        ({"left_is_instant": True}, "within seconds, and the other way round"),
        ({"history": {"since": "2026-01-31"}}, "before 31 January 2026"),
        ({"history": "new"}, "on one side only today stays there"),
        (
            {"history": "new", "history_day": "2026-01-31"},
            "was on one side only by 31 January 2026 stays there",
        ),
        ({"conflict": "ask"}, "you choose"),
        ({"first_merge": "newest"}, "changed last wins"),
    ],
)
def test_the_sentence_says_each_choice(choices: dict[str, Any], words: str) -> None:
    assert words in sync_sentence(SyncChoices(left="A", right="B", **choices))


def test_the_sentence_escapes_names() -> None:
    assert "<script>" not in sync_sentence(SyncChoices(left="<script>", right="B"))


def test_a_sync_says_its_own_settings(empty_world: World) -> None:
    said = settings_sentences(empty_world.sync)

    assert said[-1] == "<b>Nobody is ever deleted.</b>"


def test_a_sync_says_from_which_day_only_new_people_go_across(
    empty_world: World,
) -> None:
    sync = empty_world.sync
    sync.history = "new"
    sync.history_since = datetime(2026, 1, 31, 23, 30, tzinfo=UTC)
    sync.workspace.time_zone = "Europe/Berlin"

    said = settings_sentences(sync)

    assert "Whoever was on one side only by 1 February 2026 stays there." in said
