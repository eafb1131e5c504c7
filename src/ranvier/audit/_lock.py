"""A lock on an open file: of several processes that write to it, one at a time."""

from __future__ import annotations

import errno
import sys
import time

# A lock is held for the time of one line, some 30 µs, but a process may be halted in
# the middle of it. Waiting keeps a supervisor from its work, not waiting costs a line.
_LIMIT_S = 5.0
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 50e-6, 5e-3
# Some network file systems know no locks: one process may write there as ever.
_UNKNOWN = frozenset({errno.ENOLCK, errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP})

if sys.platform == "win32":  # pragma: no cover - tried where Windows is
    import msvcrt
    import os

    # Windows keeps others from reading what is locked: a byte that no trail has.
    _PLACE = 0x7FFF_0000

    def _try_lock(handle: int) -> bool:
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

    def _try_lock(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError as error:
            if error.errno not in _UNKNOWN:
                raise
        return True

    def _unlock(handle: int) -> None:
        try:
            fcntl.flock(handle, fcntl.LOCK_UN)
        except OSError as error:
            if error.errno not in _UNKNOWN:
                raise


class FileLock:
    """Within it, all others who ask for the lock of the same file are kept waiting.

    It goes with the process that holds it, however that ends, and does not hinder who
    doesn't ask. On entering, the place in the file must be set anew.

    Parameters
    ----------
    handle
        Descriptor of the open file; each opening of a file counts as another.
    limit_s
        Longest wait, s; after it, entering is an OSError.

    Examples
    --------
    >>> with FileLock(file.fileno()):  # doctest: +SKIP
    ...     file.write(line)
    """

    def __init__(self, handle: int, limit_s: float = _LIMIT_S) -> None:
        self._handle, self._limit_s = handle, limit_s

    def __enter__(self) -> None:
        if not _try_lock(self._handle):
            self._wait()

    def __exit__(self, *_: object) -> None:
        _unlock(self._handle)

    def _wait(self) -> None:
        end_s, pause_s = time.monotonic() + self._limit_s, _FIRST_PAUSE_S
        while not _try_lock(self._handle):
            if time.monotonic() > end_s:
                found = f"another process has held its lock for {self._limit_s:g} s"
                raise OSError(errno.EAGAIN, found)
            time.sleep(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
