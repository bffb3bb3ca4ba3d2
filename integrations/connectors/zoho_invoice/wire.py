"""The wire of Zoho Invoice: headers, parameters, what its headers say of limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from crosswalk.errors import ConnectorError
from integrations.connectors.base import RateSnapshot
from integrations.connectors.zoho_invoice.errors import error_of, reset_seconds
from integrations.connectors.zoho_invoice.spec import LABEL

ORGANIZATION_HEADER = "X-com-zoho-invoice-organizationid"


class ZohoDialect:
    """What Zoho Invoice adds to JSON over HTTP, for one organization.

    With no organization (before one is chosen) none is named.
    """

    label = LABEL

    def __init__(self, organization_id: str = "") -> None:
        self.organization_id = organization_id

    def headers(self, token: str) -> Mapping[str, str]:
        # Not "Bearer", although the token answer says so (sheet §2.7).
        headers = {"Authorization": f"Zoho-oauthtoken {token}"}
        if self.organization_id:
            headers[ORGANIZATION_HEADER] = self.organization_id
        return headers

    def params(self) -> Mapping[str, str]:
        # The header is Invoice's documented form, the query the one recorded live
        # (sheet §1): whichever the server reads, it finds.
        if not self.organization_id:
            return {}
        return {"organization_id": self.organization_id}

    def error(
        self, status: int, body: Any, headers: Mapping[str, str]
    ) -> ConnectorError | None:
        return error_of(status, body, headers)

    def rates(self, headers: Mapping[str, str]) -> Sequence[RateSnapshot]:
        """The day's quota; it was seen at -80 on an HTTP 200, kept as said."""
        try:
            limit = int(headers["x-rate-limit-limit"])
            remaining = int(headers["x-rate-limit-remaining"])
        except (KeyError, ValueError):
            return ()
        return (RateSnapshot("day", limit, remaining, reset_seconds(headers)),)

    def request_id(self, body: Any, headers: Mapping[str, str]) -> str:
        return headers.get("x-request-id", "")
