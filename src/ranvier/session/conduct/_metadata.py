"""Writes the metadata of a session and tells the trail of each file."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING

from ranvier.core import WallStart
from ranvier.session.faults import Finding, Report, Severity
from ranvier.session.metadata import write_metadata

if TYPE_CHECKING:
    from pathlib import Path

    from ranvier.core import Reporter
    from ranvier.session.conduct._trail import SessionTrail
    from ranvier.session.metadata import Built
    from ranvier.session.record import SessionRecord

# The others are written when somebody told what is in them.
_EXPECTED = ("session", "acquisition", "instrument")


def write_all_metadata(folder: Path, trail: SessionTrail, reporter: Reporter) -> Report:
    """Write what can be written of what the trail says so far.

    Parameters
    ----------
    folder
        The session folder.
    trail
        Is read, and told of each file with all that it lacks.
    reporter
        Is told which files there are.

    Returns
    -------
    Report
        What someone should see: no errors, for a lab that wants no such metadata has
        held its session well; `required_metadata` demands them before.

    Raises
    ------
    MetadataError
        If the disk refuses a file.
    """
    built = write_metadata(folder, _close_now(trail.read()))
    for each in built:
        trail.has_metadata(each)
    files = ", ".join(each.file for each in built if each.content is not None)
    reporter.say(f"metadata: {files or 'none could be written'}")
    told = [finding for each in built for finding in _summarise(each)]
    return Report.of(dict.fromkeys(told))


def _close_now(record: SessionRecord) -> SessionRecord:
    # Nothing was acquired, and the session is about to end.
    if record.end is not None or record.attempts or record.runs:
        return record
    return replace(record, end=dt.datetime.fromisoformat(WallStart.now().wall))


def _summarise(built: Built) -> list[Finding]:
    report = built.report
    if built.content is not None:
        return list(report.warnings)
    if built.schema not in _EXPECTED or not report.errors:
        return []
    first, *others = report.errors
    more = f" {len(others)} more are missing; see end_state.json." if others else ""
    return [
        replace(
            first, severity=Severity.WARNING, problem=f"{first.problem}{more}", where=""
        )
    ]
