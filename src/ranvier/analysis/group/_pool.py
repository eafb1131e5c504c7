"""A function done of many sessions in processes of this machine.

A process that dies takes the pool with it, and nobody can say at which session it was.
So each one in hand is done once more in a process of its own; the one that dies again
is the one that failed, and the others go on.
"""

from __future__ import annotations

import multiprocessing
from collections import deque
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_AHEAD = 2  # tasks in hand for each process, so that none waits for the next


def map_in_processes(
    function: Callable[[Any], Any], tasks: Sequence[Any], workers: int
) -> Iterator[tuple[int, Any, BaseException | None]]:
    """Do tasks in several processes.

    Parameters
    ----------
    function
        At the top of a module.
    tasks
        What it takes.
    workers
        Processes.

    Yields
    ------
    tuple
        Number of the task, what the function gave, and what it raised; as they come.
    """
    todo = deque(enumerate(tasks))
    while todo:
        suspects: list[tuple[int, Any]] = []
        yield from _map_until_death(function, todo, suspects, workers)
        for place, task in suspects:
            with _open_pool(1) as alone:
                yield _read(place, alone.submit(function, task))


def _map_until_death(
    function: Callable[[Any], Any],
    todo: deque[tuple[int, Any]],
    suspects: list[tuple[int, Any]],
    workers: int,
) -> Iterator[tuple[int, Any, BaseException | None]]:
    in_hand: dict[Future[Any], tuple[int, Any]] = {}
    with _open_pool(min(workers, len(todo))) as pool:
        while (todo or in_hand) and not suspects:
            while todo and len(in_hand) < _AHEAD * workers:
                try:
                    in_hand[pool.submit(function, todo[0][1])] = todo[0]
                except BrokenProcessPool:
                    break
                todo.popleft()
            if not in_hand:  # it died with nothing in hand
                suspects.append(todo.popleft())
                break
            for future in wait(in_hand, None, FIRST_COMPLETED).done:
                found = _read(in_hand[future][0], future)
                if isinstance(found[2], BrokenProcessPool):
                    suspects.append(in_hand.pop(future))
                    continue
                del in_hand[future]
                yield found
        for future, task in in_hand.items():
            found = _read(task[0], future)
            if isinstance(found[2], BrokenProcessPool):
                suspects.append(task)
            else:
                yield found


def _read(place: int, future: Future[Any]) -> tuple[int, Any, BaseException | None]:
    error = future.exception()
    return (place, None, error) if error else (place, future.result(), None)


def _open_pool(workers: int) -> ProcessPoolExecutor:
    # Not forked: threads of this process (of BLAS, of HDF5) would hold locks for ever.
    return ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"))
