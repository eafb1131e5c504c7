"""The animal's weight before and after, asked and kept with the session."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ranvier.session.operator import Question, QuestionKind
from ranvier.session.steps._places import name_file
from ranvier.session.steps._step import (
    AFTER,
    BEFORE,
    ShippedStep,
    StepContext,
    StepParameter,
    StepResult,
    warn,
)

if TYPE_CHECKING:
    from ranvier.session.faults import Finding

_FILE = "mouse_weight.csv"
_PRIOR, _POST = "animal_weight_prior_g", "animal_weight_post_g"


def ask_weight(context: StepContext, name: str, when: str) -> StepResult:
    """Ask for the weight, add it to `mouse_weight.csv`, and tell it to the metadata.

    Parameters
    ----------
    context
        Of the step.
    name
        Of the fact: "animal_weight_prior_g" or "animal_weight_post_g".
    when
        "before" or "after", for the prompt and the file.

    Returns
    -------
    StepResult
        A warning if it differs much from the one before.

    Raises
    ------
    OperatorError
        If nobody tells it.
    """
    question = Question(
        name,
        f"Weight of the animal {when} the session?",
        QuestionKind.NUMBER,
        unit="g",
        minimum=float(context.parameters["mouse_weight_minimum_g"]),
        maximum=float(context.parameters["mouse_weight_maximum_g"]),
    )
    weight = context.operator.ask(question)
    assert isinstance(weight, float)  # noqa: S101 - what a NUMBER gives
    path = context.session_folder / _FILE
    is_new = not path.exists()
    with path.open("a", encoding="utf-8", newline="\n") as file:
        if is_new:
            file.write("time,when,weight_g\n")
        time = context.now().isoformat(timespec="seconds")
        file.write(f"{time},{when},{weight:g}\n")
    change = float(context.parameters["mouse_weight_change_percent"])
    before = context.record.data_of(_PRIOR) if name == _POST else None
    findings = judge_change(context.step or name, before, weight, change)
    file_name = name_file(context.session_folder, path)
    return StepResult.done(*findings, files=(file_name,), data={name: weight})


def judge_change(
    check: str, before: object, after: float, limit_percent: float
) -> tuple[Finding, ...]:
    """Warn if a weight changed so much that one of the two may be a slip.

    Parameters
    ----------
    check
        Name of the step.
    before, after
        Weights, g; `before` None if it is not known.
    limit_percent
        How much of `before` is still plausible.

    Returns
    -------
    tuple of Finding
        Empty if it is plausible.

    Examples
    --------
    >>> judge_change("weight", 20.0, 23.0, 20.0)
    ()
    """
    if not isinstance(before, int | float) or isinstance(before, bool) or before <= 0:
        return ()
    percent = 100 * (after - before) / before
    if abs(percent) <= limit_percent:
        return ()
    finding = warn(
        check,
        "the weight changed much: one of the two may be a slip.",
        "RV-S49",
        found=f"{before:g} g before, {after:g} g after: {percent:+.0f} %",
        wanted=f"at most {limit_percent:g} %",
        mend="weigh again; `ranvier session step` asks once more",
    )
    return (finding,)


_LIMITS = (
    StepParameter(
        "mouse_weight_minimum_g",
        ("number",),
        "less is asked again, g",
        default=5,
        rules={"exclusiveMinimum": 0},
    ),
    StepParameter(
        "mouse_weight_maximum_g",
        ("number",),
        "more is asked again, g",
        default=100,
        rules={"exclusiveMinimum": 0},
    ),
    StepParameter(
        "mouse_weight_change_percent",
        ("number",),
        "a larger change from before to after is warned of, %",
        default=20,
        rules={"exclusiveMinimum": 0},
    ),
)

STEPS = (
    ShippedStep(
        "mouse_weight_pre_prompt",
        "Asks for the animal's weight before the session.",
        (BEFORE, AFTER),
        partial(ask_weight, name=_PRIOR, when="before"),
        _LIMITS,
        asks=(_PRIOR,),
    ),
    ShippedStep(
        "mouse_weight_post_prompt",
        "Asks for the animal's weight after the session.",
        (AFTER,),
        partial(ask_weight, name=_POST, when="after"),
        _LIMITS,
        asks=(_POST,),
    ),
)
