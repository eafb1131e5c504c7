"""Digests of files, remembered as long as size and time of change stay."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from ranvier.core import write_atomically

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

# A file that changed less than this before it was read may change again within one
# tick of the file system's clock, so that its time says nothing.
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
        digest.update(f"{len(part)}:".encode() + part.encode())
    return digest.hexdigest()


class FileDigests:
    """SHA-256 of files, read once for each content.

    Parameters
    ----------
    memory
        JSON file that keeps them from run to run; a damaged one is as good as none.
    """

    def __init__(self, memory: Path) -> None:
        self._memory = memory
        self._known: dict[str, list[Any]] = _read(memory)
        self._is_new = False

    def digest(self, path: Path) -> str:
        """Give the digest of one file.

        Parameters
        ----------
        path
            The file.

        Returns
        -------
        str
            Hexadecimal; "missing" if there is no such file.
        """
        try:
            status = path.stat()
        except FileNotFoundError:
            return "missing"
        stamp = [status.st_size, status.st_mtime_ns]
        known = self._known.get(str(path))
        if known and known[:2] == stamp:
            return str(known[2])
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        self._known[str(path)] = [*stamp, found]
        self._is_new = True
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

    def save(self, now_ns: int) -> None:
        """Keep what was learnt, but for files that changed just now.

        Parameters
        ----------
        now_ns
            Time of the file system's clock, ns.
        """
        if not self._is_new:
            return
        old = {
            path: entry
            for path, entry in self._known.items()
            if now_ns - entry[1] > _RACY_NS
        }
        self._memory.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(self._memory, json.dumps(old))


def _read(memory: Path) -> dict[str, list[Any]]:
    try:
        found = json.loads(memory.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {
        str(path): entry
        for path, entry in found.items()
        if isinstance(entry, list) and len(entry) == 3
    }
