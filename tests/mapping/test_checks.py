"""Checking the lines of a mapping."""

from __future__ import annotations

import pytest

from integrations import registry
from mapping.checks import lines_check
from mapping.defaults import default_field_maps

LEFT = registry.spec("highlevel").object("contact")
RIGHT = registry.spec("zoho_invoice").object("contact")
EMAIL = {"left": "email", "right": "email"}


def paths(lines, **more):
    return [problem.path for problem in lines_check(lines, LEFT, RIGHT, **more)]


def test_the_default_lines_are_in_order():
    lines = default_field_maps("highlevel", "zoho_invoice", "contact")

    assert paths([line.as_line() for line in lines]) == []


def test_custom_fields_of_either_system_may_be_named():
    lines = [
        {"left": "customFields.abc", "right": "custom_fields.cf_x"},
        {"left": "extra", "right": "email"},
    ]

    assert paths(lines, left_extra={"extra"}) == []


@pytest.mark.parametrize(
    ("line", "path"),
    [
        ({"left": "nickname", "right": "mobile"}, "fields[1].left"),
        ({"left": "lastName", "right": "e-mail"}, "fields[1].right"),
        ({"left": "customFields.", "right": "phone"}, "fields[1].left"),
        ({"left": "customFields." + "x" * 120, "right": "phone"}, "fields[1].left"),
        ({"left": "companyName", "right": "contact_name"}, "fields[1].right"),
        ({"left": "email", "right": "email"}, "fields[1]"),
        ({"left": "firstName", "right": "email"}, "fields[1].right"),
        ({"left": "phone", "right": "phone", "write": "append"}, "fields[1].write"),
        ({"left": "phone", "right": "phone", "direction": "up"}, "fields[1].direction"),
        ({"left": "phone", "right": "phone", "conflict": "me"}, "fields[1].conflict"),
        (
            {"left": "phone", "right": "phone", "to_left": [{"name": "rot13"}]},
            "fields[1].to_left",
        ),
        (
            {"left": "tags", "right": "outstanding_receivable_amount"}
            | {"direction": "left_to_right", "write": "never"},
            "fields[1].right",
        ),
        ({"left": "", "right": "contact_name", "constant": "x"}, "fields[1].right"),
        ({"left": "", "right": "email", "constant": "x"}, "fields[1].right"),
        ({"left": "city", "right": "mobile", "constant": "x"}, "fields[1].constant"),
        ({"left": "", "right": "language_code", "constant": "x"}, "fields[1].constant"),
        (
            {"left": "city", "right": "language_code", "value_map": [["a", "xx"]]},
            "fields[1].value_map",
        ),
        (
            {
                "left": "city",
                "right": "facebook",
                "value_map": [["a", "b"], ["A", "B"]],
            },
            "fields[1].value_map",
        ),
        (
            {"left": "city", "right": "language_code", "default": {"right": "xx"}},
            "fields[1].default",
        ),
    ],
)
def test_it_names_the_place_of_what_is_wrong(line, path):
    assert paths([EMAIL, line]) == [path]


@pytest.mark.parametrize(
    ("more", "direction"),
    [
        ({"direction": "right_to_left"}, "both"),
        ({"write": "never"}, "both"),
        ({}, "right_to_left"),
    ],
)
def test_a_read_only_field_may_be_read(more, direction):
    line = {"left": "companyName", "right": "contact_name", **more}

    assert paths([line], direction=direction) == []


def test_two_lines_may_share_a_field_that_only_one_of_them_writes():
    lines = [
        {"left": "phone", "right": "phone"},
        {"left": "phone", "right": "mobile", "direction": "left_to_right"},
    ]

    assert paths(lines) == []


def test_a_mapping_needs_a_line():
    assert paths([]) == ["fields"]


def test_constants_tables_and_defaults_that_fit_are_in_order():
    lines = [
        {"left": "", "right": "facebook", "constant": "here"},
        {"left": "tags", "right": "notes", "write": "append"},
        {"left": "city", "right": "language_code", "value_map": [["Bonn", "DE"]]},
        {"left": "source", "right": "twitter", "default": {"right": "none"}},
    ]

    assert paths(lines) == []
