"""The contract's part on writing: each field by each way in, and nothing beside it."""

from __future__ import annotations

from contextlib import suppress

import pytest

from crosswalk.errors import RemoteNotFound
from tests.integrations.connectors.contract_hooks import (
    ContractHooks,
    both,
    merged,
)


class WritingContract(ContractHooks):
    """Creates, updates, deletes."""

    def test_samples_cover_all_that_can_be_written(self):
        keys = {field.key for field in self.spec().fields if field.is_writable}

        assert keys == set(self.sample_values)

    @both
    def test_each_field_round_trips_through_a_create(self):
        for number, key in enumerate(self.writable("create")):
            value = self.sample_values[key][0]

            record = self.write(None, {**self.minimal_values(number), key: value})

            assert record.values[key] == value, key

    @both
    def test_each_field_round_trips_through_an_update(self):
        record = self.write(None, self.minimal_values(0))
        for key, values in self.sample_values.items():
            for value in values:
                record = self.write(record, {key: value})

                assert record.values[key] == value, key

    @both
    def test_each_field_round_trips_through_every_way_in(self):
        """Whatever a field names in `writes` is met by a change, and does write it."""
        used: set[tuple[str, str]] = set()
        record = self.write(None, self.minimal_values(0))
        for key in self.sample_values:
            for after in self.changes_with(key):
                steps = self.connector.steps(self.object_type, record, after)
                ways = {(way, key) for way in self.ways_of(steps, key)}
                if ways - used:
                    record = self.perform(self.object_type, steps, record)
                    assert record.values[key] == after[key], (key, ways)
                used |= ways
        named = {w for f in self.spec().fields for w in f.writes} - {"create"}
        unused = named - {way for way, _ in used}
        assert not unused, f"fields name {unused}, which no change uses"

    def changes_with(self, key):
        """Yield changes of a field: alone, and with each other one."""
        for other in self.sample_values:
            for turn in (1, 0):
                yield {name: self.sample_values[name][turn] for name in (key, other)}

    def ways_of(self, steps, key):
        """Return the operations of a field that these steps write it by."""
        return {
            way
            for way in self.spec().field(key).writes
            for step in steps
            if key in step.fields
            and step.kind in self.step_kinds.get(way, frozenset({way}))
        }

    @both
    def test_all_fields_round_trip_in_one_change(self):
        record = self.write(None, self.minimal_values(0))
        after = {key: second for key, (_, second) in self.sample_values.items()}

        record = self.write(record, after)

        assert {key: record.values[key] for key in after} == after

    @both
    def test_each_field_can_be_emptied(self):
        needed = {
            field.key for field in self.spec().fields if field.required
        } | self.minimal_values(0).keys()
        record = self.write(None, self.minimal_values(0))
        for key in self.sample_values.keys() - needed:
            record = self.write(record, {key: self.sample_values[key][0]})

            record = self.write(record, {key: None})

            assert record.values[key] == self.emptied_values.get(key), key

    @both
    def test_an_update_leaves_other_fields_alone(self):
        samples = {key: first for key, (first, _) in self.sample_values.items()}
        record = self.write(None, {**self.minimal_values(0), **samples})
        for key, (_, second) in self.sample_values.items():
            changed = self.write(record, {key: second})

            assert dict(changed.values) == {**record.values, key: second}, key
            record = changed

    @both
    def test_an_update_moves_the_time_of_change(self):
        (known,) = self.make_people(1)
        before = self.connector.get(self.object_type, known)
        self.pass_time(60)
        key, value = self.first_sample()

        after = self.write(before, {key: value})

        assert after.modified_at > before.modified_at

    @both
    def test_what_a_write_reports_is_what_is_read_after_it(self):
        """Echoes are told by it: a value the answer shows must be the value kept."""
        record = self.write(None, self.minimal_values(0))
        for key, (first, _) in self.sample_values.items():
            shown, known = {}, record
            for step in self.connector.steps(self.object_type, record, {key: first}):
                result = self.connector.perform(self.object_type, step, known)
                known = merged(known, result)
                shown |= result.record.values if result.record else {}
            record = self.connector.get(self.object_type, record.id)

            for name, value in shown.items():
                assert record.values[name] == value, (key, name)

    @both
    def test_a_deleted_record_is_gone_or_set_aside(self):
        (known, other) = self.make_people(2)
        record = self.connector.get(self.object_type, known)

        self.delete(record)

        try:
            after = self.connector.get(self.object_type, known)
        except RemoteNotFound:
            after = None
        assert after is None or after.excluded
        listed = [r for page in self.listing() for r in page.records]
        assert {r.id for r in listed if not r.excluded} == {other}

    @both
    def test_deleting_twice_does_no_harm(self):
        (known, other) = self.make_people(2)
        record = self.connector.get(self.object_type, known)
        self.delete(record)

        with suppress(RemoteNotFound):
            self.delete(record)

        assert self.connector.get(self.object_type, other).id == other

    def test_deciding_makes_no_call(self):
        (known,) = self.make_people(1)
        record = self.connector.get(self.object_type, known)
        self.seen.clear()
        after = {key: first for key, (first, _) in self.sample_values.items()}

        self.connector.steps(self.object_type, record, after)
        self.connector.steps(self.object_type, None, after)
        self.connector.delete_steps(self.object_type, record)
        self.connector.unique_name(self.object_type, record.values, 1)

        assert self.seen == []

    def test_an_update_of_a_gone_record_is_not_found(self):
        (known,) = self.make_people(1)
        record = self.connector.get(self.object_type, known)
        self.delete(record)
        key, value = self.first_sample()
        steps = self.connector.steps(self.object_type, record, {key: value})

        with pytest.raises(RemoteNotFound):
            self.perform(self.object_type, steps, record)
