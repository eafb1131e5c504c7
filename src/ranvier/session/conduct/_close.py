"""The last acts of a session: its projected files, and the seal of its recording.

What a graph recorded is read and sealed by `ranvier.recording`, which is imported only
where there is a recording: a session of a program alone stays light.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ranvier.session.record import read_record, write_files

if TYPE_CHECKING:
    from pathlib import Path

    from ranvier.core import Reporter
    from ranvier.session.record import SessionRecord


def close_files(folder: Path, reporter: Reporter) -> SessionRecord:
    """Write the files that say what the trail says, and seal a recording anew.

    Parameters
    ----------
    folder
        The session folder; nobody writes to its trail any more.
    reporter
        Is told how far it is.

    Returns
    -------
    SessionRecord
        What the trail says, for good.

    Raises
    ------
    RanvierError
        If a file can't be read or written.
    """
    record = read_record(folder)
    write_files(folder, record)
    if record.runs:
        from ranvier.recording import SessionFolder, seal

        place = SessionFolder(folder)
        if place.manifest.exists():
            seal(place, reporter=reporter)
    return record


def mend_recording(folder: Path, record: SessionRecord) -> None:
    """Close a recording whose supervisor was killed; of one that is whole, nothing.

    Parameters
    ----------
    folder
        The session folder.
    record
        What its trail says.

    Raises
    ------
    RecordingError
        If a file can't be read or written.
    """
    if not record.runs:
        return
    from ranvier.recording import SessionFolder, read_manifest, recover

    place = SessionFolder(folder)
    is_sealed = place.manifest.exists() and read_manifest(place).state == "sealed"
    if not is_sealed and (place.manifest.exists() or place.parts()):
        recover(place)
