"""The field catalogue of Zoho Invoice: what is only read, and custom fields."""

from __future__ import annotations

import pytest

from integrations.connectors.base import Field
from integrations.connectors.zoho_invoice import MODULE
from sandbox.zoho import fields as sandbox_fields
from tests.integrations.connectors.zoho_remote import (
    ID,
    Sandbox,
    Zoho,
    detail,
    known,
    listed,
    listing,
    ok,
)

BOTH = frozenset({"list", "detail"})
PLAN = Field("custom_fields.cf_plan", "Tariff", is_custom=True)
DEFINED = {
    "cf_tier": ("Tier", "dropdown", ("Gold", "Silver")),
    "cf_since": ("Customer since", "date", ()),
    "cf_discount": ("Discount", "decimal", ()),
    "cf_vip": ("VIP", "check_box", ()),
}
SAMPLES = {
    "custom_fields.cf_tier": ("Gold", "Silver"),
    "custom_fields.cf_since": ("2024-05-01", "2025-06-02"),
    "custom_fields.cf_discount": (5, 7.5),
    "custom_fields.cf_vip": (True, False),
}


@pytest.fixture
def zoho():
    zoho = Sandbox()
    for name, (label, kind, options) in DEFINED.items():
        sandbox_fields.field_define(
            zoho.app.extensions["store"],
            zoho.connector.account.id,
            name,
            label,
            data_type=kind,
            options=options,
        )
    return zoho


def own(fields):
    return {field.key: field for field in fields if field.is_custom}


def with_row(**changes):
    return ok(listing(changes))


def custom(**changes):
    entry = {"api_name": "cf_a", "label": "A", "data_type": "string", "value": "x"}
    return detail(custom_fields=[entry | changes], custom_field_hash={})


# Only read


def test_what_people_look_for_is_read_by_each_read():
    for record, via in ((listed(), "list"), (known(), "detail")):
        for field in MODULE.spec.object("contact").fields:
            if via in field.reads:
                assert field.key in record.values, field.key

    assert listed().values["contact_id"] == ID
    assert listed().values["status"] == "active"
    assert listed().values["created_time"].endswith("+00:00")


def test_what_cannot_be_written_says_why():
    for spec in MODULE.spec.objects:
        for field in spec.fields:
            assert field.is_writable or field.help, (spec.key, field.key)


def test_missing_object_types_are_explained():
    assert MODULE.spec.missing_objects.keys() == {"appointment", "tag"}


# Custom fields


@pytest.mark.parametrize("in_lists", [True, False])
def test_the_catalogue_brings_types_labels_and_options(zoho, in_lists):
    zoho.switch(zoho_list_custom_fields=in_lists)
    zoho.write("contact", zoho.somebody(), {k: v for k, (v, _) in SAMPLES.items()})

    found = own(zoho.connector.fields("contact"))

    assert {key: found[key].type for key in SAMPLES} == {
        "custom_fields.cf_tier": "choice",
        "custom_fields.cf_since": "date",
        "custom_fields.cf_discount": "number",
        "custom_fields.cf_vip": "bool",
    }
    assert found["custom_fields.cf_tier"].options == ("Gold", "Silver")
    assert found["custom_fields.cf_since"].label == "Customer since"


def test_standard_fields_come_first(zoho):
    standard = MODULE.spec.object("contact").fields

    assert tuple(zoho.connector.fields("contact")[: len(standard)]) == standard


def test_each_custom_field_round_trips_and_is_emptied(zoho):
    record = zoho.customer("Custom Ltd")
    zoho.write("contact", record, {k: v for k, (v, _) in SAMPLES.items()})
    catalogue = {"contact": list(own(zoho.connector.fields("contact")).values())}
    zoho.connector = zoho.connect(catalogue)
    for key, (_, value) in SAMPLES.items():
        for wanted in (value, None):
            zoho.write("contact", record, {key: wanted})
            read = zoho.connector.get("contact", record.id)
            page = zoho.connector.changes_page("contact", read.modified_at, None)

            assert read.values[key] == wanted, key
            assert page.records[0].values[key] == wanted, key


def test_each_custom_field_round_trips_through_a_create(zoho):
    values = {key: value for key, (value, _) in SAMPLES.items()}

    record = zoho.connector.get("contact", zoho.customer("Custom Ltd", **values).id)

    assert {key: record.values[key] for key in values} == values


def test_a_field_left_out_is_empty_only_if_we_know_of_it():
    answer = detail(custom_fields=[], custom_field_hash={})

    unknown = Zoho(ok(answer)).connector.get("contact", ID)
    told = Zoho(ok(answer), catalogue={"contact": [PLAN]}).connector.get("contact", ID)

    assert PLAN.key not in unknown.values
    assert told.values[PLAN.key] is None


def test_a_read_that_reports_no_custom_fields_at_all_says_nothing_of_them():
    answer = detail()
    for key in ("custom_fields", "custom_field_hash"):
        answer["contact"].pop(key, None)
    zoho = Zoho(ok(answer), catalogue={"contact": [PLAN]})

    assert PLAN.key not in zoho.connector.get("contact", ID).values


def test_a_field_that_lists_do_not_report_is_not_empty_there():
    field = Field(PLAN.key, "Tariff", reads=frozenset({"detail"}), is_custom=True)
    row = with_row(custom_fields=[], custom_field_hash={})
    zoho = Zoho(row, catalogue={"contact": [field]})

    assert PLAN.key not in zoho.connector.list_page("contact", None).records[0].values


def test_a_field_that_only_the_detail_shows_costs_a_detail():
    row = with_row(custom_fields=[], custom_field_hash={})

    found = own(Zoho(row, ok(custom())).connector.fields("contact"))

    assert found["custom_fields.cf_a"].reads == frozenset({"detail"})


def test_a_hash_alone_tells_name_and_type():
    pairs = {"cf_big_plan": "5.00", "cf_big_plan_unformatted": 5.0, "cf_ok": True}
    row = {"custom_fields": [], "custom_field_hash": pairs}
    zoho = Zoho(with_row(**row), ok(detail(**row)))

    found = own(zoho.connector.fields("contact"))

    assert {f.key: (f.label, f.type) for f in found.values()} == {
        "custom_fields.cf_big_plan": ("Big plan", "number"),
        "custom_fields.cf_ok": ("Ok", "bool"),
    }
    assert {f.reads for f in found.values()} == {BOTH}


def test_definitions_on_the_page_are_enough():
    answer = listing({"custom_fields": [], "custom_field_hash": {}})
    entry = {"api_name": "cf_a", "label": "A", "data_type": "multiline"}
    answer["page_context"]["custom_fields"] = [entry]
    zoho = Zoho(ok(answer), ok(detail(custom_fields=[], custom_field_hash={})))

    (found,) = own(zoho.connector.fields("contact")).values()

    assert (found.type, found.label, found.reads) == ("long_text", "A", BOTH)


def test_an_empty_organization_has_the_standard_fields():
    zoho = Zoho(ok(listing()))

    assert own(zoho.connector.fields("contact")) == {}
    assert len(zoho.requests) == 1


@pytest.mark.parametrize("kind", ["autonumber", "formula", "lookup", "attachment"])
def test_what_zoho_makes_itself_is_not_written(kind):
    row = with_row(custom_fields=[], custom_field_hash={})

    (found,) = own(
        Zoho(row, ok(custom(data_type=kind))).connector.fields("contact")
    ).values()

    assert not found.is_writable
    assert found.help


def test_a_unique_field_says_so():
    row = with_row(custom_fields=[], custom_field_hash={})

    (found,) = own(
        Zoho(row, ok(custom(is_unique=True))).connector.fields("contact")
    ).values()

    assert "same value" in found.help


def test_a_field_is_written_by_its_name_and_by_the_label_zoho_told():
    (step,) = Zoho(catalogue={"contact": [PLAN]}).connector.steps(
        "contact", None, {"contact_name": "A", PLAN.key: "gold"}
    )

    entry = {"api_name": "cf_plan", "label": "Tariff", "value": "gold"}
    assert step.body["custom_fields"] == [entry]


def test_a_label_made_up_by_us_is_not_sent():
    field = Field(PLAN.key, "Plan", is_custom=True)
    (step,) = Zoho(catalogue={"contact": [field]}).connector.steps(
        "contact", None, {"contact_name": "A", PLAN.key: "gold"}
    )

    assert step.body["custom_fields"] == [{"api_name": "cf_plan", "value": "gold"}]
