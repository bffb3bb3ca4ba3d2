"""The contract's part on errors: each answer means what it says, none passes as data."""

from __future__ import annotations

import httpx
import pytest

from crosswalk.errors import OutcomeUnknown, RateLimited, TransientError
from tests.integrations.connectors.contract_hooks import ContractHooks


class ErrorsContract(ContractHooks):
    """The error table, and answers that did not arrive whole."""

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
