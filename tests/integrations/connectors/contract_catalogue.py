"""The contract's part on the field catalogue: what it promises can be relied on."""

from __future__ import annotations

from collections import Counter

from tests.integrations.connectors.contract_hooks import ContractHooks, both

CHOICES = frozenset({"choice", "choices"})


class CatalogueContract(ContractHooks):
    """The standard fields as data, the live ones as read."""

    @both
    def test_the_live_fields_begin_with_the_standard_ones(self):
        self.make_custom_fields()
        for spec in self.module.spec.objects:
            live = [field.key for field in self.connector.fields(spec.key)]

            missing = {field.key for field in spec.fields} - set(live)
            assert not missing, (spec.key, missing)

    @both
    def test_no_two_fields_have_the_same_key(self):
        self.make_custom_fields()
        for spec in self.module.spec.objects:
            counts = Counter(f.key for f in self.connector.fields(spec.key))

            assert [key for key, n in counts.items() if n > 1] == [], spec.key

    @both
    def test_fields_say_what_they_are(self):
        self.make_custom_fields()
        for spec in self.module.spec.objects:
            standard = {field.key for field in spec.fields}
            for field in self.connector.fields(spec.key):
                assert field.label.strip(), field.key
                assert field.reads <= {"list", "detail"}, field.key
                assert field.reads, field.key
                assert field.is_custom == (field.key not in standard), field.key
                assert len(set(field.options)) == len(field.options), field.key
                assert all(field.options), field.key
                assert not field.options or field.type in {*CHOICES, "tags"}, field.key

    @both
    def test_a_field_that_nothing_writes_says_why(self):
        self.make_custom_fields()
        for spec in self.module.spec.objects:
            for field in self.connector.fields(spec.key):
                assert field.is_writable or field.help.strip(), field.key

    def test_the_options_of_a_field_come_back_as_written(self):
        record = self.write(None, self.minimal_values(0))
        for field in self.connector.fields(self.object_type):
            if field.is_writable and field.type == "choice" and not field.is_custom:
                for option in field.options:
                    record = self.write(record, {field.key: option})

                    assert record.values[field.key] == option, field.key

    def test_object_types_name_fields_that_there_are(self):
        for spec in self.module.spec.objects:
            keys = {field.key for field in spec.fields}
            matching = {key for keys in spec.match_fields.values() for key in keys}

            assert matching <= keys, spec.key
            assert set(spec.create_needs) <= keys, spec.key
            assert bool(spec.create_needs) == bool(spec.create_needs_text), spec.key
            assert spec.operations, spec.key

    # The account's own fields

    def test_the_account_has_fields_of_its_own_to_test_with(self):
        assert self.custom_samples, "custom_samples names none"

    @both
    def test_the_accounts_own_fields_are_in_the_catalogue(self):
        self.make_custom_fields()
        found = {f.key: f for f in self.connector.fields(self.object_type)}

        assert set(self.custom_samples) <= set(found)
        assert all(found[key].is_custom for key in self.custom_samples)

    @both
    def test_each_own_field_round_trips_through_create_and_update(self):
        self.know_custom_fields()
        record = self.write(None, self.minimal_values(0))
        for number, (key, (first, second)) in enumerate(self.custom_samples.items(), 1):
            made = self.write(None, {**self.minimal_values(number), key: first})
            assert made.values[key] == first, key
            for value in (first, second, None):
                record = self.write(record, {key: value})

                assert record.values.get(key) == value, key

    @both
    def test_writing_one_own_field_leaves_the_others_alone(self):
        self.know_custom_fields()
        firsts = {key: first for key, (first, _) in self.custom_samples.items()}
        record = self.write(None, {**self.minimal_values(0), **firsts})
        for key, (_, second) in self.custom_samples.items():
            changed = self.write(record, {key: second})

            assert dict(changed.values) == {**record.values, key: second}, key
            record = changed

    @both
    def test_own_fields_in_a_row_are_those_of_the_detail(self):
        self.know_custom_fields()
        firsts = {key: first for key, (first, _) in self.custom_samples.items()}
        record = self.write(None, {**self.minimal_values(0), **firsts})

        (page,) = self.listing()

        (row,) = page.records
        for key in self.custom_samples:
            assert row.values.get(key, firsts[key]) == record.values[key], key

    def know_custom_fields(self):
        """Connect as a session does that has the account's fields stored."""
        self.make_custom_fields()
        live = self.connector.fields(self.object_type)
        own = [field for field in live if field.is_custom]
        self.connector = self.connect_knowing({self.object_type: own})
