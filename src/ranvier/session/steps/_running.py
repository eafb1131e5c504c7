"""Does one step and gives its result; whatever goes wrong in it is a failed result."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ranvier.core import SessionError, format_error, format_traceback
from ranvier.session.faults import Finding, Severity, Verdict
from ranvier.session.parameters import StepKind
from ranvier.session.steps._registry import find_step
from ranvier.session.steps._script import run_script
from ranvier.session.steps._step import StepResult

if TYPE_CHECKING:
    from ranvier.session.parameters import StepEntry
    from ranvier.session.steps._step import StepContext


def run_step(entry: StepEntry, context: StepContext) -> StepResult:
    """Do one step.

    Parameters
    ----------
    entry
        What is to be done; its placeholders filled.
    context
        Of the session; the entry's own parameters are put in here.

    Returns
    -------
    StepResult
        Also if the step is not there or raises: then failed, with a finding that says
        why. Ctrl-C is passed on.
    """
    own = replace(
        context,
        parameters=entry.parameters,
        step=entry.path,
        phase=entry.phase,
        number=entry.number,
        began_stopped=context.stop.is_requested,
    )
    try:
        if entry.kind is StepKind.SCRIPT:
            return run_script(entry, own)
        return find_step(entry.path, entry.key_path).run(own)
    except SessionError as error:
        finding = Finding.from_error(error, entry.path)
    except Exception as error:  # noqa: BLE001 - a step must not end the session
        finding = _describe_crash(entry, error)
    return StepResult(Verdict.FAILED, (finding,))


def _describe_crash(entry: StepEntry, error: Exception) -> Finding:
    return Finding(
        Severity.ERROR,
        entry.path,
        f'the step "{entry.path}" broke: {format_error(error)}',
        code="RV-S43",
        where=entry.key_path,
        found=format_traceback(error).rstrip(),
        mend="tell who wrote it; `ranvier session step` does it again",
    )
