"""What the command line prints: errors as words, progress as bars, and its status."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Self

from ranvier.cli._plain import make_lines
from ranvier.core import GraphError, RanvierError

if TYPE_CHECKING:
    from collections.abc import Generator

    from rich.console import Console
    from rich.progress import Progress, TaskID

DONE, FAILED, USAGE = 0, 1, 2
"""Exit status: done as asked; failed or data lost; command or graph not right."""
# A file or a pipe has no edge.
_WIDE = 1000
_OUTPUT_ENDS = (errno.ENOSPC, errno.EIO, errno.EFBIG, errno.EPIPE)


def exit_status(error: RanvierError) -> int:
    """Give the exit status that an error stands for.

    Returns
    -------
    int
        2 for what is wrong in a graph or in the command, else 1.
    """
    return USAGE if isinstance(error, GraphError) else FAILED


def show_error(error: RanvierError) -> None:
    """Print an error for a person, on standard error."""
    warn(str(error))


def say(text: str) -> None:
    """Print lines on standard output, made plain: they may hold a node's words."""
    sys.stdout.write(f"{make_lines(text)}\n")


def warn(text: str) -> None:
    """Print lines on standard error, made plain."""
    sys.stderr.write(f"{make_lines(text)}\n")


@contextlib.contextmanager
def guarded_output() -> Generator[None]:
    """Let output that is closed swallow all, and output that is full fail in words.

    Yields
    ------
    None
        For the commands to be run in it.

    Raises
    ------
    SystemExit
        With status 1, if what was printed can't be written.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # started with "<&-", ">&-"
            setattr(sys, name, Path(os.devnull).open(mode))  # noqa: SIM115 - to the end
    try:
        try:
            yield
        finally:
            sys.stdout.flush()
    except OSError as error:
        # Of files that have a name, and of all else, the commands speak themselves.
        if error.filename is not None or error.errno not in _OUTPUT_ENDS:
            raise
        # What is left to be written must not fail once more at the very end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        warn(f"the output can't be written: {error.strerror}")
        sys.exit(FAILED)


def open_console() -> Console:
    """Open standard output for tables and colours.

    Returns
    -------
    rich.console.Console
        Without colours where the output is no terminal, and as wide as is needed.
    """
    from rich.console import Console

    is_screen = sys.stdout.isatty() or "COLUMNS" in os.environ
    return Console(highlight=False, width=None if is_screen else _WIDE)


class BarReporter:
    """A reporter that shows long work as progress bars; a context manager.

    Where standard error is no terminal, only words are printed.

    Examples
    --------
    >>> with BarReporter() as reporter:
    ...     reporter.advance("hash", 1, 2)
    """

    def __init__(self) -> None:
        self._progress: Progress | None = None
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import Progress

            from ranvier.cli._rate import RateColumn

            self._progress = Progress(
                *Progress.get_default_columns(),
                RateColumn(),
                console=Console(stderr=True),
                transient=True,
            )
            self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._progress is not None:
            self._progress.stop()

    def say(self, text: str) -> None:
        """Show one line of plain information."""
        self._write(text)

    def warn(self, text: str) -> None:
        """Show one line that the operator should not miss."""
        self._write(f"warning: {text}")

    def advance(self, task: str, done: float, total: float) -> None:
        """Show how far a long task is: `done` of `total`, in any unit."""
        if self._progress is None:
            return
        if task not in self._tasks:
            self._tasks[task] = self._progress.add_task(task, total=total)
        self._progress.update(self._tasks[task], completed=done, total=total)

    def _write(self, text: str) -> None:
        if self._progress is not None:
            plain = make_lines(text)
            self._progress.console.print(plain, markup=False, highlight=False)
        else:
            warn(text)
