"""The smallest steps there are, to try a parameter file with."""

from __future__ import annotations

from ranvier.session.steps._step import (
    AFTER,
    BEFORE,
    ShippedStep,
    StepContext,
    StepResult,
    note,
)


def look_around(context: StepContext) -> StepResult:
    """Tell in which session it is, and do nothing.

    Returns
    -------
    StepResult
        OK, with one finding.
    """
    when = "before" if context.phase is BEFORE else "after"
    text = f"{when} the acquisition, in {context.session_folder}."
    return StepResult.done(note(context.step, text))


STEPS = (
    ShippedStep(
        "example_pre_acquisition_module",
        "Tells in which session it is, and does nothing.",
        (BEFORE,),
        look_around,
    ),
    ShippedStep(
        "example_post_acquisition_module",
        "Tells in which session it is, and does nothing.",
        (AFTER,),
        look_around,
    ),
)
