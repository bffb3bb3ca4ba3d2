"""Deciding what hangs under a pair: who is whose counterpart, what is made, what goes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from mapping.convert import FieldRule
from sync.engine.kin import (
    Family,
    decide_child,
    decide_children,
    decide_leftover,
    pair_off,
)
from sync.engine.types import BaseValue, Policy, Removal, SideFacts, Snapshot

BODY = FieldRule(
    "body",
    "description",
    left_type="long_text",
    right_type="long_text",
    left_writes=frozenset({"create", "update"}),
    right_writes=frozenset({"create"}),
)
POLICY = Policy(
    rules=(BODY,),
    left=SideFacts("HighLevel", create_needs=("body",)),
    right=SideFacts("Zoho Invoice", create_needs=("description",), replaces=True),
    parent="contact",
)
ANNA = Family("l1", "r1", "Anna Berg")


def note(pk: int, text: str | None, **more: object) -> Snapshot:
    return Snapshot(pk, f"n{pk}", {"body": text}, **more)  # type: ignore[arg-type]


def comment(pk: int, text: str | None, **more: object) -> Snapshot:
    return Snapshot(pk, f"c{pk}", {"description": text}, **more)  # type: ignore[arg-type]


def agreed(text: str) -> dict[str, BaseValue]:
    return {BODY.stamp: BaseValue(text, text)}


def test_the_same_text_is_the_same_however_it_is_spaced() -> None:
    assert pair_off([note(1, "Called\n her")], [comment(9, "Called her ")], POLICY) == {
        1: 9
    }


def test_of_several_alike_as_many_go_together_as_both_have() -> None:
    mine = [note(pk, "Called") for pk in (3, 1, 2)]

    assert pair_off(mine, [comment(8, "Called"), comment(9, "Called")], POLICY) == {
        1: 8,
        2: 9,
    }


def test_the_oldest_go_together() -> None:
    early, late = (datetime(2026, month, 1, tzinfo=UTC) for month in (1, 2))
    mine = [note(1, "Called", created_at=late), note(2, "Called", created_at=early)]

    assert pair_off(mine, [comment(9, "Called")], POLICY) == {2: 9}


@pytest.mark.parametrize(
    "other",
    [
        comment(9, "Something else"),
        comment(9, None),
        comment(9, "Called", is_gone=True),
        comment(9, "Called", excluded="recurring"),
    ],
)
def test_nothing_else_goes_together(other: Snapshot) -> None:
    assert pair_off([note(1, "Called")], [other], POLICY) == {}
    assert pair_off([note(1, None)], [comment(9, None)], POLICY) == {}


def test_a_child_without_counterpart_is_made_across() -> None:
    decision = decide_child(note(1, "Called"), "left", POLICY, ANNA)

    assert (decision.outcome, decision.create_side) == ("create", "right")
    assert decision.writes("right") == {"description": "Called"}


def test_it_stays_out_with_its_parent() -> None:
    family = replace(ANNA, shut="Vendors are never changed.")

    decision = decide_child(note(1, "Called"), "left", POLICY, family)

    assert decision.outcome == "excluded"
    assert decision.reason == ("Its contact is not in sync: Vendors are never changed.")
    assert not decision.needs_calls


def test_it_is_not_made_where_nothing_can_be() -> None:
    left = replace(POLICY.left, cannot_create="HighLevel needs a due date.")
    policy = replace(POLICY, left=left)

    decision = decide_child(comment(9, "Called"), "right", policy, ANNA)

    assert (decision.outcome, decision.reason) == (
        "excluded",
        "HighLevel needs a due date.",
    )


def test_an_edit_is_written_where_records_are_replaced() -> None:
    decision = decide_children(
        note(1, "Tuesday"), comment(9, "Monday"), agreed("Monday"), POLICY, ANNA
    )

    assert decision.outcome == "update"
    assert decision.writes("right") == {"description": "Tuesday"}


def test_an_edit_is_not_written_where_they_are_neither_changed_nor_replaced() -> None:
    right = replace(POLICY.right, replaces=False)

    decision = decide_children(
        note(1, "Tuesday"),
        comment(9, "Monday"),
        agreed("Monday"),
        replace(POLICY, right=right),
        ANNA,
    )

    assert (decision.outcome, decision.needs_calls) == ("unchanged", False)


@pytest.mark.parametrize(("policy", "outcome"), [("mirror", "delete"), ("ignore", "")])
def test_a_delete_is_followed_only_where_the_sync_says_so(
    policy: str, outcome: str
) -> None:
    decision = decide_children(
        note(1, "Called", is_gone=True),
        comment(9, "Called"),
        agreed("Called"),
        replace(POLICY, delete=policy),
        ANNA,
    )

    assert decision.outcome == (outcome or "excluded")
    wanted = Removal("right", "delete") if outcome else None
    assert decision.remove == wanted


def test_a_delete_does_not_flow_against_the_direction() -> None:
    policy = replace(POLICY, delete="mirror", direction="left_to_right")

    decision = decide_children(
        note(1, "Called"),
        comment(9, "Called", is_gone=True),
        agreed("Called"),
        policy,
        ANNA,
    )

    assert (decision.outcome, decision.remove) == ("excluded", None)


def test_what_was_replaced_goes() -> None:
    decision = decide_leftover(comment(9, "Monday"), "right", POLICY)

    assert decision.remove == Removal("right", "delete")
