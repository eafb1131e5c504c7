"""Writes the report of a session: one HTML file that needs nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ranvier.core import RecordingError, write_atomically
from ranvier.report._calcium_sections import list_calcium_sections
from ranvier.report._facts import collect_facts
from ranvier.report._page import render_page
from ranvier.report._run_sections import list_run_sections, render_header

if TYPE_CHECKING:
    from pathlib import Path


def write_report(session_folder: str | Path) -> Path:
    """Write the report of a run into its session folder.

    Parameters
    ----------
    session_folder
        Of a run that is over; also of one that was killed.

    Returns
    -------
    Path
        `report.html`: no scripts, nothing from the network. An older one is replaced.

    Raises
    ------
    RecordingError
        If the folder has no manifest, or the report can't be written.
    """
    facts = collect_facts(session_folder)
    try:
        sections = [*list_calcium_sections(facts), *list_run_sections(facts)]
        page = render_page(facts.manifest.graph_name, render_header(facts), sections)
    finally:
        if facts.recording is not None:
            facts.recording.close()
    path = facts.folder.report
    try:
        write_atomically(path, page.encode())
    except OSError as error:
        raise RecordingError(
            "the report can't be written.",
            code="RV-D45",
            where=str(path),
            found=str(error),
            mend="make space on the disk, or see who may write there",
        ) from error
    return path
