"""Looks whether the disk has room for what the session will write."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ranvier.core import free_bytes
from ranvier.session.faults import OperatorError
from ranvier.session.operator import Question, QuestionKind
from ranvier.session.parameters import resolve_path
from ranvier.session.steps._failures import refuse
from ranvier.session.steps._step import (
    BEFORE,
    ShippedStep,
    StepContext,
    StepParameter,
    StepResult,
    note,
    warn,
)

if TYPE_CHECKING:
    from pathlib import Path

_NAME = "disk_space_check"
_GIB = 1024**3
_TRIES = 5
_AGAIN, _GO_ON, _END = "look again", "go on with less", "end the session"


def check_space(context: StepContext) -> StepResult:
    """Compare the free space with what is wanted; a person may make room meanwhile.

    Returns
    -------
    StepResult
        A warning if someone chose to go on with less.

    Raises
    ------
    StepError
        If there is too little.
    """
    wanted = float(context.parameters["required_free_gb"])
    folder = _find_folder(context)
    found = ""
    for _ in range(_TRIES):
        free = free_bytes(folder) / _GIB
        found = f"{free:.1f} GiB free on the disk of {folder}"
        if free >= wanted:
            return StepResult.done(note(_NAME, f"{found}."), data=_tell(free))
        answer = _ask(context, free, wanted)
        if answer == _GO_ON:
            problem = "the operator went on with too little free space."
            finding = warn(_NAME, problem, "RV-S49", found=found)
            return StepResult.done(finding, data=_tell(free))
        if answer != _AGAIN:
            break
    raise refuse(
        "there is too little free space.",
        "make room, or take another disk as `output_root_folder`",
        found=found,
        wanted=f"{wanted:g} GiB",
    )


def _tell(free: float) -> dict[str, float]:
    return {"disk_free_gib": round(free, 1)}


def _find_folder(context: StepContext) -> Path:
    given = context.parameters["disk_space_check_path"]
    folder = context.session_folder
    place = resolve_path(given, folder) if given else folder
    return next(each for each in (place, *place.parents) if each.exists())


def _ask(context: StepContext, free: float, wanted: float) -> str | None:
    may_go_on = bool(context.parameters["allow_override"])
    choices = (_AGAIN, _GO_ON, _END) if may_go_on else (_AGAIN, _END)
    prompt = f"Only {free:.1f} GiB are free, {wanted:g} are wanted. Make room, then:"
    question = Question("disk_space", prompt, QuestionKind.CHOICE, choices)
    try:
        return str(context.operator.ask(question))
    except OperatorError:
        return None  # nobody there: that it is too little is the thing to say


STEPS = (
    ShippedStep(
        _NAME,
        "Fails if the disk of the session has too little free space.",
        (BEFORE,),
        check_space,
        (
            StepParameter(
                "required_free_gb",
                ("number",),
                "free space that must be there, GiB",
                rules={"exclusiveMinimum": 0},
                is_required=True,
            ),
            StepParameter(
                "disk_space_check_path",
                ("string",),
                "folder whose disk is looked at; the session folder if not given",
            ),
            StepParameter(
                "allow_override",
                ("boolean",),
                "true lets a person go on with less",
                default=False,
            ),
        ),
    ),
)
