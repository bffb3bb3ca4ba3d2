"""Permissions: what an authorisation lacks, and what that switches off, in words."""

from __future__ import annotations

from collections.abc import Iterable

from integrations import registry
from integrations.access.accounttokens import agency_of
from integrations.connectors.base import ConnectorSpec
from integrations.connectors.oauth import Scope
from integrations.models import Connection


def missing_permissions(connection: Connection) -> list[tuple[Scope, str]]:
    """Return each permission that was not given, and what cannot be done without it.

    What is known is what the last token answer named; one that named none (Zoho's
    mostly, and a static token's, which has none) is silent, and so is this.
    """
    grant, spec = connection.grant, registry.spec(connection.kind)
    have = {str(each).lower() for each in grant.scopes}
    if not have:
        return []
    agency = agency_of(grant)
    asked = [*spec.oauth.scopes, *(agency.scopes if agency else ())]
    return [
        (scope, disables(spec, scope))
        for scope in asked
        if not scope.extra and not is_covered(scope.name.lower(), have)
    ]


def is_covered(name: str, have: Iterable[str]) -> bool:
    """Whether a permission is among those given, by its name or by one that holds it:
    “x.all” holds “x.read”, “vendor.fullaccess.all” holds all."""
    given = set(have)
    vendor, _, rest = name.partition(".")
    module = rest.rpartition(".")[0]
    wider = {f"{vendor}.fullaccess.all", f"{vendor}.{module}.all" if module else name}
    return name in given or bool(wider & given)


def disables(spec: ConnectorSpec, scope: Scope) -> str:
    """Say what a missing permission switches off."""
    if scope.required:
        needed = f"{spec.label} needs it: without it nothing can be synced."
        return f"Crosswalk cannot {lowered(scope.allows)}. {needed}"
    types = [each.label_plural for each in spec.objects if scope.name in each.scopes]
    if types:
        return f"{listed(types)} cannot be synced."
    return f"Crosswalk cannot {lowered(scope.allows)}."


def missing_sentence(connection: Connection) -> str:
    """Return all of it as one text, "" when nothing is missing."""
    missing = missing_permissions(connection)
    if not missing:
        return ""
    parts = [f"{scope.name}: {what}" for scope, what in missing]
    return (
        f"Not all permissions were given. {' '.join(parts)} To change that, reconnect "
        "and allow everything on the list."
    )


def lowered(words: str) -> str:
    """Return words as they go on in a sentence."""
    return words[:1].lower() + words[1:]


def listed(words: list[str]) -> str:
    """Return “Tasks”, “Tasks and notes”, “Tasks, notes and appointments”."""
    rest = [lowered(each) for each in words[1:]]
    if not rest:
        return words[0]
    return f"{', '.join([words[0], *rest[:-1]])} and {rest[-1]}"
