"""What can be set of a session: the keys, the files that have them, their values."""

from __future__ import annotations

from ranvier.session.parameters._checking import LAUNCHER_VERSION, check_parameters
from ranvier.session.parameters._entries import (
    FailurePolicy,
    RunWhen,
    StepEntry,
    StepKind,
    StepPhase,
    read_entries,
)
from ranvier.session.parameters._expanding import expand, expand_text
from ranvier.session.parameters._faults import format_key_path
from ranvier.session.parameters._key import JsonValue, KeyGroup, ParameterKey
from ranvier.session.parameters._merging import Parameters, merge
from ranvier.session.parameters._paths import resolve_path
from ranvier.session.parameters._placeholders import expand_environment
from ranvier.session.parameters._reading import (
    ParameterFile,
    parse_changes,
    read_parameter_file,
)
from ranvier.session.parameters._rig import Rig, find_rig_file, read_rig
from ranvier.session.parameters._schema import build_schema, format_keys, format_schema
from ranvier.session.parameters._table import ALIASES, KEYS, SESSION_NAMES, find_name
from ranvier.session.parameters._versions import allows, is_specifier

__all__ = [
    "ALIASES",
    "KEYS",
    "LAUNCHER_VERSION",
    "SESSION_NAMES",
    "FailurePolicy",
    "JsonValue",
    "KeyGroup",
    "ParameterFile",
    "ParameterKey",
    "Parameters",
    "Rig",
    "RunWhen",
    "StepEntry",
    "StepKind",
    "StepPhase",
    "allows",
    "build_schema",
    "check_parameters",
    "expand",
    "expand_environment",
    "expand_text",
    "find_name",
    "find_rig_file",
    "format_key_path",
    "format_keys",
    "format_schema",
    "is_specifier",
    "merge",
    "parse_changes",
    "read_entries",
    "read_parameter_file",
    "read_rig",
    "resolve_path",
]
