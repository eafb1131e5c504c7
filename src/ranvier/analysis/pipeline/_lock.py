"""One run at a time on a study."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from ranvier.analysis.files import write_whole
from ranvier.core import AnalysisError, try_lock

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
        if not _take(file.fileno()):
            raise AnalysisError(
                "another run works on this study.",
                code="RV-A07",
                where=str(folder.parent),
                mend="wait until it ends, or stop it",
            )
        yield


def _take(handle: int) -> bool:
    try:
        return try_lock(handle)
    except PermissionError:  # so some network file systems say that another has it
        return False
