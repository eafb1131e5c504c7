"""Values held against the schema of their keys, all of them at once, offline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ranvier.core import format_value, suggest
from ranvier.session.parameters._faults import KeyPath, unknown_key, wrong_value
from ranvier.session.parameters._schema import build_schema
from ranvier.session.parameters._wording import describe_schema

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ranvier.session.faults import Finding
    from ranvier.session.parameters._merging import Parameters

_KINDS: tuple[tuple[type, str], ...] = (
    (str, "text"),
    (bool, "true or false"),
    (int, "a whole number"),
    (float, "a number"),
    (list, "a list"),
    (dict, "a mapping"),
)


def find_wrong_values(parameters: Parameters) -> Iterator[Finding]:
    """Hold all values against the JSON Schema.

    Parameters
    ----------
    parameters
        Merged; keys under their one names.

    Yields
    ------
    Finding
        RV-S14, or RV-S13 for a key of a mapping whose keys are all known.
    """
    from jsonschema import Draft202012Validator  # 0.05 s, and only a check needs it

    validator: Any = Draft202012Validator(build_schema())
    for error in validator.iter_errors(dict(parameters.values)):
        path: KeyPath = tuple(error.absolute_path)
        if error.validator == "additionalProperties":
            yield from _tell_unknown(parameters, path, error)
        else:
            found = _describe_value(error.instance)
            wanted = _want(error)
            yield wrong_value(path, parameters.where(path), found, wanted)


def _tell_unknown(
    parameters: Parameters, path: KeyPath, error: Any
) -> Iterator[Finding]:
    known = error.schema["properties"]
    for key in error.instance:
        if key not in known:
            here = (*path, key)
            mend = suggest(key, known, "put it into module_parameters, or delete it")
            yield unknown_key(here, parameters.where(here), mend)


def _describe_value(value: Any) -> str:
    kind = next((word for family, word in _KINDS if type(value) is family), "")
    return f"{kind}, {format_value(value)}" if kind else format_value(value)


def _want(error: Any) -> str:
    wanted = describe_schema(error.schema)
    if error.validator in ("minLength", "minItems"):
        return f"{wanted}, not empty"
    if error.validator == "pattern" and wanted.startswith("text"):
        return f'{wanted} without any of / \\ : * ? " < > |'
    return wanted
