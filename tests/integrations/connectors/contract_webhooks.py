"""The contract's part on deliveries: who is believed, and what is understood."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from crosswalk.errors import WebhookRejected
from integrations.connectors.base import WebhookRequest
from tests.integrations.connectors.contract_hooks import ContractHooks

BODY = b'{"type": "x"}'
GARBAGE = (
    *(b"", b" ", b"null", b"[]", b'"x"', b"1", b"{", b"\xff\xfe", b"{}{}"),
    b'{"a": ' * 2000,
    b"[" * 100_000,
    b'{"type": 1, "id": {}, "data": [], "contact": 3}',
    b'{"contact": {"contact_id": []}, "data": {"id": null}}',
    b"{}",
)


class WebhooksContract(ContractHooks):
    """`verify` lets authentic deliveries through, `parse` understands them."""

    def verify(self, request, **changes):
        known = {"keys": self.webhook_keys, "secret": self.webhook_secret}
        self.module.verify(request, **{**known, **changes})

    def refused(self, request):
        with pytest.raises(WebhookRejected) as caught:
            self.verify(request)
        assert caught.value.status == 401
        assert caught.value.message

    def signatures(self, request):
        return {k: v for k, v in request.headers.items() if k != "content-type"}

    def with_signatures(self, request, changed):
        headers = {k: v for k, v in request.headers.items() if k == "content-type"}
        return replace(request, headers=headers | changed)

    def test_a_good_signature_is_accepted(self):
        self.verify(self.signed(BODY))

    def test_a_signature_covers_the_bytes_as_they_came(self):
        for body in ('{"name":"Zoë"}'.encode(), b'{ "a" : 1 }', b'{"b":1,"a":2}'):
            self.verify(self.signed(body))

            self.refused(replace(self.signed(body), body=body + b" "))

    def test_a_changed_body_is_refused(self):
        self.refused(replace(self.signed(BODY), body=b'{"type": "y"}'))

    def test_a_missing_signature_is_refused(self):
        self.refused(WebhookRequest(BODY, {}))

    def test_a_wrong_signature_is_refused(self):
        request = self.signed(BODY)
        for wrong in ("", " ", "N/A", "x", "AAAA", "é", "0" * 64, "A" * 10_000):
            changed = dict.fromkeys(self.signatures(request), wrong)

            self.refused(self.with_signatures(request, changed))

    def test_a_signature_with_one_letter_changed_is_refused(self):
        request = self.signed(BODY)
        changed = {
            name: ("b" if value[0] != "b" else "c") + value[1:]
            for name, value in self.signatures(request).items()
        }

        self.refused(self.with_signatures(request, changed))

    def test_a_signature_of_another_delivery_is_refused(self):
        other = self.signatures(self.signed(b'{"type": "z"}'))

        self.refused(self.with_signatures(self.signed(BODY), other))

    def test_one_forged_signature_beside_a_good_one_is_refused(self):
        """The first is the one that counts: nobody may choose the weaker."""
        request = self.signed(BODY)
        first, *_ = self.signatures(request)
        forged = {**self.signatures(request), first: "A" * 86 + "=="}

        self.refused(self.with_signatures(request, forged))

    def test_a_delivery_that_comes_again_reads_the_same(self):
        """So that the inbox knows it by its id, or by its body."""
        body = json.dumps({"type": "x", "webhookId": "1-2-3"}).encode()
        request = self.signed(body)
        self.verify(request)
        self.verify(request)

        assert self.module.parse(request) == self.module.parse(self.signed(body))

    def test_garbage_is_refused_or_names_nothing(self):
        for body in GARBAGE:
            try:
                found, status = self.module.parse(self.signed(body)), 400
            except WebhookRejected as refusal:
                found, status = [], refusal.status

            assert 400 <= status < 500, body[:50]
            assert all(not each.record_id for each in found), body[:50]
            assert all(isinstance(each.event_type, str) for each in found), body[:50]
