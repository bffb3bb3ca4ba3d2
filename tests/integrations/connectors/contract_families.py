"""The contract's part on listing children: complete, and each with its parent."""

from __future__ import annotations

import pytest

from crosswalk.errors import (
    OutcomeUnknown,
    PermanentError,
    RemoteNotFound,
    RemoteRejected,
    TransientError,
)
from tests.integrations.connectors.contract_hooks import ContractHooks, both, ids_of
from tests.integrations.connectors.contract_reading import unknown

# More than a page of the connector that `connect` returns.
SIBLINGS = 5


class FamiliesContract(ContractHooks):
    """All children of a parent, of the account, and one by its id."""

    @both
    def test_all_children_of_a_parent_are_listed(self):
        for child, samples, (parent, other) in self.households():
            before = self.ids_under(child, parent), self.ids_under(child, other)
            made = self.make(child, samples, parent)

            listed = self.connector.children(child, parent)

            assert {each.id for each in listed} - before[0] == made, child
            assert len(listed) == len({each.id for each in listed}), child
            assert {each.parent_id for each in listed} == {parent}, child
            assert self.ids_under(child, other) == before[1], child

    @both
    def test_a_parent_without_children_has_an_empty_list(self):
        for child, _, (parent, _) in self.households():
            listed = self.connector.children(child, parent)

            assert all(each.excluded for each in listed), child

    @both
    def test_a_childs_rows_never_contradict_its_detail(self):
        for child, samples, (parent, _) in self.households():
            first = {k: samples.values[k][0] for k in self.writable("create", child)}
            made = self.write(None, {**samples.minimal(0), **first}, child, parent)
            rows = [
                *self.connector.children(child, parent),
                *(r for page in self.listed(child) for r in page.records),
            ]
            ours = [row for row in rows if row.id == made.id]
            assert ours, child
            for row in ours:
                for key, value in row.values.items():
                    assert made.values.get(key) == value, (child, row.via, key)

    @both
    def test_the_detail_of_a_child_reports_what_the_catalogue_says(self):
        for child, samples, (parent, _) in self.households():
            made = self.write(None, samples.minimal(0), child, parent)

            for field in self.spec(child).fields:
                is_read = field.key in made.values
                assert ("detail" in field.reads) == is_read, (child, field.key)

    @both
    def test_the_complete_listing_has_the_children_of_all_parents(self):
        for child, samples, parents in self.households():
            before = set(ids_of(self.listed(child)))
            made = {
                made_id: parent
                for parent in parents
                for made_id in self.make(child, samples, parent)
            }
            if self.spec(child).listing == "parent":
                with pytest.raises(PermanentError) as caught:
                    self.connector.list_page(child, None)
                assert caught.value.message, child
                continue
            rows = [r for page in self.listed(child) for r in page.records]

            found = {row.id: row.parent_id for row in rows if row.id not in before}
            assert found == made, child
            assert len(rows) == len({row.id for row in rows}), child

    @both
    def test_work_between_pages_hides_no_child(self):
        for child, samples, (parent, other) in self.households():
            if self.spec(child).listing == "parent":
                continue  # one answer, or pages under one parent
            ids = self.make(child, samples, parent) | self.make(child, samples, other)
            met, deleted, cursor, turn = set(), set(), None, 0
            while True:
                page = self.connector.list_page(child, cursor)
                met |= {record.id for record in page.records}
                cursor, turn = page.next, turn + 1
                if cursor is None:
                    break
                assert turn < 1000, "a listing without an end"
                deleted |= self.disturb_children(child, samples, met & ids - deleted)

            lost = ids - deleted - met
            assert not lost, f"{len(lost)} of {len(ids)} {child}s are never met"

    def disturb_children(self, child, samples, here):
        """Make one, delete one of those met; return its id."""
        self.pass_time(2)
        if not here:
            return set()
        gone = min(here)
        record = self.connector.get(child, gone, self.parent_of[gone])
        self.write(None, samples.minimal(90), child, record.parent_id)
        self.delete(record, child)
        return {gone}

    @both
    def test_changes_of_children_are_told_or_refused_in_words(self):
        for child, samples, (parent, _) in self.households():
            self.pass_time(60)
            start = self.now()
            made = self.make(child, samples, parent)
            try:
                told = set(ids_of(self.changes(start, object_type=child)))
            except PermanentError as error:
                told = made if error.message else set()

            assert told >= made, child

    @both
    def test_a_child_without_its_parent_is_read_or_refused(self):
        """A delivery may leave the parent out."""
        for child, samples, (parent, _) in self.households():
            made = self.write(None, samples.minimal(0), child, parent)
            try:
                found = self.connector.get(child, made.id)
                answer = found.id, found.parent_id
            except RemoteRejected as refusal:
                answer = refusal.code

            assert answer in ("parent_unknown", (made.id, parent)), child

    @both
    def test_an_unknown_child_is_not_found(self):
        for child, samples, (parent, other) in self.households():
            made = self.write(None, samples.minimal(0), child, parent)

            with pytest.raises(RemoteNotFound):
                self.connector.get(child, unknown(made.id), parent)
            assert made.id not in self.ids_under(child, other), child

    @both
    def test_children_of_an_unknown_parent_are_not_found(self):
        """An empty list would prove that they were deleted."""
        for child, _, (parent, _) in self.households():
            if child in self.no_proof:
                assert self.connector.children(child, unknown(parent)) == []
                continue
            try:
                found = self.connector.children(child, unknown(parent))
            except RemoteNotFound:
                continue
            pytest.fail(f"{child}: {len(found)} children of nobody")

    def test_an_answer_without_a_list_is_no_empty_family(self):
        for child, _, (parent, _) in self.households():
            for answer in ({"body": {}}, {"content": b"<html></html>"}):
                connector = self.answering(200, **answer)
                with pytest.raises(TransientError):
                    connector.children(child, parent)

    def test_a_child_whose_create_is_answered_by_half_is_of_unknown_outcome(self):
        for child, samples, (parent, _) in self.households():
            for content in (b"", b"{}", b'{"id'):
                connector = self.answering(200, content=content)
                step, *_ = connector.steps(child, None, samples.minimal(0), parent)

                with pytest.raises((OutcomeUnknown, TransientError)):
                    connector.perform(child, step, None)

    # Helpers

    def households(self):
        """Yield each child type that can be made, its samples and two parents."""
        types = [spec for spec in self.child_types() if "create" in spec.operations]
        parents = iter(self.make_people(2 * len(types)))
        self.parent_of = {}
        for spec in types:
            samples = self.samples_of(spec.key)
            yield spec.key, samples, (next(parents), next(parents))

    def make(self, child, samples, parent):
        """Make several children of a parent and return their ids."""
        made = set()
        for number in range(SIBLINGS):
            self.pass_time(1)
            made.add(self.write(None, samples.minimal(number), child, parent).id)
        self.parent_of.update(dict.fromkeys(made, parent))
        return made

    def ids_under(self, child, parent):
        return {each.id for each in self.connector.children(child, parent)}

    def listed(self, child):
        """Return the pages of the complete listing, none where there is no such."""
        if self.spec(child).listing == "parent":
            return []
        return self.listing(object_type=child)
