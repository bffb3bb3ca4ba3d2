"""The schemas of operations: true to the form, and to what comes back."""

from __future__ import annotations

import io
import json

import pytest
from django.core.management import call_command

from integrations.connectors.operations import Operation
from integrations.operations.declared import operations
from integrations.operations.schemas import input_schema, openapi, output_schema

JSON_TYPES = {
    "string": str,
    "number": (int, float),
    "boolean": bool,
    "array": list,
    "object": dict,
    "null": type(None),
}


def test_the_command_prints_openapi_with_both_schemas_of_each() -> None:
    out = io.StringIO()
    call_command("crosswalk_operations", "--openapi", stdout=out)
    document = json.loads(out.getvalue())

    assert document["openapi"] == "3.1.0"
    schemas = document["components"]["schemas"]
    assert {"hl_add_tags_input", "hl_add_tags_output"} <= set(schemas)
    assert set(document["webhooks"]) == {
        key for key, each in operations().items() if each.trigger
    }
    assert document == json.loads(json.dumps(openapi(operations())))


def test_inputs_say_what_is_required_and_what_there_is_to_choose() -> None:
    schema = input_schema(operations()["hl.bulk_tags"])

    assert schema["required"] == ["direction", "contact_ids", "tags"]
    assert schema["properties"]["direction"]["enum"] == ["add", "remove"]
    assert schema["additionalProperties"] is False


def test_one_of_several_is_said() -> None:
    schema = input_schema(operations()["hl.find_duplicate"])

    assert schema["anyOf"] == [{"required": ["email"]}, {"required": ["phone"]}]


@pytest.mark.parametrize("operation", operations().values(), ids=lambda each: each.key)
def test_the_sample_fits_the_schema(operation: Operation) -> None:
    schema = output_schema(operation)
    record = schema["properties"]["record"] if operation.trigger else schema["items"]

    assert set(operation.sample) == set(record["properties"])
    for key, value in operation.sample.items():
        allowed = [JSON_TYPES[each] for each in record["properties"][key]["type"]]
        assert any(isinstance(value, each) for each in allowed), key
