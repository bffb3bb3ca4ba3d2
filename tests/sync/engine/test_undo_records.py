"""Undo of whole records, decided: who goes, who was edited since, who comes back."""

from __future__ import annotations

from typing import Any

import pytest

from sync.engine.types import BaseValue, Decision, Removal
from sync.engine.undo_records import tombstoned, undo_created, undo_removed
from tests.sync.engine.pairs import policy, rule, snap

RULE = rule()
POLICY = policy(RULE)
WRITTEN = [
    {"left": "a", "right": "b", "side": "right", "action": "write", "after": "Anna"}
]
ALL = frozenset({"create", "update", "delete", "archive", "restore"})


def created(now: Any = "Anna", **more: Any) -> Decision:
    """Undo the create of a record on the right that reads `now`."""
    base = more.pop("base", {RULE.stamp: BaseValue("Anna", "Anna")})
    how, can = more.pop("how", "delete"), more.pop("can", ALL)
    return undo_created(
        "right",
        snap({"a": "Anna"}),
        snap({"b": now}, **more),
        base,
        WRITTEN,
        POLICY,
        how=how,
        can=can,
    )


@pytest.mark.parametrize("how", ["delete", "archive"])
def test_a_created_record_goes_as_chosen(how: Any) -> None:
    found = created(how=how)

    assert (found.outcome, found.reason_code) == ("delete", "undone")
    assert found.remove == Removal("right", how)


def test_left_is_the_choice_that_removes_nobody() -> None:
    assert (created(how="leave").outcome, created(how="leave").remove) == (
        "excluded",
        None,
    )


@pytest.mark.parametrize(
    "since",
    [
        {"now": "Anne"},  # a field reads otherwise
        {"is_touched": True},  # its modified time has moved
        {"is_touched": False, "field_times": {"notes": ["", ""]}},  # in one not mapped
        {"now": "Anne", "is_touched": False, "base": {}},
        # a value that flowed in later: whose it was cannot be told without a time
        {"now": "Anne", "base": {RULE.stamp: BaseValue("Anne", "Anne")}},
    ],
)
def test_one_that_was_edited_since_is_spared(since: dict[str, Any]) -> None:
    found = created(**since)

    assert (found.outcome, found.reason_code) == ("excluded", "edited_since")
    assert found.remove is None


def test_what_we_wrote_later_is_no_edit_of_it() -> None:
    base = {RULE.stamp: BaseValue("Anne", "Anne")}

    assert created("Anne", is_touched=False, base=base).outcome == "delete"


def test_a_field_that_the_run_left_empty_must_still_be_so() -> None:
    def undo(**base: Any) -> str:
        right = snap({"b": "Filled"}, is_touched=False)
        return undo_created(
            *("right", snap({}), right, base, [], POLICY), how="delete", can=ALL
        ).outcome

    assert undo() == "excluded"
    assert undo(**{RULE.stamp: BaseValue(None, None)}) == "excluded"
    assert undo(**{RULE.stamp: BaseValue("Filled", "Filled")}) == "delete"


def test_a_field_that_was_never_read_back_says_nothing() -> None:
    found = undo_created(
        "right", snap({}), snap({}), {}, WRITTEN, POLICY, how="archive", can=ALL
    )

    assert found.outcome == "delete"


def test_a_field_no_longer_mapped_must_read_as_written() -> None:
    def undo(now: str) -> Decision:
        on = policy(rule(left="c", right="d"))
        right = snap({"b": now})
        return undo_created(
            "right", snap({}), right, {}, WRITTEN, on, how="delete", can=ALL
        )

    assert (undo("Anna").outcome, undo("Anne").outcome) == ("delete", "excluded")


def test_what_a_system_cannot_do_is_said() -> None:
    found = created(how="archive", can={"delete"})

    assert found.reason == "Right cannot archive people, so they stay."


def test_one_that_is_put_aside_already_is_left() -> None:
    assert created(excluded="inactive").reason_code == "as_before"


# --- removals -------------------------------------------------------------------------


def removed(tombstone: str = "archived", can: Any = ALL, **more: Any) -> Decision:
    right = snap({"b": "Anna"}, **more)
    return undo_removed("right", snap({}), right, tombstone, POLICY, can=can)


@pytest.mark.parametrize("tombstone", ["archived", "undone"])
def test_an_archived_record_comes_back(tombstone: str) -> None:
    found = removed(tombstone, excluded="inactive")

    assert (found.outcome, found.remove) == ("update", Removal("right", "restore"))


def test_a_deleted_one_does_not_and_that_is_said() -> None:
    found = removed("deleted", is_gone=True)

    assert (found.outcome, found.reason_code) == ("excluded", "deleted")
    assert "cannot be brought back" in found.reason


def test_one_that_is_in_use_again_stays() -> None:
    assert removed("").reason_code == "as_before"
    assert removed(can={"archive"}).reason_code == "cannot_restore"


# --- a link whose create was undone -----------------------------------------------------


def test_it_is_not_created_again_until_somebody_asks() -> None:
    left, right = snap({"a": "Anna"}), snap({}, excluded="inactive")
    gone = snap({}, is_gone=True)

    rests = tombstoned("undone", "right", left, right, POLICY)
    asked = tombstoned("again", "right", left, right, POLICY)
    too_late = tombstoned("again", "right", left, gone, POLICY)

    assert rests is not None
    assert (rests.outcome, rests.reason) == (
        "excluded",
        "Its creation at Right was undone.",
    )
    assert asked is not None
    assert asked.remove == Removal("right", "restore")
    assert too_late is not None
    assert (too_late.outcome, too_late.remove) == ("excluded", None)
    assert tombstoned("deleted", "right", left, right, POLICY) is None
