"""A lock on a folder of the cache, so that two launchers never change it together."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

from ranvier.session.faults import RepositoryError
from ranvier.session.record import FileLock

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path


@contextlib.contextmanager
def hold(path: Path, limit_s: float) -> Generator[None]:
    """Hold the lock of a file; it goes with this process, however that ends.

    Parameters
    ----------
    path
        The file, made if it is not there; it stays when the lock is given back.
    limit_s
        Longest wait, s.

    Yields
    ------
    None
        While the lock is held.

    Raises
    ------
    RepositoryError
        If another launcher holds it all that time, or it can't be made.
    """
    with FileLock(path) as lock:
        _acquire(lock, limit_s)
        yield


def _acquire(lock: FileLock, limit_s: float) -> None:
    end_s = time.monotonic() + limit_s
    try:
        lock.path.parent.mkdir(parents=True, exist_ok=True)
        while not lock.acquire("(prepares a repository)"):  # waits a moment by itself
            if time.monotonic() > end_s:
                break
        else:
            return
        found = f"held for {limit_s:g} s by {lock.find_holder() or 'another launcher'}"
    except OSError as error:
        found = str(error)
    raise RepositoryError(
        "the cache of repositories can't be locked.",
        code="RV-S26",
        where=str(lock.path),
        found=found,
        mend="wait for the other launcher, or choose another cache",
    )
