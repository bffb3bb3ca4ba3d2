"""What every connector must do, whichever system it speaks to.

Inherit `ConnectorContractTests`, name the module, and give the hooks of
`contract_hooks.py`: how to reach a sandbox of its own for each test, values to write,
and how a delivery is signed. A type or field that a connector declares and that has no
sample here fails; nothing is left out in silence.
"""

from __future__ import annotations

from tests.integrations.connectors.contract_budget import BudgetContract
from tests.integrations.connectors.contract_catalogue import CatalogueContract
from tests.integrations.connectors.contract_children import ChildrenContract
from tests.integrations.connectors.contract_errors import ErrorsContract
from tests.integrations.connectors.contract_families import FamiliesContract
from tests.integrations.connectors.contract_hooks import (
    TOKEN,
    ChildSamples,
    Token,
    merged,
    pages,
)
from tests.integrations.connectors.contract_reading import ReadingContract
from tests.integrations.connectors.contract_webhooks import WebhooksContract
from tests.integrations.connectors.contract_writing import WritingContract

__all__ = [
    "TOKEN",
    "ChildSamples",
    "ConnectorContractTests",
    "Token",
    "merged",
    "pages",
]


class ConnectorContractTests(
    ReadingContract,
    WritingContract,
    CatalogueContract,
    ChildrenContract,
    FamiliesContract,
    ErrorsContract,
    BudgetContract,
    WebhooksContract,
):
    """All parts of the contract."""
