"""The page of the analysis: a study's file, stages, tables, session files, faults."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from ranvier.analysis.faults import DataFault
from ranvier.analysis.files import H5_LAYOUT, TABLE_SCHEMAS
from ranvier.analysis.parameters import (
    AnalysisParameters,
    SessionsFrom,
    Study,
    Vocabulary,
)
from ranvier.analysis.pipeline._stages import STAGES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import BaseModel

    from ranvier.analysis.files import TableSchema

_PLAIN = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
}
# Entries that say in the model by their name alone what they are.
_WORDS = {
    "name": "of the study",
    "description": "in your words",
    "sessions": "places that sessions come from, see below",
    "parameters": "what differs from the defaults, see below",
    "session_types": "whose sessions are taken",
    "exclude_subjects": "left out",
    "exclude_eids": "sessions left out",
    "contrast_coding": "ln(c + 1), log2 c, c, or the rank among the contrasts seen; "
    "c in percent",
    "strains": "that are known",
    "lines": "that are known",
    "neuromodulators": "that are known",
}


def write_study_entries() -> str:
    """Write the tables of all that `study.yaml` can say.

    Returns
    -------
    str
        Markdown.
    """
    parts = [
        _write_model("The file", Study),
        _write_model("An entry of `sessions`", SessionsFrom),
    ]
    for name, field in AnalysisParameters.model_fields.items():
        section: Any = field.annotation
        if section is Vocabulary:
            parts.append(_write_vocabulary())
        else:
            used = _list_users(name)
            title = f"`parameters: {name}`"
            parts.append(_write_model(title, section, f"{used}\n\n" if used else ""))
    return "\n\n".join(parts)


def write_stages() -> str:
    """Write the table of the stages of a study.

    Returns
    -------
    str
        Markdown.
    """
    head = (
        "| stage | does | parameters that it uses | groups of the HDF5 |\n"
        "|---|---|---|---|\n"
    )
    rows = [
        _row(
            f"`{stage.name}`" + (" (optional)" if stage.is_optional else ""),
            stage.summary,
            _list_code(stage.settings),
            _list_code(stage.groups),
        )
        for stage in STAGES
    ]
    return head + "\n".join(rows)


def write_tables() -> str:
    """Write one section for each table of a study.

    Returns
    -------
    str
        Markdown.
    """
    return "\n\n".join(map(_write_table, TABLE_SCHEMAS.values()))


def write_layout() -> str:
    """Write the layout of a session's file.

    Returns
    -------
    str
        Markdown.
    """
    head = "| in the file | type | what it is |\n|---|---|---|\n"
    rows = [_row(f"`{item.path}`", item.type, item.description) for item in H5_LAYOUT]
    return head + "\n".join(rows)


def write_faults() -> str:
    """Write the table of the types of faults.

    Returns
    -------
    str
        Markdown.
    """
    head = "| fault | family | code | is raised when | mend |\n|---|---|---|---|---|\n"
    rows = [
        _row(
            f"`{fault.__name__}`",
            "" if fault is DataFault else f"`{fault.__base__.__name__}`",
            f"[{fault.fault_code}](error-codes.md#{fault.fault_code.lower()})",
            (inspect.getdoc(fault) or "").splitlines()[0],
            fault.usual_mend,
        )
        for fault in sorted(_iter_faults(DataFault), key=lambda each: each.fault_code)
    ]
    return head + "\n".join(rows)


def _write_model(title: str, model: type[BaseModel], more: str = "") -> str:
    schema = model.model_json_schema()
    required = set(schema.get("required", ()))
    rows: list[str] = []
    for name, entry in schema["properties"].items():
        default = "required" if name in required else _show(entry.get("default"))
        if "$ref" in entry:  # sections, each with a table of its own
            default = "{}"
        words = entry.get("description") or _WORDS[name]
        rows.append(_row(f"`{name}`", _describe(entry), default, words))
    summary = (inspect.getdoc(model) or "").splitlines()[0]
    head = "| entry | value | default | what it is |\n|---|---|---|---|\n"
    return f"### {title}\n\n{summary}\n\n{more}{head}" + "\n".join(rows)


def _write_vocabulary() -> str:
    ibl = Vocabulary.model_validate("ibl")
    properties = Vocabulary.model_json_schema()["properties"]
    rows = [
        _row(
            f"`{name}`",
            _describe(entry),
            entry.get("description") or _WORDS[name],
            _show(getattr(ibl, name)),
        )
        for name, entry in properties.items()
    ]
    head = "| entry | value | what it is | with `ibl` |\n|---|---|---|---|\n"
    intro = (
        "Names that are known; an empty list knows all, and that is the default. "
        "`vocabulary: ibl` takes those of the last column."
    )
    used = _list_users("vocabulary")
    title = "### `parameters: vocabulary`"
    return f"{title}\n\n{intro}\n\n{used}\n\n{head}" + "\n".join(rows)


def _list_users(section: str) -> str:
    users = [
        stage.name
        for stage in STAGES
        if any(name.partition(".")[0] == section for name in stage.settings)
    ]
    return f"Changed, it redoes: {_list_code(users)}." if users else ""


def _write_table(schema: TableSchema) -> str:
    index = f" Index: {_list_code(schema.index)}." if schema.index else ""
    others = f" Further columns: {schema.others}." if schema.others else ""
    head = "| column | type | what it is |\n|---|---|---|\n"
    rows = [
        _row(
            f"**`{column.name}`**" if column.is_key else f"`{column.name}`",
            column.type,
            column.description,
        )
        for column in schema.columns
    ]
    return (
        f"### `{schema.path}`\n\nOne row is {schema.row}.{index}{others}\n\n"
        + head
        + "\n".join(rows)
    )


def _iter_faults(fault: type[DataFault]) -> Iterator[type[DataFault]]:
    yield fault
    for each in fault.__subclasses__():
        if each.__module__.startswith("ranvier.analysis.faults"):
            yield from _iter_faults(each)


def _describe(entry: dict[str, Any]) -> str:  # noqa: PLR0911 - one for each kind
    if "anyOf" in entry:
        kinds = [each for each in entry["anyOf"] if each.get("type") != "null"]
        words = " or ".join(_describe(each) for each in kinds)
        return words if len(kinds) == len(entry["anyOf"]) else f"{words}, or null"
    if "$ref" in entry:
        return "mapping"
    if "const" in entry:
        return f"`{entry['const']}`"
    if "enum" in entry:
        return " or ".join(f"`{each}`" for each in entry["enum"])
    if "prefixItems" in entry:
        return f"{len(entry['prefixItems'])} numbers"
    kind = str(entry.get("type"))
    if kind == "array":
        return f"list of {_describe(entry['items'])}"
    if kind == "object":
        values = entry.get("additionalProperties")
        inner = _describe(values) if isinstance(values, dict) else "value"
        return f"mapping of name to {inner}"
    return _PLAIN[kind] + _limits(entry)


def _limits(entry: dict[str, Any]) -> str:
    words = [
        f"{word} {entry[key]:g}"
        for key, word in (
            ("exclusiveMinimum", ">"),
            ("minimum", "≥"),
            ("exclusiveMaximum", "<"),
            ("maximum", "≤"),
        )
        if key in entry
    ]
    return f" {', '.join(words)}" if words else ""


def _show(value: Any) -> str:
    """Give a value as it would stand in YAML."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        pairs = ", ".join(f"{key}: {_show(each)}" for key, each in value.items())
        return f"{{{pairs}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_show, value))}]"
    if value == "":
        return '""'
    return f"{value:g}" if isinstance(value, float) else str(value)


def _list_code(names: Any) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _row(*cells: str) -> str:
    return "| " + " | ".join(map(_cell, cells)) + " |"


def _cell(text: str) -> str:
    words = " ".join(text.split()).replace("|", "\\|")
    return words if "`" in words else words.replace("<", "&lt;")
