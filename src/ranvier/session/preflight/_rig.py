"""One launcher at a time on a rig: a lock that the system frees, however that ends.

Sessions of one process share it: who starts several at once, in threads, conducts them
together, and knows what the rig can bear. It holds for all users of the computer on
POSIX; on Windows, where temporary files are each user's own, for those of one user.
"""

from __future__ import annotations

import os
import re
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from ranvier.core import SessionError
from ranvier.session.faults import Finding
from ranvier.session.preflight._checks import passed
from ranvier.session.record import FileLock, Holder

if TYPE_CHECKING:
    from types import TracebackType

_UNSAFE = re.compile(r"[^A-Za-z0-9_-]")


@dataclass
class _Share:
    """A lock, and how many sessions of this process have it."""

    lock: FileLock
    n_sessions: int = 0


class _Shares:
    """The rigs that this process has."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        # The number of the process: what a fork copies is not held by the copy.
        self._shares: dict[tuple[int, Path], _Share] = {}

    def take(self, path: Path, session: str) -> bool:
        """Take a lock, or share the one that this process has.

        Returns
        -------
        bool
            False if another process has it.
        """
        with self._guard:
            share = self._shares.get((os.getpid(), path)) or _Share(FileLock(path))
            if not share.lock.acquire(session):
                return False
            share.n_sessions += 1
            self._shares[os.getpid(), path] = share
            return True

    def give_back(self, path: Path) -> None:
        """Give a share back; the last one frees the lock."""
        with self._guard:
            share = self._shares.get((os.getpid(), path))
            if share is None:  # a fork of who took it
                return
            share.n_sessions -= 1
            if share.n_sessions == 0:
                share.lock.release()
                del self._shares[os.getpid(), path]


# A lock of the system is the process's, not an object's: so is what shares it.
_SHARES = _Shares()


class RigLock:
    """The lock of a rig.

    Parameters
    ----------
    rig
        Its identifier.
    folder
        In which the lock's file is; None for that of temporary files.
    """

    def __init__(self, rig: str, folder: Path | None = None) -> None:
        self.rig = rig
        self._folder = folder
        self._is_ours = False

    @property
    def path(self) -> Path:
        """Of the lock's file."""
        folder = self._folder or Path(tempfile.gettempdir())
        # Two rigs must not share a file because of signs that no file name has.
        safe = _UNSAFE.sub(lambda sign: f"%{ord(sign.group()):x}", self.rig)
        return folder / f"ranvier-rig-{safe}.lock"

    def acquire(self, session: str) -> None:
        """Take the rig for a session, until `release` or the end of this process.

        Other sessions of this process may have it too.

        Parameters
        ----------
        session
            Its name, for whoever asks who has the rig.

        Raises
        ------
        SessionError
            If another process has it, or the lock's file can't be made.
        """
        if self._is_ours:
            return
        try:
            self._is_ours = _SHARES.take(self.path, session)
            holder = None if self._is_ours else self.find_holder()
        except OSError as error:
            raise SessionError(
                "the lock of the rig can't be taken.",
                code="RV-S92",
                where=str(self.path),
                found=str(error),
                mend="see whose that file is; without a session it may be removed",
            ) from error
        if not self._is_ours:
            raise _taken(self.rig, str(holder or "a session that has just ended"))

    def release(self) -> None:
        """Give the rig back."""
        if self._is_ours:
            self._is_ours = False
            _SHARES.give_back(self.path)

    def find_holder(self) -> Holder | None:
        """Find out who has the rig.

        Returns
        -------
        Holder or None
            None if nobody has.

        Raises
        ------
        OSError
            If that can't be seen.
        """
        return FileLock(self.path).find_holder()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()


@dataclass(frozen=True)
class RigFree:
    """Is the rig free? For a check alone: a session takes its lock.

    Parameters
    ----------
    lock
        Of the rig.
    """

    lock: RigLock
    name: str = "rig"

    def run(self) -> tuple[Finding, ...]:
        """Look who has it.

        Returns
        -------
        tuple of Finding
            One.
        """
        holder = self.lock.find_holder()
        if holder is None:
            return passed(self.name, f'"{self.lock.rig}" is free')
        return (Finding.from_error(_taken(self.lock.rig, str(holder)), self.name),)


def _taken(rig: str, found: str) -> SessionError:
    return SessionError(
        f'another session is under way on the rig "{rig}".',
        code="RV-S91",
        found=found,
        mend="wait for its end, or stop it",
    )
