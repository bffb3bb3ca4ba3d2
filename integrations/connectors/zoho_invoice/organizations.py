"""The organizations a user reaches, and the proof that one of them still answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from crosswalk.errors import AuthError
from integrations.connectors.base import Account
from integrations.connectors.zoho_invoice.contacts import EVERYBODY
from integrations.connectors.zoho_invoice.errors import WRONG_ORGANIZATION_SENTENCE
from integrations.connectors.zoho_invoice.projects import current_user, is_enabled
from integrations.connectors.zoho_invoice.remote import Remote, rows_in


def accounts(remote: Remote) -> Sequence[Account]:
    """Return the organizations of the user; one token reaches all of them."""
    answer = remote.get("organizations", operation="list organizations")
    return [account_of(row) for row in rows_in(answer, "organizations")]


def check(remote: Remote) -> Account:
    """Prove the credentials on the chosen organization and return its facts."""
    try:
        found = accounts(remote)
    except AuthError as error:
        if error.code == "wrong_organization":
            raise
        return check_by_contacts(remote)
    for account in found:
        if account.id == remote.account.id:
            return with_user(remote, account)
    raise AuthError(
        WRONG_ORGANIZATION_SENTENCE,
        detail=f"{remote.account.id} is not among {len(found)} organizations",
        code="wrong_organization",
    )


def check_by_contacts(remote: Remote) -> Account:
    """Prove access without the settings scope; the time zone stays unknown."""
    params = {**EVERYBODY, "per_page": 1}
    rows_in(
        remote.get("contacts", operation="list contacts", params=params), "contacts"
    )
    return Account(remote.account.id, remote.account.name or remote.account.id)


def with_user(remote: Remote, account: Account) -> Account:
    """Return the facts with our user, whom every project needs, where tasks are on."""
    if not is_enabled(remote.account):
        return account
    user = {"user_id": current_user(remote)}
    return replace(account, facts={**account.facts, **user})


def account_of(row: Mapping[str, Any]) -> Account:
    """Return an organization as an account; the country code only live answers have."""
    country = str(row.get("country_code") or row.get("country") or "")
    return Account(
        id=str(row.get("organization_id") or ""),
        name=str(row.get("name") or ""),
        time_zone=str(row.get("time_zone") or "UTC"),
        country=country.upper() if len(country) == 2 else "",
        facts={"is_default": bool(row.get("is_default_org"))},
    )
