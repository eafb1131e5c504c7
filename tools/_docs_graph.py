"""Tables of the keys of a graph file, from its JSON Schema."""

from __future__ import annotations

from typing import Any

from ranvier.graph import build_schema

_PARTS = (
    ("The file", None),
    ("A node, under `nodes`", "GraphNode"),
    ("`restart` of a node", "RestartPolicy"),
    ("A link, in `links`", "GraphLink"),
    ("An entry of `record`", "RecordEntry"),
    ("`run`", "RunOptions"),
)
_REFERENCES = {
    "GraphNode": "node",
    "GraphLink": "link",
    "RestartPolicy": "mapping, see below",
    "RecordEntry": "mapping, see below",
    "RunOptions": "mapping, see below",
    "JsonValue": "value",
}
_PLAIN = {"string": "text", "integer": "whole number", "boolean": "true or false"}


def write_graph_tables() -> str:
    """Write one table for each part of a graph file.

    Returns
    -------
    str
        Markdown.
    """
    schema = build_schema()
    tables: list[str] = []
    for title, name in _PARTS:
        part = schema["$defs"][name] if name else schema
        rows = [
            f"| `{key}` | {_describe(entry)} | {_default(key, entry, part)} "
            f"| {entry['description']} |"
            for key, entry in part["properties"].items()
        ]
        head = f"### {title}\n\n{part['description']}\n\n"
        table = "| key | value | default | what it is |\n|---|---|---|---|\n"
        tables.append(head + table + "\n".join(rows))
    return "\n\n".join(tables)


def _describe(entry: dict[str, Any]) -> str:  # noqa: PLR0911 - one for each kind
    if "anyOf" in entry:
        return _describe_choice(entry)
    if "$ref" in entry:
        return _REFERENCES[entry["$ref"].rpartition("/")[2]]
    if "const" in entry:
        return f"`{entry['const']}`"
    if "enum" in entry:
        return ", ".join(f"`{each}`" for each in entry["enum"])
    kind = entry.get("type")
    if kind == "array":
        return f"list of {_describe(entry['items'])}"
    if kind == "object":
        values = entry.get("additionalProperties")
        inner = _describe(values) if isinstance(values, dict) else ""
        return f"mapping of name to {inner or 'value'}"
    if kind == "string" and entry.get("pattern"):
        return "`node.port`"
    if kind == "integer":
        return _PLAIN["integer"] + _limits(entry)
    return _PLAIN.get(str(kind), "value")


def _describe_choice(entry: dict[str, Any]) -> str:
    if entry.get("examples"):
        return f"quantity, as `{entry['examples'][0]}`"
    words: list[str] = []
    for each in entry["anyOf"]:
        if each.get("type") == "null":
            continue
        word = _describe(each)
        if word not in words:
            words.append(word)
    return " or ".join(words)


def _limits(entry: dict[str, Any]) -> str:
    low, high = entry.get("minimum"), entry.get("maximum")
    if low is None:
        return ""
    return f", {low} to {high}" if high is not None else f", {low} or more"


def _default(key: str, entry: dict[str, Any], part: dict[str, Any]) -> str:
    if key in part.get("required", ()):
        return "required"
    default = entry.get("default", "")
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    return f"`{default}`" if default != "" else ""
