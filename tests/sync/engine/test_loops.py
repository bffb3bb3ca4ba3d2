"""The loop breaker: a field that flips back and forth is stopped, an honest edit is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from mapping.convert import Side, other
from sync.engine.decide import decide_pair
from sync.engine.loops import (
    FLIPS,
    KEPT,
    WINDOW,
    frozen_for,
    loop_broken,
    writes_noted,
)
from sync.engine.types import BaseValue, Decision, Policy
from tests.sync.engine.pairs import SIDES, moment, policy, rule, snap

RULE = rule(left_label="Name", right_label="Name")
POLICY = policy(RULE)
FROZEN = f"{RULE.stamp} both always"


def edited(side: Side, before: Any, after: Any, of: Policy = POLICY) -> Decision:
    """Return the decision on a pair that agreed until one side was edited."""
    base = {of.rules[0].stamp: BaseValue(before, before)}
    left, right = (after, before) if side == "left" else (before, after)
    return decide_pair(snap({"a": left}), snap({"b": right}), base, of)


def writes_until_stopped(every: float, most: int = 40) -> int:
    """Let both sides write the name their own way, in turn; return the writes made."""
    writes: Any = {}
    ways: dict[Side, str] = {"left": "Anna", "right": "anna"}
    for turn in range(most):
        source, at = SIDES[turn % 2], moment(turn * every)
        to = other(source)
        decision = edited(source, ways[to], ways[source])
        if loop_broken(decision, "", writes, POLICY, at).outcome == "review":
            return turn
        key = {RULE.key(to)}
        writes = writes_noted(writes, decision.changes, to, key, POLICY, at)
    return most


def test_two_that_answer_each_other_are_stopped() -> None:
    assert writes_until_stopped(every=1) == 2 + FLIPS - 1


def test_slower_than_the_window_nothing_adds_up() -> None:
    slow = WINDOW / timedelta(minutes=1) / FLIPS + 1

    assert writes_until_stopped(every=slow) == 40


def noted(*turns: tuple[Side, str], start: float = 0) -> Any:
    """Return what is remembered of values written to a side, a minute apart."""
    writes: Any = {}
    for number, (side, value) in enumerate(turns):
        decision = edited(other(side), "before", value)
        key = {RULE.key(side)}
        at = moment(start + number)
        writes = writes_noted(writes, decision.changes, side, key, POLICY, at)
    return writes


CIRCLE: tuple[tuple[Side, str], ...] = (
    ("right", "Anna"),
    ("left", "anna"),
) * 3


def test_it_names_both_values_both_systems_and_what_to_do() -> None:
    decision = edited("right", "Anna", "anna")

    stopped = loop_broken(decision, "", noted(*CIRCLE), POLICY, moment(7))

    assert (stopped.outcome, stopped.reason_code) == ("review", "loop")
    assert stopped.reason == (
        "Name flips back and forth: Left says “Anna”, Right says “anna”. A rule or "
        "automation at one of them changes back what is written. Switch it off there, "
        "then release."
    )
    assert not stopped.needs_calls
    assert frozen_for(stopped) == FROZEN


def test_another_value_goes_through_although_it_flipped_before() -> None:
    decision = edited("left", "anna", "Annabel")

    assert loop_broken(decision, "", noted(*CIRCLE), POLICY, moment(7)) is decision


def test_a_person_who_goes_back_now_and_then_is_not_stopped() -> None:
    turns: Any = (("right", "A"), ("right", "B")) * 2
    decision = edited("left", "B", "A")

    assert loop_broken(decision, "", noted(*turns), POLICY, moment(5)) is decision


def test_what_a_person_asks_for_is_written() -> None:
    decision = edited("right", "Anna", "anna")
    asked = replace(
        decision, changes=(replace(decision.changes[0], reason_code="chosen"),)
    )

    assert loop_broken(asked, "", noted(*CIRCLE), POLICY, moment(7)) is asked


def test_an_hour_later_it_counts_anew() -> None:
    decision = edited("right", "Anna", "anna")
    late = moment(WINDOW / timedelta(minutes=1) + 7)

    assert loop_broken(decision, "", noted(*CIRCLE), POLICY, late) is decision


def test_a_frozen_pair_stays_so_whatever_is_decided() -> None:
    for decision in (edited("left", "x", "x"), edited("left", "x", "y")):
        stopped = loop_broken(decision, FROZEN, {}, POLICY, moment(0))
        assert (stopped.outcome, stopped.sides_written) == ("review", ())


def test_another_mapping_of_the_field_frees_it() -> None:
    other_rule = rule(left_label="Name", right_label="Name", write="if_empty")
    of = policy(other_rule)
    decision = edited("left", "x", "x", of)

    assert loop_broken(decision, FROZEN, {}, of, moment(0)) is decision


@pytest.mark.parametrize("outcome", ["delete", "excluded", "review"])
def test_what_is_not_merged_is_not_held_up(outcome: Any) -> None:
    decision = replace(edited("left", "x", "y"), outcome=outcome)

    assert loop_broken(decision, FROZEN, {}, POLICY, moment(0)) is decision


def test_a_value_in_another_form_is_the_same_value() -> None:
    phone = rule("phone")
    of = policy(phone)
    writes: Any = {}
    for form in ("+44 118 496 0111", "0118 496 0111", "+441184960111"):
        decision = edited("left", "+44 20 7946 0000", form, of)
        writes = writes_noted(writes, decision.changes, "right", {"b"}, of, moment(0))

    (lines,) = writes.values()
    assert len({line[1] for line in lines}) == 1


def test_what_is_remembered_is_bounded_and_soon_forgotten() -> None:
    turns: Any = [("right", str(number)) for number in range(KEPT + 5)]
    writes = noted(*turns)
    assert [len(lines) for lines in writes.values()] == [KEPT]

    late = moment(WINDOW / timedelta(minutes=1) + KEPT + 10)
    assert writes_noted(writes, (), "left", (), POLICY, late) == {}
