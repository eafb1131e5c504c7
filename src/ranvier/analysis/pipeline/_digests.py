"""Digests of files, remembered as long as the system says that they are the same."""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING

from ranvier.analysis.pipeline._memory import Memory

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

# A file that changed less than this before it was read may change again within one
# tick of the file system's clock, so that its times say nothing.
_RACY_NS = 2_000_000_000


def digest_text(*parts: str) -> str:
    """Give the SHA-256 of some texts, each kept apart from the next.

    Returns
    -------
    str
        Hexadecimal.

    Examples
    --------
    >>> digest_text("ab", "c") == digest_text("a", "bc")
    False
    """
    digest = hashlib.sha256()
    for part in parts:
        digest.update(f"{len(part)}:".encode() + part.encode("utf-8", "replace"))
    return digest.hexdigest()


def digest_file(path: Path) -> str:
    """Give the SHA-256 of a file's content.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    str
        Hexadecimal; "missing" or "unreadable" if it is so.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return "missing"
    except OSError:  # whoever needs it will say what is wrong with it
        return "unreadable"


class FileDigests:
    """SHA-256 of files, read once for each content.

    What is remembered counts as long as size, times of change, and place on the disk
    stay: the time of the last change of any kind can't be set back by a program.

    Parameters
    ----------
    memory
        JSON file that keeps them from run to run; a damaged one is as good as none.
    """

    def __init__(self, memory: Path) -> None:
        self._memory = Memory(memory)

    def digest(self, path: Path) -> str:
        """Give the digest of one file.

        Parameters
        ----------
        path
            The file.

        Returns
        -------
        str
            Hexadecimal; "missing" or "unreadable" if it is so.
        """
        try:
            stat = path.stat()
        except OSError:
            return digest_file(path)
        now_ns = time.time_ns()
        stamp = [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino]
        known = self._memory.get(str(path))
        if known and known[:-1] == stamp:
            return str(known[-1])
        found = digest_file(path)
        if now_ns - max(stat.st_mtime_ns, stat.st_ctime_ns) > _RACY_NS:
            self._memory.put(str(path), [*stamp, found])
        return found

    def digest_all(self, paths: Iterable[Path], root: Path) -> str:
        """Give one digest of several files and of their places.

        Parameters
        ----------
        paths
            The files, in any order.
        root
            Their places are taken relative to it, so that a moved study stays valid.

        Returns
        -------
        str
            Hexadecimal.
        """
        parts: list[str] = []
        for path in sorted(paths):
            name = path.relative_to(root) if path.is_relative_to(root) else path
            parts += [name.as_posix(), self.digest(path)]
        return digest_text(*parts)

    def save(self) -> None:
        """Keep what was learnt.

        Raises
        ------
        AnalysisError
            If the file can't be written.
        """
        self._memory.save()
