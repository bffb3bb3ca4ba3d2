"""Deciding one unit: pairs, and records that nobody is linked to."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sync.engine.decide import decide_pair, decide_single
from sync.engine.match import NOBODY, Verdict
from sync.engine.types import BaseValue, Candidate, SideFacts
from tests.sync.engine.pairs import moment, pair, policy, rule, snap

NAME = rule(left="name", right="name")
EMAIL = rule("email", left="email", right="email")
PHONE = rule(
    "phone",
    left="phone",
    right="phone",
    to_right=({"name": "phone", "format": "e164"},),
)
REVIEW = Verdict(
    "review", "Two fit.", "several_fit", candidates=(Candidate("right", 9, "x"),)
)
HIGHLEVEL = SideFacts(
    "Left", "GB", create_needs=("email", "phone"), create_needs_text="Needs an e-mail."
)
ZOHO = SideFacts("Right", "GB", exclusions={"vendor": "A vendor."})


def chosen(*rules: Any, **more: Any) -> Any:
    return policy(*(rules or (NAME, EMAIL, PHONE)), left=HIGHLEVEL, right=ZOHO, **more)


def test_a_pair_that_agrees_is_linked_without_a_write() -> None:
    decision = decide_pair(
        snap({"name": "Anna"}),
        snap({"name": "Anna"}),
        {},
        chosen(NAME),
        link_how="email",
        link_why="Same e-mail.",
    )
    assert (decision.outcome, decision.reason, decision.sides_written) == (
        "link",
        "Same e-mail.",
        (),
    )


def test_a_pair_that_was_linked_and_agrees_is_unchanged() -> None:
    base = {NAME.stamp: BaseValue("Anna", "Anna")}
    decision = decide_pair(
        snap({"name": "Anna"}), snap({"name": "Anna"}), base, chosen(NAME)
    )
    assert decision.outcome == "unchanged"


def test_both_sides_may_be_written_at_once() -> None:
    decision = decide_pair(
        snap({"name": "Anna", "email": None}),
        snap({"name": None, "email": "a@x.example"}),
        {},
        chosen(NAME, EMAIL),
    )
    assert decision.outcome == "update"
    assert decision.writes("left") == {"email": "a@x.example"}
    assert decision.writes("right") == {"name": "Anna"}


def test_a_conflict_in_one_field_does_not_hold_up_the_others() -> None:
    decision = decide_pair(
        snap({"name": "Anna", "email": "a@x.example"}),
        snap({"name": "Berta", "email": None}),
        {},
        chosen(NAME, EMAIL, conflict="ask"),
    )
    assert (decision.outcome, decision.reason_code) == ("conflict", "ask")
    assert decision.writes("right") == {"email": "a@x.example"}


def test_a_vendor_is_never_changed_even_when_it_matches() -> None:
    decision = decide_pair(
        snap({"name": "Anna"}),
        snap({"name": ""}, excluded="vendor"),
        {},
        chosen(NAME),
        link_how="email",
    )
    assert (decision.outcome, decision.reason, decision.changes) == (
        "excluded",
        "A vendor.",
        (),
    )


def test_a_pair_of_which_one_is_gone_is_left_alone() -> None:
    decision = decide_pair(
        snap({"name": "Anna"}), snap({}, is_gone=True), {}, chosen(NAME)
    )
    assert (decision.outcome, decision.reason_code) == ("excluded", "gone")


def test_a_field_that_is_never_written_is_not_even_compared() -> None:
    never = rule(left="name", right="name", write="never")
    decision = decide_pair(snap({"name": "A"}), snap({"name": "B"}), {}, chosen(never))
    assert (decision.outcome, decision.changes) == ("unchanged", ())


def test_a_record_nobody_fits_is_created_with_all_that_flows() -> None:
    decision = decide_single(
        snap({"name": "Anna", "email": " ", "phone": "020 7946 0958"}),
        "left",
        NOBODY,
        chosen(),
    )
    assert (decision.outcome, decision.create_side) == ("create", "right")
    assert decision.writes("right") == {"name": "Anna", "phone": "+442079460958"}


def test_an_unreadable_phone_is_sent_as_written() -> None:
    decision = decide_single(snap({"phone": "ask at desk"}), "left", NOBODY, chosen())
    assert decision.writes("right") == {"phone": "ask at desk"}


@pytest.mark.parametrize("write", ["if_empty", "on_create", "always"])
def test_a_create_takes_every_field_that_may_be_written(write: str) -> None:
    on = rule(left="name", right="name", write=write)
    assert (
        decide_single(snap({"name": "A"}), "left", NOBODY, chosen(on)).outcome
        == "create"
    )


@pytest.mark.parametrize(
    "on",
    [
        rule(left="name", right="name", write="never"),
        rule(left="name", right="name", direction="right_to_left"),
        rule(left="name", right="name", right_writes=frozenset({"update"})),
    ],
)
def test_a_create_without_any_field_is_left_out(on: Any) -> None:
    decision = decide_single(snap({"name": "Anna"}), "left", NOBODY, chosen(on))
    assert (decision.outcome, decision.reason_code) == ("excluded", "empty")


@pytest.mark.parametrize(
    ("record", "side", "verdict", "more", "code"),
    [
        (snap({"name": "A"}), "left", REVIEW, {}, "several_fit"),
        (snap({"name": "A"}), "right", NOBODY, {}, "create_needs"),
        (
            snap({"name": "A", "email": "a@x"}, excluded="vendor"),
            "right",
            REVIEW,
            {},
            "vendor",
        ),
        (
            snap({"name": "A", "email": "a@x"}),
            "right",
            NOBODY,
            {"direction": "left_to_right"},
            "one_way",
        ),
        (
            snap({"name": "A"}, created_at=moment(-9)),
            "left",
            NOBODY,
            {"since": moment(0)},
            "history",
        ),
        (
            snap({"name": "A"}, created_at=moment(9)),
            "left",
            NOBODY,
            {"since": moment(0)},
            "only_left",
        ),
        (snap({"name": "A"}, is_gone=True), "left", NOBODY, {}, "gone"),
        (snap({}), "left", NOBODY, {}, "empty"),
    ],
)
def test_each_single_record_is_decided_with_its_reason(
    record: Any, side: Any, verdict: Any, more: dict[str, Any], code: str
) -> None:
    decision = decide_single(record, side, verdict, chosen(**more))
    assert decision.reason_code == code
    assert decision.reason
    assert decision.trace


def test_a_record_with_neither_email_nor_phone_is_left_out_with_the_reason() -> None:
    decision = decide_single(snap({"name": "Anna"}), "right", NOBODY, chosen())
    assert (decision.outcome, decision.reason) == ("excluded", "Needs an e-mail.")


def test_a_review_lists_who_it_may_be() -> None:
    assert decide_single(snap({}), "left", REVIEW, chosen()).candidates[0].pk == 9


SOURCE = rule(left="", right="source", constant="Left")
TIER = rule(left="tier", right="tier", default={"right": "Basic"})
BUDGET = replace(rule(left="budget", right="budget"), right_type="number")


def test_a_new_person_gets_constants_and_defaults() -> None:
    record = snap({"name": "Anna", "tier": None})

    decision = decide_single(record, "left", NOBODY, chosen(NAME, SOURCE, TIER))

    assert decision.writes("right") == {
        "name": "Anna",
        "source": "Left",
        "tier": "Basic",
    }
    assert [c.reason_code for c in decision.changes] == [
        "create",
        "constant",
        "default",
    ]


def test_constants_and_defaults_alone_make_nobody() -> None:
    record = snap({"name": None, "tier": None})

    decision = decide_single(record, "left", NOBODY, chosen(NAME, SOURCE, TIER))

    assert (decision.outcome, decision.reason_code) == ("excluded", "empty")


def test_a_constant_takes_no_part_in_the_other_direction() -> None:
    record = snap({"name": "Anna", "email": "a@example.com", "source": "Zoho"})

    decision = decide_single(record, "right", NOBODY, chosen(NAME, EMAIL, SOURCE))

    assert decision.writes("left") == {"name": "Anna", "email": "a@example.com"}


def test_a_constant_is_written_once_and_an_edit_of_it_stays() -> None:
    both = pair(policy(replace(SOURCE, right="b")), None, "Right")
    both.left.remote = {}

    assert both.sync().sides_written == ("right",)
    assert both.right.remote["b"] == "Left"
    both.right.remote["b"] = "edited"
    assert both.sync().sides_written == ()
    assert both.sync().outcome == "unchanged"


def test_a_pair_is_written_but_for_the_field_that_fits_nowhere() -> None:
    decision = decide_pair(
        snap({"name": "Anna", "budget": "much"}),
        snap({"name": None, "budget": None}),
        {},
        chosen(NAME, BUDGET),
    )

    assert (decision.outcome, decision.reason_code) == ("failed", "mapping")
    assert decision.writes("right") == {"name": "Anna"}
    assert "“much” is none" in decision.reason
    assert decision.reason.endswith("Its other fields are written.")


def test_a_person_is_created_whole_or_not_at_all() -> None:
    record = snap({"name": "Anna", "budget": "much"})

    decision = decide_single(record, "left", NOBODY, chosen(NAME, BUDGET))

    assert (decision.outcome, decision.needs_calls) == ("failed", False)
    assert "“much” is none" in decision.reason


def test_a_table_a_constant_and_their_change_begin_a_new_base() -> None:
    plain = rule()
    table = replace(plain, value_map=(("a", "b"),))
    stamps = [
        plain.stamp,
        table.stamp,
        replace(plain, value_map=(("a", "c"),)).stamp,
        replace(SOURCE, constant="x").stamp,
        replace(SOURCE, constant="y").stamp,
    ]

    assert len(set(stamps)) == 5
    assert replace(plain, default={"right": "x"}).stamp == plain.stamp
