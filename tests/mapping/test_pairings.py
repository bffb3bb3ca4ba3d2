"""Which object types of two systems correspond: found from what connectors declare."""

from __future__ import annotations

import pytest

from mapping.pairings import pairing, pairings

HL, ZOHO = "highlevel", "zoho_invoice"


def test_parents_come_before_what_hangs_under_them() -> None:
    assert pairings(HL, ZOHO)[0].key == "contact"


def test_notes_flow_both_ways_and_say_what_gets_lost() -> None:
    found = pairing(HL, ZOHO, "note")

    assert (found.left, found.right, found.missing) == ("note", "note", "")
    assert found.directions[0] == "both"
    assert "Later edits: a comment cannot be changed at Zoho Invoice." in found.lost


@pytest.mark.parametrize(
    ("kinds", "types", "direction"),
    [
        ((HL, ZOHO), ("appointment", "note"), "left_to_right"),
        ((ZOHO, HL), ("note", "appointment"), "right_to_left"),
    ],
)
def test_an_appointment_becomes_a_comment_one_way(
    kinds: tuple[str, str], types: tuple[str, str], direction: str
) -> None:
    found = pairing(*kinds, "appointment")

    assert ((found.left, found.right), found.directions) == (types, (direction,))


def test_a_task_cannot_be_made_where_a_due_date_is_needed() -> None:
    assert list(pairing(HL, ZOHO, "task").no_create) == ["left"]
    assert list(pairing(ZOHO, HL, "task").no_create) == ["right"]
    assert not pairing(HL, HL, "task").no_create


@pytest.mark.parametrize(
    ("kinds", "key", "words"),
    [
        ((HL, ZOHO), "contact_person", "HighLevel has no contact persons."),
        ((HL, HL), "appointment", "calendar"),
    ],
)
def test_what_does_not_correspond_says_why(
    kinds: tuple[str, str], key: str, words: str
) -> None:
    found = pairing(*kinds, key)

    assert words in found.missing
    assert not found.directions


def test_an_unknown_type_is_none() -> None:
    with pytest.raises(KeyError):
        pairing(HL, ZOHO, "invoice")
