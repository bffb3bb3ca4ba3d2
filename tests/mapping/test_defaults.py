"""Default field maps."""

from __future__ import annotations

import pytest

from mapping.defaults import default_field_maps

PAIRS = [
    ("firstName", "first_name"),
    ("lastName", "last_name"),
    ("email", "email"),
    ("phone", "phone"),
    ("companyName", "company_name"),
    ("website", "website"),
]


def test_it_maps_the_list_row_fields_of_both_systems():
    lines = default_field_maps("highlevel", "zoho_invoice", "contact")

    assert [(line.left, line.right) for line in lines] == PAIRS
    assert {line.direction for line in lines} == {"both"}


def test_it_maps_the_other_way_round_too():
    lines = default_field_maps("zoho_invoice", "highlevel", "contact")

    assert [(line.right, line.left) for line in lines] == PAIRS


@pytest.mark.parametrize(
    ("field", "chain"),
    [
        ("phone", [{"name": "phone", "format": "e164"}]),
        ("email", [{"name": "email"}]),
        ("website", [{"name": "trim"}]),
        ("firstName", [{"name": "trim"}]),
    ],
)
def test_each_field_gets_the_transform_of_its_type(field, chain):
    lines = default_field_maps("highlevel", "zoho_invoice", "contact")
    line = next(line.as_line() for line in lines if line.left == field)

    assert (line["to_right"], line["to_left"]) == (chain, chain)


def test_two_accounts_of_one_system_are_mapped_field_by_field():
    lines = default_field_maps("highlevel", "highlevel", "contact")

    assert len(lines) == len(PAIRS)
    assert all(line.left == line.right for line in lines)
