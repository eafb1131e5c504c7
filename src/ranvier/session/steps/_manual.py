"""The reference page of the shipped steps, from what they say of themselves."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ranvier.session.parameters import StepPhase
from ranvier.session.steps._registry import SHIPPED

if TYPE_CHECKING:
    from ranvier.session.steps._step import Step, StepParameter

_WHEN = {StepPhase.BEFORE: "before", StepPhase.AFTER: "after"}
_HEAD = "| parameter | type | default | meaning |\n|---|---|---|---|"


def format_steps() -> str:
    """Write what each step does and what can be set.

    Returns
    -------
    str
        Markdown, one section for each step, in the order of their names.
    """
    return "\n\n".join(_format_step(SHIPPED[name]) for name in sorted(SHIPPED))


def _format_step(step: Step) -> str:
    when = " or ".join(_WHEN[phase] for phase in step.phases)
    parts = [f"### `{step.name}`", step.meaning, f"When: {when} the acquisition."]
    if step.parameters:
        rows = [_format_parameter(parameter) for parameter in step.parameters]
        parts.append("\n".join([_HEAD, *rows]))
    return "\n\n".join(parts)


def _format_parameter(parameter: StepParameter) -> str:
    default = "" if parameter.default is None else _format_default(parameter.default)
    shown = "**required**" if parameter.is_required else default
    kind = " or ".join(parameter.type)
    meaning = parameter.meaning.replace("|", "\\|")
    return f"| `{parameter.name}` | {kind} | {shown} | {meaning} |"


def _format_default(value: object) -> str:
    return f"`{json.dumps(value)}`"
