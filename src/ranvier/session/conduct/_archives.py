"""Brings copies of a session up to its last word."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ranvier.session.faults import Finding, Report
from ranvier.session.parameters import merge, read_entries
from ranvier.session.programs import StopSignal
from ranvier.session.steps import StepContext, run_step

if TYPE_CHECKING:
    from pathlib import Path

    from ranvier.session.operator import Operator
    from ranvier.session.record import SessionRecord


def refresh_archives(folder: Path, record: SessionRecord, operator: Operator) -> Report:
    """Copy once more what changed since a step archived the session.

    The step is part of the session, so what it copied can't hold the end of it.

    Parameters
    ----------
    folder
        The session folder, closed.
    record
        What its trail says.
    operator
        Is told how far it is.

    Returns
    -------
    Report
        What could not be copied.
    """
    places = {
        (each.phase, each.number)
        for each in record.steps
        if each.data.get("archive_folders")
    }
    if not places:
        return Report()
    context = StepContext(
        session_folder=folder.absolute(),
        record=record,
        operator=operator,
        stop=StopSignal(),
        session_parameters=record.parameters,
    )
    findings: list[Finding] = []
    for entry in read_entries(merge(file=record.parameters)):
        if (str(entry.phase), entry.number) in places:
            findings += run_step(entry, context).findings
    return Report.of((*Report.of(findings).errors, *Report.of(findings).warnings))
