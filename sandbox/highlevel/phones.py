"""Phone numbers as HighLevel keeps them: E.164, read with the location's country."""

from __future__ import annotations

import phonenumbers


def is_phone(number: str, country: str) -> bool:
    """Whether it can be a number at all; an empty one is none and hurts nobody."""
    try:
        parsed = phonenumbers.parse(number.strip(), country)
    except phonenumbers.NumberParseException:
        return not number.strip()
    return phonenumbers.is_possible_number(parsed)


def to_e164(number: str, country: str) -> str:
    """The number in E.164; one that cannot be read comes back stripped, as sent.

    Whether HighLevel refuses or drops such a number is not known (§10.5): the switch
    `invalid_phone` decides before it comes here.
    """
    sent = number.strip()
    try:
        parsed = phonenumbers.parse(sent, country)
    except phonenumbers.NumberParseException:
        return sent
    if not phonenumbers.is_possible_number(parsed):
        return sent
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
