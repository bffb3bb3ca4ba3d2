"""Reading from Zoho Invoice: records, pages, accounts, look-ups."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from crosswalk.errors import (
    AuthError,
    RemoteNotFound,
    TransientError,
)
from integrations.connectors.base import Account, Connector
from integrations.connectors.zoho_invoice import MODULE
from tests.integrations.connectors.zoho_remote import (
    ID,
    PRIMARY,
    Zoho,
    detail,
    fixture,
    known,
    listed,
    listing,
    ok,
    refusal,
)

# Reading


def test_it_fits_the_connector_protocol():
    connector: Connector = Zoho().connector

    assert connector.spec.kind == "zoho_invoice"


def test_a_list_row_reports_exactly_the_list_fields():
    spec = MODULE.spec.object("contact")

    plain = {key for key in listed().values if not key.startswith("custom_fields.")}

    assert plain == {f.key for f in spec.fields if "list" in f.reads}


def test_a_detail_reports_every_field():
    spec = MODULE.spec.object("contact")

    record = known()

    assert {f.key for f in spec.fields} <= set(record.values)
    assert record.values["notes"] == "Pays late."
    assert record.values["billing_address.city"] == "Pleasanton"


def test_empty_text_is_an_empty_value():
    assert listed().values["mobile"] is None
    assert known().values["shipping_address.city"] is None


def test_a_custom_field_is_read_in_the_form_it_is_written():
    assert listed().values["custom_fields.cf_plan"] == "gold"


def test_a_custom_field_hash_alone_is_enough():
    row = {"custom_fields": [], "custom_field_hash": {"cf_x": "", "cf_y": "1"}}
    zoho = Zoho(ok(listing(row)))

    values = zoho.connector.list_page("contact", None).records[0].values

    assert values["custom_fields.cf_x"] is None
    assert values["custom_fields.cf_y"] == "1"


def test_times_become_utc():
    assert listed().modified_at == datetime(2026, 10, 9, 17, 36, 23, tzinfo=UTC)


def test_a_time_without_offset_is_the_organizations():
    zoho = Zoho(ok(listing({"last_modified_time": "2026-10-09T13:36:23"})))

    record = zoho.connector.list_page("contact", None).records[0]

    assert record.modified_at == datetime(2026, 10, 9, 17, 36, 23, tzinfo=UTC)


def test_a_display_date_is_no_time():
    zoho = Zoho(ok(listing({"created_time": "09 Oct 2026"})))

    assert zoho.connector.list_page("contact", None).records[0].created_at is None


def test_ids_are_text():
    zoho = Zoho(ok(detail(contact_id=460000000026049)))

    assert zoho.connector.get("contact", ID).id == ID


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ""),
        ({"contact_type": "vendor"}, "vendor"),
        ({"status": "inactive"}, "inactive"),
    ],
)
def test_vendors_and_inactive_customers_are_excluded(changes, expected):
    zoho = Zoho(ok(listing(changes)))

    record = zoho.connector.list_page("contact", None).records[0]

    assert record.excluded == expected
    assert not expected or expected in MODULE.spec.object("contact").exclusions


def test_a_detail_tells_who_is_primary_and_a_list_row_does_not():
    assert known().facts["primary_person"] == PRIMARY
    assert known().facts["persons"] == 2
    assert "primary_person" not in listed().facts


def test_person_fields_missing_at_the_top_come_from_the_primary_person():
    answer = detail()
    del answer["contact"]["email"]

    record = Zoho(ok(answer)).connector.get("contact", ID)

    assert record.values["email"] == "will.smith@bowman.example"


def test_the_list_asks_for_everybody_in_order_of_creation():
    zoho = Zoho(ok(fixture("contacts_list")))

    zoho.connector.list_page("contact", None)

    assert zoho.params() == {
        "organization_id": "700000001",
        "filter_by": "Status.All",
        "sort_column": "created_time",
        "sort_order": "A",
        "per_page": "200",
        "page": "1",
    }


def test_the_list_goes_on_while_there_are_pages():
    again = listing({}, {"contact_id": "2"})  # a page begins with one who was met
    zoho = Zoho(ok(listing({}, more=True)), ok(again))

    first = zoho.connector.list_page("contact", None)
    second = zoho.connector.list_page("contact", first.next)

    assert (zoho.params()["page"], zoho.params()["per_page"]) == ("2", "199")
    assert [[each.id for each in second.records], second.next] == [["2"], None]


def test_the_list_falls_back_to_names_where_creation_time_is_refused():
    zoho = Zoho(refusal(2), ok(listing({}, more=True)), ok(listing({})))

    first = zoho.connector.list_page("contact", None)
    zoho.connector.list_page("contact", first.next)

    assert [zoho.params(n)["sort_column"] for n in (1, 2)] == ["contact_name"] * 2


def test_without_page_context_a_short_page_is_the_last():
    answer = listing({})
    del answer["page_context"]

    assert Zoho(ok(answer)).connector.list_page("contact", None).next is None


@pytest.mark.parametrize("body", [{"code": 0}, listing(more=True), ""])
def test_a_listing_without_rows_is_not_an_empty_listing(body):
    with pytest.raises(TransientError):
        Zoho(*[ok(body)] * 3).connector.list_page("contact", None)


def test_changes_stop_at_the_first_older_row():
    rows = [
        {"contact_id": "3", "last_modified_time": "2026-10-09T13:36:25-0400"},
        {"contact_id": "2", "last_modified_time": "2026-10-09T13:36:23-0400"},
        {"contact_id": "1", "last_modified_time": "2026-10-09T13:36:22-0400"},
    ]
    zoho = Zoho(ok(listing(*rows, more=True)))
    since = datetime(2026, 10, 9, 17, 36, 23, 400_000, tzinfo=UTC)

    page = zoho.connector.changes_page("contact", since, None)

    assert [record.id for record in page.records] == ["3", "2"]
    assert page.next is None
    assert zoho.params()["sort_order"] == "D"


def test_changes_go_on_while_rows_are_fresh():
    zoho = Zoho(ok(listing({}, more=True)), ok(listing({})))
    since = datetime(2026, 10, 1, tzinfo=UTC)

    first = zoho.connector.changes_page("contact", since, None)
    second = zoho.connector.changes_page("contact", since, first.next)

    assert [zoho.params()["page"], second.next] == ["2", None]


def test_find_by_name_keeps_exact_names_only():
    zoho = Zoho(ok(listing({"contact_name": "ACME"}, {"contact_name": "Acme Ltd"})))

    found = zoho.connector.find("contact", "name", "Acme")

    assert [record.label for record in found] == ["ACME"]
    assert zoho.params()["contact_name"] == "Acme"
    assert zoho.params()["filter_by"] == "Status.All"


def test_a_name_too_long_to_search_is_found_by_its_beginning():
    name = "A" * 150
    zoho = Zoho(ok(listing({"contact_name": name}, {"contact_name": "A" * 151})))

    found = zoho.connector.find("contact", "name", name)

    assert [record.label for record in found] == [name]
    assert zoho.params()["contact_name_startswith"] == "A" * 100


@pytest.mark.parametrize(
    ("kind", "value"),
    [("email", "Will.Smith@bowman.example"), ("phone", "+1-925-921-9201")],
)
def test_find_by_email_and_phone_use_their_own_parameters(kind, value):
    zoho = Zoho(ok(fixture("contacts_list")))

    found = zoho.connector.find("contact", kind, value)

    assert [record.id for record in found] == [ID]
    assert zoho.params()[kind] == value


def test_an_id_cannot_lead_to_another_path():
    zoho = Zoho(ok(detail()))

    with pytest.raises(RemoteNotFound):
        zoho.connector.get("contact", "../organizations?x=1")

    assert zoho.requests == []


# Accounts


def test_organizations_are_accounts():
    zoho = Zoho(ok(fixture("organizations")), account=Account("", ""))

    first, second = zoho.connector.accounts()

    assert (first.id, first.time_zone, first.country) == (
        "700000001",
        "America/New_York",
        "US",
    )
    assert first.facts["is_default"] is True
    assert (second.time_zone, second.country) == ("UTC", "")


def test_no_organization_is_named_before_one_is_chosen():
    zoho = Zoho(ok(fixture("organizations")), account=Account("", ""))

    zoho.connector.accounts()

    assert zoho.params() == {}
    assert "x-com-zoho-invoice-organizationid" not in zoho.requests[0].headers


def test_calls_name_the_organization_and_carry_the_token_in_zohos_form():
    zoho = Zoho(ok(detail()))

    zoho.connector.get("contact", ID)

    headers = zoho.requests[0].headers
    assert headers["authorization"] == "Zoho-oauthtoken 1000.token"
    assert headers["x-com-zoho-invoice-organizationid"] == "700000001"
    assert zoho.params() == {"organization_id": "700000001"}


def test_check_returns_the_chosen_organization():
    assert (
        Zoho(ok(fixture("organizations"))).connector.check().name == "Harbour Repairs"
    )


def test_check_refuses_an_organization_that_the_user_is_not_in():
    zoho = Zoho(ok(fixture("organizations")), account=Account("9", "Other"))

    with pytest.raises(AuthError) as caught:
        zoho.connector.check()

    assert caught.value.code == "wrong_organization"


def test_check_makes_do_without_the_settings_scope():
    zoho = Zoho(refusal(57, 401), refusal(57, 401), ok(fixture("contacts_list")))

    account = zoho.connector.check()

    assert (account.id, account.time_zone) == ("700000001", "UTC")
