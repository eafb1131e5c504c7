"""Checks before a session: what one is, and how all of them are run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias

from ranvier.core import RanvierError, format_error
from ranvier.session.faults import Finding, Report, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ranvier.core import Reporter

Found: TypeAlias = Report | tuple[Finding, ...]
"""What a check gives."""


class Check(Protocol):
    """One thing that is looked at before a session; changes nothing for good."""

    @property
    def name(self) -> str:
        """What is looked at: "disk space"."""
        ...

    def run(self) -> Found:
        """Look at it."""
        ...


@dataclass(frozen=True)
class CallCheck:
    """A check that another part of ranvier makes.

    Parameters
    ----------
    name
        What is looked at.
    call
        Gives what was found.
    """

    name: str
    call: Callable[[], Found]

    def run(self) -> Found:
        """Ask that part.

        Returns
        -------
        Report or tuple of Finding
            As it said.
        """
        return self.call()


def run_checks(checks: Iterable[Check], reporter: Reporter) -> Report:
    """Make all checks, also after one that found something wrong.

    Parameters
    ----------
    checks
        In the order in which they are made.
    reporter
        Is told how far it is.

    Returns
    -------
    Report
        Of them all. A check that fails itself is an error of its name.
    """
    todo = list(checks)
    findings: list[Finding] = []
    for done, check in enumerate(todo):
        reporter.advance(f"check: {check.name}", done, len(todo))
        findings += _run_one(check)
    reporter.advance("checks", len(todo), len(todo))
    return Report(tuple(findings))


def _run_one(check: Check) -> tuple[Finding, ...]:
    try:
        found = check.run()
    except RanvierError as error:
        fields = error.to_dict()
        del fields["type"]
        return (Finding(Severity.ERROR, check.name, **fields),)
    except Exception as error:  # noqa: BLE001 - of the other checks none may be left out
        return (
            Finding(
                Severity.ERROR,
                check.name,
                problem="the check itself failed.",
                code="RV-S90",
                found=format_error(error),
                mend="see what it says; if that says nothing to you it is a fault of "
                "ranvier",
            ),
        )
    return found.findings if isinstance(found, Report) else found


def passed(check: str, problem: str) -> tuple[Finding, ...]:
    """Give the finding of a check that found all well.

    Returns
    -------
    tuple of Finding
        One.
    """
    return (Finding(Severity.OK, check, problem),)
