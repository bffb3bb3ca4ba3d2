"""The contract's part on the budget: no call beside it, none counted twice."""

from __future__ import annotations

import httpx
import pytest

from crosswalk.errors import ConnectorError, RateLimited, TransientError
from tests.integrations.connectors.contract_hooks import ContractHooks, both


class BudgetContract(ContractHooks):
    """Each call passes the gate once, and is told as it was."""

    @both
    def test_each_call_passes_the_gate_once_and_is_counted_once(self):
        ids = self.make_people(self.people)
        key, value = self.first_sample()
        for name, work in self.everything(ids, key, value):
            before = self.meter.calls
            work()
            passed = self.meter.calls
            assert passed > before, f"{name} made no call that was counted"
            assert passed == len(self.seen), f"{name} made a call beside the budget"
            assert passed == sum(self.api.calls.values()), f"{name} is miscounted"
            assert len(self.meter.told) == passed, f"{name} kept an answer to itself"
        assert self.api.wasted == 0
        assert self.meter.open == 0  # each call said that it had ended

    def everything(self, ids, key, value):
        """Yield each kind of work with its name."""
        kind, connector = self.object_type, self.connector
        record = connector.get(kind, ids[0])
        yield "check", connector.check
        yield "accounts", connector.accounts
        yield "list", self.listing
        yield "changes", lambda: self.changes(self.now())
        yield "get", lambda: connector.get(kind, ids[1])
        yield "find", lambda: connector.find(kind, "email", "nobody@engine.example")
        yield "create", lambda: self.write(None, self.minimal_values(0))
        yield "update", lambda: self.write(record, {key: value})
        yield "delete", lambda: self.delete(connector.get(kind, ids[2]))
        for spec in self.child_types():
            samples = self.samples_of(spec.key)
            for name, work in self.family(spec.key, samples, ids[3]):
                yield f"{name} {spec.key}", work

    def family(self, child, samples, parent):
        yield "list", lambda: self.connector.children(child, parent)
        yield "create", lambda: self.write(None, samples.minimal(0), child, parent)

    def test_reading_fields_passes_the_gate_too(self):
        for spec in self.module.spec.objects:
            self.connector.fields(spec.key)

            assert self.meter.calls == len(self.seen), spec.key
            assert self.meter.calls == sum(self.api.calls.values()), spec.key

    def test_a_listing_reads_as_many_rows_a_call_as_it_says(self):
        self.make_people(self.people)
        real = self.module.build(self.api, self.account)
        self.seen.clear()

        page = real.list_page(self.object_type, None)

        assert len(page.records) == self.people
        assert page.next is None
        assert len(self.seen) == 1
        assert self.spec().page_size >= self.people

    def test_an_idle_poll_costs_one_call(self):
        self.make_people(self.people)
        self.pass_time(600)
        self.seen.clear()

        self.changes(self.now())

        assert len(self.seen) == 1

    def test_a_call_made_again_asks_again(self):
        connector = self.answering(503, content=b"<html></html>")

        with pytest.raises(TransientError):
            connector.get(self.object_type, "1234567890")

        assert len(self.seen) == self.meter.calls == 1 + self.api.wasted
        assert self.api.wasted > 0

    def test_a_call_that_is_lost_was_paid_for(self):
        def lose(request):
            raise httpx.ReadTimeout("", request=request)

        connector = self.connect(httpx.MockTransport(lose))
        (step,) = connector.steps(self.object_type, None, self.minimal_values(0))

        with pytest.raises(ConnectorError):
            connector.perform(self.object_type, step, None)

        assert self.meter.calls == len(self.seen) == 1

    def test_a_refusal_of_the_remote_is_told_to_the_gate(self):
        connector = self.answering(429, headers={"Retry-After": "7"})

        with pytest.raises(RateLimited) as caught:
            connector.list_page(self.object_type, None)

        assert self.meter.refusals == [caught.value]
        assert len(self.seen) == 1, "asked again at once"

    def test_without_budget_nothing_is_sent(self):
        (known,) = self.make_people(1)
        record = self.connector.get(self.object_type, known)
        self.meter.left = 0
        self.seen.clear()
        key, value = self.first_sample()

        for work in (
            lambda: self.connector.list_page(self.object_type, None),
            lambda: self.connector.get(self.object_type, known),
            lambda: self.write(record, {key: value}),
            lambda: self.delete(record),
            self.connector.check,
        ):
            with pytest.raises(RateLimited):
                work()

        assert self.seen == []

    def test_a_budget_that_ends_between_the_calls_of_a_change_stops_it(self):
        record = self.write(None, self.minimal_values(0))
        for key, (first, _) in self.sample_values.items():
            steps = self.connector.steps(self.object_type, record, {key: first})
            if len(steps) > 1:
                self.meter.left = 1
                self.connector.perform(self.object_type, steps[0], record)
                with pytest.raises(RateLimited):
                    self.connector.perform(self.object_type, steps[1], record)
                self.meter.left = None

    @both
    def test_what_headers_say_of_limits_fits_the_published_ones(self):
        self.connector.list_page(self.object_type, None)

        windows = {limit.window for limit in self.module.spec.limits}
        for snapshot in (s for told in self.meter.told for s in told):
            assert snapshot.window in windows
            assert snapshot.remaining <= snapshot.limit
