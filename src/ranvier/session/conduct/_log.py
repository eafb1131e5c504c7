"""The log of one session: what its operator is told, in a file of its own."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Self, TextIO

from ranvier.core import SessionError, WallStart
from ranvier.session.parameters import resolve_path

if TYPE_CHECKING:
    from ranvier.core import Reporter
    from ranvier.session.parameters import Parameters

_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


class SessionLog:
    """A reporter that also writes down what it is told; each session has its own.

    Parameters
    ----------
    reporter
        Who else is told.
    *paths
        Files to append to; their folders must exist.
    level
        What the other one is told at least: "DEBUG", "INFO", "WARNING", …

    Raises
    ------
    OSError
        If one can't be opened.
    """

    def __init__(self, reporter: Reporter, *paths: Path, level: str = "INFO") -> None:
        self._reporter = reporter
        self._shown = _LEVELS.index(level)
        self._files: list[TextIO] = []
        try:
            for path in paths:
                self._files.append(path.open("a", encoding="utf-8", newline="\n"))
        except OSError:
            self.close()
            raise

    def say(self, text: str) -> None:
        """Show and write one line."""
        self._write("INFO", text)
        if self._shown <= _LEVELS.index("INFO"):
            self._reporter.say(text)

    def warn(self, text: str) -> None:
        """Show and write one line that should not be missed."""
        self._write("WARNING", text)
        self._reporter.warn(text)

    def advance(self, task: str, done: float, total: float) -> None:
        """Show how far a long task is; it is not written."""
        self._reporter.advance(task, done, total)

    def debug(self, text: str) -> None:
        """Write a line that is shown only to who wants to see all."""
        self._write("DEBUG", text)
        if self._shown <= _LEVELS.index("DEBUG"):
            self._reporter.say(text)

    def close(self) -> None:
        """Close the files."""
        for file in self._files:
            with contextlib.suppress(OSError):  # what is left of a full disk
                file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _write(self, level: str, text: str) -> None:
        date = WallStart.now().wall
        for file in tuple(self._files):
            try:
                file.write(f"{date} {level:<7} {text}\n")
                file.flush()
            except OSError as error:
                self._drop(file, error)

    def _drop(self, file: TextIO, error: OSError) -> None:
        # A log that can't be written costs the session nothing else.
        self._files.remove(file)
        with contextlib.suppress(OSError):
            file.close()
        self.warn(f"the log {file.name} can't be written any more: {error.strerror}")


def make_central_log(
    parameters: Parameters, session: str, start: WallStart
) -> list[Path]:
    """Make the place of the second copy of a log, by year, month and day.

    Parameters
    ----------
    parameters
        Of the session.
    session
        Its name, that of the file.
    start
        When it began.

    Returns
    -------
    list of Path
        One file, or none if no second copy is wanted.

    Raises
    ------
    SessionError
        If its folder can't be made.
    """
    named = parameters.get("centralized_log_directory")
    if not named:
        return []
    day = start.date_at(start.monotonic_ns).strftime("%Y/%m/%d")
    folder = resolve_path(named, Path.cwd(), key="centralized_log_directory") / day
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SessionError(
            "the folder of the second log can't be made.",
            code="RV-S04",
            where=f"centralized_log_directory: {folder}",
            found=error.strerror or str(error),
            mend="connect its disk, or leave the key out",
        ) from error
    return [folder / f"{session}.log"]
