"""HighLevel: what each read reports, names in lists, paging, look-ups, the check."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from crosswalk.errors import (
    AuthError,
    PermanentError,
    RemoteNotFound,
    TransientError,
)
from tests.integrations.connectors.highlevel_remote import (
    ID,
    LOCATION,
    Remote,
    detail,
    search,
)

SINCE = datetime(2026, 3, 4, 5, 6, 7, 89000, tzinfo=UTC)


def first_row(**changes):
    (record,) = Remote(search(changes)).connector.list_page("contact", None).records
    return record


def names(*rows):
    records = Remote(search(*rows)).connector.list_page("contact", None).records
    return [
        (r.values.get("firstName", "?"), r.values.get("lastName", "?")) for r in records
    ]


# What a read reports


def test_a_search_row_holds_the_street_under_another_name():
    assert first_row().values["address1"] == "3535 1st St N"


def test_a_search_row_says_nothing_of_the_time_zone():
    assert "timezone" not in first_row().values


def test_a_field_left_out_of_a_search_row_is_empty():
    record = first_row(phone=..., address=..., tags=...)

    assert record.values["phone"] is None
    assert record.values["address1"] is None
    assert record.values["tags"] is None


def test_a_field_left_out_of_the_detail_is_empty():
    record = Remote(detail(timezone=..., email="")).connector.get("contact", ID)

    assert record.values["timezone"] is None
    assert record.values["email"] is None


def test_custom_fields_are_read_by_their_id():
    record = Remote(detail()).connector.get("contact", ID)

    assert record.values["customFields.MgobCB14YMVKuE4Ka8p1"] == "Gold"


def test_a_record_carries_times_label_and_facts():
    record = Remote(detail()).connector.get("contact", ID)

    assert record.modified_at == datetime(2026, 3, 4, 11, 39, 30, 564000, tzinfo=UTC)
    assert record.created_at == datetime(2021, 7, 2, 5, 18, 26, 704000, tzinfo=UTC)
    assert record.label == "Rubika Deo"
    assert record.facts == {
        "additionalEmails": ["deo@deos.example"],
        "additionalPhones": [],
        "type": "lead",
    }


def test_additional_numbers_of_a_row_are_plain_texts():
    assert first_row().facts["additionalPhones"] == ["+18832327658"]


@pytest.mark.parametrize("moment", [1772624370564, "1772624370564"])
def test_times_may_come_as_milliseconds(moment):
    assert first_row(dateUpdated=moment).modified_at == datetime(
        2026, 3, 4, 11, 39, 30, 564000, tzinfo=UTC
    )


def test_a_time_that_cannot_be_read_is_unknown():
    assert first_row(dateUpdated="soon").modified_at is None


@pytest.mark.parametrize(
    "shown", ["1990-09-25", "1990-09-25T00:00:00.000Z", 654220800000]
)
def test_a_birthday_has_one_form(shown):
    assert first_row(dateOfBirth=shown).values["dateOfBirth"] == "1990-09-25"


@pytest.mark.parametrize(
    ("empty", "label"),
    [
        (("lastName",), "Rubika"),
        (("firstName", "lastName"), "DGS VolMAX"),
        (("firstName", "lastName", "companyName"), "rubika@deos.example"),
        (("firstName", "lastName", "companyName", "email"), "+18832327657"),
    ],
)
def test_the_label_falls_back_on_what_is_there(empty, label):
    record = Remote(detail(**dict.fromkeys(empty, ...))).connector.get("contact", ID)

    assert record.label == label


# Names in lists


def test_names_as_written_win_over_lower_cased_ones():
    row = {
        "firstName": "rubika",
        "firstNameRaw": "Rubika",
        "lastName": "deo",
        "lastNameRaw": "deo",
    }

    assert names(row) == [("Rubika", "deo")]


def test_lower_case_names_of_a_list_without_any_capital_are_not_read():
    rows = (
        {"firstName": "rubika", "lastName": "deo"},
        {"firstName": "jo", "lastName": ...},
    )

    assert names(*rows) == [("?", "?"), ("?", None)]


def test_one_capital_anywhere_makes_the_whole_page_trusted():
    rows = (
        {"firstName": "rubika", "lastName": "deo"},
        {"firstName": "Jo", "lastName": ...},
    )

    assert names(*rows) == [("rubika", "deo"), ("Jo", None)]


def test_names_without_case_are_trusted():
    assert names({"firstName": "小明", "lastName": "王"}) == [("小明", "王")]


def test_a_name_that_is_not_read_is_not_a_label_either():
    row = {"firstName": "rubika", "lastName": "deo", "contactName": "rubika deo"}

    assert first_row(**row).label == "DGS VolMAX"


# Paging


def test_a_listing_asks_for_the_largest_pages_in_an_order_that_edits_keep():
    remote = Remote(search({}))

    remote.connector.list_page("contact", None)

    assert remote.calls == ["POST /contacts/search"]
    assert remote.sent == [
        {
            "locationId": LOCATION,
            "pageLimit": 500,
            "sort": [{"field": "dateAdded", "direction": "asc"}],
        }
    ]


def test_changes_ask_for_what_was_updated_since():
    remote = Remote(search({}))

    remote.connector.changes_page("contact", SINCE, None)

    assert remote.sent[0]["filters"] == [
        {
            "field": "dateUpdated",
            "operator": "range",
            "value": {"gte": "2026-03-04T05:06:07.089Z"},
        }
    ]
    assert remote.sent[0]["sort"] == [{"field": "dateUpdated", "direction": "asc"}]


def walk(remote):
    """Return the bodies sent until the last page, without what never changes."""
    page = remote.connector.list_page("contact", None)
    while page.next is not None:
        page = remote.connector.list_page("contact", page.next)
    asides = ("locationId", "pageLimit", "sort")
    return [{k: v for k, v in each.items() if k not in asides} for each in remote.sent]


def test_the_next_page_begins_after_the_last_row():
    remote = Remote(
        search({"searchAfter": [1, "a"]}, {"searchAfter": [2, "b"]}, total=3),
        search({"searchAfter": [3, "c"]}, total=3),
        page_size=2,
    )

    assert walk(remote) == [{}, {"searchAfter": [2, "b"]}]


def test_a_full_last_page_is_followed_by_an_empty_one():
    remote = Remote(search({}, {}, total=2), search(total=2), page_size=2)

    assert len(walk(remote)) == 2


def test_a_short_page_is_not_the_last_while_the_total_says_more():
    remote = Remote(
        search({"searchAfter": [1, "a"]}, total=2),
        search({"searchAfter": [2, "b"]}, total=2),
        page_size=500,
    )

    assert walk(remote) == [{}, {"searchAfter": [1, "a"]}]


def test_rows_without_a_cursor_are_paged_by_number():
    rows = {"searchAfter": ...}, {"searchAfter": ...}
    remote = Remote(
        search(*rows, total=5),
        search(*rows, total=5),
        search(rows[0], total=5),
        page_size=2,
    )

    assert walk(remote) == [{}, {"page": 2}, {"page": 3}]


def test_rows_without_a_cursor_end_where_the_total_is_reached():
    rows = {"searchAfter": ...}, {"searchAfter": ...}

    assert walk(Remote(search(*rows, total=2), page_size=2)) == [{}]


def test_a_listing_that_does_not_move_is_an_error_and_not_endless():
    same = search({"searchAfter": [1, "a"]}, total=9)

    with pytest.raises(PermanentError) as caught:
        walk(Remote(same, same, page_size=1))

    assert caught.value.code == "paging_stuck"


def test_rows_of_other_locations_and_deleted_ones_are_dropped_but_counted():
    rows = {"locationId": "elsewhere"}, {"deleted": True}, {"searchAfter": [3, "c"]}
    remote = Remote(search(*rows, total=9), page_size=3)

    page = remote.connector.list_page("contact", None)

    assert len(page.records) == 1
    assert page.next == {"after": [3, "c"], "seen": 3}


@pytest.mark.parametrize("body", [{}, [], {"contacts": None}, {"contacts": ["x"]}])
def test_an_answer_that_is_no_list_of_contacts_is_no_empty_page(body):
    with pytest.raises(TransientError):
        Remote(body).connector.list_page("contact", None)


def test_a_search_is_tried_again_after_a_server_error():
    remote = Remote((503, {}, {}), search({}))

    assert len(remote.connector.list_page("contact", None).records) == 1


# One contact


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (400, f"Contact with id {ID} not found"),
        (400, "contact is deleted"),
        (400, "contact does not belong to location"),
        (404, "Contact not found"),
    ],
)
def test_a_missing_contact_is_not_found(status, message):
    remote = Remote((status, {"statusCode": status, "message": message}, {}))

    with pytest.raises(RemoteNotFound):
        remote.connector.get("contact", ID)


@pytest.mark.parametrize("changes", [{"deleted": True}, {"locationId": "elsewhere"}])
def test_a_contact_deleted_or_elsewhere_is_not_found(changes):
    with pytest.raises(RemoteNotFound):
        Remote(detail(**changes)).connector.get("contact", ID)


def test_an_unknown_path_does_not_mean_that_the_contact_is_gone():
    body = {"statusCode": 404, "message": f"Cannot GET /contacts/{ID}"}

    with pytest.raises(PermanentError) as caught:
        Remote((404, body, {})).connector.get("contact", ID)

    assert caught.value.code == "wrong_address"


@pytest.mark.parametrize("record_id", ["", "..", "../locations/x", "a/b", "a?b"])
def test_an_id_that_is_none_is_never_called(record_id):
    remote = Remote()

    with pytest.raises(RemoteNotFound):
        remote.connector.get("contact", record_id)

    assert remote.requests == []


FORBIDDEN = {
    "statusCode": 403,
    "message": "The token does not have access to this location.",
}


def test_a_contact_of_another_location_does_not_disconnect_this_one():
    remote = Remote((403, FORBIDDEN, {}), search())

    with pytest.raises(RemoteNotFound):
        remote.connector.get("contact", ID)
    assert remote.api.refused is None


def test_nor_does_a_child_of_one():
    remote = Remote((403, FORBIDDEN, {}), search())

    with pytest.raises(RemoteNotFound):
        remote.connector.children("note", ID)
    assert remote.api.refused is None


def test_a_token_of_another_location_asks_to_reconnect():
    remote = Remote((403, FORBIDDEN, {}), (403, FORBIDDEN, {}))

    with pytest.raises(AuthError) as caught:
        remote.connector.get("contact", ID)

    assert caught.value.code == "wrong_location"


# Look-ups


def test_find_asks_the_read_that_does_not_lag():
    remote = Remote(detail())

    (found,) = remote.connector.find("contact", "phone", "+18832327657")

    assert found.id == ID
    assert remote.calls == ["GET /contacts/search/duplicate"]
    assert b"number=%2B18832327657" in remote.requests[0].url.query


def test_find_takes_only_present_fields_as_read():
    remote = Remote({"contact": {"id": ID, "email": "rubika@deos.example"}})

    (found,) = remote.connector.find("contact", "email", "rubika@deos.example")

    assert found.values == {"id": ID, "email": "rubika@deos.example"}


@pytest.mark.parametrize(
    "answer",
    [
        {"contact": None},
        {},
        (404, {"message": "Not found"}, {}),
        (400, {"message": "Contact not found"}, {}),
    ],
)
def test_find_may_find_nobody(answer):
    assert Remote(answer).connector.find("contact", "email", "a@b.example") == []


def test_find_by_name_makes_no_call():
    remote = Remote()

    assert remote.connector.find("contact", "name", "Rubika Deo") == []
    assert remote.requests == []
