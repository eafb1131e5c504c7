"""A file that one process at a time can hold; the system frees it however that ends.

So a lock is never stale: what stands in the file tells who holds it, not that someone
does.
"""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import msgspec

from ranvier.core import WallStart, is_lockless, keep_trying, try_lock

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

# Whoever looks whether a lock is held has it himself for some µs.
_LIMIT_S, _LOOK_S = 0.25, 0.02
_TRIES = 5


@dataclass(frozen=True)
class Holder:
    """Who holds a lock.

    Parameters
    ----------
    pid, host
        The process, and the computer it is on.
    session
        Name of the session it conducts.
    since
        ISO 8601 date.
    """

    pid: int
    host: str
    session: str
    since: str

    def __str__(self) -> str:
        return (
            f'process {self.pid} on {self.host}, session "{self.session}", '
            f"since {self.since}"
        )


class FileLock:
    """The lock of a file.

    Parameters
    ----------
    path
        The file; it is made if it is missing, and stays.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._handle: int | None = None

    def acquire(self, session: str) -> bool:
        """Take the lock, if nobody has it.

        Parameters
        ----------
        session
            For whoever asks who has it.

        Returns
        -------
        bool
            True if this object holds it now.

        Raises
        ------
        OSError
            If the file can't be made or written.
        """
        if self._handle is not None:
            return True
        for _ in range(_TRIES):
            handle = _open(self.path, os.O_RDWR)
            try:
                if not _take(handle, _LIMIT_S, is_look=False):
                    return False
                if _is_current(handle, self.path):
                    _write_holder(handle, session)
                    self._handle, handle = handle, None
                    return True
            finally:
                if handle is not None:
                    os.close(handle)
        raise OSError(errno.ESTALE, "someone removes this file again and again")

    def release(self) -> None:
        """Give it back; the file stays, and names nobody."""
        if self._handle is None:
            return
        handle, self._handle = self._handle, None
        try:
            with contextlib.suppress(OSError):  # a full disk must not keep the lock
                os.truncate(handle, 0)
        finally:
            os.close(handle)  # which frees the lock

    def find_holder(self) -> Holder | None:
        """Find out who holds it.

        Returns
        -------
        Holder or None
            None if nobody does.

        Raises
        ------
        OSError
            If the file is there and can't be opened.
        """
        try:
            # To lock a file it is enough to read it: it may be another user's.
            handle = os.open(self.path, os.O_RDONLY | _FLAGS)
        except (FileNotFoundError, NotADirectoryError):
            return None
        try:
            is_free = _take(handle, _LOOK_S, is_look=True)
            return None if is_free else _read_holder(handle)
        finally:
            os.close(handle)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()


# A link that someone laid in a shared folder must not lead elsewhere; no child of ours
# may inherit the lock.
_FLAGS = (
    getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_NOINHERIT", 0)
)


def _open(path: Path, mode: int) -> int:
    try:
        return os.open(path, mode | _FLAGS)
    except FileNotFoundError:
        # Two who make it at once: the second opens what the first made.
        with contextlib.suppress(FileExistsError):
            handle = os.open(path, mode | _FLAGS | os.O_CREAT | os.O_EXCL, 0o666)
            _let_others_in(handle)
            return handle
        return os.open(path, mode | _FLAGS)


def _let_others_in(handle: int) -> None:
    # Another user of the same rig must be able to take it later, whatever our umask.
    if sys.platform != "win32":
        os.fchmod(handle, 0o666)


def _take(handle: int, limit_s: float, *, is_look: bool) -> bool:
    return keep_trying(lambda: _is_taken(handle, is_look=is_look), limit_s)


def _is_current(handle: int, path: Path) -> bool:
    # Someone may have removed the file in between: this lock would then be of no file.
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False


def _is_taken(handle: int, *, is_look: bool) -> bool:
    try:
        return try_lock(handle, is_shared=is_look)  # several may look at the same time
    except OSError as error:
        if not is_lockless(error):
            raise
    # Where no lock can tell, the process that is named must do.
    return not is_alive(_read_holder(handle))


def is_alive(holder: Holder) -> bool:
    """Say whether a process may still be there, where no lock can tell.

    Returns
    -------
    bool
        True also if it is on another computer: that can't be seen from here.
    """
    import psutil  # not needed where locks are known

    if not holder.pid:
        return False
    return holder.host != socket.gethostname() or psutil.pid_exists(holder.pid)


def _write_holder(handle: int, session: str) -> None:
    since = WallStart.now().wall
    fields = Holder(os.getpid(), socket.gethostname(), session, since)
    os.truncate(handle, 0)
    os.lseek(handle, 0, os.SEEK_SET)
    os.write(handle, msgspec.json.encode(fields))


def _read_holder(handle: int) -> Holder:
    os.lseek(handle, 0, os.SEEK_SET)
    try:
        return msgspec.json.decode(os.read(handle, 4096), type=Holder)
    except (msgspec.DecodeError, OSError):
        # It was taken this instant, and its name is not written yet.
        return Holder(0, "a computer that is not known", "", "now")
