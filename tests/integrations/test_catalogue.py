"""The field catalogue: standard fields, the account's own, and foreign data in them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from crosswalk.clock import now
from crosswalk.errors import PermanentError
from integrations import registry
from integrations.connectors.base import Field
from integrations.fields.catalogue import (
    catalogue_of,
    catalogue_states,
    fields_of,
    object_spec_of,
    own_fields,
)
from integrations.fields.fieldreading import (
    catalogue_read,
    catalogue_refresh,
    catalogues_due,
)
from integrations.fields.foreignfields import MAX_FIELDS, fields_checked, fields_stored
from integrations.models import Connection, CustomFields
from integrations.session import account_of
from tests.integrations.helpers import make_connection

pytestmark = pytest.mark.django_db
TIER = Field(
    "customFields.tier1",
    "Tier",
    "choice",
    options=("Gold", "Silver"),
    is_custom=True,
    writes=frozenset({"create", "update", "upsert"}),
)


class Stub:
    """A connector that knows fields and nothing else."""

    def __init__(self, *own: Field, error: Exception | None = None) -> None:
        self.spec = registry.spec("highlevel")
        self.own, self.error = own, error

    def fields(self, object_type: str) -> list[Field]:
        if self.error:
            raise self.error
        standard = self.spec.object(object_type).fields
        return [*standard, *(self.own if object_type == "contact" else ())]


def read(connection: Connection, *own: Field, error: Exception | None = None) -> Any:
    return catalogue_read(connection, Stub(*own, error=error))  # type: ignore[arg-type]


def test_an_account_without_own_fields_has_the_standard_ones() -> None:
    connection = make_connection()

    standard = registry.spec("highlevel").object("contact").fields
    assert fields_of(connection, "contact") == standard
    assert not own_fields(connection, "contact").is_complete


def test_own_fields_follow_the_standard_ones_with_type_and_options() -> None:
    connection = make_connection()

    assert read(connection, TIER) == []

    found = object_spec_of(connection, "contact").field("customFields.tier1")
    assert found == replace(TIER, group="Custom fields")
    assert own_fields(connection, "contact").is_complete
    assert catalogue_of(connection)["contact"] == (found,)


def test_a_failed_read_keeps_the_fields_and_says_why() -> None:
    connection = make_connection()
    read(connection, TIER)

    problems = read(connection, error=PermanentError("HighLevel refused."))

    assert problems == ["HighLevel refused."]
    assert own_fields(connection, "contact").fields
    (state,) = [s for s in catalogue_states(connection) if s.object_type == "contact"]
    assert (state.count, state.error) == (1, "HighLevel refused.")


def test_a_first_read_that_fails_leaves_it_open_which_fields_exist() -> None:
    connection = make_connection()

    read(connection, error=PermanentError("HighLevel refused."))

    assert not own_fields(connection, "contact").is_complete


def test_a_connection_that_cannot_be_used_is_said_and_raises_nothing() -> None:
    connection = make_connection(health="disabled")

    (problem,) = catalogue_refresh(connection)

    assert "disconnected" in problem
    assert CustomFields.objects.get(object_type="contact").error == problem


def test_a_field_no_longer_listed_leaves_the_catalogue() -> None:
    connection = make_connection()
    read(connection, TIER)

    read(connection)

    assert own_fields(connection, "contact").fields == ()
    assert own_fields(connection, "contact").is_complete


@pytest.mark.parametrize(
    "change",
    [
        {"key": ""},
        {"key": "customFields." + "x" * 120},
        {"key": "customFields.a b"},
        {"key": "customFields.a\x00"},
        {"key": None},
        {"key": 7},
    ],
)
def test_a_field_with_an_unusable_key_is_left_out(change: Any) -> None:
    assert fields_checked([replace(TIER, **change)]) == ([], 1)


def test_labels_and_options_of_strangers_are_made_safe() -> None:
    field = replace(
        TIER,
        label="Tier\x00\n\u202e<b>" + "x" * 999,
        type="spaceship",
        options=("Gold", "Gold", "", 7, "y" * 501),
        max_length="long",
        help=None,
    )

    ((found,), _) = fields_checked([field])

    assert found.label.startswith("Tier <b>xxx")
    assert len(found.label) == 200
    assert (found.type, found.options) == ("text", ("Gold",))
    assert (found.max_length, found.help) == (0, "")


def test_no_more_fields_are_kept_than_can_be_shown() -> None:
    connection = make_connection()
    many = [replace(TIER, key=f"customFields.f{n}") for n in range(MAX_FIELDS + 3)]

    (problem,) = read(connection, *many)

    assert len(own_fields(connection, "contact").fields) == MAX_FIELDS
    assert "503 own fields" in problem


@pytest.mark.parametrize("stored", [None, "text", {"key": "x"}, [None, 3, {}, ["x"]]])
def test_a_stored_catalogue_that_is_none_reads_as_empty(stored: Any) -> None:
    assert fields_stored(stored) == ()


def test_an_own_field_never_takes_the_place_of_a_standard_one() -> None:
    connection = make_connection()

    read(connection, replace(TIER, key="email"))

    assert object_spec_of(connection, "contact").field("email").type == "email"  # type: ignore[union-attr]
    assert [f.key for f in fields_of(connection, "contact")].count("email") == 1


def test_what_people_chose_reaches_the_connector_beside_the_account_facts() -> None:
    options = {"unique_field": "cf_id", "reserve_percent": 20, "project_tasks": ""}
    connection = make_connection(facts={"version": 3}, options=options)

    assert account_of(connection).facts == {"version": 3, "unique_field": "cf_id"}


def test_fields_are_due_a_day_after_and_only_where_a_sync_uses_them(
    django_assert_num_queries: Any,
) -> None:
    from tests.sync.rows import live_sync

    idle = make_connection()
    sync = live_sync(idle.workspace)
    assert set(catalogues_due()) == {sync.left, sync.right}

    read(sync.left)
    with django_assert_num_queries(1):
        assert list(catalogues_due()) == [sync.right]

    assert sync.left in catalogues_due(now() + timedelta(hours=25))
