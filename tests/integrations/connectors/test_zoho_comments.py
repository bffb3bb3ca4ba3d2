"""Comments of customers at Zoho Invoice: what notes become there."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from crosswalk.errors import OutcomeUnknown, PermanentError, RateLimited, RemoteRejected
from integrations.connectors.zoho_invoice import MODULE
from tests.integrations.connectors.zoho_remote import ID, Sandbox, Zoho, ok, refusal

KIND = "note"


@pytest.fixture(params=[True, False], ids=["named", "unnamed"])
def zoho(request):
    """The answer to a new comment names it, or does not, as documented."""
    zoho = Sandbox()
    zoho.switch(zoho_comment_in_answer=request.param)
    return zoho


def comment_row(**changes):
    row = {"comment_id": "9", "contact_id": ID, "description": "Pays late."}
    row |= {"commented_by": "Sam", "date": "2026-10-09", "time": "6:03 PM"}
    return row | {"transaction_id": "", "operation_type": ""} | changes


def listing(*rows, more=False):
    context = {"page": 1, "per_page": 200, "has_more_page": more}
    return {"code": 0, "contact_comments": list(rows), "page_context": context}


def add(zoho, contact_id, text):
    (step,) = zoho.connector.steps(KIND, None, {"description": text}, contact_id)
    return zoho.connector.perform(KIND, step, None).record


def test_a_comment_comes_back_as_it_was_added(zoho):
    contact = zoho.somebody()

    made = add(zoho, contact.id, "Called twice.\n\nNobody in: “later”.")

    (read,) = zoho.connector.children(KIND, contact.id)
    assert (read.id, read.parent_id) == (made.id, contact.id)
    assert read.values["description"] == "Called twice.\n\nNobody in: “later”."
    assert zoho.connector.get(KIND, made.id, contact.id).values == read.values


def test_two_comments_of_the_same_text_are_two(zoho):
    contact = zoho.somebody()

    first, second = (add(zoho, contact.id, "Called.") for _ in range(2))

    assert first.id != second.id
    assert {r.id for r in zoho.connector.children(KIND, contact.id)} == {
        first.id,
        second.id,
    }


def test_history_is_no_comment(zoho):
    contact = zoho.customer("Shown In The History")

    rows = zoho.call("GET", f"/contacts/{contact.id}/comments")["contact_comments"]

    assert rows  # Zoho wrote down that the customer was made
    assert zoho.connector.children(KIND, contact.id) == []


def test_a_deleted_comment_is_gone_also_when_deleted_twice(zoho):
    contact = zoho.somebody()
    made = add(zoho, contact.id, "Called.")

    zoho.delete(KIND, made)
    zoho.delete(KIND, made)

    assert zoho.connector.children(KIND, contact.id) == []


def test_a_comment_cannot_be_changed_and_says_why():
    (record,) = Zoho(ok(listing(comment_row()))).connector.children(KIND, ID)

    with pytest.raises(PermanentError) as caught:
        Zoho().connector.steps(KIND, record, {"description": "Pays early."})

    assert caught.value.message == MODULE.spec.object(KIND).cannot["update"]


def test_the_time_is_the_organizations():
    zoho = Zoho(ok(listing(comment_row())))

    (record,) = zoho.connector.children(KIND, ID)

    assert record.created_at == datetime(2026, 10, 9, 22, 3, tzinfo=UTC)


def test_an_unreadable_time_is_none():
    zoho = Zoho(ok(listing(comment_row(date="09 Oct 2026"))))

    (record,) = zoho.connector.children(KIND, ID)

    assert record.created_at is None


@pytest.mark.parametrize(
    ("changes", "kept"),
    [
        ({}, True),
        ({"operation_type": "added"}, False),
        ({"transaction_id": "77", "transaction_type": "customer_payment"}, False),
        ({"comment_type": "system"}, False),
        ({"comment_type": "internal", "operation_type": "added"}, True),
    ],
)
def test_history_is_known_by_its_operation(changes, kept):
    found = Zoho(ok(listing(comment_row(**changes)))).connector.children(KIND, ID)

    assert bool(found) is kept


def test_every_page_is_read():
    zoho = Zoho(
        ok(listing(comment_row(), more=True)), ok(listing(comment_row(comment_id="8")))
    )

    assert [r.id for r in zoho.connector.children(KIND, ID)] == ["9", "8"]


@pytest.mark.parametrize(
    "answer", [ok(listing()), refusal(45, 429), (503, "busy"), refusal(57, 401)]
)
def test_a_comment_added_but_not_found_again_is_never_added_blindly(answer):
    zoho = Zoho((201, {"code": 0, "message": "The comment has been added."}))
    zoho.answers += [answer] * 3
    (step,) = zoho.connector.steps(KIND, None, {"description": "Called."}, ID)

    with pytest.raises(OutcomeUnknown):
        zoho.connector.perform(KIND, step, None)

    assert [r.method for r in zoho.requests].count("POST") == 1


def test_a_throttled_comment_was_not_added():
    zoho = Zoho(refusal(44, 429))
    (step,) = zoho.connector.steps(KIND, None, {"description": "Called."}, ID)

    with pytest.raises(RateLimited):
        zoho.connector.perform(KIND, step, None)


def test_a_comment_without_its_customer_is_not_to_be_had():
    with pytest.raises(RemoteRejected):
        Zoho().connector.get(KIND, "9")
