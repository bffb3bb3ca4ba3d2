"""Deleting, archiving and restoring customers at Zoho Invoice."""

from __future__ import annotations

from dataclasses import replace

import pytest

from crosswalk.errors import PermanentError, RemoteNotFound, RemoteRejected
from tests.integrations.connectors.zoho_remote import (
    CONTACT_PATH,
    ID,
    Sandbox,
    Zoho,
    known,
    listed,
    ok,
    refusal,
)

DONE = ok({"code": 0, "message": "The contact has been marked as inactive."})


@pytest.fixture
def zoho():
    return Sandbox()


def test_a_customer_without_transactions_is_deleted(zoho):
    contact = zoho.customer("Going")

    result = zoho.delete("contact", contact)

    assert result.record is None
    with pytest.raises(RemoteNotFound):
        zoho.connector.get("contact", contact.id)


def test_a_delete_done_before_is_done():
    zoho = Zoho(refusal(1002, 404))
    (step,) = zoho.connector.delete_steps("contact", listed())

    result = zoho.connector.perform("contact", step, listed())

    assert (result.record, result.record_id) == (None, ID)


def test_a_delete_whose_answer_is_lost_is_repeated(zoho):
    contact = zoho.customer("Going")
    fault = {"system": "zoho", "match": "DELETE /contacts", "times": 1}
    zoho.switch(fail_next=[fault | {"fault": "commit_then_500", "seconds": 0}])
    (step,) = zoho.connector.delete_steps("contact", contact)

    assert zoho.connector.perform("contact", step, contact).record is None


@pytest.mark.parametrize("status", [400, 200])
def test_a_customer_with_transactions_becomes_inactive_instead(status):
    zoho = Zoho(refusal(3000, status), DONE)
    (step,) = zoho.connector.delete_steps("contact", listed())

    result = zoho.connector.perform("contact", step, listed())

    assert [r.method for r in zoho.requests] == ["DELETE", "POST"]
    assert zoho.sent()[1] == f"{CONTACT_PATH}/inactive"
    assert result.record.excluded == "inactive"
    assert result.record.values["status"] == "inactive"
    assert result.record.facts["has_transaction"] is True


def test_a_customer_known_to_have_transactions_is_archived_at_once():
    record = replace(known(), facts={**known().facts, "has_transaction": True})

    (step,) = Zoho().connector.delete_steps("contact", record)

    assert step.kind == "archive"
    assert "cannot be deleted" in step.label


def test_any_other_refusal_of_a_delete_stays_one():
    zoho = Zoho(refusal(2))
    (step,) = zoho.connector.delete_steps("contact", listed())

    with pytest.raises(RemoteRejected):
        zoho.connector.perform("contact", step, listed())

    assert len(zoho.requests) == 1


def test_archiving_and_restoring_change_the_status_alone(zoho):
    contact = zoho.connector.get("contact", zoho.somebody().id)

    (step,) = zoho.connector.archive_steps("contact", contact)
    zoho.perform("contact", step, contact)
    archived = zoho.connector.get("contact", contact.id)
    (step,) = zoho.connector.restore_steps("contact", archived)
    restored = zoho.perform("contact", step, archived).record

    assert archived.excluded == "inactive"
    assert dict(archived.values) == {**contact.values, "status": "inactive"}
    assert restored.excluded == ""
    assert zoho.connector.get("contact", contact.id).values == contact.values


def test_marking_is_repeated_when_zoho_fails():
    zoho = Zoho((500, {"code": 1000}), (503, "<html>busy</html>"), DONE)
    (step,) = zoho.connector.archive_steps("contact", listed())

    zoho.connector.perform("contact", step, listed())

    assert len(zoho.requests) == 3


@pytest.mark.parametrize("object_type", ["contact_person", "address", "note", "task"])
def test_only_customers_are_archived(object_type):
    connector = Zoho().connector

    with pytest.raises(PermanentError, match="no way to archive"):
        connector.archive_steps(object_type, listed())
    with pytest.raises(PermanentError, match="no way to restore"):
        connector.restore_steps(object_type, listed())


def test_a_missing_thing_is_called_by_its_name():
    def missing(text):
        with pytest.raises(RemoteNotFound) as caught:
            Zoho(refusal(1002, 404, text)).connector.get("contact", ID)
        return caught.value.message

    assert "no longer has this customer" in missing("Contact does not exist")
    assert "no longer has this contact person" in missing(
        "Contact person does not exist"
    )
    assert "no longer has this project" in missing("Project does not exist.")
