"""What the editor says of wires: each step, what is written, refused and lost."""

from __future__ import annotations

from typing import Any

from mapping.convert import Countries, FieldRule
from mapping.preview import Person, Setup, fields_told, report, wires

SETUP = Setup({"left": "HighLevel", "right": "Zoho"}, Countries("GB", "GB"))
E164 = ({"name": "phone", "format": "e164"},)
MAYA = Person("Maya", {"a": "  020 7946 0958 "}, {"b": "020 7946 0000"})
BOTH = frozenset({"create", "update"})


def rule(kind: str = "text", to: str = "", **more: Any) -> FieldRule:
    more = {"left_writes": BOTH, "right_writes": BOTH, **more}
    return FieldRule("a", "b", left_type=kind, right_type=to or kind, **more)


def people(*pairs: tuple[Any, Any]) -> list[Person]:
    return [Person(f"P{n}", {"a": a}, {"b": b}) for n, (a, b) in enumerate(pairs)]


def test_each_step_is_shown_with_its_value() -> None:
    chain = ({"name": "trim"}, *E164)
    (wire,) = wires([rule("phone", to_right=chain)], MAYA, SETUP)
    assert wire.to_right is not None
    assert wire.to_right.steps == ("020 7946 0958", "+442079460958")
    assert wire.to_right.result == "+442079460958"
    assert wire.to_right.now == "020 7946 0000"
    assert wire.to_left is not None
    assert wire.to_left.value == "020 7946 0000"


def test_nothing_is_shown_where_nothing_flows() -> None:
    (wire,) = wires([rule(direction="left_to_right")], MAYA, SETUP)
    assert wire.to_left is None
    assert wires([rule()], None, SETUP)[0].to_right is None


def test_a_refused_value_leaves_the_field_as_it_is() -> None:
    rules = [rule("text", "number")]
    found = wires(rules, Person("X", {"a": "about 1,200"}, {"b": 5}), SETUP)
    told = fields_told(rules, found)["right"]["b"]
    assert told["problem"]
    assert (told["before"], told["after"]) == ("5", "5")


def test_only_the_right_has_a_value_so_it_is_shown_going_left() -> None:
    rules = [rule()]
    told = fields_told(rules, wires(rules, Person("X", {}, {"b": "x"}), SETUP))
    assert told == {
        "left": {"a": {"before": "", "after": "x", "problem": ""}},
        "right": {},
    }


def test_refused_values_are_counted_with_an_example() -> None:
    found = report(
        rule("text", "number", direction="left_to_right"),
        people(("12", None), ("twelve", None), ("dozen", None), (None, None)),
        SETUP,
    )
    (note,) = found.notes
    assert note.level == "warning"
    assert "“twelve”" in note.text
    assert "True for 2 of 3 people tried." in note.text


def test_what_does_not_come_back_is_counted_with_an_example() -> None:
    found = report(
        rule("datetime", "date"),
        people(("2026-03-01T10:00:00+00:00", None), (None, None)),
        SETUP,
    )
    (note,) = found.notes
    assert "2026-03-01" in note.text
    assert "True for 1 of 1 values tried." in note.text


def test_another_form_of_the_same_value_comes_back_the_same() -> None:
    chain = {"to_right": E164, "to_left": E164}
    found = report(rule("phone", **chain), people(("0044 20 7946 0958", None)), SETUP)
    assert [(note.level, note.text) for note in found.notes] == [
        ("ok", "for the one person tried.")
    ]


def test_other_people_are_different_ones() -> None:
    found = report(
        rule(), people(("x", 0), ("x", 0), ("y", 0), ("z", 0), ("w", 0)), SETUP
    )
    assert [each["value"] for each in found.others] == ["x", "y", "z"]
