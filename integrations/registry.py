"""The registry: which connectors there are. A new one is one line here."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from integrations.connectors.base import ConnectorModule, ConnectorSpec

# kind (also the name of its folder) → label
CONNECTORS = {
    "highlevel": "HighLevel",
    "zoho_invoice": "Zoho Invoice",
}


@cache
def connector(kind: str) -> ConnectorModule:
    """Return the connector of a kind; KeyError when there is none."""
    if kind not in CONNECTORS:
        raise KeyError(kind)
    module: ConnectorModule = import_module(f"integrations.connectors.{kind}").MODULE
    return module


def spec(kind: str) -> ConnectorSpec:
    """Return the facts of a kind."""
    return connector(kind).spec


def kinds() -> list[tuple[str, str]]:
    """Return (kind, label) of all connectors, in the order of the registry."""
    return list(CONNECTORS.items())
