"""The run's own folder of sockets, pipes and board, and the transport that fits."""

from __future__ import annotations

import os
import re
import shutil
import stat
import tempfile
from pathlib import Path
from typing import Iterator, NamedTuple, Sequence

from ranvier.core import LinkError
from ranvier.links._interface import Transport

# A socket's path has 107 bytes at most, of which "/<run>/control" takes 35; iceoryx2
# wants plain ASCII.
_LONGEST = 72
_RUN_ID = re.compile(r"\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-[0-9a-f]{6}")
SHARED = Path("/dev/shm")  # noqa: S108 - where Linux keeps named shared memory
PREFIX = re.compile(r"ranvier_\d\d-\d\d-\d\d-[0-9a-f]{6}_")
"""What `RunFolder.prefix` gives."""


class RunFolder(NamedTuple):
    """Where the processes of one run on one host meet; gone when the run is over.

    Parameters
    ----------
    path
        Folder that only this user may enter.
    """

    path: Path

    @staticmethod
    def parent() -> Path:
        """Give the folder of all this user's runs.

        Returns
        -------
        pathlib.Path
            One place for a user, whatever the terminal it is asked from; elsewhere only
            if RANVIER_RUNS says so.

        Raises
        ------
        LinkError
            If the path in RANVIER_RUNS can't hold a run's sockets.
        """
        given = os.environ.get("RANVIER_RUNS")
        if given:
            return _check_place(given)
        if hasattr(os, "getuid"):
            # Not TMPDIR nor XDG_RUNTIME_DIR: they are not the same in every shell, and
            # the latter goes with the last login, which a run outlives.
            return Path(f"/tmp/ranvier-{os.getuid()}")  # noqa: S108 - checked when used
        return Path(tempfile.gettempdir()) / f"ranvier-{os.environ.get('USERNAME', '')}"

    @classmethod
    def of(cls, run_id: str) -> RunFolder:
        """Give the folder of a run, whether it is there or not.

        Returns
        -------
        RunFolder
            Of that run.
        """
        return cls(cls.parent() / run_id)

    @classmethod
    def iter_all(cls) -> Iterator[RunFolder]:
        """Go through the folders of all runs that are there, the oldest first.

        Yields
        ------
        RunFolder
            Of a run that goes on, or was killed.
        """
        if not _is_own_folder(cls.parent()):
            return
        for path in sorted(cls.parent().iterdir()):
            if _is_own_folder(path) and _RUN_ID.fullmatch(path.name):
                yield cls(path)

    @property
    def run_id(self) -> str:
        """Identifier of the run."""
        return self.path.name

    @property
    def board(self) -> Path:
        """File of the counters."""
        return self.path / "board"

    @property
    def control(self) -> Path:
        """Socket by which screens steer the run."""
        return self.path / "control"

    @property
    def prefix(self) -> str:
        """Begins the names of the run's shared memory."""
        return f"ranvier_{self.run_id[-15:]}_"

    def create(self) -> None:
        """Make the folder, for this user only.

        Raises
        ------
        OSError
            If it is there, or belongs to somebody else.
        """
        self.parent().mkdir(mode=0o700, parents=True, exist_ok=True)
        if not _is_own_folder(self.parent()):
            raise PermissionError(f"{self.parent()} is not a folder of this user alone")
        self.path.mkdir(mode=0o700)

    def remove_dead(self) -> None:
        """Free what killed processes of the run held in its shared memory.

        Called by the supervisor when a worker died, so that its places as reader and
        writer are free for the process that follows it.
        """
        from ranvier.links._shm import remove_dead

        remove_dead(self.path, self.prefix)

    def sweep(self) -> None:
        """Remove the folder and all shared memory of the run.

        Only to be called when no process of the run is left.
        """
        if SHARED.is_dir():
            for leftover in SHARED.glob(f"{self.prefix}*"):
                leftover.unlink(missing_ok=True)
        shutil.rmtree(self.path, ignore_errors=True)


def _check_place(given: str) -> Path:
    folder = str(Path(given).absolute())
    if not folder.isascii() or len(folder) > _LONGEST:
        raise LinkError(
            "the folder of runs can't be used.",
            code="RV-L23",
            found=f"RANVIER_RUNS={given}",
            wanted=f"a path of ASCII, with {_LONGEST} characters at most",
            mend="give a shorter path, or take RANVIER_RUNS away",
        )
    return Path(folder)


def _is_own_folder(path: Path) -> bool:
    # Others may write to the folder above: a link there must not be followed.
    try:
        found = path.lstat()
    except OSError:
        return False
    if not hasattr(os, "getuid"):
        return stat.S_ISDIR(found.st_mode)
    is_own = found.st_uid == os.getuid() and not found.st_mode & 0o077
    return stat.S_ISDIR(found.st_mode) and is_own


def open_transport(
    folder: RunFolder, name: str, counters: Sequence[int] = ()
) -> Transport:
    """Open the transport between the processes of this host.

    Parameters
    ----------
    folder
        Of the run.
    name
        Of this process.
    counters
        Inherited event counters, by process; see `_wake`.

    Returns
    -------
    Transport
        Shared memory.
    """
    # Not imported with the package: nodes and recordings can be used without it.
    from ranvier.links._shm import SharedMemoryTransport

    return SharedMemoryTransport(folder.path, folder.prefix, name, counters)
