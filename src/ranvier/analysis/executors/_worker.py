"""One process that does one task after the other, over a pipe of its own.

`concurrent.futures` shares one pipe and its locks between all workers: a worker that
dies while another is being started leaves its pool waiting for ever (Python 3.11, seen
in one of four kills at that moment). A pipe for each has nothing to share, and says
whose task it was.
"""

from __future__ import annotations

import copy
import multiprocessing
import os
import signal
import threading
import traceback
from multiprocessing import connection
from typing import TYPE_CHECKING, Any

from threadpoolctl import threadpool_limits

if TYPE_CHECKING:
    from collections.abc import Callable

    Answer = tuple[Any, BaseException | None]

_END_S = 10.0


class TaskTraceback(Exception):  # noqa: N818 - not raised; the cause of what was
    """Where in its worker an error came from, as text."""


class Worker:
    """A process that does tasks, one at a time.

    Parameters
    ----------
    function
        At the top of a module; takes a task, which can be copied to a process.
    """

    def __init__(self, function: Callable[[Any], Any]) -> None:
        # Not by fork: the parent may have threads, and other systems have none.
        spawn = multiprocessing.get_context("spawn")
        self._pipe, theirs = spawn.Pipe()
        self._process = spawn.Process(
            target=_serve, args=(theirs, function), daemon=True
        )
        try:
            self._process.start()
        except BrokenPipeError:  # died while it was started; `take` tells
            pass
        finally:
            theirs.close()

    @property
    def pipe(self) -> Any:
        """Ready when the worker has an answer, or has died."""
        return self._pipe

    def give(self, task: Any) -> None:
        """Begin a task; a worker that has died is told of by `take`."""
        try:
            self._pipe.send(task)
        except (BrokenPipeError, ConnectionError):
            return

    def take(self) -> Answer | None:
        """Take what became of the task; None if the process has died.

        Returns
        -------
        tuple or None
            What the function gave, and what it raised.
        """
        try:
            value, error, text = self._pipe.recv()
        except (EOFError, OSError):
            return None
        if error is not None:
            error.__cause__ = TaskTraceback(f"\n{text}")
        return value, error

    def end(self) -> None:
        """End the process, whatever it does; its files are written whole or not."""
        self._pipe.close()
        if self._process.pid is None:
            return
        self._process.terminate()
        self._process.join(_END_S)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        self._process.close()


def _serve(pipe: connection.Connection, function: Callable[[Any], Any]) -> None:
    # One thread each, for the workers share the cores already. Its environment comes
    # too late: NumPy is loaded before a worker's first line of ours.
    threadpool_limits(1)
    # Ctrl-C reaches the whole group; the parent alone answers it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    while True:
        try:
            task = pipe.recv()
        except EOFError:
            return
        _answer(pipe, function, task)


def _answer(
    pipe: connection.Connection, function: Callable[[Any], Any], task: Any
) -> None:
    try:
        pipe.send((function(task), None, ""))
    except Exception as error:  # noqa: BLE001 - an outcome, told by the run
        text = "".join(traceback.format_exception(error))
        pipe.send((None, _make_portable(error), text))


def _make_portable(error: Exception) -> Exception:
    # An error of another library may not bear being copied to the parent.
    try:
        copy.deepcopy(error)
    except Exception:  # noqa: BLE001 - any class may fail in any way
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


def _end_with(parent: Any) -> None:
    # In the midst of a task a worker would not see that its parent was killed.
    connection.wait([parent.sentinel])
    os._exit(1)
