"""The record of a session folder, and who holds that folder."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ranvier.audit import AUDIT_FILE, read_audit, verify_audit
from ranvier.core import SessionError
from ranvier.session.record._lock import FileLock, Holder
from ranvier.session.record._model import SessionRecord, SessionState
from ranvier.session.record._project import project

if TYPE_CHECKING:
    from pathlib import Path

METADATA_FOLDER = "launcher_metadata"
"""In a session folder: the files projected from its trail, logs, the lock."""

# Hidden: it is no part of what a session leaves, neither sealed nor archived.
LOCK_FILE = ".launcher.lock"


def read_record(folder: Path) -> SessionRecord:
    """Read what is known of a session off its folder; writes nothing.

    Parameters
    ----------
    folder
        The session folder; the session may go on.

    Returns
    -------
    SessionRecord
        Its state is `LOST` if the trail has no end and no launcher holds the folder.
        Its `breaks` say where the chain of the trail does not hold.

    Raises
    ------
    SessionError
        If the trail tells of no session.
    RecordingError
        If there is no trail, or it can't be read.
    """
    # First: a launcher writes its last line before it lets go.
    is_alive = is_held(folder)
    trail = folder / AUDIT_FILE
    breaks = verify_audit(trail).breaks
    record = replace(project(read_audit(trail)), breaks=breaks)
    if is_alive or record.state is SessionState.FINISHED:
        return record
    return replace(record, state=SessionState.LOST)


def hold_session(folder: Path, session: str) -> FileLock:
    """Hold a session folder: nobody else conducts or finalises it meanwhile.

    Parameters
    ----------
    folder
        The session folder.
    session
        Name of the session.

    Returns
    -------
    FileLock
        Held; release it when all is written. The system frees it if the process dies.

    Raises
    ------
    SessionError
        If another launcher holds it, or the folder can't be written.
    """
    lock = _lock_of(folder)
    try:
        lock.path.parent.mkdir(exist_ok=True)
        is_ours = lock.acquire(session)
    except OSError as error:
        raise cannot_write(lock.path, error) from error
    if not is_ours:
        raise SessionError(
            "a launcher is still at work in the folder of this session.",
            code="RV-S89",
            where=str(folder),
            found=str(lock.find_holder() or "it has just let go"),
            mend="stop that launcher, or wait for its end",
        )
    return lock


def is_held(folder: Path) -> bool:
    """Say whether a launcher, on this computer or another, is at work in a folder.

    Returns
    -------
    bool
        False also where there is no such folder.

    Raises
    ------
    OSError
        If that can't be seen.
    """
    return find_holder(folder) is not None


def find_holder(folder: Path) -> Holder | None:
    """Find out which launcher is at work in a session folder.

    Returns
    -------
    Holder or None
        None if none is.

    Raises
    ------
    OSError
        If that can't be seen.
    """
    return _lock_of(folder).find_holder()


def cannot_write(path: Path, error: OSError) -> SessionError:
    """Make the error of a file of a session that the disk refuses.

    Returns
    -------
    SessionError
        To be raised.
    """
    return SessionError(
        "a file of the session can't be written.",
        code="RV-S88",
        where=str(path),
        found=str(error),
        mend="make space on the disk, or see who may write there; "
        "`ranvier session finalise` then writes it from the audit trail",
    )


def _lock_of(folder: Path) -> FileLock:
    return FileLock(folder / METADATA_FOLDER / LOCK_FILE)
