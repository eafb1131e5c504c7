"""The JSON Schema of the entries of the two lists of steps."""

from __future__ import annotations

from typing import Any

from ranvier.session.parameters._key import allow_null

_POLICY = {
    "type": "string",
    "enum": ["continue", "abort", "prompt"],
    "description": "What a failure of the step means for the session.",
}
_OLDER_POLICY = {**_POLICY, "description": "Older name of `on_failure`."}

ENTRY_FIELDS: dict[str, dict[str, Any]] = {
    "module_type": {
        "type": "string",
        "enum": ["launcher_module", "script_module", "repo_module"],
        "description": "A shipped step, or one of the task repository.",
    },
    "type": {
        "type": "string",
        "enum": ["launcher_module", "script_module", "repo_module"],
        "description": "Older name of `module_type`.",
    },
    "module_path": {
        "type": "string",
        "minLength": 1,
        "description": "Name of a shipped step, or file of the task repository.",
    },
    "repo_relative_path": {
        "type": "string",
        "minLength": 1,
        "description": "Older name of `module_path`.",
    },
    "module_parameters": {"type": "object", "description": "Parameters of the step."},
    "module_schema": {
        "type": ["string", "object"],
        "description": "JSON Schema of these parameters, or its file.",
    },
    "on_failure": _POLICY,
    "failure_policy": _OLDER_POLICY,
    "fail_policy": _OLDER_POLICY,
    "fail_action": _OLDER_POLICY,
    "abort_on_fail": {
        "type": "boolean",
        "description": "Older form: true is `on_failure: abort`.",
    },
    "run_when": {
        "type": "string",
        "enum": ["always", "success"],
        "description": "Whether a step after the acquisition is done if that failed.",
    },
    "function": {
        "type": "string",
        "minLength": 1,
        "description": "Function of the file that is called.",
    },
    "function_args": {"type": "object", "description": "Its named arguments."},
    "kwargs": {"type": "object", "description": "Older name of `function_args`."},
    "output_filename": {
        "type": "string",
        "minLength": 1,
        "description": "File of the session folder that gets what it returns.",
    },
    "description": {"type": "string", "description": "What the step is for."},
}

PIPELINE: dict[str, Any] = {
    "type": "array",
    "items": {
        # The name alone, or a mapping: `properties` says nothing of texts.
        "type": ["string", "object"],
        "minLength": 1,
        "properties": {name: allow_null(each) for name, each in ENTRY_FIELDS.items()},
        "additionalProperties": False,
    },
}
