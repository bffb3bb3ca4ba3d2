"""What an account has to choose from, asked live when somebody fills in a form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx

from crosswalk.errors import ConnectorError
from integrations.connectors.base import Values
from integrations.connectors.operations import Input, Operation
from integrations.models import Connection, RemoteRecord
from integrations.operations.forms import ID, Choices
from integrations.operations.requests import options_request, rows_of
from integrations.session import Session, connection_session

MOST = 200  # of one list: more than a person looks through
KNOWN = 40  # records of the mirror that are offered while typing


@dataclass(slots=True)
class Offered:
    """Input → (value, label); and why some could not be loaded, as sentences."""

    choices: dict[str, Choices] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def options_load(
    connection: Connection,
    operation: Operation,
    given: Values,
    *,
    transport: httpx.BaseTransport | None = None,
) -> Offered:
    """Return what there is to choose from: a call a list, and none where there is none.

    `given` fills what lists depend on: tasks of a chosen project, say. A list that
    cannot be read leaves its input to be typed.
    """
    offered = Offered()
    wanted = [each for each in operation.inputs if is_ready(each, given)]
    if not wanted:
        return offered
    with connection_session(connection, lane="person", transport=transport) as session:
        for each in wanted:
            try:
                offered.choices[each.key] = _load(session, each, given)
            except ConnectorError as error:
                offered.problems.append(f"{each.label}: {error.message}")
    return offered


def is_ready(each: Input, given: Values) -> bool:
    """Whether the options of an input can be asked for by now."""
    if each.options is None:
        return False
    return all(ID.fullmatch(str(given.get(key) or "")) for key in each.options.inputs)


def _load(session: Session, each: Input, given: Values) -> list[tuple[str, str]]:
    options = each.options
    assert options is not None  # noqa: S101 - asked for those that have some
    request = options_request(options, given, session.connection.account_id)
    answer = session.connector.send(request)
    found = {
        str(row[options.value]): str(row.get(options.label) or row[options.value])
        for row in rows_of(options.call, answer.body)
        if row.get(options.value)
    }
    return sorted(found.items(), key=lambda pair: pair[1].casefold())[:MOST]


def records_known(
    connection: Connection, operation: Operation
) -> Mapping[str, list[tuple[str, str]]]:
    """Return input → (id, label) of records the mirror holds. No call."""
    found: dict[str, list[tuple[str, str]]] = {}
    by_type: dict[str, list[tuple[str, str]]] = {}
    for each in operation.inputs:
        if not each.record or each.options:
            continue
        if each.record not in by_type:
            rows = RemoteRecord.objects.filter(
                connection=connection, object_type=each.record, gone_at=None
            ).order_by("-read_at", "-pk")
            by_type[each.record] = list(rows.values_list("remote_id", "label")[:KNOWN])
        found[each.key] = by_type[each.record]
    return found
