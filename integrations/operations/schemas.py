"""Operations as JSON schemas and OpenAPI 3.1 fragments: for rules and other programs.

Stable: a key, an input or an output once published keeps its name and its type.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from integrations.connectors.operations import Input, Operation, Output

INPUT_TYPES: Mapping[str, dict[str, Any]] = {
    **{key: {"type": "string"} for key in ("text", "long_text", "phone")},
    "email": {"type": "string", "format": "email"},
    "url": {"type": "string", "format": "uri"},
    "bool": {"type": "boolean"},
    "number": {"type": "number"},
    "date": {"type": "string", "format": "date"},
    "datetime": {"type": "string", "format": "date-time"},
    **{key: {"type": "string"} for key in ("choice", "id")},
    **{key: {"type": "array", "items": {"type": "string"}} for key in ("texts", "ids")},
}
# nothing there is null: vendors leave empty fields out, or send ""
OUTPUT_TYPES: Mapping[str, dict[str, Any]] = {
    "text": {"type": ["string", "null"]},
    "number": {"type": ["number", "null"]},
    "bool": {"type": ["boolean", "null"]},
    "datetime": {"type": ["string", "null"]},
    "list": {"type": ["array", "null"]},
    "object": {"type": ["object", "null"]},
}


def input_schema(operation: Operation) -> dict[str, Any]:
    """Return the JSON schema of what an operation is told."""
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {each.key: property_of(each) for each in operation.inputs},
        "required": [each.key for each in operation.inputs if each.required],
        # the account's own fields are named by the vendor's ids
        "additionalProperties": {} if operation.own_fields else False,
    }
    if operation.one_of:
        schema["anyOf"] = [{"required": [*keys]} for keys in operation.one_of]
    return schema


def property_of(each: Input) -> dict[str, Any]:
    """Return the JSON schema of one input."""
    found = {**INPUT_TYPES[each.type], "title": each.label}
    if each.help:
        found["description"] = each.help
    if each.choices:
        found["enum"] = [value for value, _ in each.choices]
    if each.max_length:
        found["maxLength"] = each.max_length
    bounds = {"minimum": each.minimum, "maximum": each.maximum}
    found |= {key: value for key, value in bounds.items() if value is not None}
    if each.default is not None:
        found["default"] = each.default
    return found


def record_schema(outputs: Sequence[Output]) -> dict[str, Any]:
    """Return the JSON schema of one record that comes back."""
    return {
        "type": "object",
        "properties": {
            each.key: {**OUTPUT_TYPES[each.type], "title": each.label}
            for each in outputs
        },
    }


def output_schema(operation: Operation) -> dict[str, Any]:
    """Return the JSON schema of what comes back: a list of records, or an event."""
    record = record_schema(operation.outputs)
    return (
        event_schema(operation)
        if operation.trigger
        else {
            "type": "array",
            "items": record,
        }
    )


def event_schema(operation: Operation) -> dict[str, Any]:
    """Return the JSON schema of a trigger's event, as `triggers.payload_of` makes it."""
    texts = ("connection", "object_type", "id", "parent_id", "label", "noticed_at")
    properties: dict[str, Any] = {
        "operation": {"const": operation.key},
        **{key: {"type": "string"} for key in texts},
        "change": {"enum": ["created", "updated", "deleted"]},
        "record": record_schema(operation.outputs),
        "changed": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "properties": {"before": {}, "after": {}},
            },
        },
        "added": {"type": "array", "items": {"type": "string"}},
        "removed": {"type": "array", "items": {"type": "string"}},
    }
    return {
        "type": "object",
        "properties": properties,
        "required": [
            "operation",
            "connection",
            "object_type",
            "id",
            "change",
            "record",
        ],
    }


def openapi(operations: Mapping[str, Operation]) -> dict[str, Any]:
    """Return fragments of an OpenAPI 3.1 document: schemas and, of triggers, webhooks."""
    schemas: dict[str, Any] = {}
    webhooks: dict[str, Any] = {}
    for key, each in operations.items():
        name = key.replace(".", "_")
        schemas[f"{name}_output"] = output_schema(each)
        if each.trigger is None:
            schemas[f"{name}_input"] = input_schema(each)
            continue
        content = {"schema": {"$ref": f"#/components/schemas/{name}_output"}}
        webhooks[key] = {
            "post": {
                "summary": each.label,
                "description": each.sentence,
                "requestBody": {"content": {"application/json": content}},
                "responses": {"2XX": {"description": "Taken."}},
            }
        }
    return {
        "openapi": "3.1.0",
        "info": {"title": "Crosswalk operations", "version": "1"},
        "webhooks": webhooks,
        "components": {"schemas": schemas},
    }
