"""What every connector must do, whichever system it speaks to.

Inherit `ConnectorContractTests`, name the module, and give the hooks: how to reach a
sandbox of its own for each test, values to write, and how a delivery is signed.
"""

from __future__ import annotations

from dataclasses import replace

import httpx
import pytest

from crosswalk.errors import (
    AuthError,
    OutcomeUnknown,
    RateLimited,
    TransientError,
    WebhookRejected,
)
from integrations.connectors.base import (
    Account,
    ConnectorModule,
    Record,
    WebhookRequest,
)
from integrations.http import Api, client_build

TOKEN = "a-token"


class Token:
    """A token that stays; a refused one has no successor."""

    def __init__(self, value=TOKEN):
        self.value = value

    def token(self):
        return self.value

    def renewed(self, refused):
        raise AuthError("The token was refused.")


class ConnectorContractTests:
    """Each test begins with a fresh, empty account."""

    module: ConnectorModule
    account: Account
    object_type = "contact"
    # Enough for several pages of the connector that `connect` returns.
    people = 7
    # field key → two different values that come back as they were written
    sample_values: dict = {}
    # what an emptied field reads as, where that is not "empty"
    emptied_values: dict = {}
    # (status, body, headers, class of error, its code or "")
    error_table: tuple = ()
    webhook_keys: tuple = ()
    webhook_secret = ""

    # Hooks

    def open_remote(self):
        """Start an empty remote and return (transport, root address, token)."""
        raise NotImplementedError

    def make_people(self, n):
        """Make n records in the remote, not through the connector; return their ids."""
        raise NotImplementedError

    def minimal_values(self, number):
        """Return the least that a create needs, different for each number."""
        raise NotImplementedError

    def pass_time(self, seconds):
        """Let the remote's clock go on."""
        raise NotImplementedError

    def signed(self, body):
        """Return an authentic delivery of these bytes."""
        raise NotImplementedError

    def build(self, api):
        """Return the connector; override it to make pages small."""
        return self.module.build(api, self.account)

    # Helpers

    def setup_method(self):
        transport, root, token = self.open_remote()
        self.connector = self.connect(transport, root, token)

    def connect(self, transport, root="https://remote.example", token=TOKEN):
        api = Api(
            client_build(transport),
            root,
            Token(token),
            dialect=None,  # the connector brings its own
            sleep=lambda seconds: None,
        )
        return self.build(api)

    def answering(self, status, body=None, headers=None, content=None):
        """Return a connector whose remote always answers the same."""

        def answer(request):
            if content is not None:
                return httpx.Response(status, content=content, headers=headers)
            return httpx.Response(status, json=body or {}, headers=headers)

        return self.connect(httpx.MockTransport(answer))

    def spec(self):
        return self.module.spec.object(self.object_type)

    def writable(self, operation):
        return [field.key for field in self.spec().fields if operation in field.writes]

    def write(self, before: Record | None, after) -> Record:
        """Make all calls of a change and return the record as the detail read has it."""
        record = before
        for step in self.connector.steps(self.object_type, before, after):
            result = self.connector.perform(self.object_type, step, record)
            record = merged(record, result)
        return self.connector.get(self.object_type, record.id)

    def listing(self, between_pages=lambda: None):
        return pages(
            lambda cursor: self.connector.list_page(self.object_type, cursor),
            between_pages,
        )

    # Reading

    def test_the_check_returns_the_account(self):
        assert self.connector.check().id == self.account.id

    def test_it_pages_through_everything_once(self):
        ids = self.make_people(self.people)

        found = [record.id for page in self.listing() for record in page.records]

        assert sorted(found) == sorted(ids)

    def test_an_empty_account_has_one_empty_last_page(self):
        found = self.listing()

        assert [list(page.records) for page in found] == [[]]

    def test_edits_between_pages_lose_and_repeat_nothing(self):
        ids = self.make_people(self.people)
        key, (value, _) = next(iter(self.sample_values.items()))
        edited = iter(ids)

        def edit():
            self.pass_time(2)
            record = self.connector.get(self.object_type, next(edited))
            self.write(record, {key: value})

        found = [record.id for page in self.listing(edit) for record in page.records]

        assert sorted(found) == sorted(ids)

    def test_changes_are_those_since_the_moment(self):
        ids = self.make_people(self.people)
        key, (value, _) = next(iter(self.sample_values.items()))
        self.pass_time(60)
        edited = self.connector.get(self.object_type, ids[2])
        edited = self.write(edited, {key: value})

        found = pages(
            lambda cursor: self.connector.changes_page(
                self.object_type, edited.modified_at, cursor
            )
        )

        assert [r.id for page in found for r in page.records] == [edited.id]

    def test_a_list_row_never_contradicts_the_detail(self):
        self.make_people(self.people)

        for page in self.listing():
            for row in page.records:
                detail = self.connector.get(self.object_type, row.id)
                for key, value in row.values.items():
                    assert detail.values.get(key) == value, key

    def test_each_read_reports_what_the_catalogue_says(self):
        self.make_people(1)
        (page,) = self.listing()
        (row,) = page.records
        detail = self.connector.get(self.object_type, row.id)

        for field in self.spec().fields:
            assert ("list" in field.reads) == (field.key in row.values), field.key
            assert ("detail" in field.reads) == (field.key in detail.values), field.key

    # Writing

    def test_samples_cover_all_that_can_be_written(self):
        keys = {field.key for field in self.spec().fields if field.is_writable}

        assert keys == set(self.sample_values)

    def test_each_field_round_trips_through_a_create(self):
        for number, key in enumerate(self.writable("create")):
            value = self.sample_values[key][0]

            record = self.write(None, {**self.minimal_values(number), key: value})

            assert record.values[key] == value, key

    def test_each_field_round_trips_through_an_update(self):
        record = self.write(None, self.minimal_values(0))
        for key, values in self.sample_values.items():
            for value in values:
                record = self.write(record, {key: value})

                assert record.values[key] == value, key

    def test_all_fields_round_trip_in_one_change(self):
        record = self.write(None, self.minimal_values(0))
        after = {key: second for key, (_, second) in self.sample_values.items()}

        record = self.write(record, after)

        assert {key: record.values[key] for key in after} == after

    def test_each_field_can_be_emptied(self):
        needed = {
            field.key for field in self.spec().fields if field.required
        } | self.minimal_values(0).keys()
        record = self.write(None, self.minimal_values(0))
        for key in self.sample_values.keys() - needed:
            record = self.write(record, {key: self.sample_values[key][0]})

            record = self.write(record, {key: None})

            assert record.values[key] == self.emptied_values.get(key), key

    def test_an_update_leaves_other_fields_alone(self):
        samples = {key: first for key, (first, _) in self.sample_values.items()}
        record = self.write(None, {**self.minimal_values(0), **samples})
        for key, (_, second) in self.sample_values.items():
            changed = self.write(record, {key: second})

            assert dict(changed.values) == {**record.values, key: second}, key
            record = changed

    # Errors

    def test_the_error_table(self):
        assert self.error_table
        for status, body, headers, kind, code in self.error_table:
            connector = self.answering(status, body, headers)

            with pytest.raises(kind) as caught:
                connector.get(self.object_type, "1234567890")

            assert type(caught.value) is kind, body
            assert not code or caught.value.code == code, body
            assert caught.value.message

    @pytest.mark.parametrize("status", [500, 502, 503, 504])
    def test_a_server_error_is_tried_again_later(self, status):
        connector = self.answering(status, content=b"<html>Bad Gateway</html>")

        with pytest.raises(TransientError):
            connector.get(self.object_type, "1234567890")

    def test_a_429_says_how_long_to_wait(self):
        connector = self.answering(429, headers={"Retry-After": "7"})

        with pytest.raises(RateLimited) as caught:
            connector.list_page(self.object_type, None)

        assert caught.value.retry_after == 7

    def test_a_page_cut_short_is_no_last_page(self):
        connector = self.answering(200, content=b'{"contacts": [')

        with pytest.raises(TransientError):
            connector.list_page(self.object_type, None)

    def test_an_answer_without_a_list_is_no_last_page(self):
        with pytest.raises(TransientError):
            self.answering(200, {}).list_page(self.object_type, None)

    def test_a_create_whose_answer_is_lost_is_not_repeated(self):
        sent = []

        def lose(request):
            sent.append(request)
            raise httpx.ReadTimeout("", request=request)

        connector = self.connect(httpx.MockTransport(lose))
        (step,) = connector.steps(self.object_type, None, self.minimal_values(0))

        with pytest.raises(OutcomeUnknown):
            connector.perform(self.object_type, step, None)

        assert len(sent) == 1

    @pytest.mark.parametrize("content", [b"", b"{}", b'{"contact": {"id'])
    def test_a_create_answered_by_half_is_of_unknown_outcome(self, content):
        connector = self.answering(200, content=content)
        (step,) = connector.steps(self.object_type, None, self.minimal_values(0))

        with pytest.raises(OutcomeUnknown):
            connector.perform(self.object_type, step, None)

    # Webhooks

    def verify(self, request):
        self.module.verify(request, keys=self.webhook_keys, secret=self.webhook_secret)

    def test_a_good_signature_is_accepted(self):
        self.verify(self.signed(b'{"type": "x"}'))

    def test_a_changed_body_is_refused(self):
        request = self.signed(b'{"type": "x"}')

        with pytest.raises(WebhookRejected) as caught:
            self.verify(replace(request, body=b'{"type": "y"}'))

        assert caught.value.status == 401

    def test_a_missing_signature_is_refused(self):
        with pytest.raises(WebhookRejected) as caught:
            self.verify(WebhookRequest(b'{"type": "x"}', {}))

        assert caught.value.status == 401


def pages(page_at, between_pages=lambda: None):
    """Return all pages of a listing; fails on one without an end."""
    found = [page_at(None)]
    while found[-1].next is not None:
        assert len(found) < 1000, "a listing without an end"
        between_pages()
        found.append(page_at(found[-1].next))
    return found


def merged(record, result):
    """Return the record as known after a step, as the applier keeps it."""
    new = result.record
    if new is None or record is None:
        return new or record
    return replace(
        record,
        values={**record.values, **new.values},
        facts={**record.facts, **new.facts},
    )
