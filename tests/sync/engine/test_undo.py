"""Undo, decided: what goes back, what was edited since and stays."""

from __future__ import annotations

from typing import Any

import pytest

from sync.engine.decide import decide_pair
from sync.engine.types import BaseValue, Decision
from sync.engine.undo import undo_pair
from sync.policy import base_read
from sync.remembering.bases import base_written
from tests.sync.engine.pairs import policy, rule, snap

RULE = rule(right_label="Last name")
WRITTEN = {
    "left": "a",
    "right": "b",
    "side": "right",
    "action": "write",
    "before": "Old",
    "after": "New",
    "left_value": "New",
    "right_value": "Old",
}


def undo(left: Any = "New", right: Any = "New", **more: Any) -> Decision:
    base = more.pop("base", {RULE.stamp: BaseValue("New", "New")})
    values = {"a": left}, {"b": right}
    return undo_pair(
        snap(values[0]),
        snap(values[1]),
        base,
        [{**WRITTEN, **more}],
        policy(more.pop("rule", RULE)),
    )


def test_what_the_run_wrote_goes_back() -> None:
    decision = undo()

    assert (decision.outcome, decision.writes("right")) == ("update", {"b": "Old"})
    assert decision.writes("left") == {}


def test_an_emptied_field_is_emptied_again() -> None:
    assert undo(before=None).writes("right") == {"b": None}


@pytest.mark.parametrize(
    ("left", "right", "code"),
    [
        ("New", "Newer", "edited_since"),
        ("New", "new", "edited_since"),
        ("Newer", "New", "edited_since"),
        ("Newer", "Newer", "edited_since"),
        ("New", "Old", "as_before"),
        ("New", None, "edited_since"),
    ],
)
def test_whoever_edited_since_is_spared(left: Any, right: Any, code: str) -> None:
    decision = undo(left, right)

    assert (decision.outcome, decision.reason_code) == ("excluded", code)
    assert decision.sides_written == ()


def test_a_form_that_the_vendor_gave_it_is_no_edit() -> None:
    base = {RULE.stamp: BaseValue("NEW YORK", "New York")}

    decision = undo(
        "NEW YORK", "New York", after="NEW YORK", left_value="NEW YORK", base=base
    )

    assert decision.writes("right") == {"b": "Old"}


def test_what_was_not_read_stays() -> None:
    decision = undo_pair(snap({}), snap({"b": "New"}), {}, [WRITTEN], policy(RULE))

    assert decision.reason_code == "unread"


def test_a_field_no_longer_mapped_stays() -> None:
    decision = undo_pair(
        snap({"a": "New"}), snap({"b": "New"}), {}, [WRITTEN], policy()
    )

    assert decision.reason_code == "not_mapped"


def test_one_edited_field_does_not_keep_the_others() -> None:
    city = rule(left="c", right="d")
    both = [WRITTEN, {**WRITTEN, "left": "c", "right": "d"}]

    decision = undo_pair(
        snap({"a": "New", "c": "New"}),
        snap({"b": "New", "d": "Edited"}),
        {},
        both,
        policy(RULE, city),
    )

    assert decision.writes("right") == {"b": "Old"}
    assert decision.reason.endswith("1 of its fields were edited since and stay.")


def test_what_was_put_back_is_held_apart_until_somebody_edits() -> None:
    link = type("Link", (), {"base": {RULE.stamp: {"left": "New", "right": "New"}}})()
    decision = undo()
    base_written(link, decision.changes, "right", {"b": "Old"}, {"b": "Old"})

    def decided(left: str, right: str) -> Decision:
        base = base_read(link.base)
        return decide_pair(snap({"a": left}), snap({"b": right}), base, policy(RULE))

    rests = decided("New", "Old")
    assert (rests.outcome, rests.reason_code) == ("unchanged", "held_apart")
    assert rests.reason == "In sync; one field is held apart since an undo."
    assert decided("Newest", "Old").writes("right") == {"b": "Newest"}
    assert decided("New", "Other").writes("left") == {"a": "Other"}


@pytest.mark.parametrize("side", ["left", "right"])
def test_whoever_was_put_aside_since_is_not_written(side: str) -> None:
    out: dict[str, Any] = {"left": {}, "right": {}, side: {"excluded": "inactive"}}

    found = undo_pair(
        snap({"a": "New"}, **out["left"]),
        snap({"b": "New"}, **out["right"]),
        {},
        [WRITTEN],
        policy(RULE),
    )

    assert (found.outcome, found.reason_code) == ("excluded", "put_aside")
