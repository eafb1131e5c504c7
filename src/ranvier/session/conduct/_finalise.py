"""Closes a session whose launcher died, or whose files are wanted anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ranvier.audit import AuditKind
from ranvier.core import SessionError, SilentReporter, WallStart
from ranvier.session.conduct._archives import refresh_archives
from ranvier.session.conduct._close import close_files, mend_recording
from ranvier.session.conduct._metadata import write_all_metadata
from ranvier.session.conduct._trail import SessionTrail
from ranvier.session.operator import AbsentOperator
from ranvier.session.record import (
    SessionState,
    find_breaks,
    hold_session,
    read_record,
)

if TYPE_CHECKING:
    from pathlib import Path

    from ranvier.core import Reporter
    from ranvier.session.record import SessionRecord


def finalise(
    folder: Path, by: str = "", reporter: Reporter | None = None
) -> SessionRecord:
    """Make all files of a session say what its trail says.

    A session that was lost gets its last word; one that was finished gets its files
    anew, as after a new version of ranvier or a disk that was full.

    Parameters
    ----------
    folder
        The session folder.
    by
        Who wants it.
    reporter
        Is told how far it is.

    Returns
    -------
    SessionRecord
        What is known of it.

    Raises
    ------
    SessionError
        If it is no session folder, or the session still goes on.
    RecordingError
        If its trail or its recording can't be read or written.
    """
    reporter = reporter or SilentReporter()
    record = read_record(folder)
    if record.state in (SessionState.CREATED, SessionState.RUNNING):
        raise _goes_on(folder)
    with hold_session(folder, record.session):
        mend_recording(folder, record)
        with SessionTrail(folder, WallStart.now()) as trail:
            is_lost = record.state is SessionState.LOST
            why = "its launcher died" if is_lost else "its files are wanted anew"
            trail.write(AuditKind.SESSION_FINALISED, why=why, by=by)
            lacks = write_all_metadata(folder, trail, reporter)
        record = close_files(folder, reporter)
        stale = refresh_archives(folder, record, AbsentOperator(reporter))
    for finding in (*find_breaks(record), *lacks.warnings, *stale.findings):
        reporter.warn(str(finding))
    return record


def _goes_on(folder: Path) -> SessionError:
    return SessionError(
        "the session still goes on.",
        code="RV-S09",
        where=str(folder),
        mend="let it end, or stop it with Ctrl-C where it was started",
    )
