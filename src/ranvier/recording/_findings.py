"""What a check of a recording found, as plain data with words for a person."""

from __future__ import annotations

import enum
from typing import Iterable, List, NamedTuple, Optional, Tuple


class Severity(str, enum.Enum):  # StrEnum came with Python 3.11
    """How bad a finding is."""

    EXPLAINED = "explained"
    """Something is missing, and the recording itself says why."""
    DAMAGED = "damaged"
    """Something is missing or changed, and nothing explains it."""


class Finding(NamedTuple):
    """One thing that is not as it should be.

    Parameters
    ----------
    severity
        How bad it is.
    where
        File, or file and bytes.
    problem
        What is missing or changed, one sentence.
    stream
        The stream concerned, or "".
    epoch, first, last
        Which of its messages, where these are known; both ends are missing.
    start_ns, stop_ns
        Times of the messages around them, ns; None where there is none.
    """

    severity: Severity
    where: str
    problem: str
    stream: str = ""
    epoch: int = 0
    first: Optional[int] = None
    last: Optional[int] = None
    start_ns: Optional[int] = None
    stop_ns: Optional[int] = None

    @property
    def n_missing(self) -> int:
        """How many messages are missing; 0 if that is not what it tells."""
        if self.first is None or self.last is None:
            return 0
        return self.last - self.first + 1

    def describe(self) -> str:
        """Give the finding as one line.

        Returns
        -------
        str
            Severity, place, problem.
        """
        return f"{self.severity.value}: {self.where}: {self.problem}"


class VerifyReport(NamedTuple):
    """What `verify` found.

    Parameters
    ----------
    findings
        All of them, in the order of the check.
    n_messages
        Messages of each stream that can be read: pairs of name and count.
    has_run
        False for a session in which no run was made: there is its audit trail only.
    """

    findings: Tuple[Finding, ...]
    n_messages: Tuple[Tuple[str, int], ...] = ()
    has_run: bool = True

    @property
    def verdict(self) -> str:
        """The verdict: ok, explained (something is missing, declared) or damaged."""
        worst = {finding.severity for finding in self.findings}
        if Severity.DAMAGED in worst:
            return "damaged"
        return "explained" if worst else "ok"

    @property
    def is_ok(self) -> bool:
        """True if nothing is missing."""
        return not self.findings

    def missing(self, stream: str) -> int:
        """Give how many messages of a stream are known to be missing.

        Returns
        -------
        int
            Sum over its gaps.
        """
        return sum(each.n_missing for each in self.findings if each.stream == stream)

    def describe(self) -> str:
        """Give the report as text.

        Returns
        -------
        str
            The verdict, then one line for each finding.
        """
        lines: List[str] = [self.verdict]
        return "\n".join(lines + [finding.describe() for finding in self.findings])


def sort_findings(findings: Iterable[Finding]) -> Tuple[Finding, ...]:
    """Put the damaged before the explained, else keep the order.

    Returns
    -------
    tuple of Finding
        The same.
    """
    return tuple(sorted(findings, key=lambda each: each.severity.value))
