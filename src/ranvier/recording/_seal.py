"""Seals a session folder: hashes of all its files, written into the manifest."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Callable, List, Optional, Tuple

import msgspec

from ranvier.core import RecordingError, Reporter, SilentReporter
from ranvier.recording._layout import SessionFolder
from ranvier.recording._manifest import (
    FileEntry,
    Manifest,
    read_manifest,
    write_manifest,
)

# Written after sealing, or by sealing itself.
_UNSEALED = ("manifest.json", "report.html", "logs/supervisor.log")
_BLOCK = 1 << 20


def seal(
    folder: SessionFolder, finish_reason: str, reporter: Optional[Reporter] = None
) -> Manifest:
    """Hash all files of the folder and mark the manifest as final.

    Parameters
    ----------
    folder
        The session; nobody writes to it any more.
    finish_reason
        completed, stopped or failed.
    reporter
        Shown how far it is.

    Returns
    -------
    Manifest
        As it now stands in the folder.

    Raises
    ------
    RecordingError
        If the manifest can't be read or written, or a file can't be read.
    """
    manifest = msgspec.structs.replace(
        read_manifest(folder),
        state="sealed",
        finish_reason=finish_reason,
        files=hash_files(folder, reporter),
    )
    write_manifest(folder, manifest)
    return manifest


def hash_files(
    folder: SessionFolder, reporter: Optional[Reporter] = None
) -> Tuple[FileEntry, ...]:
    """Give size and hash of all files that a sealed manifest lists.

    Parameters
    ----------
    folder
        The session.
    reporter
        Shown how far it is.

    Returns
    -------
    tuple of FileEntry
        In order of their paths; the manifest and the report are left out.

    Raises
    ------
    RecordingError
        If a file can't be read.
    """
    paths: List[Tuple[Path, str]] = []
    for path in sorted(folder.path.rglob("*")):
        name = path.relative_to(folder.path).as_posix()
        if path.is_file() and name not in _UNSEALED and not path.name.startswith("."):
            paths.append((path, name))
    n_bytes = sum(path.stat().st_size for path, _ in paths)
    gauge = Gauge("hashing files", n_bytes, reporter)
    return tuple(hash_file(path, name, gauge.add) for path, name in paths)


class Gauge:
    """Shows how many of the bytes of a task are done.

    Parameters
    ----------
    task
        What is done with them.
    total
        How many there are.
    reporter
        To whom it is shown.
    """

    def __init__(self, task: str, total: int, reporter: Optional[Reporter]) -> None:
        self._task, self._reporter = task, reporter or SilentReporter()
        self._done, self._total = 0, total

    def add(self, count: int) -> None:
        """Count bytes that are done."""
        self._done += count
        self.show(0)

    def show(self, place: int) -> None:
        """Show that of the file in hand, not counted yet, so many bytes are done."""
        self._reporter.advance(self._task, self._done + place, self._total)


def hash_file(
    path: Path, name: str, advance: Optional[Callable[[int], object]] = None
) -> FileEntry:
    """Give size and hash of one file.

    Parameters
    ----------
    path
        The file.
    name
        Its name in the manifest.
    advance
        Called with the bytes of each block that was read.

    Returns
    -------
    FileEntry
        Of its content now.

    Raises
    ------
    RecordingError
        If it can't be read.
    """
    digest, size = hashlib.sha256(), 0
    block = memoryview(bytearray(_BLOCK))
    try:
        with path.open("rb", buffering=0) as file:
            while True:
                count = file.readinto(block) or 0
                if not count:
                    return FileEntry(name, size, digest.hexdigest())
                digest.update(block[:count])
                size += count
                if advance is not None:
                    advance(count)
    except OSError as error:
        raise _unreadable(path, str(error)) from error


def _unreadable(path: Path, found: str) -> RecordingError:
    return RecordingError(
        f"{path.name} can't be read.",
        code="RV-D06",
        where=str(path),
        found=found,
        mend="see who may read it, or restore it from a copy",
    )
