"""A file that is written whole, or not at all."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Generator

from ranvier.core import RecordingError


@contextlib.contextmanager
def whole_file(target: Path) -> Generator[None, None, None]:
    """Make a new file, to be written over within; it is removed if that fails.

    Half a file would be taken for a whole one.

    Parameters
    ----------
    target
        The file; it must not exist.

    Yields
    ------
    None
        With an empty file there.

    Raises
    ------
    RecordingError
        If there is a file of that name, or the disk refuses it.
    """
    try:
        target.touch(exist_ok=False)
    except OSError as error:
        raise _cannot_write(target, error) from error
    try:
        yield
    except BaseException as error:
        target.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise _cannot_write(target, error) from error
        raise


def _cannot_write(target: Path, error: OSError) -> RecordingError:
    return RecordingError(
        f"{target.name} can't be written.",
        code="RV-D27",
        where=str(target),
        found=str(error),
        mend="give a name that no file has yet, on a disk with space",
    )
