"""Match keys: what records are found by."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.mirroring.keys import MAX_KEY, full_name, record_keys, unique_key
from integrations.registry import spec

HIGHLEVEL = spec("highlevel").object("contact")
ZOHO = spec("zoho_invoice").object("contact")


def keys(values: dict[str, Any], kind: str, of: Any = ZOHO) -> set[str]:
    return {value for each, value in record_keys(of, values, "GB") if each == kind}


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (" Anna@Example.COM ", {"anna@example.com"}),
        ("JOSE\u0301@x.example", {"josé@x.example"}),
        ("n/a", set()),
        ("@", set()),
        ("anna@", set()),
        ("a@x.example, b@x.example", set()),
        ("", set()),
        (None, set()),
        (7, set()),
    ],
)
def test_an_email_is_a_key_only_when_it_is_one_address(
    written: Any, expected: set[str]
) -> None:
    assert keys({"email": written}, "email") == expected


def test_phone_and_mobile_are_both_keys_and_one_number_is_one_key() -> None:
    values = {"phone": "020 7946 0958", "mobile": "07700 900123"}
    assert keys(values, "phone") == {"+442079460958", "+447700900123"}
    assert keys({**values, "mobile": "+44 (0)20 7946 0958"}, "phone") == {
        "+442079460958"
    }


def test_an_unreadable_phone_is_never_a_key() -> None:
    assert keys({"phone": "ask at desk", "mobile": "123"}, "phone") == set()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"first_name": "Zoë", "last_name": "O’Brien"}, "zoe obrien"),
        ({"first_name": "Zoë"}, "zoe"),
        ({"first_name": "Zoë", "contact_name": "Acme"}, "zoe"),
        ({"contact_name": "Anna  Fox"}, "anna fox"),
        ({"contact_name": "ACME, Ltd", "company_name": "Acme Ltd"}, ""),
        ({"contact_name": "Anna Fox", "company_name": "Acme Ltd"}, "anna fox"),
        ({"company_name": "Acme Ltd"}, ""),
        ({}, ""),
    ],
)
def test_the_full_name_is_a_persons_and_never_the_companys(
    values: dict[str, Any], expected: str
) -> None:
    assert full_name(ZOHO, values) == expected
    assert keys(values, "name") == ({expected} if expected else set())


def test_a_system_without_unique_names_files_none() -> None:
    assert record_keys(HIGHLEVEL, {"companyName": "Acme"}, "") == frozenset()


def test_unique_names_ignore_case_and_doubled_space() -> None:
    assert unique_key(" ACME  Ltd ") == unique_key("Acme Ltd")
    assert keys({"contact_name": "ACME  Ltd"}, "unique") == {"acme ltd"}


def test_very_long_names_stay_apart_and_fit() -> None:
    one, two = ("x" * 400 + "a"), ("x" * 400 + "b")
    found = keys({"first_name": one}, "name") | keys({"first_name": two}, "name")
    assert len(found) == 2
    assert all(len(value) <= MAX_KEY for value in found)
