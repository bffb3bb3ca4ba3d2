"""Zoho contacts and persons in the sandbox: the shapes and the traps of the sheet."""

from __future__ import annotations

import re
from datetime import datetime

import pytest

from sandbox.zoho import SECOND_ID
from tests.sandbox.zoho_client import BOTH, LIST_ONLY, persons

# Wire


def test_organizations_come_without_an_organization_id_and_without_paging(zoho):
    body = zoho.call("GET", "/organizations", params={"organization_id": ""}).json()

    assert set(body) == {"code", "message", "organizations"}
    assert [each["name"] for each in body["organizations"]] == [
        "Northlight Studio",
        "Northlight Studio New York",
    ]


def test_the_organization_id_is_taken_from_header_or_query(zoho):
    header = {"X-com-zoho-invoice-organizationid": SECOND_ID}
    by_header = zoho.call(
        "GET", "/contacts", headers=header, params={"organization_id": ""}
    )
    without = zoho.call("GET", "/contacts", params={"organization_id": ""})
    unknown = zoho.call("GET", "/contacts", params={"organization_id": "42"})

    assert by_header.json()["contacts"] == []
    assert without.status_code == 400
    assert (unknown.status_code, unknown.json()["code"]) == (400, 6041)
    assert unknown.json()["message"] == (
        "This user is not associated with the CompanyID/CompanyName:42."
    )


def test_unknown_paths_and_methods_have_zohos_codes(zoho):
    unknown = zoho.call("GET", "/nothing")
    method = zoho.call("PATCH", "/contacts")

    assert (unknown.status_code, unknown.json()["code"]) == (404, 5)
    assert (method.status_code, method.json()["code"]) == (405, 37)


def test_times_are_in_the_organizations_zone_to_the_second(zoho):
    london = zoho.create("A")
    new_york = zoho.call(
        "POST",
        "/contacts",
        params={"organization_id": SECOND_ID},
        json={"contact_name": "A"},
    ).json()["contact"]

    assert london["last_modified_time"] == "2026-07-01T13:00:00+0100"
    assert new_york["last_modified_time"] == "2026-07-01T08:00:00-0400"
    assert new_york["created_date"] == "01 Jul 2026"


# List


def test_a_list_row_has_exactly_the_keys_of_the_sheet(zoho):
    row = zoho.call("GET", "/contacts").json()["contacts"][0]

    assert set(row) == BOTH | LIST_ONLY


def test_the_default_list_shows_customers_by_name(zoho):
    zoho.switch(zoho_list_custom_fields=False)
    body = zoho.call("GET", "/contacts").json()
    names = [row["contact_name"].casefold() for row in body["contacts"]]

    assert names == sorted(names)
    assert {row["contact_type"] for row in body["contacts"]} == {"customer"}
    assert body["page_context"] == {
        "page": 1,
        "per_page": 200,
        "has_more_page": True,
        "report_name": "Contacts",
        "applied_filter": "Status.Customers",
        "custom_fields": [],
        "sort_column": "contact_name",
        "sort_order": "A",
    }


def test_all_pages_together_are_all_220_seeded_contacts(zoho):
    params = {"filter_by": "Status.All", "per_page": "500"}
    pages = [
        zoho.call("GET", "/contacts", params=params | {"page": page}).json()
        for page in ("1", "2", "3")
    ]

    assert [len(page["contacts"]) for page in pages] == [200, 20, 0]
    assert [page["page_context"]["has_more_page"] for page in pages] == [True, 0, 0]
    ids = {row["contact_id"] for page in pages for row in page["contacts"]}
    assert len(ids) == 220
    assert all(re.fullmatch(r"\d{18}", each) for each in ids)


def test_the_filters_of_status(zoho):
    def count(name: str) -> int:
        params = {"filter_by": name, "per_page": "200", "page": "1"}
        return len(zoho.call("GET", "/contacts", params=params).json()["contacts"])

    assert count("Status.Inactive") == 6
    assert count("Status.Vendors") == 4
    assert count("Status.Crm") == 0
    assert count("Status.Duplicate") >= 20


def test_sorting_by_modified_time_descending_starts_with_the_newest(zoho):
    zoho.create("Newest of all")
    params = {
        "filter_by": "Status.All",
        "sort_column": "last_modified_time",
        "sort_order": "D",
    }
    rows = zoho.call("GET", "/contacts", params=params).json()["contacts"]

    assert rows[0]["contact_name"] == "Newest of all"
    times = [datetime.fromisoformat(row["last_modified_time"]) for row in rows]
    assert times == sorted(times, reverse=True)


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({"contact_name": "ada lovelace"}, True),
        ({"contact_name": "Ada"}, False),
        ({"contact_name_startswith": "ada"}, True),
        ({"contact_name_contains": "LOVE"}, True),
        ({"email": "ada@engine.example"}, True),
        ({"email": "ada"}, False),
        ({"phone": "+442079460999"}, True),
        ({"phone_contains": "0999"}, True),
        ({"company_name": "Engine Ltd"}, True),
        ({"search_text": "lovel"}, True),
        ({"search_text": "nobody at all"}, False),
    ],
)
def test_searches(zoho, params, found):
    zoho.create(
        "Ada Lovelace",
        company_name="Engine Ltd",
        **persons(
            {"first_name": "Ada", "email": "ada@engine.example"}
            | {"phone": "+442079460999"}
        ),
    )
    rows = zoho.call("GET", "/contacts", params=params).json()["contacts"]

    assert ("Ada Lovelace" in [row["contact_name"] for row in rows]) is found


@pytest.mark.parametrize(
    "params",
    [
        {"filter_by": "Status.Odd"},
        {"sort_column": "odd"},
        {"sort_order": "up"},
        {"page": "0"},
        {"per_page": "many"},
        {"last_modified_time": "yesterday"},
    ],
)
def test_invalid_parameters_have_code_2(zoho, params):
    answer = zoho.call("GET", "/contacts", params=params)

    assert (answer.status_code, answer.json()["code"]) == (400, 2)
    assert answer.json()["message"] == f"Invalid value passed for {next(iter(params))}"


def test_the_modified_time_filter_is_honoured_or_silently_ignored(zoho):
    since = zoho.create("New")["last_modified_time"]
    params = {"filter_by": "Status.All", "last_modified_time": since}

    honoured = zoho.call("GET", "/contacts", params=params).json()["contacts"]
    zoho.switch(zoho_last_modified_filter=False)
    ignored = zoho.call("GET", "/contacts", params=params).json()["contacts"]

    assert [row["contact_name"] for row in honoured] == ["New"]
    assert len(ignored) == 200
