"""What the pipeline remembers from run to run, so that it need not do it again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ranvier.analysis.files import write_whole

if TYPE_CHECKING:
    from pathlib import Path


class Memory:
    """Lists by name, in a JSON file; a damaged one is as good as none.

    Parameters
    ----------
    path
        The file; it is written by `save` only, and only if something is new.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known = _read(path)
        self._is_new = False

    def get(self, name: str) -> list[Any] | None:
        """Give what is remembered under a name.

        Returns
        -------
        list or None
            None if nothing is.
        """
        return self._known.get(name)

    def put(self, name: str, entry: list[Any]) -> None:
        """Remember something in place of what was there.

        Parameters
        ----------
        name
            Under which it is found again.
        entry
            Of what JSON knows.
        """
        self._known[name] = entry
        self._is_new = True

    def save(self) -> None:
        """Keep what was learnt.

        Raises
        ------
        AnalysisError
            If the file can't be written.
        """
        if self._is_new:
            write_whole(self._path, json.dumps(self._known).encode())


def _read(path: Path) -> dict[str, list[Any]]:
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {name: entry for name, entry in found.items() if isinstance(entry, list)}
