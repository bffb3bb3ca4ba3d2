"""How django-allauth behaves here."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Sign-up is closed: the owner is made on first visit, others are invited."""

    def is_open_for_signup(self, request: object) -> bool:
        return False
