"""What a check found: findings and their verdict, never a bare true or false."""

from __future__ import annotations

import enum
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from ranvier.core import format_count

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ranvier.core import RanvierError, SessionError


class Severity(enum.StrEnum):
    """How much a finding matters."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


class Verdict(enum.StrEnum):
    """What became of an act: a step, a program, a check, a session."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"

    @property
    def is_done(self) -> bool:
        """True if what was asked for was done, maybe with a warning."""
        return self in (Verdict.OK, Verdict.WARNING)


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at, and what was seen.

    Parameters
    ----------
    severity
        How much it matters.
    check
        What was looked at: "disk space", "parameters", …
    problem
        One sentence; of a check that found all well, what was seen.
    code
        Stable code of an error or a warning; empty if all is well.
    where, found, wanted, mend
        As those of an error.
    """

    severity: Severity
    check: str
    problem: str
    code: str = ""
    where: str = ""
    found: str = ""
    wanted: str = ""
    mend: str = ""

    @classmethod
    def from_error(
        cls, error: RanvierError, check: str, severity: Severity = Severity.ERROR
    ) -> Finding:
        """Make a finding of an error.

        Parameters
        ----------
        error
            What was raised.
        check
            What was looked at.
        severity
            How much it matters here.

        Returns
        -------
        Finding
            With all that the error says.
        """
        fields = error.to_dict()
        del fields["type"]
        return cls(severity, check, **fields)

    def to_dict(self) -> dict[str, str]:
        """Give it as plain text, without what is empty.

        Returns
        -------
        dict
            For the audit trail and for files.
        """
        return {name: str(value) for name, value in asdict(self).items() if value}

    @classmethod
    def from_dict(cls, fields: dict[str, Any]) -> Finding:
        """Make it of what `to_dict` gave.

        Returns
        -------
        Finding
            The same again.
        """
        return cls(**{**fields, "severity": Severity(fields["severity"])})

    def __str__(self) -> str:
        head = f"{self.check}: {self.problem}" if self.check else self.problem
        rows = {"where": self.where, "is": self.found, "wanted": self.wanted}
        rows["mend"] = self.mend
        lines = [f"  {name:<7} {text}" for name, text in rows.items() if text]
        return "\n".join([head, *lines])


@dataclass(frozen=True)
class Report:
    """What a check found.

    Parameters
    ----------
    findings
        In the order in which things were looked at.
    """

    findings: tuple[Finding, ...] = field(default=())

    @property
    def verdict(self) -> Verdict:
        """FAILED if there is an error, WARNING if there is a warning, else OK."""
        severities = {finding.severity for finding in self.findings}
        if Severity.ERROR in severities:
            return Verdict.FAILED
        return Verdict.WARNING if Severity.WARNING in severities else Verdict.OK

    @property
    def errors(self) -> tuple[Finding, ...]:
        """Those that forbid to go on."""
        return tuple(f for f in self.findings if f.severity is Severity.ERROR)

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """Those that someone should see."""
        return tuple(f for f in self.findings if f.severity is Severity.WARNING)

    def __add__(self, other: Report) -> Report:
        return Report((*self.findings, *other.findings))

    @classmethod
    def of(cls, findings: Iterable[Finding]) -> Report:
        """Make a report of findings, in their order.

        Returns
        -------
        Report
            Of them all.
        """
        return cls(tuple(findings))

    def raise_errors(self, family: type[SessionError]) -> None:
        """Raise all errors as one.

        Parameters
        ----------
        family
            Of the error.

        Raises
        ------
        SessionError
            Of the family given, with the code of the first; if there is one error,
            it says what that says, else it lists them all.
        """
        if not self.errors:
            return
        first = self.errors[0]
        if len(self.errors) == 1:
            raise family(
                first.problem,
                code=first.code,
                where=first.where,
                found=first.found,
                wanted=first.wanted,
                mend=first.mend,
            )
        raise family(
            f"{format_count(len(self.errors), 'thing')} must be mended first.",
            code=first.code,
            found="\n" + "\n".join(str(error) for error in self.errors),
            mend="mend each of them",
        )
