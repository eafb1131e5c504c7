"""The JSON Schema of a graph file, for editors."""

from __future__ import annotations

import json
from typing import Any

from ranvier.graph._model import Graph


def build_schema() -> dict[str, Any]:
    """Give the JSON Schema of a graph file.

    Returns
    -------
    dict
        JSON Schema, draft 2020-12.
    """
    schema = Graph.model_json_schema(by_alias=True)
    properties = schema["properties"]
    # A record entry may be the bare name of the stream, a node's name is a safe one:
    # both are checked by code that pydantic can't look into.
    listed = next(each for each in properties["record"]["anyOf"] if "items" in each)
    stream = schema["$defs"]["RecordEntry"]["properties"]["stream"]
    name = {"type": "string", "pattern": stream["pattern"]}
    listed["items"] = {"anyOf": [name, listed["items"]]}
    properties["nodes"]["propertyNames"] = {"pattern": "^[A-Za-z][A-Za-z0-9_-]{0,62}$"}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "Ranvier graph",
    }


def format_schema() -> str:
    """Give the JSON Schema of a graph file as text.

    Returns
    -------
    str
        JSON, the same for the same models.
    """
    return json.dumps(build_schema(), indent=2, ensure_ascii=False) + "\n"
