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
    folder: SessionFolder,
    finish_reason: str = "",
    reporter: Optional[Reporter] = None,
    *,
    of_run_only: bool = False,
) -> Manifest:
    """Hash all files of the folder and mark the manifest as final.

    A folder may be sealed again, as at the end of a session in which a run was sealed
    before. What a run had written and does not fit any more is kept in the manifest, so
    that `verify` goes on telling of it; a trail that was only continued, and a file
    that was only moved, do fit. What a session wrote itself it may write anew.

    Parameters
    ----------
    folder
        The session; nobody writes to it any more.
    finish_reason
        completed, stopped or failed; "" leaves what the manifest says, "failed" if it
        says nothing: the run was killed.
    reporter
        Shown how far it is.
    of_run_only
        If true, only the files that a run writes itself: a session goes on writing
        others.

    Returns
    -------
    Manifest
        As it now stands in the folder.

    Raises
    ------
    RecordingError
        If the manifest can't be read or written, or a file can't be read.
    """
    old = read_manifest(folder)
    files = hash_files(folder, reporter, of_run_only=of_run_only)
    manifest = msgspec.structs.replace(
        old,
        state="sealed",
        finish_reason=finish_reason or old.finish_reason or "failed",
        files=files,
        changed=old.changed + _find_changed(folder, old, files),
    )
    write_manifest(folder, manifest)
    return manifest


def _find_changed(
    folder: SessionFolder, old: Manifest, files: Tuple[FileEntry, ...]
) -> Tuple[FileEntry, ...]:
    if old.state != "sealed":
        return ()
    # The first seal says how a file was; what was sealed since must not replace it.
    known = {entry.path for entry in old.changed}
    there = {(entry.size, entry.sha256) for entry in files}
    return tuple(
        entry
        for entry in old.files
        if folder.is_of_run(entry.path)
        and entry.path not in known
        and (entry.size, entry.sha256) not in there
        and not is_continued(folder, entry)
    )


def is_continued(folder: SessionFolder, entry: FileEntry) -> bool:
    """Say whether a file is the audit trail, and begins with what was sealed of it.

    Parameters
    ----------
    folder
        The session.
    entry
        The file as it was sealed.

    Returns
    -------
    bool
        False if anything else was done to it than to write more behind its end.

    Raises
    ------
    RecordingError
        If it can't be read.
    """
    path = folder.path / entry.path
    if path != folder.audit or not path.is_file() or path.stat().st_size <= entry.size:
        return False
    return hash_file(path, entry.path, length=entry.size) == entry


def hash_files(
    folder: SessionFolder,
    reporter: Optional[Reporter] = None,
    *,
    of_run_only: bool = False,
) -> Tuple[FileEntry, ...]:
    """Give size and hash of all files that a sealed manifest lists.

    Parameters
    ----------
    folder
        The session.
    reporter
        Shown how far it is.
    of_run_only
        If true, only the files that a run writes itself.

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
        is_left_out = of_run_only and not folder.is_of_run(name)
        if name in _UNSEALED or path.name.startswith(".") or is_left_out:
            continue
        if path.is_file():
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
    path: Path,
    name: str,
    advance: Optional[Callable[[int], object]] = None,
    length: Optional[int] = None,
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
    length
        How much of its begin, bytes; None is all of it.

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
                left = _BLOCK if length is None else min(length - size, _BLOCK)
                count = file.readinto(block[:left]) or 0
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
