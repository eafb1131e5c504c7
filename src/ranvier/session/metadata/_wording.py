"""The findings of metadata: each code is said here, and nowhere else."""

from __future__ import annotations

from ranvier.session.faults import Finding, Severity

_CHECK = "metadata"


def lacks(where: str, wanted: str, mend: str) -> Finding:
    """Say that a document can't be built for want of something.

    Returns
    -------
    Finding
        An error: nothing is written in its place.
    """
    problem = f"{where} can't be written: its schema demands {wanted}, nobody told it."
    return Finding(
        Severity.ERROR,
        _CHECK,
        code="RV-S70",
        problem=problem,
        where=where,
        found="not known",
        wanted=wanted,
        mend=mend,
    )


def leaves_out(where: str, what: str, mend: str) -> Finding:
    """Say that a document is without something that one would look for.

    Returns
    -------
    Finding
        A warning.
    """
    problem = f"{where} is without {what}."
    return Finding(
        Severity.WARNING, _CHECK, code="RV-S71", problem=problem, where=where, mend=mend
    )


def has_no_streams(where: str) -> Finding:
    """Say that a document is without data streams, as it is not known when they were.

    Returns
    -------
    Finding
        A warning.
    """
    mend = "nothing can be done if nothing was acquired, or its end was not seen"
    return leaves_out(where, "data streams", mend)


def misfits(where: str, found: str, wanted: str, mend: str) -> Finding:
    """Say that a fact is not of the form that the schema has for it.

    Returns
    -------
    Finding
        A warning: the fact is left out.
    """
    problem = f"{where} is not used: the schema has no place for {found}."
    return Finding(
        Severity.WARNING,
        _CHECK,
        code="RV-S72",
        problem=problem,
        where=where,
        found=found,
        wanted=wanted,
        mend=mend,
    )


def contradicts(
    where: str, found: str, wanted: str, mend: str, severity: Severity
) -> Finding:
    """Say that two sources of a fact do not agree.

    Returns
    -------
    Finding
        An error if the document is not written for that, else a warning.
    """
    problem = f"{where} does not agree with the session: {found}, not {wanted}."
    return Finding(
        severity,
        _CHECK,
        code="RV-S73",
        problem=problem,
        where=where,
        found=found,
        wanted=wanted,
        mend=mend,
    )


def drops_epoch(name: str, found: str, mend: str) -> Finding:
    """Say that an epoch can't be written.

    Returns
    -------
    Finding
        A warning: the epoch is left out, its times are never guessed.
    """
    problem = f'the stimulus epoch "{name}" is left out: {found}.'
    wanted = "start and end, both within the session and with an offset from UTC"
    return Finding(
        Severity.WARNING,
        _CHECK,
        code="RV-S74",
        problem=problem,
        where=name,
        found=found,
        wanted=wanted,
        mend=mend,
    )


def tells_nothing(where: str) -> Finding:
    """Say that nothing was told of what a document is about.

    Returns
    -------
    Finding
        All well: the document is only for sessions in which it was told.
    """
    return Finding(
        Severity.OK, _CHECK, f"nothing was told for {where}: not written.", where=where
    )
