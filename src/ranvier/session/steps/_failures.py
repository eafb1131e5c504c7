"""The errors of steps: one function for each code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ranvier.session.faults import StepError

if TYPE_CHECKING:
    from pathlib import Path


def refuse_name(name: str, where: str, found: str, mend: str) -> StepError:
    """Build the error of a step that is not there.

    Returns
    -------
    StepError
        RV-S40.
    """
    return StepError(
        f'there is no step "{name}".',
        code="RV-S40",
        where=where,
        found=found,
        mend=mend,
    )


def refuse_parameters(
    name: str, where: str, found: str, mend: str, wanted: str = ""
) -> StepError:
    """Build the error of a parameter that a step can't take.

    Returns
    -------
    StepError
        RV-S41.
    """
    return StepError(
        f'the parameters of the step "{name}" are not right.',
        code="RV-S41",
        where=where,
        found=found,
        wanted=wanted,
        mend=mend,
    )


def refuse_phase(name: str, where: str, wanted: str) -> StepError:
    """Build the error of a step that stands on the wrong side of the acquisition.

    Returns
    -------
    StepError
        RV-S42.
    """
    return StepError(
        f'the step "{name}" makes no sense there.',
        code="RV-S42",
        where=where,
        wanted=wanted,
        mend="move it into the other list",
    )


def refuse_script(path: str, found: str, mend: str) -> StepError:
    """Build the error of a script that can't be started.

    Returns
    -------
    StepError
        RV-S44.
    """
    return StepError(
        f"the script {path} can't be run.", code="RV-S44", found=found, mend=mend
    )


def refuse_outcome(path: str, where: str, found: str, wanted: str) -> StepError:
    """Build the error of a script that did not do what was asked.

    Returns
    -------
    StepError
        RV-S45.
    """
    return StepError(
        f"the script {path} failed.",
        code="RV-S45",
        where=where,
        found=found,
        wanted=wanted,
        mend="mend what it tells; do the step again with `ranvier session step`",
    )


def refuse_end(path: str, found: str, mend: str) -> StepError:
    """Build the error of a script that was ended from outside.

    Returns
    -------
    StepError
        RV-S46.
    """
    return StepError(
        f"the script {path} did not end by itself.",
        code="RV-S46",
        found=found,
        mend=mend,
    )


def refuse_file(path: Path | str, found: str, mend: str) -> StepError:
    """Build the error of a file that can't be used as asked.

    Returns
    -------
    StepError
        RV-S47.
    """
    return StepError(
        f"the file {path} can't be used.", code="RV-S47", found=found, mend=mend
    )


def refuse_service(url: str, found: str, mend: str) -> StepError:
    """Build the error of a metadata service that gave no answer to use.

    Returns
    -------
    StepError
        RV-S48.
    """
    return StepError(
        "the metadata service gave no answer that can be used.",
        code="RV-S48",
        where=url,
        found=found,
        mend=mend,
    )


def refuse(problem: str, mend: str, found: str = "", wanted: str = "") -> StepError:
    """Build the error of a step that could not do its task.

    Returns
    -------
    StepError
        RV-S49.
    """
    return StepError(problem, code="RV-S49", found=found, wanted=wanted, mend=mend)
