"""A schema put into words, for messages and for the reference."""

from __future__ import annotations

import json
from typing import Any

_WORDS = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "object": "mapping",
    "array": "list",
    "null": "null",
}
_PATTERNS = {
    "^(append|prepend|ignore)$": "`append`, `prepend` or `ignore`",
    r"^\d{4}-\d{2}-\d{2}$": "date, as `2026-03-01`",
}


def describe_schema(schema: dict[str, Any]) -> str:
    """Say what a value may be.

    Parameters
    ----------
    schema
        JSON Schema of it, as the table of keys has it.

    Returns
    -------
    str
        Markdown, without a full stop.

    Examples
    --------
    >>> describe_schema({"type": "number", "minimum": 0})
    'number, 0 or more'
    """
    if "enum" in schema:
        words = [f"`{each}`" for each in schema["enum"] if each is not None]
        return " or ".join(filter(None, [", ".join(words[:-1]), words[-1]]))
    types = schema.get("type", [])
    types = [types] if isinstance(types, str) else types
    if len(types) > 4:
        return "anything"
    words = [_describe_type(each, schema) for each in types if each != "null"]
    return " or ".join(words) or "anything"


def _describe_type(kind: str, schema: dict[str, Any]) -> str:
    word = _WORDS[kind]
    if kind in ("integer", "number"):
        return word + _limits(schema)
    if kind == "string":
        return _PATTERNS.get(schema.get("pattern", ""), word)
    if kind == "array" and schema.get("items", {}).get("type"):
        items = schema["items"]
        inner = "step" if "properties" in items else describe_schema(items)
        return f"list of {inner}"
    return word


def _limits(schema: dict[str, Any]) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    if "exclusiveMinimum" in schema:
        return f", more than {schema['exclusiveMinimum']}"
    if low is None:
        return ""
    return f", {low} or more" if high is None else f", {low} to {high}"


def describe_default(value: Any) -> str:
    """Write a default for the reference.

    Parameters
    ----------
    value
        As the table of keys has it.

    Returns
    -------
    str
        Markdown, empty if there is none.
    """
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value)
    return f"`{text}`"
