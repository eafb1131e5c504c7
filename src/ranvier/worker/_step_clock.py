"""How long the steps of a node take, counted on the board as they happen."""

from __future__ import annotations

import time
from typing import Callable

from ranvier.links import ROW, Board, NodeField, find_bucket


class StepClock:
    """Counts and times the steps of one node.

    The board says since when a step lasts, so that a hang is seen from outside. What
    it waits for others meanwhile is left out: they may hang, this node does not.

    Parameters
    ----------
    board
        Where they are counted.
    index
        Number of the node on it.
    """

    def __init__(self, board: Board, index: int) -> None:
        self._values, self._row = board.values, board.node_row(index)
        self._since = self._row + NodeField.STEP_SINCE
        self._total = self._row + NodeField.STEP_TOTAL
        self._max = self._row + NodeField.STEP_MAX
        self._buckets = self._row + ROW

    @property
    def n_steps(self) -> int:
        """Steps so far, those of earlier processes of the node included."""
        return self._values[self._row]

    @property
    def n_faults(self) -> int:
        """Faults so far, likewise."""
        return self._values[self._row + NodeField.FAULTS]

    def begin(self, now_ns: int) -> None:
        """Note that a step begins; ns on the host's monotonic clock."""
        self._values[self._since] = now_ns

    def leave_out(self, wait: Callable[[float], object]) -> Callable[[float], None]:
        """Give a wait whose time is no part of the step that it happens in.

        Parameters
        ----------
        wait
            Waits at most so long, s, for a reader to have room.

        Returns
        -------
        callable
            The same, timed.
        """
        values, since = self._values, self._since

        def wait_beside(longest_s: float) -> None:
            # Meanwhile there is no step, so that it is not taken for a hang.
            began_step, values[since] = values[since], 0
            began = time.monotonic_ns()
            wait(longest_s)
            if began_step:  # what is sent between two steps may wait as well
                values[since] = began_step + time.monotonic_ns() - began

        return wait_beside

    def end(self) -> int:
        """Count the step that had begun.

        Returns
        -------
        int
            Now, ns on the host's monotonic clock.
        """
        values, now = self._values, time.monotonic_ns()
        took = now - values[self._since]
        values[self._since] = 0
        values[self._row] += 1
        values[self._total] += took
        if took > values[self._max]:
            values[self._max] = took
        values[self._buckets + find_bucket(took)] += 1
        return now

    def count_fault(self) -> None:
        """Count a fault."""
        self._values[self._row + NodeField.FAULTS] += 1

    def count_late(self) -> None:
        """Count an item that was produced more than one item late."""
        self._values[self._row + NodeField.LATE] += 1
