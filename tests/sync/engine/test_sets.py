"""Lists merged item by item: tags, several choices, and texts that hold a list."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapping.kinds import item_key
from sync.engine.sets import items_known
from tests.sync.engine.pairs import Pair, moment, pair, policy, rule

TAGS = rule("tags")
CHOICES = {"right_type": "choices", "right_options": ("Gold", "Vip", "News")}


def tags_and(**more: Any) -> Any:
    """Return a field map from tags on the left to something else on the right."""
    kind = more.pop("right_type", "tags")
    return replace(rule("tags", **more), right_type=kind)


def synced(on: Any, left: Any, right: Any, **more: Any) -> Pair:
    """Return a pair that has been brought together once."""
    vendors = {k: more.pop(k) for k in list(more) if k.startswith(("left_", "right_"))}
    both = pair(policy(on, **more), left, right, **vendors)
    both.sync()
    return both


def has(both: Pair, on: Any = TAGS) -> tuple[set[str], set[str]]:
    """Return what both sides have, as sets in lower case."""
    return (
        set(items_known(on, "left", both.left.remote.get("a"))),
        set(items_known(on, "right", both.right.remote.get("b"))),
    )


def edit(both: Pair, left: Any = None, right: Any = None) -> None:
    if left is not None:
        both.left.remote["a"] = left
    if right is not None:
        both.right.remote["b"] = right


def at_rest(both: Pair) -> bool:
    return both.sync().sides_written == ()


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        (["a", "b"], ["a", "b"], {"a", "b"}),
        (["a", "b", "c"], ["a", "b"], {"a", "b", "c"}),
        (["a", "b"], ["a", "b", "c"], {"a", "b", "c"}),
        (["a"], ["a", "b"], {"a"}),
        (["a", "b"], ["b"], {"b"}),
        (["a", "b", "x"], ["a", "b", "y"], {"a", "b", "x", "y"}),
        (["a", "x"], ["b"], {"x"}),
        (["a", "b", "x"], ["a", "b", "X"], {"a", "b", "x"}),
        (["A", " b "], ["a", "b"], {"a", "b"}),
        (["b", "a"], ["a", "b"], {"a", "b"}),
        (["a"], ["b"], set()),
        ([], ["a", "b"], set()),
    ],
)
def test_both_sides_changes_unite(left: Any, right: Any, expected: Any) -> None:
    both = synced(TAGS, ["a", "b"], ["a", "b"])
    edit(both, left, right)

    decision = both.sync()

    assert decision.outcome in {"update", "unchanged"}
    assert has(both) == (expected, expected)
    assert at_rest(both)


def test_a_first_merge_unites_two_lists() -> None:
    both = pair(policy(TAGS), ["a", "b"], ["B", "c"])

    decision = both.sync()

    assert decision.outcome == "update"
    assert has(both) == ({"a", "b", "c"}, {"a", "b", "c"})
    assert at_rest(both)


@pytest.mark.parametrize(
    ("choice", "times", "expected"),
    [
        ("left", (None, None), {"a", "b"}),
        ("right", (None, None), {"b", "c"}),
        ("newest", (moment(1), moment(2)), {"b", "c"}),
        ("newest", (moment(2), moment(1)), {"a", "b"}),
    ],
)
def test_a_first_merge_replaces_where_a_side_was_chosen(
    choice: str, times: Any, expected: Any
) -> None:
    both = pair(policy(TAGS, first_merge=choice), ["a", "b"], ["b", "c"])

    both.sync(left={"modified_at": times[0]}, right={"modified_at": times[1]})

    assert has(both) == (expected, expected)


def test_a_first_merge_that_cannot_tell_which_is_newer_asks() -> None:
    both = pair(policy(TAGS, first_merge="newest"), ["a"], ["b"])

    assert both.sync().outcome == "conflict"


def test_a_first_merge_fills_an_empty_list_whatever_was_chosen() -> None:
    both = pair(policy(TAGS, first_merge="right"), ["a"], None)

    both.sync()

    assert has(both) == ({"a"}, {"a"})


def test_the_last_tag_goes_like_any_other() -> None:
    both = synced(TAGS, ["a"], ["a"])
    edit(both, left=[])

    both.sync()

    assert has(both) == (set(), set())


@pytest.mark.parametrize("kind", ["choices", "text"])
def test_a_field_emptied_as_a_whole_erases_no_tags(kind: str) -> None:
    on = tags_and(right_type=kind)
    both = synced(on, ["a", "b"], None)
    both.right.remote["b"] = None

    both.sync()

    assert has(both, on) == ({"a", "b"}, set())
    edit(both, left=["a", "b", "c"])
    both.sync()
    assert has(both, on) == ({"a", "b", "c"}, {"a", "b", "c"})
    assert at_rest(both)
    assert has(both, on)[0] == {"a", "b", "c"}


def test_a_list_goes_into_a_text_and_back() -> None:
    on = tags_and(right_type="text")
    both = synced(on, ["a", "b"], None)
    assert both.right.remote["b"] == "a, b"
    both.right.remote["b"] = "b; c"

    both.sync()

    assert has(both, on) == ({"b", "c"}, {"b", "c"})
    assert at_rest(both)


def test_a_separator_is_kept() -> None:
    semicolon = {"separator": "semicolon"}
    on = tags_and(
        right_type="text",
        to_right=({"name": "join", **semicolon},),
        to_left=({"name": "split", **semicolon},),
    )
    both = synced(on, ["Berlin, Mitte", "b"], None)

    assert both.right.remote["b"] == "Berlin, Mitte; b"
    assert at_rest(both)


def test_an_item_that_a_text_cannot_hold_stays_behind_alone() -> None:
    on = tags_and(right_type="text")
    both = pair(policy(on), ["Berlin, Mitte", "b"], None)

    decision = both.sync()

    assert decision.outcome == "failed"
    assert "“Berlin, Mitte” has in it what parts two items" in decision.reason
    assert both.right.remote["b"] == "b"
    assert both.sync().sides_written == ()
    assert has(both, on)[0] == {"berlin, mitte", "b"}


def test_an_item_without_an_option_there_stays_behind_alone() -> None:
    on = tags_and(**CHOICES)
    both = pair(policy(on), ["gold", "platinum"], ["Vip"])

    decision = both.sync()

    assert (decision.outcome, decision.reason_code) == ("failed", "mapping")
    assert "has no option “platinum”" in decision.reason
    assert both.right.remote["b"] == ["Vip", "Gold"]
    assert has(both, on)[0] == {"gold", "platinum", "vip"}
    again = both.sync()
    assert (again.outcome, again.sides_written) == ("failed", ())
    edit(both, left=["gold", "vip"])
    assert both.sync().outcome == "unchanged"


@pytest.mark.parametrize(
    ("on", "left", "right", "expected"),
    [
        (rule("tags", write="append"), ["a"], ["b"], ({"a"}, {"b"})),
        (rule("tags", direction="left_to_right"), ["a", "x"], ["a", "b", "y"], None),
    ],
)
def test_what_only_adds_and_what_flows_one_way(
    on: Any, left: Any, right: Any, expected: Any
) -> None:
    both = synced(on, ["a", "b"], ["a", "b"])
    edit(both, left, right)

    both.sync()

    if expected is None:  # x came, b went, and what was added there stays there
        expected = ({"a", "x"}, {"a", "x", "y"})
    assert has(both) == expected
    assert at_rest(both)


def test_appending_adds_on_both_sides_and_removes_nothing() -> None:
    on = rule("tags", write="append")
    both = synced(on, ["a", "b"], ["a", "b"])
    edit(both, ["a", "x"], ["b", "y"])

    both.sync()

    assert has(both) == ({"a", "x", "y"}, {"b", "y", "x"})
    assert at_rest(both)


def test_only_on_create_and_only_if_empty_leave_lists_alone() -> None:
    for write in ("on_create", "if_empty"):
        both = synced(rule("tags", write=write), ["a"], ["b"])
        assert has(both) == ({"a"}, {"b"})
        assert at_rest(both)


def test_a_tag_given_while_it_was_written_goes_across_next() -> None:
    both = synced(TAGS, ["a"], ["a"])
    edit(both, left=["a", "x"])
    both.right.stores = lambda value: [*value, "meanwhile"]

    both.sync()
    both.right.stores = lambda value: value
    both.sync()

    assert has(both) == ({"a", "x", "meanwhile"}, {"a", "x", "meanwhile"})


@pytest.mark.parametrize("answers", [True, False])
def test_an_item_that_a_vendor_does_not_keep_comes_to_rest(answers: bool) -> None:
    both = synced(TAGS, ["a"], ["a"], right_answers=answers)
    edit(both, left=["a", "dropped"])
    both.right.stores = lambda value: [i for i in value if i != "dropped"]

    both.sync()
    both.sync()

    assert at_rest(both)
    assert has(both) == ({"a", "dropped"}, {"a"})


def test_a_value_map_names_each_item() -> None:
    on = rule("tags", value_map=(("kunde", "Customer"), ("alt", ""), ("", "Internal")))
    both = synced(on, ["kunde", "alt"], ["Internal"])

    assert has(both) == ({"kunde", "alt"}, {"customer", "internal"})
    edit(both, right=["Internal"])
    both.sync()
    assert has(both) == ({"alt"}, {"internal"})


def test_a_constant_adds_its_tag_and_leaves_the_others() -> None:
    on = replace(rule("tags", left="", constant="from zoho"), left_type="text")
    both = pair(policy(on), None, ["a"])
    both.right.remote = {"b": ["a"]}

    both.sync()

    assert set(both.right.remote["b"]) == {"a", "from zoho"}
    assert at_rest(both)


def test_only_additions_replace_nothing() -> None:
    both = synced(TAGS, ["a"], ["a"])
    edit(both, left=["a", "b"])
    added = both.sync().changes[0]
    edit(both, left=["b"])
    removed = both.sync().changes[0]

    assert (added.replaces, removed.replaces) == (False, True)


ITEMS = st.lists(st.sampled_from(["a", "B", "c", "D", "e f"]), unique=True, max_size=4)
EDITS = st.lists(st.tuples(st.booleans(), ITEMS), max_size=6)


def model(left: set[str], right: set[str], base: set[str]) -> set[str]:
    """Return what a three-way merge of sets is, by its definition."""
    added = (left | right) - base
    removed = (base - left) | (base - right)
    return (base - removed) | added


@given(ITEMS, ITEMS, st.lists(st.tuples(ITEMS, ITEMS), max_size=5))
@settings(deadline=None, max_examples=150)
def test_any_edits_merge_as_sets_do(left: Any, right: Any, edits: Any) -> None:
    both = synced(TAGS, left, right)
    base = has(both)[0]
    assert base == {item_key(each) for each in (*left, *right)}

    for one, two in edits:
        edit(both, one, two)
        expected = model(*has(both), base)
        both.sync()
        assert has(both) == (expected, expected)
        base = expected
        assert at_rest(both)


@given(
    st.sampled_from(["tags", "choices", "text"]),
    st.sampled_from(["both", "left_to_right", "right_to_left"]),
    st.sampled_from(["always", "append", "if_empty", "on_create"]),
    st.lists(st.sampled_from(["Gold", "Vip", "News"]), unique=True),
    ITEMS,
    ITEMS,
    EDITS,
)
@settings(deadline=None, max_examples=200)
def test_after_quiet_nothing_is_written(
    kind: str,
    direction: str,
    write: str,
    options: Any,
    left: Any,
    right: Any,
    edits: Any,
) -> None:
    on = tags_and(right_type=kind, direction=direction, write=write)
    if kind == "choices":
        on = replace(on, right_options=("a", "b", *options))
    shown = ", ".join(right) if kind == "text" else right
    both = synced(on, left, shown or None)

    for is_left, items in edits:
        if is_left:
            edit(both, left=items)
        else:
            both.right.remote["b"] = ", ".join(items) if kind == "text" else items
        both.sync()

    assert at_rest(both)
