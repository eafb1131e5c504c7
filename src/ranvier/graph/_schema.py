"""The JSON Schema of a graph file, for editors."""

from __future__ import annotations

import inspect
import json
from typing import TYPE_CHECKING, Any

from ranvier.graph._fields import format_seconds
from ranvier.graph._model import (
    Graph,
    GraphLink,
    GraphNode,
    RecordEntry,
    RestartPolicy,
    RunOptions,
)

if TYPE_CHECKING:
    from pydantic import BaseModel

_PARTS = (GraphLink, GraphNode, RecordEntry, RestartPolicy, RunOptions)


def build_schema() -> dict[str, Any]:
    """Give the JSON Schema of a graph file.

    Returns
    -------
    dict
        JSON Schema, draft 2020-12, with the words of the models' docstrings.
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
    _describe(schema, Graph)
    for part in _PARTS:
        _describe(schema["$defs"][part.__name__], part)
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


def _describe(schema: dict[str, Any], model: type[BaseModel]) -> None:
    """Put the sentences of a model's docstring to its fields."""
    summary, words = _split_docstring(inspect.getdoc(model) or "")
    schema["description"] = summary
    for name, field in model.model_fields.items():
        entry = schema["properties"][field.alias or name]
        entry["description"] = words[name]
        # Pydantic's versions differ in these two, and the file must be the same.
        entry.pop("title", None)
        entry.pop("default", None)
        if isinstance(field.default, str | int | float):
            entry["default"] = _format_default(field.default)


def _format_default(value: str | float) -> str | float:
    # All floats of a graph file, its parameters apart, are times.
    return format_seconds(value) if isinstance(value, float) else value


def _split_docstring(text: str) -> tuple[str, dict[str, str]]:
    """Give the first line and the text on each parameter of a numpy docstring."""
    summary, _, rest = text.partition("\n")
    section = rest.partition("Parameters\n----------\n")[2].partition("\n\n")[0]
    words: dict[str, list[str]] = {}
    current: list[str] = []
    for line in section.splitlines():
        if line.startswith(" "):
            current.append(line.strip())
        else:
            current = words.setdefault(line.strip(), [])
    return summary, {name: " ".join(lines) for name, lines in words.items()}
