"""Requests: the call of an operation with what was given filled in. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any
from urllib.parse import quote

from integrations.connectors.base import JSONValue, Values
from integrations.connectors.operations import (
    Call,
    Input,
    Operation,
    Options,
    OwnFields,
    Request,
    Row,
)

ACCOUNT = "{account}"
WITH_BODY = ("POST", "PUT")


def request_build(operation: Operation, given: Values, account_id: str) -> Request:
    """Return the request that an operation with these checked inputs makes.

    `given` holds only what was given, in plain JSON, own fields under their catalogue
    keys. ValueError for an operation without a call.
    """
    call = operation.call
    if call is None:
        raise ValueError(f"{operation.key} makes no call")
    body = filled(call.body, account_id)
    params = dict(filled(call.params, account_id))
    parts = {}
    for each in operation.inputs:
        value = wire_value(each, given.get(each.key))
        if value is None and each.when_empty != "null":
            continue
        if each.place == "path":
            parts[each.wire] = value
        elif each.place == "query":
            params[each.wire] = value
        elif each.item:
            body.setdefault(each.wire, []).append({**each.item, "value": value})
        else:
            place_in(body, each.wire.split("."), value)
    if operation.own_fields:
        own = own_values(operation.own_fields, given)
        if own:
            body[operation.own_fields.name] = own
    sends = bool(body) or call.sends_body
    return Request(
        method=call.method,
        path=path_of(call, parts, account_id),
        params=params,
        body=body if sends or call.method in WITH_BODY else None,
        what=call.what,
        scope=operation.scopes[0] if operation.scopes else "",
        noun=operation.noun,
        api=call.api,
        repeatable=call.repeatable,
    )


def options_request(options: Options, given: Values, account_id: str) -> Request:
    """Return the request that lists what there is to choose from."""
    call = options.call
    return Request(
        method=call.method,
        path=path_of(call, {key: given[key] for key in options.inputs}, account_id),
        params=filled(call.params, account_id),
        body=filled(call.body, account_id) or None,
        what=call.what,
        scope=options.scope,
        api=call.api,
        repeatable=call.repeatable,
    )


def path_of(call: Call, parts: Mapping[str, Any], account_id: str) -> str:
    """Return a call's path; what is put in can be nothing but one part of it."""
    safe = {key: quote(str(value), safe="") for key, value in parts.items()}
    return call.path.format(account=quote(account_id, safe=""), **safe)


def filled(template: Values, account_id: str) -> dict[str, Any]:
    """Return fixed values with the account's id in its place."""
    return {
        key: account_id if value == ACCOUNT else value
        for key, value in template.items()
    }


def place_in(body: dict[str, Any], path: Sequence[str], value: JSONValue) -> None:
    """Put a value at a dotted place of a body, making objects and lists on the way."""
    here: Any = body
    for part, following in pairwise(path):
        fresh: Any = [] if following.isdecimal() else {}
        if isinstance(here, list):
            while len(here) <= int(part):
                here.append(fresh)
            here = here[int(part)]
        else:
            here = here.setdefault(part, fresh)
    here[path[-1]] = value


def wire_value(each: Input, value: JSONValue) -> JSONValue:
    """Return a value as the vendor takes it; None for nothing."""
    if value in (None, "", []):
        return None
    if each.sends == "ms":
        return round(datetime.fromisoformat(str(value)).timestamp() * 1000)
    return value


def own_values(own: OwnFields, given: Values) -> list[dict[str, JSONValue]]:
    """Return the account's own fields among what was given, as the vendor takes them."""
    return [
        {own.key: key.removeprefix(own.prefix), own.value: value}
        for key, value in given.items()
        if key.startswith(own.prefix) and value not in (None, "", [])
    ]


def rows_of(call: Call, body: JSONValue) -> list[Row]:
    """Return the records of an answer: a list of one or none where it is one record."""
    if call.read:
        return list(call.read(body))
    for place in call.rows.split("|"):
        found = at(body, place.split(".") if place else ())
        if isinstance(found, list):
            return [row for row in found if isinstance(row, dict)]
        if isinstance(found, dict) and found:
            return [found]
    return []


def at(body: JSONValue, path: Iterable[str]) -> JSONValue:
    """Return what is at a place of JSON data, None where there is nothing."""
    for part in path:
        body = body.get(part) if isinstance(body, dict) else None
    return body
