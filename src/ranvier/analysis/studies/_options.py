"""What a command is called with: checked, and put in place of what the study says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from ranvier.core import AnalysisError, suggest

if TYPE_CHECKING:
    from collections.abc import Collection

    from ranvier.analysis.parameters import AnalysisParameters


def check_choice(name: str, value: str, known: Collection[str]) -> None:
    """Make sure that an option is one of those that there are.

    Parameters
    ----------
    name
        Of the option.
    value
        What was given.
    known
        What can be.

    Raises
    ------
    AnalysisError
        RV-A28 if it is another.
    """
    if value not in known:
        listed = sorted(known)
        raise _make_error(name, value, ", ".join(listed), suggest(value, listed, ""))


def change_settings(
    parameters: AnalysisParameters, section: str, **values: Any
) -> AnalysisParameters:
    """Give parameters with some entries changed; None leaves an entry as it is.

    Parameters
    ----------
    parameters
        All of them.
    section
        "statistics".
    **values
        Entry → value.

    Returns
    -------
    AnalysisParameters

    Raises
    ------
    AnalysisError
        RV-A28 if an entry can't have a value.

    Examples
    --------
    >>> from ranvier.analysis.parameters import AnalysisParameters
    >>> change_settings(AnalysisParameters(), "statistics", seed=7).statistics.seed
    7
    """
    given = {name: value for name, value in values.items() if value is not None}
    if not given:
        return parameters
    said = parameters.model_dump()
    said[section] |= given
    try:
        return type(parameters).model_validate(said)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise _make_error(name, first["input"], first["msg"], "") from None


def _make_error(name: str, value: Any, wanted: str, mend: str) -> AnalysisError:
    return AnalysisError(
        f'{name} can\'t be "{value}".',
        code="RV-A28",
        wanted=wanted,
        mend=mend or "give one that it can be; docs/reference/analysis.md lists them",
    )
