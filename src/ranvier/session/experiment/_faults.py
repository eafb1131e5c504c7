"""The errors of an experiment, and the family under which its caller expects each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ranvier.core import RanvierError, SessionError
from ranvier.session.faults import (
    BonsaiProcessError,
    MetadataError,
    ParameterValidationError,
    PeerError,
    ProgramError,
    Report,
    RepositoryError,
    StepError,
)

if TYPE_CHECKING:
    from ranvier.session.faults import Finding

# By the beginning of the code; the longest that fits counts. A session raises what was
# found before it under one family, whatever it was that was looked at.
_FAMILIES: dict[str, type[SessionError]] = {
    "RV-S": SessionError,
    "RV-S06": ParameterValidationError,
    "RV-S07": ParameterValidationError,
    "RV-S08": ProgramError,
    "RV-S1": ParameterValidationError,
    "RV-S2": RepositoryError,
    "RV-S3": ProgramError,
    "RV-S4": StepError,
    "RV-S5": PeerError,
    "RV-S7": MetadataError,
    "RV-S95": ParameterValidationError,
}


def find_family(code: str, launcher: str) -> type[SessionError]:
    """Give the family under which a caller of an experiment expects an error.

    Parameters
    ----------
    code
        Of the error.
    launcher
        What the session runs; what fails of "bonsai" is a `BonsaiProcessError`.

    Returns
    -------
    type
        A family of sessions.
    """
    fitting = [start for start in _FAMILIES if code.startswith(start)]
    family = _FAMILIES[max(fitting, key=len)] if fitting else SessionError
    is_bonsai = family is ProgramError and launcher == "bonsai"
    return BonsaiProcessError if is_bonsai else family


def sort_error(error: RanvierError, launcher: str) -> RanvierError:
    """Give an error under the family that its caller expects.

    Parameters
    ----------
    error
        Of a session.
    launcher
        What it runs.

    Returns
    -------
    RanvierError
        The same if it has that family, or is of none of the session's.
    """
    family = find_family(error.code, launcher)
    if not isinstance(error, SessionError) or isinstance(error, family):
        return error
    fields = error.to_dict()
    del fields["type"]
    sorted_error = family(fields.pop("problem"), **fields)
    sorted_error.__cause__ = error.__cause__
    return sorted_error


def make_error(findings: tuple[Finding, ...], launcher: str) -> RanvierError | None:
    """Make one error of what a session found.

    Parameters
    ----------
    findings
        Of the session.
    launcher
        What it runs.

    Returns
    -------
    RanvierError or None
        None if none of them is an error.
    """
    report = Report(findings)
    if not report.errors:
        return None
    try:
        report.raise_errors(find_family(report.errors[0].code, launcher))
    except SessionError as error:
        return error
    return None


def lacks_parameters() -> ParameterValidationError:
    """Give the error of an experiment without parameters."""
    return ParameterValidationError(
        "the experiment has no parameters.",
        code="RV-S95",
        wanted="a parameter file, or a mapping of parameters",
        mend="give one to `run` or to `load_parameters`",
    )


def untimely(what: str, found: str, mend: str) -> SessionError:
    """Give the error of a call that has no sense now."""
    return SessionError(
        f"`{what}` can't be called now.", code="RV-S96", found=found, mend=mend
    )


def own_code_failed(method: str, error: BaseException) -> SessionError:
    """Give the error of code that a subclass has."""
    failed = SessionError(
        f"the experiment's own `{method}` failed.",
        code="RV-S97",
        where=method,
        found=f"{type(error).__name__}: {error}",
        mend="correct the code of the experiment; the log has the traceback",
    )
    failed.__cause__ = error
    return failed


def said_no(method: str) -> SessionError:
    """Give the error of a subclass's code that answers with false."""
    return SessionError(
        f"the experiment's own `{method}` failed.",
        code="RV-S97",
        where=method,
        found="it returned False",
        mend="see the log of the session for what it says there",
    )


def unusable(
    family: type[SessionError], what: str, where: str, found: str, mend: str
) -> SessionError:
    """Give the error of a file that can't be used."""
    return family(
        f"{what} can't be used.", code="RV-S98", where=where, found=found, mend=mend
    )
