"""Removal: a record is gone or has left the scope, and what becomes of the other."""

from __future__ import annotations

from typing import Any

import pytest

from sync.engine.decide import decide_pair
from sync.engine.guards import Guards, listing_trip, removals_trip
from sync.engine.removal import Fate
from sync.engine.types import BaseValue, Decision, Removal, SideFacts
from sync.engine.undo import UNDONE
from tests.sync.engine.pairs import policy, rule, snap

NAME = rule(left="name", right="name")
BASE = {NAME.stamp: BaseValue("Anna", "Anna")}
ANNA = {"name": "Anna"}
ONLY_CUSTOMERS = {"field": "name", "op": "equals", "value": "Anna"}


def decide(
    delete: str = "mirror",
    *,
    gone: str = "left",
    rest: dict[str, Any] | None = None,
    base: Any = BASE,
    fate: Fate | None = None,
    **more: Any,
) -> Decision:
    excluded = more.pop("excluded", "")
    states: Any = {
        "left": {"excluded": excluded} if gone == "right" else {},
        "right": {"excluded": excluded} if gone == "left" else {},
    }
    values = {"left": ANNA, "right": ANNA}
    if gone in ("left", "right"):
        values["right" if gone == "left" else "left"] = rest or ANNA
    for side in ("left", "right"):
        states[side]["is_gone"] = gone in (side, "both")
    chosen = policy(NAME, delete=delete, **more)
    return decide_pair(
        snap(values["left"], **states["left"]),
        snap(values["right"], **states["right"]),
        base,
        chosen,
        fate=fate or Fate(),
    )


@pytest.mark.parametrize(
    ("delete", "outcome", "removal"),
    [
        ("ignore", "excluded", None),
        ("archive", "delete", Removal("right", "archive")),
        ("ask", "review", None),
        ("mirror", "delete", Removal("right", "delete")),
    ],
)
def test_each_policy(delete: str, outcome: str, removal: Removal | None) -> None:
    decision = decide(delete)

    assert (decision.outcome, decision.remove) == (outcome, removal)
    assert decision.reason.startswith("Deleted at Left")


def test_the_other_side_alike() -> None:
    assert decide(gone="right").remove == Removal("left", "delete")


@pytest.mark.parametrize("delete", ["ask", "archive", "mirror"])
def test_whoever_was_edited_since_is_always_asked_about(delete: str) -> None:
    decision = decide(delete, rest={"name": "Anne"})

    assert (decision.outcome, decision.reason_code) == ("review", "delete_edited")
    assert decision.asks == "right"
    assert "was edited at Right" in decision.reason


def test_an_emptied_field_is_an_edit_too() -> None:
    assert decide(rest={"name": None}).reason_code == "delete_edited"


def test_a_field_that_was_not_read_is_no_edit() -> None:
    assert decide(rest={"other": "x"}).outcome == "delete"


def test_a_field_they_never_agreed_on_counts_when_it_says_more() -> None:
    company = rule(left="company", right="company")

    def removal(value: Any) -> Decision:
        chosen = policy(NAME, company, delete="mirror")
        gone = snap({**ANNA, "company": None}, is_gone=True)
        return decide_pair(gone, snap({**ANNA, "company": value}), BASE, chosen)

    assert removal("Berg & Co").reason_code == "delete_edited"
    assert removal(None).outcome == "delete"


def test_a_pair_that_never_agreed_is_asked_about() -> None:
    assert decide(base={}).reason_code == "delete_edited"


def test_our_own_value_in_the_vendors_form_is_no_edit() -> None:
    base = {NAME.stamp: BaseValue("Anna", "Anna ", unconfirmed="right")}
    assert decide(base=base).outcome == "delete"


@pytest.mark.parametrize(
    ("gone", "direction", "outcome"),
    [
        ("left", "left_to_right", "delete"),
        ("right", "left_to_right", "excluded"),
        ("left", "right_to_left", "excluded"),
        ("right", "right_to_left", "delete"),
    ],
)
def test_a_delete_only_flows_where_people_do(
    gone: str, direction: str, outcome: str
) -> None:
    assert decide(gone=gone, direction=direction).outcome == outcome


def test_a_vendor_or_an_inactive_customer_is_never_removed() -> None:
    right = SideFacts("Right", exclusions={"vendor": "A vendor."})
    decision = decide(excluded="vendor", right=right)

    assert (decision.outcome, decision.remove) == ("excluded", None)
    assert "A vendor." in decision.reason


def test_a_persons_choice_removes_no_vendor_either() -> None:
    decision = decide("ask", excluded="vendor", fate=Fate(chosen="delete"))
    assert decision.outcome == "excluded"


def test_whoever_was_out_of_scope_takes_nobody_along() -> None:
    right = SideFacts("Right", filter=ONLY_CUSTOMERS)
    assert decide(rest={"name": "Berta"}, right=right).outcome == "excluded"


@pytest.mark.parametrize(
    ("fate", "outcome", "code"),
    [
        (Fate(is_held=True), "review", "delete_guard"),
        (Fate(merged_into="Anna B."), "review", "delete_merged"),
        (Fate(outlived="Anna B."), "review", "delete_survivor"),
        (Fate(outlived="Anna B.", chosen="delete"), "delete", "chosen"),
        (Fate(chosen="delete"), "delete", "chosen"),
        (Fate(chosen="archive"), "delete", "chosen"),
        (Fate(chosen="delete", is_held=True), "delete", "chosen"),
        (Fate(chosen="keep"), "excluded", "kept"),
        (Fate("kept"), "excluded", "kept"),
        (Fate("archived"), "excluded", "archived"),
        (Fate("tagged"), "excluded", "archived"),
        (Fate(UNDONE), "excluded", UNDONE),
    ],
)
def test_what_is_known_beside_the_records(fate: Fate, outcome: str, code: str) -> None:
    decision = decide("mirror", fate=fate)
    assert (decision.outcome, decision.reason_code) == (outcome, code)


def test_who_is_gone_on_both_sides_is_nobodys_any_more() -> None:
    decision = decide(gone="both")
    assert (decision.outcome, decision.remove) == ("excluded", None)


def test_how_it_is_proved_stands_in_the_trace() -> None:
    gone = snap(ANNA, is_gone=True, gone_how="a notice said so")
    decision = decide_pair(gone, snap(ANNA), BASE, policy(NAME, delete="mirror"))
    assert ("gone", "At Left: a notice said so.") in decision.trace


@pytest.mark.parametrize(
    ("delete", "chosen", "outcome", "code"),
    [
        ("mirror", None, "excluded", "gone_unsure"),
        ("archive", None, "excluded", "gone_unsure"),
        ("ask", None, "review", "delete_ask"),
        ("ignore", None, "excluded", "gone"),
        ("mirror", "delete", "delete", "chosen"),  # a person knows
    ],
)
def test_one_not_found_alone_removes_nothing(
    delete: str, chosen: Any, outcome: str, code: str
) -> None:
    gone = snap(ANNA, is_gone=True, is_gone_surely=False)
    decision = decide_pair(
        gone, snap(ANNA), BASE, policy(NAME, delete=delete), fate=Fate(chosen=chosen)
    )

    assert (decision.outcome, decision.reason_code) == (outcome, code)


# --- leaving the scope ------------------------------------------------------------------


def leave(leaving: str, fate: Fate | None = None, **more: Any) -> Decision:
    left = SideFacts("Left", filter=ONLY_CUSTOMERS)
    chosen = policy(NAME, leaving=leaving, left=left, **more)
    return decide_pair(
        snap({"name": "Berta"}),
        snap(ANNA),
        BASE,
        chosen,
        fate=fate or Fate(),
    )


@pytest.mark.parametrize(
    ("leaving", "outcome", "code", "removal"),
    [
        ("keep", "excluded", "filtered", None),
        ("unlink", "excluded", "unlinked", None),
        ("archive", "delete", "left_scope", Removal("right", "archive")),
    ],
)
def test_each_way_of_leaving(
    leaving: str, outcome: str, code: str, removal: Removal | None
) -> None:
    decision = leave(leaving)
    assert (decision.outcome, decision.reason_code) == (outcome, code)
    assert decision.remove == removal


def test_many_who_leave_at_once_are_asked_about() -> None:
    decision = leave("archive", Fate(is_held=True))
    assert (decision.reason_code, decision.asks) == ("delete_guard", "right")


@pytest.mark.parametrize(
    "fate", [Fate("archived"), Fate("tagged"), Fate(chosen="keep")]
)
def test_nobody_is_archived_twice(fate: Fate) -> None:
    assert leave("archive", fate).outcome == "excluded"


def test_leaving_does_not_flow_against_the_direction() -> None:
    assert leave("archive", direction="right_to_left").outcome == "excluded"


def test_a_pair_that_was_outside_from_the_start_is_left_alone() -> None:
    left = SideFacts("Left", filter=ONLY_CUSTOMERS)
    chosen = policy(NAME, leaving="archive", left=left)
    decision = decide_pair(snap({"name": "Berta"}), snap(ANNA), {}, chosen)
    assert (decision.outcome, decision.reason_code) == ("excluded", "filtered")


def test_who_comes_back_is_a_pair_again() -> None:
    chosen = policy(NAME, left=SideFacts("Left", filter=ONLY_CUSTOMERS))
    decision = decide_pair(snap(ANNA), snap(ANNA), BASE, chosen, fate=Fate("tagged"))
    assert decision.outcome == "unchanged"


# --- how much is too much ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("limit", "pairs", "removals", "trips"),
    [
        (5, 100, 5, False),  # just the limit
        (5, 100, 6, True),
        (5, 10, 4, False),  # four of ten are 40 %, but few
        (5, 10, 5, True),
        (0, 1000, 5, True),
        (100, 10, 10, False),
    ],
)
def test_many_removals_wait(limit: int, pairs: int, removals: int, trips: bool) -> None:
    guards = Guards(max_delete_percent=limit)
    assert removals_trip(guards, pairs, removals) is trips


@pytest.mark.parametrize(
    ("known", "listed", "trips"),
    [(19, 0, False), (20, 0, True), (20, 9, True), (20, 10, False), (300, 149, True)],
)
def test_a_listing_far_shorter_than_known_is_doubted(
    known: int, listed: int, trips: bool
) -> None:
    assert listing_trip(known, listed) is trips
