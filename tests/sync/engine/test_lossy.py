"""However much a field map loses, it never loops: after quiet nothing is written."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from mapping.transforms import TRANSFORMS
from sync.engine.types import Policy
from tests.mapping.chains import ways
from tests.sync.engine.pairs import pair, policy, rule

KINDS = [
    "text",
    "long_text",
    "email",
    "phone",
    "url",
    "number",
    "money",
    "date",
    "datetime",
    "bool",
    "choice",
    "choices",
    "tags",
]
STEPS = [step for name in TRANSFORMS for step in ways(name)]
CHAINS = st.lists(st.sampled_from(STEPS), max_size=2).map(tuple)
OPTIONS = st.sampled_from([(), ("Gold", "Silver"), ("gold", "Tier 1", "yes")])
TABLES = st.sampled_from(
    [
        (),
        (("gold", "Tier 1"), ("silver", "Tier 1"), ("*", "")),
        (("gold", "silver"), ("silver", "gold")),
        (("yes", "1"), ("", "*")),
    ]
)
VALUES = st.sampled_from(
    [
        *(None, "", " ", "gold", "Gold ", "silver", "Tier 1", "yes", True, False, 0, 1),
        *(2.5, "1,200.50", "2026-03-01", "2026-03-01T23:30:00-05:00", "020 7946 0958"),
        *("+44 20 7946 0958", "Anna@Example.com", "https://x.example/", "a, b; c"),
        *(["gold"], ["Gold", "x, y"], ["a", "B", "b "], []),
        *("Ludwig van Beethoven", "Berg, Anna", "<p>a &amp; b</p>", "01/03/2026"),
    ]
)
STORES = st.sampled_from(
    [
        lambda value: value,
        lambda value: value.lower() if isinstance(value, str) else value,
        lambda value: value[:4] if isinstance(value, str | list) else value,
        lambda value: value.title() if isinstance(value, str) else value,
    ]
)
GATHERS: Any = st.sampled_from(
    [
        *({}, {}, {"template": "<{a}> "}, {"first_of": ["a", "a"]}),
        {"by_tag": [["gold", "Tier 1"]], "otherwise": "gold"},
    ]
)
RULES = st.builds(
    lambda kinds, to_right, to_left, options, table, write, conflict, gather: replace(
        rule(kinds[0], to_right=to_right, to_left=to_left, write=write),
        right_type=kinds[1],
        left_options=options[0],
        right_options=options[1],
        value_map=table,
        conflict=conflict,
        gather=gather,
        direction="left_to_right" if gather else "both",
        **({"left_type": "text"} if gather.keys() & {"template", "by_tag"} else {}),
    ),
    st.tuples(st.sampled_from(KINDS), st.sampled_from(KINDS)),
    CHAINS,
    CHAINS,
    st.tuples(OPTIONS, OPTIONS),
    TABLES,
    st.sampled_from(["always", "if_empty", "on_create", "append"]),
    st.sampled_from(["", "left", "ask"]),
    GATHERS,
)
POLICIES: Any = st.sampled_from(["non_empty", "left", "right", "newest"])


@given(
    RULES,
    POLICIES,
    st.tuples(VALUES, VALUES),
    st.tuples(STORES, STORES),
    st.tuples(st.booleans(), st.booleans()),
    st.lists(st.tuples(st.booleans(), VALUES), max_size=4),
)
@settings(deadline=None, max_examples=400)
def test_after_quiet_nothing_is_written(
    on: Any, first_merge: str, values: Any, stores: Any, answers: Any, edits: Any
) -> None:
    chosen: Policy = policy(on, first_merge=first_merge)
    both = pair(
        chosen,
        *values,
        left_stores=stores[0],
        right_stores=stores[1],
        left_answers=answers[0],
        right_answers=answers[1],
    )
    both.sync()

    for is_left, value in edits:
        if is_left:
            both.left.remote["a"] = value
        else:
            both.right.remote["b"] = value
        both.sync()
    both.sync()  # what a vendor made of our last write is read

    for _ in range(2):
        assert both.sync().sides_written == ()
