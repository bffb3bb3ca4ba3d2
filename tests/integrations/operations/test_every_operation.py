"""The whole catalogue, operation by operation, against both stand-ins."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from integrations.connectors.operations import Input, Operation
from integrations.models import CallCount, Connection
from integrations.operations.declared import kind_of, operations
from integrations.operations.permitting import permitted
from integrations.operations.running import (
    InvalidInputs,
    NotPermitted,
    operation_run,
)
from integrations.operations.table import markdown
from synclog.models import OperationCall
from tests.integrations.helpers import make_connection, make_grant
from tests.integrations.operations.world import VALID, WRONG, World, world_make

pytestmark = pytest.mark.django_db
FIXTURES = Path(__file__).parents[2] / "fixtures"
CALLED = [each for each in operations().values() if each.call]


def named(operation: Operation) -> str:
    return operation.key


def fits(operation: Operation, given: dict[str, Any]) -> dict[str, Any]:
    """Return the given without what the world's records make impossible."""
    if operation.key == "hl.bulk_tags":
        return {**given, "direction": "add"}
    if operation.key == "hl.free_slots":
        return {**given, "to": "2026-12-05T10:00:00+00:00"}
    return given


@pytest.mark.parametrize("operation", CALLED, ids=named)
def test_it_runs_and_is_counted(world: World, owner: Any, operation: Operation) -> None:
    given = fits(operation, world.valid(operation))
    connection = world.connection(operation)
    before = counted(connection)
    del world.sent[:]

    call = world.run(operation.key, given, actor=owner)

    assert call.state == OperationCall.State.DONE, (call.error_message, call.request)
    assert call.requested_by == owner
    sent = [each for each in world.sent if "/oauth/" not in each.url.path]
    assert [each.method for each in sent[:1]] == [operation.call.method]  # type: ignore[union-attr]
    assert sent[0].url.path.endswith(call.request["path"])
    assert call.calls == len(sent)
    assert counted(connection) - before == len(sent)
    assert operation.leaves == "read" or call.calls == operation.calls
    if operation.kind == "action":
        assert_outputs(operation, call.rows)


def counted(connection: Any) -> int:
    """Return the calls in the connection's accounts, its budget's."""
    rows = CallCount.objects.filter(connection=connection)
    return sum(rows.values_list("calls", flat=True))


def assert_outputs(operation: Operation, rows: list[dict[str, Any]]) -> None:
    """See that what came back holds what is declared to come back."""
    assert rows
    shown = {key for row in rows for key in row}
    declared = {each.key for each in operation.outputs}
    assert declared & shown, (declared, shown)


@pytest.fixture
def alone(workspace: Any, settings: Any) -> dict[str, Connection]:
    """Connections whose systems must not be called."""

    def refuse() -> Any:
        raise AssertionError("nothing may be called")

    settings.TRANSPORT_FACTORY = refuse
    return {
        kind: make_connection(make_grant(kind, workspace=workspace), name=kind)
        for kind in ("highlevel", "zoho_invoice")
    }


def test_each_refuses_what_does_not_fit_input_by_input(
    alone: dict[str, Connection],
) -> None:
    for operation in (each for each in CALLED if each.inputs):
        given = {each.key: WRONG[each.type] for each in operation.inputs}

        found = refusals(alone, operation, given)

        assert found >= {e.key for e in operation.inputs if is_strict(e)}, operation.key
    assert not OperationCall.objects.exists()


def test_each_needs_what_is_required_and_knows_no_other(
    alone: dict[str, Connection],
) -> None:
    for operation in CALLED:
        required = {each.key for each in operation.inputs if each.required}

        assert refusals(alone, operation, {"colour": "red"}) >= {"", *required}
        if required:
            assert refusals(alone, operation, {}) == required


def refusals(
    alone: dict[str, Connection], operation: Operation, given: dict[str, Any]
) -> set[str]:
    """Return the inputs that are refused, each with its message."""
    with pytest.raises(InvalidInputs) as caught:
        operation_run(
            connection=alone[kind_of(operation)], operation=operation, given=given
        )
    assert all(caught.value.fields.values())
    return set(caught.value.fields)


def is_strict(each: Input) -> bool:
    """Whether the wrong value of its type can be told: names from a list are free."""
    return each.type != "text" or each.max_length > 0


@pytest.mark.parametrize("scope", sorted({s for e in CALLED for s in e.scopes[:1]}))
def test_each_is_refused_without_its_scope(
    workspace: Any, settings: Any, scope: str
) -> None:
    world = world_make(workspace, settings, without=scope)
    for operation in (each for each in CALLED if each.scopes[:1] == (scope,)):
        connection = world.connection(operation)
        given = {e.key: safe(e) for e in operation.inputs}

        # nobody said which permissions there are: the vendor refuses
        call = world.run(operation.key, given)

        assert (call.state, call.error_code) == ("failed", "scope_missing")
        assert scope in call.error_message + call.error_detail
        assert permitted(connection, operation).is_certain is False


def test_nothing_is_called_where_the_missing_scope_is_known(
    alone: dict[str, Connection],
) -> None:
    for connection in alone.values():
        connection.grant.scopes = ["something.else"]
    for operation in (each for each in CALLED if each.scopes):
        with pytest.raises(NotPermitted) as caught:
            operation_run(
                connection=alone[kind_of(operation)], operation=operation, given={}
            )

        assert caught.value.code == "scope_missing"
        assert operation.scopes[0] in caught.value.message


def safe(each: Input) -> Any:
    """Return a value that passes our own checks, of no record there is."""
    if each.choices:
        return each.choices[0][0]
    if each.minimum is not None:
        return each.minimum
    return "GB" if each.max_length == 2 else VALID[each.type]


def test_all_of_both_systems_are_declared_once() -> None:
    found = operations()

    assert [each.row for each in found.values()] == list(range(1, 90))
    assert {kind_of(each) for each in found.values()} == {"highlevel", "zoho_invoice"}


def test_they_are_those_of_the_catalogue() -> None:
    with (FIXTURES / "operations.csv").open() as file:
        wanted = [(int(r["row"]), r["key"], r["kind"]) for r in csv.DictReader(file)]

    assert [(e.row, e.key, e.kind) for e in operations().values()] == wanted


def test_the_page_in_the_docs_is_made_from_them() -> None:
    page = (FIXTURES.parents[1] / "docs" / "operations.md").read_text()

    assert page == f"{markdown().rstrip()}\n", "run crosswalk_operations --markdown"
