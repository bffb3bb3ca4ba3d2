"""A wire that begins with several fields: templates, the first that is there, tags."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations import registry
from mapping.checks import lines_check
from mapping.convert import Countries, rules_build
from mapping.gather import gather_keys, gather_read, gather_table, gathered
from mapping.preview import Person, Setup, fields_told, report, wires
from mapping.services import line_normal

LEFT = registry.spec("highlevel").object("contact")
RIGHT = registry.spec("zoho_invoice").object("contact")
NAME = {"template": "{lastName}, {firstName}"}
FIRST = {"first_of": ["companyName", "email"]}
TAGS = {"by_tag": [["VIP", "Gold"], ["b2b", "Silver"]], "otherwise": "Bronze"}
UNREAD = object()


def line(gather: Any, **more: Any) -> dict[str, Any]:
    usual = {"left": "firstName", "right": "twitter", "direction": "left_to_right"}
    return line_normal({**usual, "gather": gather, **more})


def problems(gather: Any, **more: Any) -> list[str]:
    found = lines_check([line(gather, **more)], LEFT, RIGHT)
    return [problem.message for problem in found]


@pytest.mark.parametrize(
    ("gather", "own", "values", "expected"),
    [
        (NAME, "firstName", {"firstName": "Ada", "lastName": "Byron"}, "Byron, Ada"),
        (NAME, "firstName", {"firstName": "Ada", "lastName": ""}, "Ada"),
        (NAME, "firstName", {"firstName": None, "lastName": "Byron"}, "Byron"),
        (NAME, "firstName", {"firstName": "", "lastName": None}, None),
        (NAME, "firstName", {"firstName": "Ada"}, UNREAD),
        ({"template": "No. { n }"}, "n", {"n": 7.0}, "No. 7"),
        ({"template": "{t}"}, "t", {"t": ["a", "b"]}, "a, b"),
        ({"template": "{a}\n{b}"}, "a", {"a": "1", "b": "2"}, "1\n2"),
        ({"template": "{a}"}, "a", {"a": "{b}"}, "{b}"),
        (FIRST, "email", {"companyName": " ", "email": "a@b.c"}, "a@b.c"),
        (FIRST, "email", {"companyName": "Acme", "email": "a@b.c"}, "Acme"),
        (FIRST, "email", {"companyName": None, "email": ""}, None),
        (FIRST, "email", {"email": "a@b.c"}, UNREAD),
        (TAGS, "tags", {"tags": ["x", "vip", "b2b"]}, "Gold"),
        (TAGS, "tags", {"tags": "B2B; x"}, "Silver"),
        (TAGS, "tags", {"tags": None}, "Bronze"),
        ({"by_tag": [["a", "b"]]}, "tags", {"tags": ["c"]}, None),
    ],
)
def test_several_fields_come_to_one_value(
    gather: Any, own: str, values: Any, expected: Any
) -> None:
    assert gathered(gather, own, values, UNREAD) == expected


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ("x", "must be as in"),
        ({"sum_of": ["a"]}, "takes one of"),
        ({"template": "x", "first_of": []}, "takes one of"),
        ({"template": 7}, "takes texts"),
        ({"template": "x" * 1001}, "at most 1000"),
        ({"template": "x", "otherwise": "y"}, "beside by_tag"),
        ({"first_of": "a"}, "a list"),
        ({"first_of": ["a"] * 21}, "at most 20"),
        ({"by_tag": [["a"]]}, "rows of a tag"),
        ({"by_tag": [["a", {}]]}, "takes texts"),
        ({"by_tag": [["a", "b"]], "otherwise": []}, "takes texts"),
    ],
)
def test_what_is_no_gathering_is_refused(raw: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        gather_read(raw)


@given(
    st.recursive(
        st.none() | st.text(max_size=3),
        lambda x: (
            st.lists(x)
            | st.dictionaries(
                st.sampled_from(["template", "first_of", "by_tag", "otherwise"]), x
            )
        ),
    )
)
def test_no_data_breaks_the_reading(raw: Any) -> None:
    try:
        found = gather_read(raw)
    except ValueError:
        return
    assert gather_read(found) == found
    assert gather_read(gather_table(found)) == found


@pytest.mark.parametrize(
    ("gather", "more", "words"),
    [
        (NAME, {"direction": "both"}, "nothing takes it apart again"),
        (NAME, {"left": "city"}, "must name the field it belongs to, “city”"),
        ({"template": "Hello"}, {}, "needs a field in its text"),
        ({"template": "{firstName} {nope}"}, {}, "names “nope”"),
        ({"first_of": ["firstName"]}, {}, "two fields or more"),
        ({"first_of": ["firstName", "tags"]}, {}, "cannot mix lists"),
        ({"by_tag": []}, {"left": "tags"}, "needs a value for each tag"),
        ({"by_tag": [["a", "1"], ["A ", "2"]]}, {"left": "tags"}, "names a tag twice"),
        (NAME, {"left": "", "constant": "x"}, "exclude each other"),
    ],
)
def test_what_stands_in_the_way_is_explained(
    gather: Any, more: Any, words: str
) -> None:
    assert any(words in problem for problem in problems(gather, **more))


@pytest.mark.parametrize(
    ("gather", "more"),
    [
        (NAME, {}),
        (FIRST, {"left": "email"}),
        (TAGS, {"left": "tags"}),
        ({"template": "{firstName} {customFields.x1}"}, {}),
    ],
)
def test_what_is_right_passes(gather: Any, more: Any) -> None:
    assert problems(gather, **more) == []


def built(*lines: Any) -> Any:
    fields = ({field.key: field for field in spec.fields} for spec in (LEFT, RIGHT))
    return rules_build(lines, *fields)


def test_a_rule_reads_all_its_fields_and_writes_none_of_them() -> None:
    (rule,) = built(line(NAME))
    assert rule.keys("left") == ("lastName", "firstName")
    assert rule.keys("right") == ("twitter",)
    assert rule.label("left") == "Last name + First name"
    assert rule.left_type == "text"
    assert (rule.flows("right"), rule.flows("left")) == (True, False)
    (careless,) = built({**line(NAME), "direction": "both"})
    assert not careless.flows("left")
    (mirrored,) = built(
        line(
            {"first_of": ["email", "twitter"]}, right="email", direction="right_to_left"
        )
    )
    assert mirrored.gathers == "right"
    assert mirrored.right_label == "E-mail or X (Twitter)"


def test_another_gathering_has_another_base() -> None:
    one, two, three = built(
        line(NAME), line({"template": "{firstName} {lastName}"}), line({})
    )
    assert len({one.stamp, two.stamp, three.stamp}) == 3
    assert three.stamp == built({**line({}), "gather": {}})[0].stamp


def test_tags_that_mean_a_value_are_no_list() -> None:
    (rule,) = built(line(TAGS, left="tags"))
    assert not rule.is_list
    assert rule.left_type == "text"


def test_the_preview_shows_what_it_comes_to() -> None:
    rules = built(line(NAME, to_right=[{"name": "case", "to": "upper"}]))
    setup = Setup({"left": "L", "right": "R"}, Countries())
    ada = Person("Ada", {"firstName": "Ada", "lastName": "Byron"}, {"twitter": "x"})
    (wire,) = wires(rules, ada, setup)
    assert wire.to_left is None
    assert wire.to_right is not None
    assert wire.to_right.value == "Byron, Ada"
    assert wire.to_right.result == "BYRON, ADA"
    assert fields_told(rules, [wire])["right"]["twitter"]["after"] == "BYRON, ADA"
    assert report(rules[0], [ada], setup).notes == ()


def test_keys_are_told_once_in_order() -> None:
    assert gather_keys({"template": "{b} {a} {b} {}"}, "a") == ("b", "a")
    assert gather_keys({"first_of": ["a", "a", "c"]}, "c") == ("a", "c")
    assert gather_keys(TAGS, "tags") == ("tags",)
