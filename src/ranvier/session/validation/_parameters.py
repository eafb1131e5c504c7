"""Whether parameters of the older launcher are right, and what is wrong with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ranvier.core import SessionError
from ranvier.session.faults import ParameterValidationError
from ranvier.session.parameters import check_parameters, merge
from ranvier.session.record import check_subject

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ranvier.core import RanvierError
    from ranvier.session.faults import Finding
    from ranvier.session.parameters import Parameters

# As `ExperimentParameters` has them on the page of the older launcher's API.
REQUIRED = ("subject_id", "user_id", "repository_url", "bonsai_path")


@dataclass(frozen=True)
class ParameterValidation:
    """What a check of parameters found.

    Parameters
    ----------
    is_valid
        True if nothing is wrong.
    errors
        What is, each in one line.
    """

    is_valid: bool
    errors: list[str]


def validate_parameters(params: Mapping[str, Any]) -> tuple[bool, list[str]]:
    """Check the parameters of an experiment that runs Bonsai; every fault at once.

    Keys of other launchers' versions are known by all their names. A key that nobody
    knows is left to the experiment, unless it looks like a known one mistyped.

    Parameters
    ----------
    params
        As a parameter file has them.

    Returns
    -------
    tuple
        True if nothing is wrong, and what is: each in one line.

    Examples
    --------
    >>> validate_parameters({"mouse_id": "m1", "user_id": "me", "bonsai_path": "a"})
    (False, ['repository_url: it is required, and missing.'])
    """
    try:
        parameters = merge(file=params)
    except ParameterValidationError as error:
        return False, [_write(error)]
    missing = [
        f"{key}: it is required, and missing."
        for key in REQUIRED
        if not parameters.get(key)
    ]
    report = check_parameters(parameters, is_lenient=True)
    errors = [*missing, *map(_write, report.errors), *_check_subject(parameters)]
    return not errors, errors


def validate_parameter_schema(params: Mapping[str, Any]) -> ParameterValidation:
    """Check parameters as `validate_parameters` does.

    Parameters
    ----------
    params
        As a parameter file has them.

    Returns
    -------
    ParameterValidation
        With `is_valid` and `errors`.
    """
    return ParameterValidation(*validate_parameters(params))


def _check_subject(parameters: Parameters) -> list[str]:
    subject = parameters.get("subject_id")
    if not subject or not isinstance(subject, str):
        return []
    try:
        check_subject(subject)
    except SessionError as error:
        return [_write(error)]
    return []


def _write(fault: Finding | RanvierError) -> str:
    head = f"{fault.where}: " if fault.where else ""
    found = f" It is {fault.found}." if fault.found else ""
    wanted = f" Wanted: {fault.wanted}." if fault.wanted else ""
    mend = f" To mend it: {fault.mend}." if fault.mend else ""
    return " ".join(f"{head}{fault.problem}{found}{wanted}{mend}".split())
