"""The JSON Schema that is published is the one of the models."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pydantic
import pytest

from ranvier.graph import build_schema, format_schema

SCHEMA = Path(__file__).parents[3] / "schemas" / "graph.schema.json"


@pytest.mark.skipif(
    tuple(map(int, pydantic.VERSION.split(".")[:2])) < (2, 14),
    reason="older pydantic says the same in other words",
)
def test_the_published_schema_is_fresh():
    """Mend: python tools/write_schemas.py."""
    assert build_schema() == json.loads(SCHEMA.read_text(encoding="utf-8"))
    assert build_schema() == json.loads(format_schema())


def test_the_schema_uses_the_words_of_the_file():
    schema = build_schema()
    definitions = schema["$defs"]

    assert {"name"} == set(schema["required"])
    assert {"ranvier", "name", "description", "nodes", "links", "record", "run"} == set(
        schema["properties"]
    )
    assert "from" in definitions["GraphLink"]["properties"]
    assert definitions["GraphLink"]["required"] == ["from", "to"]
    assert definitions["GraphNode"]["additionalProperties"] is False


def test_every_field_is_described():
    schema = build_schema()
    for part in (schema, *schema["$defs"].values()):
        if "properties" in part:
            assert all(entry["description"] for entry in part["properties"].values())


def test_quantities_may_be_numbers_or_text_with_a_unit():
    duration = build_schema()["$defs"]["RunOptions"]["properties"]["duration"]
    either = next(each for each in duration["anyOf"] if "anyOf" in each)["anyOf"]
    pattern = next(each["pattern"] for each in either if "pattern" in each)

    for text in ("50 ms", "2GB", "1e-3 s", "+.5 h", "60"):
        assert re.match(pattern, text)
    for text in ("soon", "-1 s", "ms"):
        assert not re.match(pattern, text)


def test_a_recorded_stream_may_be_its_bare_name():
    record = build_schema()["properties"]["record"]

    assert '"type": "string"' in json.dumps(record["anyOf"][1]["items"])
