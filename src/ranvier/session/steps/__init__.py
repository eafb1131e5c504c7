"""Steps before and after an acquisition: shipped ones, and those of the task."""

from __future__ import annotations

from ranvier.session.steps._checking import build_step_schema, check_entries
from ranvier.session.steps._manual import format_steps
from ranvier.session.steps._registry import (
    SHIPPED,
    find_run_when,
    find_step,
    list_questions,
)
from ranvier.session.steps._running import run_step
from ranvier.session.steps._step import (
    ShippedStep,
    Step,
    StepContext,
    StepParameter,
    StepResult,
    WriteMetadata,
)

__all__ = [
    "SHIPPED",
    "ShippedStep",
    "Step",
    "StepContext",
    "StepParameter",
    "StepResult",
    "WriteMetadata",
    "build_step_schema",
    "check_entries",
    "find_run_when",
    "find_step",
    "format_steps",
    "list_questions",
    "run_step",
]
