"""Where the work of sessions is done: here, in processes, or on a cluster.

An executor takes one function and many tasks, and gives each task's outcome as it
comes. A task that raises, or whose process dies, is an outcome too: never the end of
the others.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from multiprocessing import connection
from typing import TYPE_CHECKING, Any, Protocol

from ranvier.analysis.executors._worker import Worker
from ranvier.core import AnalysisError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence


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
    """Does tasks in processes of this machine.

    A task whose process dies is done once more, by another process; if that dies too,
    the task failed.

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
        todo, died = deque(range(len(tasks))), set[int]()
        idle: list[Worker] = []
        in_hand: dict[Worker, int] = {}
        try:
            while todo or in_hand:
                while todo and len(in_hand) < self._n_workers:
                    worker = idle.pop() if idle else Worker(function)
                    in_hand[worker] = todo.popleft()
                    worker.give(tasks[in_hand[worker]])
                for worker in _wait(in_hand):
                    index, answer = in_hand.pop(worker), worker.take()
                    if answer is not None:
                        idle.append(worker)
                        yield Outcome(index, *answer)
                        continue
                    worker.end()
                    if index in died:
                        yield Outcome(index, error=_tell_death())
                    else:
                        died.add(index)
                        todo.appendleft(index)
        finally:
            for worker in [*idle, *in_hand]:
                worker.end()


def _wait(workers: Iterable[Worker]) -> list[Worker]:
    # A worker's end of its pipe closes with it, so the dead are ready too.
    by_pipe = {worker.pipe: worker for worker in workers}
    return [by_pipe[pipe] for pipe in connection.wait(by_pipe)]


def _tell_death() -> WorkerDiedError:
    return WorkerDiedError(
        "the process that did the work died.",
        code="RV-A57",
        mend="see the system's log: often memory ran out; take fewer workers",
    )
