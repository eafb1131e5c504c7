"""The sign of life of a program that says nothing: files that change."""

from __future__ import annotations

import os
from pathlib import Path

_OURS = "audit.jsonl"


class Heartbeat:
    """Sees whether files have changed.

    Parameters
    ----------
    path
        A file, or a folder whose files are looked at, however deep; None never changes.
    log_folder
        Name of a folder in it that is left out, as is the audit trail: the launcher
        writes there.
    """

    def __init__(self, path: Path | None, log_folder: str) -> None:
        self._path = path
        self._log_folder = log_folder
        self._seen = self._look()

    def has_changed(self) -> bool:
        """Look again.

        Returns
        -------
        bool
            True if a file changed, came or went since the last look.
        """
        before, self._seen = self._seen, self._look()
        return before != self._seen

    def _look(self) -> dict[str, tuple[int, int]]:
        if self._path is None:
            return {}
        seen = _stat(self._path)
        for folder, inner, files in os.walk(self._path):
            if Path(folder) == self._path:
                inner[:] = [name for name in inner if name != self._log_folder]
                files = [name for name in files if name != _OURS]
            for name in files:
                seen |= _stat(Path(folder, name))
        return seen


def _stat(path: Path) -> dict[str, tuple[int, int]]:
    try:
        found = path.stat()
    except OSError:
        return {}  # gone, or not yet there
    # That of a folder changes with ours in it.
    return {} if path.is_dir() else {str(path): (found.st_mtime_ns, found.st_size)}
