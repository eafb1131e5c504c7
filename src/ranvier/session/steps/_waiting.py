"""Waits for a person."""

from __future__ import annotations

from ranvier.session.faults import OperatorError, Verdict
from ranvier.session.operator import Question, QuestionKind
from ranvier.session.steps._step import (
    AFTER,
    BEFORE,
    ShippedStep,
    StepContext,
    StepParameter,
    StepResult,
    warn,
)


def wait_for_person(context: StepContext) -> StepResult:
    """Wait until a person says that all is ready.

    Returns
    -------
    StepResult
        Skipped if there is nobody and that is allowed.

    Raises
    ------
    OperatorError
        If there is nobody and `fail_if_no_input` is set.
    """
    prompt = str(context.parameters["prompt"] or "Ready to go on?")
    try:
        context.operator.ask(Question("ready", prompt, QuestionKind.ACKNOWLEDGE))
    except OperatorError as error:
        if context.parameters["fail_if_no_input"] or context.is_stopped:
            raise
        finding = warn(
            context.step,
            "nobody confirmed; the session went on.",
            "RV-S49",
            found=error.problem,
            mend="set `fail_if_no_input: true` if someone must be there",
        )
        return StepResult(Verdict.SKIPPED, (finding,))
    return StepResult.done()


STEPS = (
    ShippedStep(
        "wait_for_user_input",
        "Waits until a person presses Enter.",
        (BEFORE, AFTER),
        wait_for_person,
        (
            StepParameter("prompt", ("string",), "what the person reads"),
            StepParameter(
                "fail_if_no_input",
                ("boolean",),
                "true fails where nobody is there; false goes on",
                default=False,
            ),
        ),
    ),
)
