"""Locks on open files: the seam to the system, and the wait for what another holds.

On POSIX a lock is `flock`, on Windows a locked byte far behind the text. The system
frees it with the last handle of that opening, however its process ends: no lock is
ever stale.
"""

from __future__ import annotations

import errno
import sys
import time
from typing import Callable

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 50e-6, 5e-3
_LOCKLESS = frozenset({errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP})

if sys.platform == "win32":  # pragma: no cover - tried where Windows is
    import msvcrt
    import os

    # Windows keeps others from reading what is locked: a byte that no such file has.
    _PLACE = 0x7FFF_0000

    def _lock(handle: int, *, is_shared: bool) -> bool:  # noqa: ARG001 - none are shared
        os.lseek(handle, _PLACE, os.SEEK_SET)
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError as error:
            if error.errno in (errno.EACCES, errno.EDEADLK):
                return False
            raise
        return True

    def _unlock(handle: int) -> None:
        os.lseek(handle, _PLACE, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _lock(handle: int, *, is_shared: bool) -> bool:
        kind = fcntl.LOCK_SH if is_shared else fcntl.LOCK_EX
        try:
            fcntl.flock(handle, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _unlock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_UN)


def try_lock(handle: int, *, is_shared: bool = False) -> bool:
    """Lock an open file, if nobody else has it locked.

    On Windows the place in the file must be set anew after it.

    Parameters
    ----------
    handle
        Descriptor of the open file; each opening of a file counts as another.
    is_shared
        Several may have such a lock at once, beside no other; for whoever only looks.
        Windows knows none: there it is as any other.

    Returns
    -------
    bool
        True if it is locked now by this opening.

    Raises
    ------
    OSError
        If it can't be locked at all; see `is_lockless`.
    """
    return _lock(handle, is_shared=is_shared)


def unlock(handle: int) -> None:
    """Give a lock back, before the file is closed; the place must be set anew.

    Parameters
    ----------
    handle
        As of `try_lock`.

    Raises
    ------
    OSError
        If the system refuses.
    """
    _unlock(handle)


def is_lockless(error: OSError) -> bool:
    """Say whether a lock failed as the file system knows none; some of a network don't.

    Parameters
    ----------
    error
        Of `try_lock` or `unlock`.

    Returns
    -------
    bool
        False if something else is wrong.

    Examples
    --------
    >>> is_lockless(OSError(errno.ENOLCK, "no locks available"))
    True
    """
    return error.errno in _LOCKLESS


def keep_trying(attempt: Callable[[], bool], limit_s: float) -> bool:
    """Try again and again, with short pauses, until it works or time is up.

    Parameters
    ----------
    attempt
        Tells whether it worked; it is called once at least.
    limit_s
        Longest wait, s, on the monotonic clock.

    Returns
    -------
    bool
        False if it did not work in that time.
    """
    end_s, pause_s = time.monotonic() + limit_s, _FIRST_PAUSE_S
    while not attempt():
        if time.monotonic() > end_s:
            return False
        time.sleep(pause_s)
        pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
    return True
