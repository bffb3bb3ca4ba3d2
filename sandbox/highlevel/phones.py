"""Phone numbers as HighLevel keeps them: E.164, read with the location's country."""

from __future__ import annotations

import phonenumbers


def to_e164(number: str, country: str) -> str:
    """The number in E.164; one that cannot be read comes back stripped, as sent.

    Whether HighLevel refuses or drops such a number is not known (§10.5).
    """
    sent = number.strip()
    try:
        parsed = phonenumbers.parse(sent, country)
    except phonenumbers.NumberParseException:
        return sent
    if not phonenumbers.is_possible_number(parsed):
        return sent
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
