"""Waiting without spinning: a process sleeps, another wakes it.

A wake-up is a byte in a named pipe in the run's own folder: nearly as quick as the
quickest that was measured, with exact time limits, and nothing to reconnect when
either side is started again (see the decision records). POSIX only; a system without
named pipes needs a Sleeper and a Waker of its own here.
"""

from __future__ import annotations

import os
import select
import threading
from pathlib import Path
from typing import Dict, Optional, Protocol

# select refuses handles from here on.
_SELECT_LIMIT = 1024


class Sleeper(Protocol):
    """The end that sleeps; owned by one process."""

    def wait(self, timeout_s: Optional[float] = None) -> None:
        """Sleep until woken; returns at once if woken since the last wait.

        May return early without reason, as all such calls may.
        """
        ...

    def close(self) -> None:
        """Let go of what it holds."""
        ...


class Waker(Protocol):
    """The end that wakes; never blocks and never fails because no one is there."""

    def wake(self) -> None:
        """Wake the sleeper, now or when it next waits."""
        ...

    def close(self) -> None:
        """Let go of what it holds."""
        ...


class PipeSleeper:
    """Sleeps on a named pipe of its own.

    Parameters
    ----------
    path
        Of the pipe; made if it is not there.
    """

    def __init__(self, path: Path) -> None:
        make_pipe(path)
        # Open for writing too: without a writer a pipe would read as ended.
        self._handle = os.open(path, os.O_RDWR)

    def wait(self, timeout_s: Optional[float] = None) -> None:
        """Sleep until woken, at most `timeout_s`, s."""
        handle = self._handle
        if timeout_s is not None and not _is_ready(handle, max(0.0, timeout_s)):
            return
        # Empty the pipe: one wake-up stands for all before it. Without a time limit
        # this is the only call, and it sleeps in the kernel.
        os.read(handle, 65536)

    def close(self) -> None:
        """Close the pipe; the file goes with the run's folder."""
        os.close(self._handle)


def _is_ready(handle: int, timeout_s: float) -> bool:
    if handle < _SELECT_LIMIT:
        return bool(select.select([handle], [], [], timeout_s)[0])
    # poll has no limit, but waits in whole ms
    poll = select.poll()
    poll.register(handle, select.POLLIN)
    return bool(poll.poll(timeout_s * 1000))


class PipeWaker:
    """Wakes the sleeper of a named pipe.

    Parameters
    ----------
    path
        Of the pipe; made if it is not there yet.
    """

    def __init__(self, path: Path) -> None:
        make_pipe(path)
        # Open for reading too: then it opens, and never fails, without a sleeper.
        self._handle = os.open(path, os.O_RDWR | os.O_NONBLOCK)

    def wake(self) -> None:
        """Put a byte into the pipe; a full pipe wakes as well."""
        try:
            os.write(self._handle, b"w")
        except BlockingIOError:
            return

    def close(self) -> None:
        """Close the pipe."""
        os.close(self._handle)


class ThreadSleeper:
    """Sleeper and waker in one, between threads of a process."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def wait(self, timeout_s: Optional[float] = None) -> None:
        """Sleep until woken, at most `timeout_s`, s."""
        self._event.wait(timeout_s)
        self._event.clear()

    def wake(self) -> None:
        """Wake the sleeper."""
        self._event.set()

    def close(self) -> None:
        """Do nothing: it holds nothing."""


def make_pipe(path: Path) -> None:
    """Make a named pipe that only this user may open, if it is not there."""
    try:
        os.mkfifo(path, 0o600)
    except FileExistsError:
        return


class PipeWakers:
    """Wakers of a run's processes, opened as they are first asked for.

    Parameters
    ----------
    folder
        The run's own folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open: Dict[int, PipeWaker] = {}

    def __getitem__(self, process: int) -> PipeWaker:
        if process not in self._open:
            self._open[process] = PipeWaker(pipe_path(self._folder, process))
        return self._open[process]

    def close(self) -> None:
        """Close them all."""
        for waker in self._open.values():
            waker.close()
        self._open.clear()


def pipe_path(folder: Path, process: int) -> Path:
    """Give where the pipe of a process is.

    Returns
    -------
    pathlib.Path
        In the run's folder.
    """
    return folder / f"wake-{process}"
