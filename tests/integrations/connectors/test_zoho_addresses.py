"""Additional addresses of customers at Zoho Invoice."""

from __future__ import annotations

import pytest

from crosswalk.errors import (
    OutcomeUnknown,
    RemoteNotFound,
    RemoteRejected,
    TransientError,
)
from integrations.connectors.base import Record
from integrations.connectors.zoho_invoice import MODULE
from tests.integrations.connectors.zoho_remote import ID, Sandbox, Zoho, detail, ok

KIND = "address"
SAMPLES = {
    "attention": ("Accounts", "Reception"),
    "address": ("12 St James’s Square", "1 Navy Yard"),
    "street2": ("Floor 2", "Gate 3"),
    "city": ("London", "Arlington"),
    "state": ("Greater London", "VA"),
    "zip": ("SW1Y 4JH", "22202"),
    "country": ("United Kingdom", "U.S.A"),
    "phone": ("+44 20 7946 0001", "+44 20 7946 0002"),
    "fax": ("+44 20 7946 0003", "+44 20 7946 0004"),
}


@pytest.fixture
def zoho():
    return Sandbox()


def made(zoho, **values):
    """Add an address and return it as it is read back."""
    contact = zoho.somebody()
    record = zoho.write(KIND, None, {"city": "Bath", **values}, contact.id)
    return zoho.connector.get(KIND, record.id, contact.id)


def test_samples_cover_all_that_can_be_written():
    spec = MODULE.spec.object(KIND)

    assert SAMPLES.keys() == {f.key for f in spec.fields if f.is_writable}


def test_each_field_round_trips_through_a_create(zoho):
    for key, (value, _) in SAMPLES.items():
        assert made(zoho, **{key: value}).values[key] == value, key


@pytest.mark.parametrize("partial", [True, False])
def test_each_field_round_trips_and_leaves_the_others_alone(zoho, partial):
    zoho.switch(zoho_partial_addresses=partial)
    record = made(zoho, **{key: value for key, (value, _) in SAMPLES.items()})
    for key, (_, value) in SAMPLES.items():
        zoho.write(KIND, record, {key: value})
        changed = zoho.connector.get(KIND, record.id, record.parent_id)

        assert dict(changed.values) == {**record.values, key: value}, key
        record = changed


def test_each_field_can_be_emptied(zoho):
    record = made(zoho, **{key: value for key, (value, _) in SAMPLES.items()})

    zoho.write(KIND, record, dict.fromkeys(SAMPLES))

    read = zoho.connector.get(KIND, record.id, record.parent_id)
    assert set(read.values.values()) == {None}


def test_billing_and_shipping_are_no_additional_addresses(zoho):
    contact = zoho.somebody()
    zoho.write("contact", contact, {"billing_address.city": "Bath"})

    assert zoho.connector.children(KIND, contact.id) == []


def test_an_address_that_is_billing_too_is_left_to_the_customer():
    fixed = detail()["contact"]["billing_address"]
    rows = [fixed, {"address_id": "9", "city": "Bath"}]

    found = Zoho(ok(detail(addresses=rows))).connector.children(KIND, ID)

    assert [(r.id, r.parent_id, r.label) for r in found] == [("9", ID, "Bath")]


def test_a_deleted_address_is_gone_also_when_deleted_twice(zoho):
    record = made(zoho)

    zoho.delete(KIND, record)
    zoho.delete(KIND, record)

    with pytest.raises(RemoteNotFound, match="additional address"):
        zoho.connector.get(KIND, record.id, record.parent_id)


def test_without_its_customer_an_address_cannot_be_read():
    with pytest.raises(RemoteRejected) as caught:
        Zoho().connector.get(KIND, "9")

    assert caught.value.code == "parent_unknown"


def test_without_its_customer_an_address_cannot_be_written():
    with pytest.raises(RemoteRejected):
        Zoho().connector.steps(KIND, Record("9", {}, "list"), {"city": "Bath"})


def test_a_detail_without_addresses_is_no_customer_without_any():
    answer = detail()
    del answer["contact"]["addresses"]

    with pytest.raises(TransientError):
        Zoho(ok(answer)).connector.children(KIND, ID)


def test_a_create_that_names_no_address_is_of_unknown_outcome():
    zoho = Zoho((201, {"code": 0}))
    (step,) = zoho.connector.steps(KIND, None, {"city": "Bath"}, ID)

    with pytest.raises(OutcomeUnknown):
        zoho.connector.perform(KIND, step, None)
