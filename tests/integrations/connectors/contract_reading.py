"""The contract's part on reading: complete, current, and consistent."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from crosswalk.errors import PermanentError, RemoteNotFound, RemoteRejected
from tests.integrations.connectors.contract_hooks import ContractHooks, both, ids_of

# None of them may reach another path of the remote, nor be taken for a list.
ODD_IDS = ("", " ", "..", "../x", "a/b", "a?b=c", "a#b", "%2e%2e", "é", "x" * 500)


class ReadingContract(ContractHooks):
    """Pages, changes, and one record at a time."""

    @both
    def test_the_check_returns_the_account(self):
        assert self.connector.check().id == self.account.id

    @both
    def test_the_accounts_hold_the_account(self):
        assert self.account.id in {each.id for each in self.connector.accounts()}

    @both
    def test_it_pages_through_everything_once(self):
        ids = self.make_people(self.people)

        assert sorted(ids_of(self.listing())) == sorted(ids)

    @both
    def test_an_empty_account_has_one_empty_last_page(self):
        found = self.listing()

        assert [list(page.records) for page in found] == [[]]

    @both
    def test_edits_between_pages_lose_and_repeat_nothing(self):
        ids = self.make_people(self.people)
        key, value = self.first_sample()
        edited = iter(ids)

        def edit():
            self.pass_time(2)
            record = self.connector.get(self.object_type, next(edited))
            self.write(record, {key: value})

        assert sorted(ids_of(self.listing(edit))) == sorted(ids)

    @both
    def test_edits_deletes_and_creates_between_pages_hide_nobody(self):
        """Who was there throughout is met once, or again by the changes poll."""
        ids = self.make_people(self.people + 3)
        self.pass_time(5)
        start = self.now()
        met, deleted = [], set()

        cursor, turn = None, 0
        while True:
            page = self.connector.list_page(self.object_type, cursor)
            met += [record.id for record in page.records]
            cursor, turn = page.next, turn + 1
            if cursor is None:
                break
            self.pass_time(2)
            deleted.add(self.disturb(turn, met, ids, deleted))

        changed = set(ids_of(self.changes(start)))
        throughout = set(ids) - deleted
        lost = throughout - set(met) - changed
        assert not lost, f"{len(lost)} of {len(throughout)} are never met"
        counts = Counter(met)
        again = {i for i in throughout - changed if counts[i] > 1}
        assert not again, f"{len(again)} untouched records are met more than once"

    def disturb(self, turn, met, ids, deleted):
        """Edit two, make one and delete one of those met; return the deleted id."""
        key, value = self.first_sample()
        here = [i for i in ids if i not in deleted]
        unmet = [i for i in here if i not in met]
        gone, *rest = [i for i in here if i in met]
        for edited in (*rest[-1:], *unmet[-1:]):
            self.write(self.connector.get(self.object_type, edited), {key: value})
        self.write(None, self.minimal_values(100 + turn))
        self.delete(self.connector.get(self.object_type, gone))
        return gone

    # Changes

    @both
    def test_changes_are_those_since_the_moment(self):
        ids = self.make_people(self.people)
        key, value = self.first_sample()
        self.pass_time(60)
        edited = self.connector.get(self.object_type, ids[2])
        edited = self.write(edited, {key: value})

        assert ids_of(self.changes(edited.modified_at)) == [edited.id]

    @both
    def test_changes_hold_what_was_made_too(self):
        self.make_people(2)
        self.pass_time(60)
        made = self.write(None, self.minimal_values(0))

        assert ids_of(self.changes(made.modified_at)) == [made.id]

    @both
    def test_changes_without_any_are_one_empty_page(self):
        self.make_people(2)
        self.pass_time(60)

        found = self.changes(self.now())

        assert [list(page.records) for page in found] == [[]]

    @both
    def test_what_changed_at_one_moment_is_told_over_several_pages(self):
        """The remote's clock is too coarse to tell them apart."""
        self.pass_time(60)
        self.stop_time()
        made = [
            self.write(None, self.minimal_values(number))
            for number in range(self.people)
        ]

        found = ids_of(self.changes(made[0].modified_at))

        assert sorted(found) == sorted(record.id for record in made)

    @both
    def test_changes_read_behind_the_cursor_hold_the_older_ones(self):
        ids = self.make_people(3)
        overlap = timedelta(seconds=self.module.spec.overlap_seconds)
        last = self.connector.get(self.object_type, ids[-1])

        found = ids_of(self.changes(last.modified_at - overlap))

        assert sorted(found) == sorted(ids)
        # a vendor's clock that is put back by minutes hides nobody
        assert overlap >= timedelta(minutes=5)

    @both
    def test_an_edit_while_changes_are_read_hides_no_other(self):
        """It moves to one end of the list, and the others by one; what is edited then
        is told by the next poll, which goes on where this one began."""
        ids = self.make_people(self.people)
        start = self.now() - timedelta(seconds=self.people + 5)
        key, value = self.first_sample()
        edited = iter(ids)

        def edit():
            self.pass_time(2)
            record = self.connector.get(self.object_type, next(edited))
            self.write(record, {key: value})

        reading = self.now()
        found = set(ids_of(self.changes(start, edit)))
        found |= set(ids_of(self.changes(reading)))

        assert found >= set(ids), f"{len(set(ids) - found)} changes are never told"

    # One record

    @both
    def test_a_list_row_never_contradicts_the_detail(self):
        self.make_people(self.people)

        for page in self.listing():
            for row in page.records:
                detail = self.connector.get(self.object_type, row.id)
                for key, value in row.values.items():
                    assert detail.values.get(key) == value, key
                assert row.modified_at == detail.modified_at

    @both
    def test_each_read_reports_what_the_catalogue_says(self):
        self.make_people(1)
        (page,) = self.listing()
        (row,) = page.records
        detail = self.connector.get(self.object_type, row.id)

        for field in self.spec().fields:
            assert ("list" in field.reads) == (field.key in row.values), field.key
            assert ("detail" in field.reads) == (field.key in detail.values), field.key

    @both
    def test_an_unknown_id_is_not_found(self):
        (known,) = self.make_people(1)

        with pytest.raises(RemoteNotFound):
            self.connector.get(self.object_type, unknown(known))

    def test_an_odd_id_is_not_found(self):
        self.make_people(1)
        for odd in ODD_IDS:
            try:
                self.connector.get(self.object_type, odd)
            except (RemoteNotFound, RemoteRejected):
                continue
            except PermanentError as error:
                pytest.fail(f"{odd!r} is answered by: {error.message}")
            pytest.fail(f"{odd!r} names a record")

    @both
    def test_somebody_is_found_by_the_match_fields(self):
        spec = self.spec()
        for kind in ("email", "phone"):
            for key in spec.match_fields.get(kind, ())[:1]:
                value = self.sample_values[key][0]
                made = self.write(None, {**self.minimal_values(0), key: value})

                found = self.connector.find(self.object_type, kind, value)

                assert made.id in {record.id for record in found}, key
                assert not self.connector.find(
                    self.object_type, kind, self.sample_values[key][1]
                )
                self.delete(made)


def unknown(known):
    """Return an id of the same form that names nothing."""
    return known[:-3] + ("999" if known[-3:] != "999" else "998")
