"""The session's metadata, written from what is known of it."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, cast

from ranvier.session.steps._failures import refuse
from ranvier.session.steps._step import (
    AFTER,
    ShippedStep,
    StepContext,
    StepParameter,
    StepResult,
    note,
)

if TYPE_CHECKING:
    from ranvier.session.record import ProgramAttempt


def create_session(context: StepContext) -> StepResult:
    """Write the metadata of the session as far as it is known.

    Returns
    -------
    StepResult
        With the files, and what is missing in them.

    Raises
    ------
    StepError
        If nothing here can write them.
    """
    if context.write_metadata is None:
        raise refuse(
            "the metadata can't be written from here.",
            "`ranvier session finalise` writes them",
        )
    files, report = context.write_metadata()
    return StepResult.done(*report.findings, files=files)


def add_bonsai(context: StepContext) -> StepResult:
    """Tell what Bonsai showed, and when: one epoch, or code for those that are known.

    Returns
    -------
    StepResult
        With `epochs`; what is not known of them is missing.

    Raises
    ------
    StepError
        If no Bonsai ran, or it was not seen to end.
    """
    attempts = [each for each in context.record.attempts if each.program == "bonsai"]
    if not attempts:
        raise refuse("no Bonsai ran in this session.", "take the step out")
    script = describe_script(context, attempts[-1])
    known = cast("list[dict[str, Any]] | None", context.record.data_of("epochs"))
    if known:
        epochs = [{**epoch, "script": epoch.get("script") or script} for epoch in known]
    else:
        epochs = [_make_epoch(context, attempts[-1], script)]
    problem = f'epochs: {len(epochs)}, shown by "{script["name"]}".'
    return StepResult.done(note(context.step, problem), data={"epochs": epochs})


def describe_script(context: StepContext, attempt: ProgramAttempt) -> dict[str, Any]:
    """Tell what Bonsai ran.

    Returns
    -------
    dict
        name of the workflow; url and commit of the task code and parameters given, as
        far as they are known.
    """
    workflow = next(
        (word for word in attempt.command if word.lower().endswith(".bonsai")), ""
    )
    workflow = workflow or str(context.session_parameters.get("script_path") or "")
    script: dict[str, Any] = {
        "name": PurePosixPath(workflow.replace("\\", "/")).name or "Bonsai"
    }
    repository = context.record.repository
    if repository is not None:
        script["url"] = repository.url
        script["commit"] = repository.commit
    if given := context.session_parameters.get("script_parameters"):
        script["parameters"] = given
    return script


def _make_epoch(
    context: StepContext, attempt: ProgramAttempt, script: dict[str, Any]
) -> dict[str, Any]:
    if attempt.end is None:
        raise refuse(
            "Bonsai was not seen to end: its epoch has no end.",
            "tell the epochs by the step `stimulus_table`",
        )
    name = context.parameters["stimulus_name"]
    stem = PurePosixPath(str(script["name"])).stem
    epoch: dict[str, Any] = {
        "name": str(name or stem),
        "start": attempt.start.isoformat(),
        "end": attempt.end.isoformat(),
        "script": script,
    }
    if modalities := context.parameters["stimulus_modalities"]:
        epoch["modalities"] = list(modalities)
    return epoch


STEPS = (
    ShippedStep(
        "session_creator",
        "Writes the session's metadata as far as they are known.",
        (AFTER,),
        create_session,
        (
            StepParameter(
                "force",
                ("boolean",),
                "of older files, does nothing: metadata are always made anew",
            ),
        ),
    ),
    ShippedStep(
        "session_enhancer_bonsai",
        "Tells the metadata what Bonsai ran, and from when to when.",
        (AFTER,),
        add_bonsai,
        (
            StepParameter(
                "stimulus_name", ("string",), "name of the epoch; else the workflow's"
            ),
            StepParameter("stimulus_modalities", ("array",), '"Visual", "Auditory", …'),
        ),
    ),
)
