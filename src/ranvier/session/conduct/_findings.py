"""What a session itself has to say of how it went."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ranvier.session.faults import Finding, Severity

if TYPE_CHECKING:
    from ranvier.session.parameters import StepEntry


def was_broken_off(what: str) -> Finding:
    """Tell that the operator broke something off."""
    return Finding(
        Severity.ERROR,
        what,
        "the operator broke it off.",
        code="RV-S05",
        mend="`ranvier session step` does a step later",
    )


def has_failed(entry: StepEntry) -> Finding:
    """Tell of a step that failed without a word."""
    return Finding(
        Severity.ERROR,
        entry.path,
        "the step failed and did not say why.",
        code="RV-S04",
        mend="see the log of the session",
    )


def has_not_acquired() -> Finding:
    """Tell of a program that failed without a word."""
    return Finding(
        Severity.ERROR,
        "acquisition",
        "the program failed and did not say why.",
        code="RV-S04",
        mend="see its logs in launcher_metadata",
    )


def has_not_finished() -> Finding:
    """Tell of code of others that said no."""
    return Finding(
        Severity.ERROR,
        "post_experiment_processing",
        "it said that it failed.",
        code="RV-S04",
        mend="see the log of the session",
    )


def was_ended(by: str) -> Finding:
    """Tell of an end from outside."""
    return Finding(
        Severity.ERROR,
        "session",
        f"it was ended from outside, by {by}.",
        code="RV-S05",
        mend="see who ended it: the system that shut down, a terminal that was closed",
    )
