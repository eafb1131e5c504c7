"""Where the work of sessions is done: here, in a pool of processes, or on a cluster.

An executor takes one function and many tasks, and gives each task's outcome as it
comes. A task that raises, or whose process dies, is an outcome too: never the end of
the others.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from concurrent import futures
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import connection
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from threadpoolctl import threadpool_limits

from ranvier.core import AnalysisError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_Task: TypeAlias = tuple[int, Any]


@dataclass(frozen=True)
class Outcome:
    """What became of one task.

    Parameters
    ----------
    index
        Of the task.
    value
        What the function gave; None if it failed.
    error
        What it raised, or what became of its process.
    """

    index: int
    value: Any = None
    error: BaseException | None = None


class WorkerDiedError(AnalysisError):
    """The process that did a task died, twice."""


class Executor(Protocol):
    """Does tasks, in whatever order and place."""

    def map(
        self, function: Callable[[Any], Any], tasks: Sequence[Any]
    ) -> Iterator[Outcome]:
        """Do all tasks; give outcomes as they come."""
        ...


class SerialExecutor:
    """Does one task after the other, in this process.

    Examples
    --------
    >>> [each.value for each in SerialExecutor().map(abs, [-1, 2])]
    [1, 2]
    """

    def map(
        self, function: Callable[[Any], Any], tasks: Sequence[Any]
    ) -> Iterator[Outcome]:
        """Do all tasks in their order.

        Parameters
        ----------
        function
            Takes a task.
        tasks
            What it takes.

        Yields
        ------
        Outcome
            Of each task.
        """
        for index, task in enumerate(tasks):
            try:
                value = function(task)
            except Exception as error:  # noqa: BLE001 - an outcome, told by the run
                yield Outcome(index, error=error)
            else:
                yield Outcome(index, value)


class PoolExecutor:
    """Does tasks in a pool of processes of this machine.

    A process that dies takes the pool with it, and nobody can say which task it was
    at. So each task in hand is done once more in a process of its own; the one whose
    process dies again is the one that failed.

    Parameters
    ----------
    n_workers
        Processes.
    """

    def __init__(self, n_workers: int) -> None:
        self._n_workers = n_workers

    def map(
        self, function: Callable[[Any], Any], tasks: Sequence[Any]
    ) -> Iterator[Outcome]:
        """Do all tasks.

        Parameters
        ----------
        function
            At the top of a module; takes a task, which can be copied to a process.
        tasks
            What it takes.

        Yields
        ------
        Outcome
            Of each task, as they come.
        """
        todo = deque(enumerate(tasks))
        while todo:
            suspects: list[_Task] = []
            yield from self._map_until_death(function, todo, suspects)
            for index, task in suspects:
                yield _do_alone(function, index, task)

    def _map_until_death(
        self, function: Callable[[Any], Any], todo: deque[_Task], suspects: list[_Task]
    ) -> Iterator[Outcome]:
        # Takes from `todo` what it begins; leaves in `suspects` what was in hand when
        # a process died.
        n_workers = min(self._n_workers, len(todo))
        in_hand: dict[futures.Future[Any], _Task] = {}
        with _open_pool(n_workers) as pool:
            try:
                while todo or in_hand:
                    while todo and len(in_hand) < 2 * n_workers:
                        in_hand[pool.submit(function, todo[0][1])] = todo[0]
                        todo.popleft()
                    done, _ = futures.wait(in_hand, None, futures.FIRST_COMPLETED)
                    for future in done:
                        outcome = _read_outcome(in_hand[future][0], future)
                        del in_hand[future]
                        yield outcome
            except BrokenProcessPool:
                suspects.extend(in_hand.values())
            finally:
                pool.shutdown(wait=True, cancel_futures=True)


def _do_alone(function: Callable[[Any], Any], index: int, task: Any) -> Outcome:
    with _open_pool(1) as pool:
        try:
            return _read_outcome(index, pool.submit(function, task))
        except BrokenProcessPool:
            error = WorkerDiedError(
                "the process that did the work died.",
                code="RV-A57",
                mend="see the system's log: often memory ran out; take fewer workers",
            )
            return Outcome(index, error=error)


def _read_outcome(index: int, future: futures.Future[Any]) -> Outcome:
    # Raises BrokenProcessPool; all else is an outcome.
    error = future.exception()
    if isinstance(error, BrokenProcessPool):
        raise error
    return Outcome(index, None if error else future.result(), error)


def _open_pool(n_workers: int) -> futures.ProcessPoolExecutor:
    # Not by fork: the parent may have threads, and other systems have none.
    return futures.ProcessPoolExecutor(
        n_workers, multiprocessing.get_context("spawn"), initializer=_begin_worker
    )


def _begin_worker() -> None:
    # One thread each, for the workers share the cores already. Its environment comes
    # too late: NumPy is loaded before a worker's first line of ours.
    threadpool_limits(1)
    # Ctrl-C reaches the whole group; the parent alone answers it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: Any) -> None:
    # A pool's worker would wait for ever on a parent that was killed.
    connection.wait([parent.sentinel])
    os._exit(1)
