"""Writes the metadata of a session and tells the trail of each file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ranvier.session.faults import Report
from ranvier.session.metadata import write_metadata

if TYPE_CHECKING:
    from pathlib import Path

    from ranvier.core import Reporter
    from ranvier.session.conduct._trail import SessionTrail


def write_all_metadata(folder: Path, trail: SessionTrail, reporter: Reporter) -> Report:
    """Write what can be written of what the trail says so far.

    Parameters
    ----------
    folder
        The session folder.
    trail
        Is read, and told of each file.
    reporter
        Is told which files there are.

    Returns
    -------
    Report
        What could not be written, and why.

    Raises
    ------
    MetadataError
        If the disk refuses a file.
    """
    built = write_metadata(folder, trail.read())
    for each in built:
        trail.has_metadata(each)
    files = ", ".join(each.file for each in built if each.content is not None)
    reporter.say(f"metadata: {files or 'none could be written'}")
    return Report.of(finding for each in built for finding in each.report.findings)
