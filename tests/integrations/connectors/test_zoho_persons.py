"""Contact persons of Zoho Invoice: the people beside the primary one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from crosswalk.errors import OutcomeUnknown, PermanentError
from integrations.connectors.base import BulkFacts
from integrations.connectors.zoho_invoice import MODULE
from tests.integrations.connectors.zoho_remote import (
    ID,
    PRIMARY,
    Sandbox,
    Zoho,
    ok,
    refusal,
)

KIND = "contact_person"
SAMPLES = {
    "salutation": ("Mr.", "Dr."),
    "first_name": ("Ada", "Grace"),
    "last_name": ("Lovelace", "Ó Súilleabháin"),
    "email": ("ada@engine.example", "grace@navy.example"),
    "phone": ("+44 20 7946 0001", "+44 20 7946 0002"),
    "mobile": ("+44 7700 900001", "+44 7700 900002"),
    "designation": ("Analyst", "Admiral"),
    "department": ("Engines", "Navy"),
    "skype": ("ada", "grace"),
    "fax": ("+44 20 7946 0003", "+44 20 7946 0004"),
}


@pytest.fixture
def zoho():
    return Sandbox()


def person_row(**changes):
    row = {"contact_person_id": PRIMARY, "contact_id": ID, "first_name": "Will"}
    row |= {"last_name": "Smith", "email": "w@x.example", "phone": "", "mobile": ""}
    return row | {"is_primary_contact": True} | changes


def page(*rows, more=False):
    context = {"page": 1, "per_page": 200, "has_more_page": more}
    return {"code": 0, "contact_persons": list(rows), "page_context": context}


def second(zoho, contact_id, **values):
    """Add a person beside the primary one."""
    made = zoho.write(KIND, None, {"first_name": "Second", **values}, contact_id)
    return zoho.connector.get(KIND, made.id, contact_id)


def test_samples_cover_all_that_can_be_written():
    spec = MODULE.spec.object(KIND)

    assert SAMPLES.keys() == {f.key for f in spec.fields if f.is_writable}


def test_each_field_round_trips_through_a_create(zoho):
    contact = zoho.somebody()
    for key, (value, _) in SAMPLES.items():
        record = second(zoho, contact.id, **{key: value})

        assert record.values[key] == value, key
        assert record.parent_id == contact.id


def test_each_field_round_trips_through_an_update_and_can_be_emptied(zoho):
    record = second(zoho, zoho.somebody().id)
    for key, values in SAMPLES.items():
        emptied = () if key == "first_name" else (None,)
        for value in (*values, *emptied):
            zoho.write(KIND, record, {key: value})
            record = zoho.connector.get(KIND, record.id, record.parent_id)

            assert record.values[key] == value, key


def test_an_update_leaves_other_fields_alone(zoho):
    record = second(zoho, zoho.somebody().id, **{k: v for k, (v, _) in SAMPLES.items()})
    for key, (_, value) in SAMPLES.items():
        zoho.write(KIND, record, {key: value})
        changed = zoho.connector.get(KIND, record.id, record.parent_id)

        assert dict(changed.values) == {**record.values, key: value}, key
        record = changed


def test_the_children_of_a_customer_are_all_its_persons(zoho):
    contact = zoho.somebody()
    made = second(zoho, contact.id)

    found = {r.id: r for r in zoho.connector.children(KIND, contact.id)}

    assert found.keys() == zoho.persons(contact.id).keys()
    assert [r.excluded for r in found.values()].count("primary") == 1
    assert found[made.id].excluded == ""
    assert "primary" in MODULE.spec.object(KIND).exclusions


def test_a_list_never_contradicts_the_detail(zoho):
    for row in zoho.connector.list_page(KIND, None).records[:10]:
        detail = zoho.connector.get(KIND, row.id, row.parent_id)

        assert row.values == detail.values
        assert (row.excluded, row.parent_id) == (detail.excluded, detail.parent_id)


def test_a_person_is_read_without_its_customer(zoho):
    made = second(zoho, zoho.somebody().id)

    assert zoho.connector.get(KIND, made.id).parent_id == made.parent_id


def test_the_listing_shows_every_person_once_to_the_end(zoho):
    contacts = zoho.connector.list_page("contact", None).records
    wanted = [each for c in contacts[:12] for each in zoho.persons(c.id)]

    first = zoho.connector.list_page(KIND, None)
    zoho.write(KIND, first.records[0], {"first_name": "Edited"})
    found = [r.id for r in first.records]
    cursor = first.next
    while cursor is not None:
        following = zoho.connector.list_page(KIND, cursor)
        found += [r.id for r in following.records]
        cursor = following.next

    assert len(found) == len(set(found))
    assert set(wanted) <= set(found)


def test_a_new_primary_person_is_marked_by_a_call_of_its_own(zoho):
    contact = zoho.connector.get("contact", zoho.somebody().id)
    made = second(zoho, contact.id)

    (step,) = zoho.connector.primary_steps(made)
    result = zoho.perform(KIND, step, made)

    assert result.record.excluded == "primary"
    assert zoho.persons(contact.id)[made.id]["is_primary_contact"] is True
    assert zoho.connector.get("contact", contact.id).facts["primary_person"] == made.id


def test_a_deleted_person_is_gone_and_the_others_stay(zoho):
    contact = zoho.somebody()
    before = set(zoho.persons(contact.id))
    made = second(zoho, contact.id)

    zoho.delete(KIND, made)

    assert set(zoho.persons(contact.id)) == before
    assert zoho.delete(KIND, made).record is None  # once more is as good as once


def test_what_somebody_reads_cannot_be_searched(zoho):
    with pytest.raises(PermanentError, match="search by email"):
        zoho.connector.find(KIND, "email", "a@x.example")


def test_a_create_that_names_nobody_is_of_unknown_outcome():
    zoho = Zoho((201, {"code": 0, "message": "success"}))
    (step,) = zoho.connector.steps(KIND, None, {"first_name": "Ada"}, ID)

    with pytest.raises(OutcomeUnknown):
        zoho.connector.perform(KIND, step, None)


def test_every_page_of_a_customers_persons_is_read():
    more = page(person_row(), more=True)
    last = page(person_row(contact_person_id="2", is_primary_contact=False))
    zoho = Zoho(ok(more), ok(last))

    found = zoho.connector.children(KIND, ID)

    assert [record.id for record in found] == [PRIMARY, "2"]
    assert zoho.params()["page"] == "2"


def test_changes_are_everybody_because_the_list_has_no_times():
    zoho = Zoho(ok(page(person_row(created_time="09 Oct 2026"))))

    found = zoho.connector.changes_page(KIND, datetime(2030, 1, 1, tzinfo=UTC), None)

    assert [record.modified_at for record in found.records] == [None]


# Facts in bulk


def test_primary_persons_are_learnt_200_a_call(zoho):
    assert isinstance(zoho.connector, BulkFacts)
    listed = zoho.connector.list_page("contact", None).records[:20]
    facts = facts_in_bulk(zoho)

    for row in listed:
        if row.id in facts:
            known = with_facts(row, facts[row.id])
            steps = zoho.connector.steps("contact", known, {"phone": "+44 1"})
            wanted = zoho.connector.get("contact", row.id).facts["primary_person"]
            assert [step.kind for step in steps] == ["update_person"]
            assert known.facts["primary_person"] == wanted


def test_bulk_facts_do_not_hold_once_the_list_shows_somebody_else(zoho):
    row = zoho.somebody()
    known = with_facts(row, facts_in_bulk(zoho)[row.id], first_name="Somebody else")

    steps = zoho.connector.steps("contact", known, {"phone": "+44 1"})

    assert [step.kind for step in steps] == ["read", "update_person"]


def test_only_primary_persons_tell_facts():
    rows = (person_row(), person_row(contact_person_id="2", is_primary_contact=False))
    zoho = Zoho(ok(page(*rows, more=True)), ok(page(rows[-1])))

    first = zoho.connector.facts_page("contact", None)

    assert [(r.id, r.facts["primary_person"]) for r in first.records] == [(ID, PRIMARY)]
    assert dict(first.records[0].values) == {}
    last = zoho.connector.facts_page("contact", first.next)
    assert (last.records, last.next) == ([], None)


def test_facts_in_bulk_are_those_of_customers_alone():
    with pytest.raises(PermanentError):
        Zoho().connector.facts_page("note", None)


def test_a_refusal_of_the_bulk_read_is_told():
    with pytest.raises(PermanentError):
        Zoho(refusal(5, 404)).connector.facts_page("contact", None)


def facts_in_bulk(zoho):
    facts, cursor = {}, None
    while True:
        found = zoho.connector.facts_page("contact", cursor)
        facts |= {record.id: record.facts for record in found.records}
        cursor = found.next
        if cursor is None:
            return facts


def with_facts(record, facts, **values):
    return replace(
        record,
        values={**record.values, **values},
        facts={**record.facts, **facts},
    )
