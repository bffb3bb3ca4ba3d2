"""The three-way merge of a wire that begins with several fields."""

from __future__ import annotations

from typing import Any

from sync.engine.decide import decide_pair
from sync.engine.removal import edited_since
from sync.engine.types import BaseValue
from tests.sync.engine.pairs import policy, rule, snap

FULL = {"template": "{first} {last}"}
WIRE = rule(left="first", right="full", direction="left_to_right", gather=FULL)
FIRST = rule(left="first", right="given")
BASE = {WIRE.stamp: BaseValue("Ada Byron", "Ada Byron")}


def decided(left: Any, right: Any, base: Any = None, *rules: Any) -> Any:
    on = policy(*(rules or (WIRE,)))
    return decide_pair(snap(left), snap(right), base if base is not None else {}, on)


def told(decision: Any) -> list[tuple[str, str, Any]]:
    return [(each.action, each.reason_code, each.after) for each in decision.changes]


def test_one_of_its_fields_changes_and_the_whole_is_written() -> None:
    found = decided({"first": "Ada", "last": "King"}, {"full": "Ada Byron"}, BASE)
    assert told(found) == [("write", "changed_left", "Ada King")]
    assert found.changes[0].left == "Ada King"


def test_the_same_text_from_other_parts_changes_nothing() -> None:
    found = decided({"first": "Ada Byron", "last": ""}, {"full": "Ada Byron"}, BASE)
    assert told(found) == [("same", "unchanged", None)]


def test_an_edit_of_the_other_side_stays_there_and_is_not_taken_apart() -> None:
    found = decided({"first": "Ada", "last": "Byron"}, {"full": "Countess"}, BASE)
    assert [each.action for each in found.changes] == ["keep"]


def test_when_both_changed_the_only_source_wins() -> None:
    found = decided({"first": "Ada", "last": "King"}, {"full": "Countess"}, BASE)
    assert told(found) == [("write", "one_way", "Ada King")]


def test_without_a_base_the_fields_are_taken_as_they_are() -> None:
    found = decided({"first": "Ada", "last": "King"}, {"full": "Countess"})
    assert told(found) == [("write", "one_way", "Ada King")]
    found = decided({"first": "", "last": None}, {"full": "Countess"})
    assert [each.action for each in found.changes] == ["keep"]


def test_a_part_that_was_not_read_takes_no_part() -> None:
    found = decided({"first": "Ada"}, {"full": "Ada Byron"}, BASE)
    assert [each.action for each in found.changes] == ["unread"]


def test_a_field_may_go_by_itself_and_as_part_of_another() -> None:
    base = {**BASE, FIRST.stamp: BaseValue("Ada", "Ada")}
    right = {"full": "Ada Byron", "given": "Augusta"}
    found = decided({"first": "Ada", "last": "Byron"}, right, base, WIRE, FIRST)
    assert [each.action for each in found.changes] == ["same", "write"]
    assert found.writes("left") == {"first": "Augusta"}
    right = {"full": "Ada Byron", "given": "Augusta"}
    found = decided({"first": "Augusta", "last": "Byron"}, right, base, WIRE, FIRST)
    assert found.writes("right") == {"full": "Augusta Byron"}


def test_a_record_is_not_edited_because_its_parts_are_not_the_whole() -> None:
    on, left = policy(WIRE), {"first": "Ada", "last": "Byron"}
    gone = snap({"full": "Ada Byron"})
    assert edited_since(snap(left), "left", gone, BASE, on) is None
    edited = snap({**left, "last": "King"})
    assert edited_since(edited, "left", gone, BASE, on) is WIRE
    assert edited_since(snap(left), "left", gone, {}, on) is None
