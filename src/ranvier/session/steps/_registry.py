"""The steps that we ship, by the names that older parameter files have for them."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from ranvier.core import suggest
from ranvier.session.parameters import RunWhen, StepKind
from ranvier.session.steps import (
    _archiving,
    _creating,
    _examples,
    _fetching,
    _instrument,
    _meeting,
    _notes,
    _projects,
    _space,
    _stimuli,
    _videos,
    _waiting,
    _weights,
)
from ranvier.session.steps._failures import refuse_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ranvier.session.parameters import StepEntry
    from ranvier.session.steps._step import Step

_MODULES = (
    _space,
    _waiting,
    _weights,
    _notes,
    _fetching,
    _projects,
    _instrument,
    _meeting,
    _stimuli,
    _videos,
    _creating,
    _archiving,
    _examples,
)

# Shipped by the older launcher, and made for one microscope or one task.
_OF_ONE_LAB = (
    "session_enhancer_predictive_processing",
    "session_enhancer_slap2",
    "slap2_behavior_annotator",
    "slap2_behaviorvideo_annotator",
    "slap2_meta_annotator",
    "slap2_stimuli_p3_annotator",
    "stimulus_table_predictive_processing",
)


def build_shipped() -> dict[str, Step]:
    """Give the steps that we ship.

    Returns
    -------
    dict
        By their names.
    """
    return {step.name: step for module in _MODULES for step in module.STEPS}


SHIPPED: Mapping[str, Step] = MappingProxyType(build_shipped())


def find_step(name: str, where: str = "") -> Step:
    """Find a step that we ship.

    Parameters
    ----------
    name
        As a parameter file has it.
    where
        Its place there.

    Returns
    -------
    Step
        Of this name.

    Raises
    ------
    StepError
        If there is none; says what was meant, or how a step of one lab is run.
    """
    if name in SHIPPED:
        return SHIPPED[name]
    if name in _OF_ONE_LAB:
        raise refuse_name(
            name,
            where,
            "made for one microscope or task, and not shipped with ranvier",
            "put its file into the task repository and run it from there: "
            f'"module_type": "script_module", "module_path": "…/{name}.py"',
        )
    mend = 'name a step of ours; or say "module_type": "script_module"'
    raise refuse_name(name, where, "", suggest(name, SHIPPED, mend))


def find_run_when(entry: StepEntry) -> RunWhen:
    """Tell whether a step is done after an acquisition that failed.

    Parameters
    ----------
    entry
        Of a parameter file.

    Returns
    -------
    RunWhen
        As the entry says; else as the step has it; a script, and a step that is not
        known: only after success, as in the older launcher.
    """
    if entry.run_when is not None:
        return entry.run_when
    if entry.kind is StepKind.SHIPPED and entry.path in SHIPPED:
        return SHIPPED[entry.path].run_when
    return RunWhen.SUCCESS


def list_questions(entries: Iterable[StepEntry]) -> dict[str, str]:
    """List the questions that steps will ask and that must be answered.

    Parameters
    ----------
    entries
        Of a parameter file.

    Returns
    -------
    dict
        Name of the question to the place of the step, "pre_acquisition_pipeline[0]".
    """
    return {
        question: entry.key_path
        for entry in entries
        if entry.kind is StepKind.SHIPPED and entry.path in SHIPPED
        for question in SHIPPED[entry.path].asks
    }
