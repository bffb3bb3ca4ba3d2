"""The connector of Zoho Invoice."""

from __future__ import annotations

from integrations.connectors.base import ConnectorModule
from integrations.connectors.zoho_invoice import auth, webhooks
from integrations.connectors.zoho_invoice.connector import build
from integrations.connectors.zoho_invoice.operations.every import ABSENT, OPERATIONS
from integrations.connectors.zoho_invoice.spec import SPEC

MODULE = ConnectorModule(
    spec=SPEC,
    build=build,
    endpoints=auth.endpoints,
    parse_token=auth.parse_token,
    token_error=auth.token_error,
    verify=webhooks.verify,
    parse=webhooks.parse,
    data_centers=auth.DATA_CENTERS,
    operations=OPERATIONS,
    absent=ABSENT,
)
