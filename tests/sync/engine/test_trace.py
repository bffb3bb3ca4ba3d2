"""The decision trace: every outcome stops at one stage, or is written."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sync.engine.decide import decide_pair, decide_single
from sync.engine.match import NOBODY, Verdict
from sync.engine.trace import STAGES, Standing, trace_of, trace_rows
from sync.engine.types import BaseValue, Decision, SideFacts
from tests.sync.engine.pairs import policy, rule, snap

NAMES: Any = {"left": "Left", "right": "Right"}
RULE = rule(left_label="Name")
POLICY = policy(RULE)
ONE_WAY = policy(RULE, direction="right_to_left")
NEEDY = policy(
    RULE, right=SideFacts("Right", create_needs=("x",), create_needs_text="Needs x.")
)
FILTER = {"field": "a", "op": "equals", "value": "Zoe"}
FILTERED = policy(RULE, left=SideFacts("Left", filter=FILTER))
ASKING = policy(RULE, conflict="ask")
BASE = {RULE.stamp: BaseValue("Anna", "Anna")}
REVIEW = Verdict("review", why="Shares a phone.", code="shared")


def single(on: Any = POLICY, verdict: Verdict = NOBODY, **more: Any) -> Decision:
    return decide_single(snap({"a": "Anna"}, **more), "left", verdict, on)


def pair(left: str, right: str, on: Any = POLICY, **base: Any) -> Decision:
    return decide_pair(snap({"a": left}), snap({"b": right}), base, on)


@pytest.mark.parametrize(
    ("decision", "stage", "state"),
    [
        (single(is_gone=True), "scope", "stopped"),
        (single(excluded="inactive"), "scope", "stopped"),
        (single(FILTERED), "scope", "stopped"),
        (single(verdict=REVIEW), "matched", "stopped"),
        (single(ONE_WAY), "mapped", "stopped"),
        (single(NEEDY), "mapped", "stopped"),
        (pair("Anne", "Anna", ASKING), "mapped", "stopped"),
        (single(), "written", "waits"),
        (pair("Anne", "Anna", **BASE), "written", "waits"),
        (pair("Anna", "Anna"), "written", "ok"),
    ],
)
def test_each_decision_gets_as_far_as_it_gets(
    decision: Decision, stage: Any, state: str
) -> None:
    stages = trace_of(decision, NAMES)

    assert [each.key for each in stages] == list(STAGES)
    place = STAGES.index(stage)
    assert stages[place].state == state
    assert all(each.state == "ok" and each.words for each in stages[:place])
    assert all(each.state == "not_reached" for each in stages[place + 1 :])
    if state == "stopped":
        assert stages[place].words == decision.reason


def test_a_sync_that_does_not_run_stops_everybody_and_says_why() -> None:
    first, *others = trace_of(single(), NAMES, Standing(blocked="It is paused."))

    assert (first.state, first.words) == ("stopped", "It is paused.")
    assert others[-1].state == "waits"  # what would happen is still told


def test_what_a_vendor_refused_is_told_where_it_was_to_be_written() -> None:
    last = trace_of(single(), NAMES, Standing(refused="Right refused the phone."))[-1]

    assert (last.key, last.state, last.words) == (
        "written",
        "stopped",
        "Right refused the phone.",
    )


def test_what_a_vendor_refused_in_a_run_is_logged_there_too() -> None:
    failed = replace(single(), outcome="failed", reason="No.", reason_code="refused")

    assert list(trace_rows(failed, NAMES))[-1] == ("written", "No.")


def test_a_held_apart_pair_is_not_said_to_be_the_same() -> None:
    base = {RULE.stamp: BaseValue("New", "Old", apart=True)}

    *_, mapped, last = trace_of(pair("New", "Old", **base), NAMES)

    assert mapped.words == "Of its fields, 1 differs and stays so."
    assert last.words == "In sync; one field is held apart since an undo."


def test_the_log_keeps_the_stages_with_the_fields_between() -> None:
    written = list(trace_rows(single(), NAMES))
    spared = list(trace_rows(single(verdict=REVIEW), NAMES))

    keys = [key for key, _ in written]
    assert keys == ["connected", "scope", "matched", "Name", "written"]
    assert written[-1] == ("written", "Created at Right.")
    assert spared[-1] == ("matched", "Shares a phone.")
    assert [key for key, _ in trace_rows(single(is_gone=True), NAMES)] == [
        "connected",
        "scope",
    ]


def test_a_conflict_is_logged_with_all_its_fields() -> None:
    rows = list(trace_rows(pair("Anne", "Anna", ASKING), NAMES))

    assert [key for key, _ in rows][-2:] == ["Name", "mapped"]
