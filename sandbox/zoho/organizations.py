"""Zoho organizations: the invented ones and `GET /organizations` (§1)."""

from __future__ import annotations

from flask import Response

from sandbox.store import Document, Store
from sandbox.zoho.wire import Call, answer, missing, route

KIND = "zoho.organization"
MAIN_ID, SECOND_ID = "700000001", "700000002"
CURRENCIES = {
    "GBP": ("260815000000000097", "£"),
    "USD": ("260815000000000099", "$"),
}


def organization_create(
    store: Store,
    organization_id: str,
    *,
    name: str,
    time_zone: str,
    country_code: str,
    currency_code: str,
    is_default: bool = False,
) -> Document:
    currency_id, symbol = CURRENCIES[currency_code]
    organization: Document = {
        "organization_id": organization_id,
        "name": name,
        "contact_name": "Sam Northlight",
        "email": "sam@northlight.example",
        "is_default_org": is_default,
        "language_code": "en",
        # Documented as a number, seen live as text: parse leniently (§1).
        "fiscal_year_start_month": "april",
        "account_created_date": "2024-05-02",
        "time_zone": time_zone,
        "is_org_active": True,
        "currency_id": currency_id,
        "currency_code": currency_code,
        "currency_symbol": symbol,
        "currency_format": "1,234,567.89",
        "price_precision": 2,
        "country_code": country_code,
        "plan_name": "FREE",
        "plan_type": 0,
        "is_dst_active": True,
        "date_format": "dd MMM yyyy",
        "org_settings": False,
    }
    store.put(KIND, organization_id, organization)
    return organization


def main_organization(store: Store) -> Document:
    organization = store.get(KIND, MAIN_ID)
    if organization is None:
        raise LookupError("the sandbox is not seeded")
    return organization


@route("GET", "/organizations", "settings.READ", organization=False)
def organization_list(call: Call) -> Response:
    """No organization id wanted and no page_context given (§1)."""
    return answer(organizations=call.context.store.all(KIND))


@route("GET", "/organizations/<organization_id>", "settings.READ", organization=False)
def organization_detail(call: Call, organization_id: str) -> Response:
    organization = call.context.store.get(KIND, organization_id)
    if organization is None:
        raise missing("Organization")
    return answer(organization=organization)
