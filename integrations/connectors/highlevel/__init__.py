"""The connector of HighLevel."""

from __future__ import annotations

from integrations.connectors.base import ConnectorModule
from integrations.connectors.highlevel import agency, auth, events, webhooks
from integrations.connectors.highlevel.connector import build
from integrations.connectors.highlevel.operations.every import ABSENT, OPERATIONS
from integrations.connectors.highlevel.spec import SPEC

MODULE = ConnectorModule(
    spec=SPEC,
    build=build,
    endpoints=auth.endpoints,
    parse_token=auth.parse_token,
    token_error=auth.token_error,
    verify=webhooks.verify,
    parse=events.parse,
    parse_call=events.parse_call,
    agency=agency.AGENCY,
    operations=OPERATIONS,
    absent=ABSENT,
)
