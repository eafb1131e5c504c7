"""Looks at all steps of a session before anything starts."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any, cast

from ranvier.core import format_value
from ranvier.session.faults import Finding, Report, StepError
from ranvier.session.parameters import StepKind, StepPhase
from ranvier.session.steps._failures import refuse_parameters, refuse_phase
from ranvier.session.steps._registry import find_step
from ranvier.session.steps._step import warn

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from ranvier.session.parameters import StepEntry
    from ranvier.session.steps._step import Step

_CHECK = "steps"
# What any script's entry may say; the rest is the script's own.
_SCRIPT: dict[str, Any] = {
    "properties": {
        "script_timeout_sec": {"type": ["number", "null"], "exclusiveMinimum": 0}
    }
}


def build_step_schema(step: Step) -> dict[str, Any]:
    """Give the JSON Schema of a step's parameters.

    Further ones are allowed, as in older files; `check_entries` tells of them.

    Returns
    -------
    dict
        Draft 2020-12.
    """
    schema: dict[str, Any] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": step.name,
        "description": step.meaning,
        "type": "object",
        "properties": {each.name: each.to_schema() for each in step.parameters},
    }
    if required := [each.name for each in step.parameters if each.is_required]:
        schema["required"] = required
    return schema


def check_entries(
    entries: Iterable[StepEntry],
    phases: Collection[StepPhase] = tuple(StepPhase),
    session_parameters: Mapping[str, Any] | None = None,
) -> Report:
    """Check that each step is there, in its place, and can take its parameters.

    Parameters
    ----------
    entries
        Of the session.
    phases
        Only the steps of these are looked at.
    session_parameters
        Of the session: a required parameter may stand there too.

    Returns
    -------
    Report
        All faults at once, with their places.
    """
    known = session_parameters or {}
    findings: list[Finding] = []
    for entry in entries:
        if entry.phase in phases:
            findings.extend(_check_entry(entry, known))
    return Report.of(findings)


def _check_entry(entry: StepEntry, known: Mapping[str, Any]) -> Iterator[Finding]:
    if entry.kind is StepKind.SCRIPT:
        yield from _check_schema(entry, _SCRIPT, entry.parameters)
        if isinstance(entry.schema, dict):
            yield from _check_schema(entry, entry.schema, entry.parameters)
        return
    try:
        step = find_step(entry.path, entry.key_path)
    except StepError as error:
        yield Finding.from_error(error, _CHECK)
        return
    if entry.phase not in step.phases:
        wanted = " or ".join(phase.key for phase in step.phases)
        yield Finding.from_error(
            refuse_phase(step.name, entry.key_path, wanted), _CHECK
        )
    names = [each.name for each in step.parameters]
    own = {name: known[name] for name in names if name in known}
    given = {k: v for k, v in entry.parameters.items() if v is not None}
    yield from _check_schema(entry, build_step_schema(step), {**own, **given})
    for name in entry.parameters:
        if name not in names:
            yield _judge_stranger(entry, name, names)


def _check_schema(
    entry: StepEntry, schema: dict[str, Any], values: Mapping[str, Any]
) -> Iterator[Finding]:
    import jsonschema  # 0.1 s, and only looked at once

    try:
        jsonschema.Draft202012Validator.check_schema(schema)
    except jsonschema.SchemaError as error:
        found = f"module_schema is no schema: {error.message}"
        mend = "mend module_schema, or leave it out"
        yield _build_fault(entry, "", found, "", mend)
        return
    validator = jsonschema.Draft202012Validator(schema)
    for error in validator.iter_errors(dict(values)):  # pyright: ignore[reportUnknownMemberType] - untyped
        path = ".".join(str(part) for part in error.absolute_path)
        if error.validator == "required":
            mend = "give it, in the entry or in the parameter file"
            yield _build_fault(entry, path, error.message, "", mend)
            continue
        found = format_value(error.instance)
        wanted = _format_rule(str(error.validator), error.validator_value)
        mend = "correct it where it is given: in the entry or in the parameter file"
        yield _build_fault(entry, path, found, wanted, mend)


def _format_rule(name: str, value: Any) -> str:
    text = format_value(value)
    items = cast("list[Any]", value) if isinstance(value, list) else []
    if items and all(isinstance(each, str) for each in items):
        text = " or ".join(items)
    return f"{name} {text}"


def _build_fault(
    entry: StepEntry, path: str, found: str, wanted: str, mend: str
) -> Finding:
    where = f"{entry.key_path}.{path}" if path else entry.key_path
    error = refuse_parameters(entry.path, where, found, mend, wanted)
    return Finding.from_error(error, _CHECK)


def _judge_stranger(entry: StepEntry, name: str, known: list[str]) -> Finding:
    """Judge a parameter that the step does not know: a slip, or of an older file."""
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.85)
    where = f"{entry.key_path}.{name}"
    if near:
        mend = f'did you mean "{near[0]}"?'
        return Finding.from_error(
            refuse_parameters(entry.path, where, f'"{name}" is not known', mend), _CHECK
        )
    problem = f'the step "{entry.path}" has no parameter "{name}".'
    return warn(_CHECK, problem, "RV-S41", where=where, mend="leave it out")
