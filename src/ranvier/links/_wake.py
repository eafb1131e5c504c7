"""Waiting without spinning: a process sleeps, another wakes it.

On Linux a wake-up adds to an event counter (eventfd) that the supervisor made and all
workers of the run inherit: the quickest that was measured, with exact time limits, and
nothing to reconnect when either side is started again (see the decision records).
Elsewhere on POSIX it is a byte in a named pipe in the run's own folder. A system with
neither needs a Sleeper and a Waker of its own here.
"""

from __future__ import annotations

import os
import select
import threading
from pathlib import Path
from typing import Callable, Dict, Optional, Protocol, Sequence

# select refuses handles from here on.
_SELECT_LIMIT = 1024
# What a pipe holds at most; of an event counter, its whole value.
_PIPE_BYTES, _COUNTER_BYTES = 65536, 8
_sched_yield: Optional[Callable[[], None]] = getattr(os, "sched_yield", None)
_ONE = (1).to_bytes(8, "little")


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


class HandleSleeper:
    """Sleeps on a descriptor: an inherited event counter, or a named pipe.

    Parameters
    ----------
    handle
        Open for reading, blocking.
    is_pipe
        True if it is a pipe.
    """

    def __init__(self, handle: int, *, is_pipe: bool = True) -> None:
        self._handle = handle
        self._n_bytes = _PIPE_BYTES if is_pipe else _COUNTER_BYTES

    def wait(self, timeout_s: Optional[float] = None) -> None:
        """Sleep until woken, at most `timeout_s`, s."""
        handle = self._handle
        if timeout_s is not None and not _is_ready(handle, max(0.0, timeout_s)):
            return
        # Empty it: one wake-up stands for all before it. Without a time limit
        # this is the only call, and it sleeps in the kernel.
        os.read(handle, self._n_bytes)

    def close(self) -> None:
        """Close the descriptor."""
        os.close(self._handle)


def _is_ready(handle: int, timeout_s: float) -> bool:
    if handle < _SELECT_LIMIT:
        return bool(select.select([handle], [], [], timeout_s)[0])
    # poll has no limit, but waits in whole ms
    poll = select.poll()
    poll.register(handle, select.POLLIN)
    return bool(poll.poll(timeout_s * 1000))


class HandleWaker:
    """Wakes the sleeper of a descriptor.

    Parameters
    ----------
    handle
        Open for writing: an event counter, or a pipe that does not block.
    """

    def __init__(self, handle: int) -> None:
        self._handle = handle

    def wake(self) -> None:
        """Add one to the counter; a pipe that is full wakes as well."""
        try:
            os.write(self._handle, _ONE)
        except BlockingIOError:
            return

    def close(self) -> None:
        """Close the descriptor."""
        os.close(self._handle)


def hand_over() -> None:
    """Let a process that was just woken run first, if it waits for this core.

    The system often wakes a reader on the core of its writer, where it would wait until
    the writer sleeps. Does nothing where the system can't do it.
    """
    if _sched_yield is not None:
        _sched_yield()


def open_pipe(path: Path, *, blocks: bool) -> int:
    """Open a named pipe that only this user may open; it is made if it is not there.

    It is opened for both directions: for a sleeper, since without a writer it would
    read as ended; for a waker, since then it opens without a sleeper.

    Returns
    -------
    int
        Descriptor.
    """
    make_pipe(path)
    return os.open(path, os.O_RDWR | (0 if blocks else os.O_NONBLOCK))


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


class Wakers:
    """Wakers of a run's processes, opened as they are first asked for.

    Parameters
    ----------
    folder
        The run's own folder.
    counters
        Inherited event counters, by process; empty where there are none.
    """

    def __init__(self, folder: Path, counters: Sequence[int]) -> None:
        self._folder, self._counters = folder, counters
        self._open: Dict[int, HandleWaker] = {}

    def __getitem__(self, process: int) -> HandleWaker:
        if process not in self._open:
            handle = (
                os.dup(self._counters[process])
                if self._counters
                else open_pipe(pipe_path(self._folder, process), blocks=False)
            )
            self._open[process] = HandleWaker(handle)
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
