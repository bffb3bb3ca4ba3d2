"""One invented person, and how each system holds them."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class SidePerson:
    """A person as one system holds them, values written as they are there."""

    first_name: str = ""
    last_name: str = ""
    email: str = ""
    phone: str = ""
    company: str = ""
    website: str = ""
    address1: str = ""
    city: str = ""
    postal_code: str = ""
    country: str = ""  # ISO 3166-1 alpha-2
    tags: list[str] = field(default_factory=list)
    # Zoho alone: customer | vendor, active | inactive, business | individual, and
    # the unique contact_name.
    contact_type: str = "customer"
    status: str = "active"
    sub_type: str = "individual"
    contact_name: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """One human, or one duplicate record of a human inside one system.

    `expect` says what a correct first sync does with it: "link" (one record on each
    side, joined by e-mail or phone), "name" (joined by the name alone), "review"
    (a shared key that must not be guessed), "single" (on one side only).
    """

    number: int
    first_name: str
    last_name: str
    email: str
    phone: str  # E.164
    company: str
    website: str
    address1: str
    city: str
    postal_code: str
    country: str
    left: SidePerson | None = None
    right: SidePerson | None = None
    variant: str = "plain"
    expect: str = "single"

    @property
    def same(self) -> bool:
        """Whether both systems hold this person."""
        return self.left is not None and self.right is not None
