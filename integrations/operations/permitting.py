"""Whether a connection may use an operation, and if not, why not. No call."""

from __future__ import annotations

from dataclasses import dataclass

from integrations import registry
from integrations.access.permissions import is_covered, listed
from integrations.connectors.operations import Operation
from integrations.models import Connection
from integrations.operations.declared import kind_of


@dataclass(frozen=True, slots=True)
class Verdict:
    """May it, and why not. `is_certain` is False where the vendor has not told which
    permissions were given: then only trying shows it."""

    allowed: bool
    code: str = ""
    reason: str = ""
    is_certain: bool = True


def permitted(connection: Connection, operation: Operation) -> Verdict:
    """Say whether a connection may use an operation.

    Known are health and what the last token answer named; a static token names nothing.
    """
    if connection.kind != kind_of(operation):
        raise ValueError(f"{operation.key} is not of {connection.kind}")
    if operation.unavailable:
        return Verdict(False, "unavailable", operation.unavailable)
    health = Connection.Health
    if connection.health == health.DISABLED:
        return Verdict(
            False, "disconnected", "It is disconnected. Connect it again to use this."
        )
    if connection.health == health.NEEDS_RECONNECT:
        return Verdict(False, "needs_reconnect", "Reconnect it to use this.")
    have = {str(each).lower() for each in connection.grant.scopes}
    if not have:
        return Verdict(True, is_certain=not operation.scopes)
    missing = [each for each in operation.scopes if not is_covered(each.lower(), have)]
    if missing:
        return Verdict(False, "scope_missing", missing_words(connection, missing))
    return Verdict(True)


def missing_words(connection: Connection, missing: list[str]) -> str:
    """Return which permissions are missing and what to do, as a sentence."""
    label = registry.spec(connection.kind).label
    quoted = [f"“{each}”" for each in missing]
    if len(missing) == 1:
        return (
            f"The permission {quoted[0]} was not given. Reconnect it and allow that at "
            f"{label}."
        )
    return (
        f"The permissions {listed(quoted)} were not given. Reconnect it and allow them "
        f"at {label}."
    )
