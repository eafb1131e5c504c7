"""A report as lines for a terminal, without colours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ranvier.core import format_count
from ranvier.session.faults import Severity

if TYPE_CHECKING:
    from ranvier.session.faults import Finding, Report

_WIDTH = max(len(severity) for severity in Severity)


def format_report(report: Report) -> str:
    """Write a report for a terminal.

    Parameters
    ----------
    report
        Of checks.

    Returns
    -------
    str
        A line for each finding, under it what is to be known of one that is not well,
        and a line that counts them.

    Examples
    --------
    >>> from ranvier.session.faults import Report, Finding
    >>> print(format_report(Report((Finding(Severity.OK, "memory", "enough"),))))
    ok       memory  enough
    all is well: 1 check
    """
    width = max((len(each.check) for each in report.findings), default=0)
    lines = [line for each in report.findings for line in _format_one(each, width)]
    return "\n".join([*lines, _count(report)])


def _format_one(finding: Finding, width: int) -> list[str]:
    code = f"  [{finding.code}]" if finding.code else ""
    head = f"{finding.severity:<{_WIDTH}}  {finding.check:<{width}}  "
    lines = [f"{head}{finding.problem}{code}"]
    if finding.severity is Severity.OK:
        return lines
    rows = {"where": finding.where, "is": finding.found, "wanted": finding.wanted}
    rows["mend"] = finding.mend
    margin = " " * len(head)
    for name, text in rows.items():
        first, *more = text.splitlines() or [""]
        if text:
            lines.append(f"{margin}{name:<7} {first}".rstrip())
            lines += [f"{margin}{'':<7} {line}".rstrip() for line in more]
    return lines


def _count(report: Report) -> str:
    n_errors, n_warnings = len(report.errors), len(report.warnings)
    n_well = len(report.findings) - n_errors - n_warnings
    if not n_errors and not n_warnings:
        return f"all is well: {format_count(n_well, 'check')}"
    counts = [format_count(n_errors, "error"), format_count(n_warnings, "warning")]
    return ", ".join([*counts, f"{n_well} ok"])
