"""One run at a time on a study."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING, Any

from ranvier.analysis.files import write_whole
from ranvier.core import AnalysisError

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path


@contextlib.contextmanager
def hold_study(folder: Path) -> Generator[None]:
    """Hold a study, so that no other run works on it.

    The system lets it go when the process ends, however it ends.

    Parameters
    ----------
    folder
        Of the study's own files (`.ranvier`); it is made.

    Yields
    ------
    None
        While it is held.

    Raises
    ------
    AnalysisError
        RV-A07 if another run holds it, RV-A90 if the folder can't be written to.
    """
    lock = folder / "lock"
    if not lock.exists():
        write_whole(lock, b"")
    with lock.open("r+b") as file:
        if not _take(file):
            raise AnalysisError(
                "another run works on this study.",
                code="RV-A07",
                where=str(folder.parent),
                mend="wait until it ends, or stop it",
            )
        yield


def _take(file: Any) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):  # POSIX, Windows
        return False
    return True
