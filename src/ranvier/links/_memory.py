"""The transport within one process: for groups, and for tests between threads."""

from __future__ import annotations

from collections import deque
from typing import Any, Deque, Dict, List, Optional

import numpy as np

from ranvier.links._interface import Inlet, Lane, Loan, needs_private_lane
from ranvier.links._wake import ThreadSleeper
from ranvier.spec import LinkPlan, StreamPlan


class MemoryTransport:
    """Moves messages between nodes of one process, or threads of a test."""

    def __init__(self) -> None:
        self._queues: Dict[int, Deque[Any]] = {}
        self._sleepers: Dict[int, ThreadSleeper] = {}

    def open_lane(self, plan: StreamPlan, private: Optional[LinkPlan]) -> Lane:
        """Open a lane to all readers of a stream, or to that of one link alone.

        Returns
        -------
        Lane
            It copies each message once, for all of them.
        """
        links = [link for link in plan.links if not needs_private_lane(plan, link)]
        if private is not None:
            links = [private]
        return _MemoryLane([self._queue(link) for link in links])

    def open_inlet(self, plan: StreamPlan, link: LinkPlan) -> Inlet:
        """Open the reading end of a link.

        Returns
        -------
        Inlet
            Of the link's own queue.
        """
        del plan
        return _MemoryInlet(self._queue(link))

    def open_sleeper(self, process: int) -> ThreadSleeper:
        """Open the sleeper of a process; its waker is the same object.

        Returns
        -------
        ThreadSleeper
            Of that process number.
        """
        return self._sleepers.setdefault(process, ThreadSleeper())

    def waker(self, process: int) -> ThreadSleeper:
        """Give the waker of a process.

        Returns
        -------
        ThreadSleeper
            Of that process number.
        """
        return self.open_sleeper(process)

    def close(self) -> None:
        """Forget all messages."""
        self._queues.clear()

    def _queue(self, link: LinkPlan) -> Deque[Any]:
        if link.index not in self._queues:
            policy = link.policy
            depth = 1 if policy.mode == "latest" else policy.depth
            self._queues[link.index] = deque(
                maxlen=None if policy.mode == "lossless" else depth
            )
        return self._queues[link.index]


class _MemoryLane:
    def __init__(self, queues: List[Deque[Any]]) -> None:
        self._queues = queues

    def loan(self, length: int) -> Loan:
        memory = np.empty(length + 64, np.uint8)
        start = -memory.ctypes.data % 64
        return Loan(memory[start : start + length], None)

    def send(self, loan: Loan) -> None:
        for queue in self._queues:
            queue.append(loan.target)

    def send_bytes(self, data: bytes) -> None:
        for queue in self._queues:
            queue.append(data)

    def close(self) -> None:
        self._queues = []


class _MemoryInlet:
    def __init__(self, queue: Deque[Any]) -> None:
        self._queue = queue

    def take(self) -> Optional[Any]:
        try:
            return self._queue.popleft()
        except IndexError:
            return None

    def close(self) -> None:
        self._queue.clear()
