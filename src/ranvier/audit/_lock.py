"""A lock on an open file: of several processes that write to it, one at a time."""

from __future__ import annotations

import errno
import sys

from ranvier.core import is_lockless, keep_trying, try_lock, unlock

# A lock is held for the time of one line, some 30 µs, but a process may be halted in
# the middle of it. Waiting keeps a supervisor from its work, not waiting costs a line.
_LIMIT_S = 5.0


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
        if not self._try() and not keep_trying(self._try, self._limit_s):
            found = f"another process has held its lock for {self._limit_s:g} s"
            raise OSError(errno.EAGAIN, found)

    def __exit__(self, *_: object) -> None:
        try:
            unlock(self._handle)
        except OSError as error:
            if not _has_no_locks(error):
                raise

    def _try(self) -> bool:
        try:
            return try_lock(self._handle)
        except OSError as error:
            if not _has_no_locks(error):
                raise
        return True  # one process may write there as ever


def _has_no_locks(error: OSError) -> bool:
    if sys.platform == "win32":
        return False
    return is_lockless(error) or error.errno == errno.EINVAL
