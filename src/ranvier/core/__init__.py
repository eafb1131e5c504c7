"""Errors, clock, identifiers, units and files: what every floor stands on."""

from __future__ import annotations

from ranvier.core._clock import Clock, SystemClock, WallStart
from ranvier.core._errors import (
    AnalysisError,
    GraphError,
    LinkError,
    NodeError,
    RanvierError,
    RecordingError,
    RunError,
    SessionError,
    describe_error,
    rebuild_error,
)
from ranvier.core._files import (
    append_durably,
    free_bytes,
    sync_folder,
    write_atomically,
)
from ranvier.core._ids import check_name, format_stamp, make_run_id, user_name
from ranvier.core._locks import is_lockless, keep_trying, try_lock, unlock
from ranvier.core._log import JsonLines, read_log
from ranvier.core._report import Reporter, SilentReporter
from ranvier.core._units import format_quantity, parse_quantity
from ranvier.core._wording import (
    format_command,
    format_count,
    format_error,
    format_traceback,
    format_value,
    suggest,
    to_text,
)

__all__ = [
    "AnalysisError",
    "Clock",
    "GraphError",
    "JsonLines",
    "LinkError",
    "NodeError",
    "RanvierError",
    "RecordingError",
    "Reporter",
    "RunError",
    "SessionError",
    "SilentReporter",
    "SystemClock",
    "WallStart",
    "append_durably",
    "check_name",
    "describe_error",
    "format_command",
    "format_count",
    "format_error",
    "format_quantity",
    "format_stamp",
    "format_traceback",
    "format_value",
    "free_bytes",
    "is_lockless",
    "keep_trying",
    "make_run_id",
    "parse_quantity",
    "read_log",
    "rebuild_error",
    "suggest",
    "sync_folder",
    "to_text",
    "try_lock",
    "unlock",
    "user_name",
    "write_atomically",
]
