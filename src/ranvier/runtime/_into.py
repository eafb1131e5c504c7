"""Takes the folder of a session, which others write to as well, for a run in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ranvier.audit import AuditKind, read_audit
from ranvier.core import RunError
from ranvier.recording import SessionFolder, find_run_files

if TYPE_CHECKING:
    from pathlib import Path


def enter_session_folder(path: Path) -> SessionFolder:
    """Claim a folder for a run; a second run is refused from then on.

    Parameters
    ----------
    path
        The folder of a session.

    Returns
    -------
    SessionFolder
        With the folders that a run needs; nothing that was there is changed.

    Raises
    ------
    RunError
        If there is no such folder, a run has recorded there, or it can't be written to.
    RecordingError
        If its audit trail can't be read.
    """
    folder = SessionFolder(path.resolve())
    if not folder.path.is_dir():
        raise _refused(folder, "there is no such folder")
    there = find_run_files(folder)
    if not there and _tells_of_run(folder):
        there = [f"{folder.audit.name}, which tells of a run"]
    if there:
        raise _refused(folder, f"it holds {', '.join(there)}")
    try:
        # Of two runs that come at once, one makes the file.
        folder.graph.open("xb").close()
        folder.logs.mkdir(exist_ok=True)
        folder.nodes.mkdir(exist_ok=True)
    except OSError as error:
        raise _refused(folder, str(error)) from error
    return folder


def _tells_of_run(folder: SessionFolder) -> bool:
    if not folder.audit.exists():
        return False
    lines = read_audit(folder.audit)
    return any(line.kind == AuditKind.RUN_CREATED.value for line in lines)


def _refused(folder: SessionFolder, found: str) -> RunError:
    return RunError(
        "the run can't record into this folder.",
        code="RV-R34",
        where=str(folder.path),
        found=found,
        wanted="the folder of a session that may be written to, without a run in it",
        mend="give another folder, or leave `into` out: the run then makes its own",
    )
