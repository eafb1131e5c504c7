"""The JSON Schema of a parameter file, and the page of its keys."""

from __future__ import annotations

import json
from typing import Any

from ranvier.session.parameters._key import KeyGroup, ParameterKey, allow_null
from ranvier.session.parameters._step_schema import ENTRY_FIELDS
from ranvier.session.parameters._table import KEYS
from ranvier.session.parameters._wording import describe_default, describe_schema


def build_schema() -> dict[str, Any]:
    """Give the JSON Schema of a parameter file.

    Returns
    -------
    dict
        JSON Schema, Draft 2020-12. Further keys are allowed, for placeholders may name
        any key; `check_parameters` tells of those that nobody knows.
    """
    properties: dict[str, Any] = {}
    for key in KEYS.values():
        properties[key.name] = _describe_key(key)
        for alias in key.aliases:
            older = {**allow_null(key.schema), "deprecated": True}
            older["description"] = f"Older name of `{key.name}`."
            properties[alias] = older
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Ranvier session parameters",
        "description": "Parameters of one session, or of many alike.",
        "type": "object",
        "properties": properties,
    }


def format_schema() -> str:
    """Give the JSON Schema of a parameter file as text.

    Returns
    -------
    str
        JSON, the same for the same table.
    """
    return json.dumps(build_schema(), indent=2, ensure_ascii=False) + "\n"


def _describe_key(key: ParameterKey) -> dict[str, Any]:
    unit = f" Unit: {key.unit}." if key.unit else ""
    schema = {**allow_null(key.schema), "description": key.meaning + unit}
    if key.default is not None:
        schema["default"] = key.default
    if not key.read_by:
        schema["deprecated"] = True
    return schema


def format_keys() -> str:
    """Write the reference of all keys.

    Returns
    -------
    str
        Markdown: one table for each group.
    """
    parts: list[str] = []
    for group in KeyGroup:
        keys = [key for key in KEYS.values() if key.group is group]
        head = (
            "| key | value | default | what it is | read by |\n|---|---|---|---|---|\n"
        )
        rows = "\n".join(_write_row(key) for key in keys)
        parts.append(f"### {group.value}\n\n{head}{rows}")
    head = "| key | value | what it is |\n|---|---|---|\n"
    rows = "\n".join(
        f"| `{name}` | {describe_schema(schema)} | {schema['description']} |"
        for name, schema in ENTRY_FIELDS.items()
    )
    return "\n\n".join([*parts, f"### An entry of a list of steps\n\n{head}{rows}"])


def _write_row(key: ParameterKey) -> str:
    meaning = key.meaning
    if key.aliases:
        names = ", ".join(f"`{alias}`" for alias in key.aliases)
        meaning += f" Older: {names}."
    if not key.read_by and key.instead:
        meaning += f" Mend: {key.instead}."
    value = describe_schema(dict(key.schema)) + (f", {key.unit}" if key.unit else "")
    default = describe_default(key.default)
    cells = (f"`{key.name}`", value, default, meaning, key.read_by)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
