"""One run that several rows of a table are taken from, and a folder for it."""

from __future__ import annotations

import atexit
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks._rounds import Figures


class SharedRun:
    """Runs anew whenever a row is asked for a second time: once a round.

    Parameters
    ----------
    names
        Rows.
    run
        Gives the figures of all of them.
    """

    def __init__(
        self, names: Sequence[str], run: Callable[[], dict[str, Figures]]
    ) -> None:
        self._run = run
        self._told = set(names)
        self._figures: dict[str, Figures] = {}
        self._problem = ""

    def measure(self, name: str) -> Figures:
        """Give one row; all rows of one round are of the same run."""
        if name in self._told:
            self._told, self._figures = set(), {}
            try:
                self._figures = self._run()
            except (OSError, RuntimeError, subprocess.SubprocessError) as error:
                self._problem = str(error)
        self._told.add(name)
        if not self._figures:
            raise RuntimeError(self._problem)
        return self._figures[name]


def make_home(scratch: Path) -> Path:
    """Make a folder that is gone when the process ends."""
    home = Path(tempfile.mkdtemp(prefix="ranvier-bench-", dir=scratch))
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    return home
