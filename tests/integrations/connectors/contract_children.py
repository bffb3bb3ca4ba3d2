"""The contract's part on records that hang under others: notes, tasks, persons."""

from __future__ import annotations

from contextlib import suppress

import pytest

from crosswalk.errors import ConnectorError, RemoteNotFound
from tests.integrations.connectors.contract_hooks import ContractHooks, both


class ChildrenContract(ContractHooks):
    """One child at a time; `contract_families.py` has their listings."""

    def test_each_child_type_has_samples(self):
        declared = {spec.key for spec in self.child_types()}

        assert declared == set(self.child_samples)

    def test_child_samples_cover_all_that_can_be_written(self):
        for spec in self.child_types():
            keys = {field.key for field in spec.fields if field.is_writable}

            assert keys == set(self.samples_of(spec.key).values), spec.key

    def test_children_hang_under_a_type_there_is(self):
        for spec in self.child_types():
            assert self.module.spec.object(spec.parent), spec.key

    @both
    def test_a_child_is_made_under_its_parent(self):
        for child, samples, parent in self.families():
            made = self.write(None, samples.minimal(0), child, parent)

            assert made.parent_id == parent, child
            for key, value in samples.minimal(0).items():
                assert made.values[key] == value, (child, key)

    @both
    def test_each_field_of_a_child_round_trips_through_a_create(self):
        for child, samples, parent in self.families():
            for number, key in enumerate(self.writable("create", child)):
                value = samples.values[key][0]

                made = self.write(
                    None, {**samples.minimal(number), key: value}, child, parent
                )

                assert made.values[key] == value, (child, key)

    @both
    def test_each_field_of_a_child_round_trips_through_an_update(self):
        for child, samples, parent in self.families():
            made = self.write(None, samples.minimal(0), child, parent)
            for key in self.updatable(child):
                for value in samples.values[key]:
                    made = self.write(made, {key: value}, child, parent)

                    assert made.values[key] == value, (child, key)
                    assert made.parent_id == parent, (child, key)

    @both
    def test_an_update_of_a_child_leaves_its_other_fields_alone(self):
        for child, samples, parent in self.families():
            first = {
                key: samples.values[key][0] for key in self.writable("create", child)
            }
            made = self.write(None, {**samples.minimal(0), **first}, child, parent)
            for key in self.updatable(child):
                second = samples.values[key][1]
                changed = self.write(made, {key: second}, child, parent)

                expected = {**made.values, key: second}
                derived = {f.key for f in self.spec(child).fields if f.is_derived}
                for each in derived & changed.values.keys():  # made of the others
                    expected[each] = changed.values[each]
                assert dict(changed.values) == expected, (child, key)
                made = changed

    @both
    def test_each_field_of_a_child_can_be_emptied(self):
        for child, samples, parent in self.families():
            spec = self.spec(child)
            needed = {f.key for f in spec.fields if f.required} | samples.kept
            made = self.write(None, samples.minimal(0), child, parent)
            for key in self.updatable(child):
                if key in needed:
                    continue
                made = self.write(made, {key: samples.values[key][0]}, child, parent)

                made = self.write(made, {key: None}, child, parent)

                assert made.values[key] == samples.emptied.get(key), (child, key)

    @both
    def test_a_deleted_child_is_gone_and_its_siblings_stay(self):
        for child, samples, parent in self.families("delete"):
            gone = self.write(None, samples.minimal(0), child, parent)
            stays = self.write(None, samples.minimal(1), child, parent)

            self.delete(gone, child)

            with pytest.raises(RemoteNotFound):
                self.connector.get(child, gone.id, parent)
            listed = {each.id for each in self.connector.children(child, parent)}
            assert stays.id in listed, child
            assert gone.id not in listed, child

    @both
    def test_deleting_a_child_twice_does_no_harm(self):
        for child, samples, parent in self.families("delete"):
            gone = self.write(None, samples.minimal(0), child, parent)
            stays = self.write(None, samples.minimal(1), child, parent)
            self.delete(gone, child)

            with suppress(RemoteNotFound):
                self.delete(gone, child)

            listed = {each.id for each in self.connector.children(child, parent)}
            assert stays.id in listed, child

    def test_what_a_type_cannot_is_said_and_refused(self):
        for spec in self.module.spec.objects:
            for operation in {"create", "update", "delete"} - spec.operations:
                assert spec.cannot.get(operation), (spec.key, operation)
        for child, samples, parent in self.families():
            operations = self.spec(child).operations
            made = self.write(None, samples.minimal(0), child, parent)
            if "update" not in operations:
                after = {key: pair[1] for key, pair in samples.values.items()}
                with pytest.raises(ConnectorError):
                    self.connector.steps(child, made, after)
            if "delete" not in operations:
                with pytest.raises(ConnectorError):
                    self.connector.delete_steps(child, made)

    def test_deciding_about_children_makes_no_call(self):
        for child, samples, parent in self.families():
            made = self.write(None, samples.minimal(0), child, parent)
            self.seen.clear()

            self.connector.steps(child, None, samples.minimal(1), parent)
            for key in self.updatable(child):
                self.connector.steps(child, made, {key: samples.values[key][1]})
            if "delete" in self.spec(child).operations:
                self.connector.delete_steps(child, made)

            assert self.seen == [], child

    # Helpers

    def families(self, operation="create"):
        """Yield each child type that allows an operation, its samples and a parent."""
        types = [s for s in self.child_types() if operation in s.operations]
        parents = self.make_people(len(types))
        for spec, parent in zip(types, parents, strict=True):
            yield spec.key, self.samples_of(spec.key), parent

    def updatable(self, child):
        """Return the fields of a type that some call after the create writes."""
        if "update" not in self.spec(child).operations:
            return []
        fields = self.spec(child).fields
        return [field.key for field in fields if field.writes - {"create"}]
