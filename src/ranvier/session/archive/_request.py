"""What shall be archived, and where."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ranvier.audit import AUDIT_FILE
from ranvier.session.archive._faults import bad_place

if TYPE_CHECKING:
    from pathlib import Path

    from ranvier.session.faults import Finding


@dataclass(frozen=True)
class ArchiveRequest:
    """What shall be archived, and where.

    Parameters
    ----------
    source
        The session folder; only read.
    destination
        Folder in which a folder of the session's name gets the copy.
    backup
        A second one, alike.
    max_retries
        How often one file is tried again after an error that may pass.
    retry_delay_s
        Before the first retry, s; twice as long before each further one.
    exclude
        Patterns (`*.tmp`, `cache/*`) of names, or of paths within the session, that
        are left out; a folder with all that is in it.
    chunk_bytes
        Read and written at once.
    transfer
        "copy", or a program that copies in its place: "rsync", "robocopy". What it
        copied is verified as well.
    exact
        Of `destination` and `backup`, those that are the folder of the copy itself.
    """

    source: Path
    destination: Path
    backup: Path | None = None
    max_retries: int = 3
    retry_delay_s: float = 0.5
    exclude: tuple[str, ...] = ()
    chunk_bytes: int = 4 << 20
    transfer: str = "copy"
    exact: tuple[Path, ...] = ()

    @property
    def folders(self) -> tuple[Path, ...]:
        """Where the copies lie: one or two."""
        places = (self.destination, self.backup)
        return tuple(
            place if place in self.exact else place / self.source.name
            for place in places
            if place
        )


@dataclass(frozen=True)
class ArchiveReport:
    """What was archived.

    Parameters
    ----------
    folders
        The copies.
    files, bytes
        Copied by this call, all copies counted.
    skipped
        Files that were whole already, all copies counted.
    findings
        What someone should know: files that changed meanwhile, links that lead
        elsewhere.
    """

    folders: tuple[Path, ...]
    files: int
    bytes: int
    skipped: int
    findings: tuple[Finding, ...] = ()


def check_places(request: ArchiveRequest) -> None:
    """Refuse what is no session, and folders within each other.

    Raises
    ------
    ArchiveError
        If there is no source, it is no session, or a copy would lie in it, around it,
        or within the other.
    """
    source = request.source
    if not source.is_dir():
        raise bad_place(source, "no folder", "the folder of a session")
    if not (source / AUDIT_FILE).is_file():
        raise bad_place(source, f"no {AUDIT_FILE} in it", "the folder of a session")
    real = os.path.realpath(source)
    copies = [os.path.realpath(folder) for folder in request.folders]
    for folder, copy in zip(request.folders, copies, strict=True):
        if _is_within(copy, real):
            raise bad_place(folder, "it lies in the source", "a folder outside of it")
        if _is_within(real, copy):
            raise bad_place(folder, "the source lies in it", "another folder")
    first, last = copies[0], copies[-1]
    if len(copies) > 1 and (_is_within(first, last) or _is_within(last, first)):
        raise bad_place(request.folders[0], "both copies", "two separate folders")


def _is_within(inner: str, outer: str) -> bool:
    inner, outer = os.path.normcase(inner), os.path.normcase(outer)
    return inner == outer or inner.startswith(outer.rstrip(os.sep) + os.sep)
