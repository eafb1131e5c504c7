"""Faults of a node, told to the supervisor; a hail of them is told in part."""

from __future__ import annotations

import time
from typing import Any, Callable, Optional

from ranvier.core import describe_error, format_traceback
from ranvier.links import Message
from ranvier.worker._words import Fault

TOLD_PER_S = 5
"""Faults of a node that are told a second; the rest is only counted."""


class FaultTeller:
    """Tells of a node's faults.

    Parameters
    ----------
    node
        Name of the node.
    tell
        Sends a word to the supervisor.
    count
        Gives how many faults the node has had.
    """

    def __init__(
        self, node: str, tell: Callable[[Any], object], count: Callable[[], int]
    ) -> None:
        self._node, self._tell, self._count = node, tell, count
        self._second, self._told = 0, 0

    def __call__(
        self,
        phase: str,
        error: Exception,
        message: Optional[Message] = None,
        answer: str = "none",
    ) -> None:
        """Tell of a fault, of the message that was worked on, and of what follows.

        At most five a second: all are counted, and by then the traceback is known.
        """
        second = time.monotonic_ns() // 1_000_000_000
        if second != self._second:
            self._second, self._told = second, 0
        self._told += 1
        if self._told > TOLD_PER_S:
            return
        cause = None
        if message is not None:
            cause = {
                "stream": message.stream,
                "sequence": message.sequence,
                "time_ns": message.time_ns,
            }
        described, traceback = describe_error(error), format_traceback(error)
        count = self._count()
        word = Fault(self._node, phase, described, traceback, count, answer, cause)
        self._tell(word)
