"""The state of a node, kept in a file for the process that is started after it."""

from __future__ import annotations

from pathlib import Path
from typing import Callable, Optional

from ranvier.links import Message, Origin, decode, to_bytes
from ranvier.node import Node


class Checkpoint:
    """Keeps a node's state, and gives it back.

    Parameters
    ----------
    node
        The node.
    path
        Of the file.
    period_s
        How often it is kept; None for never.
    tell_fault
        Called with the phase and the error of a checkpoint that failed; the run goes
        on without.
    """

    def __init__(
        self,
        node: Node,
        path: Path,
        period_s: Optional[float],
        tell_fault: Callable[[str, Exception], None],
    ) -> None:
        self._node, self._path, self._tell_fault = node, path, tell_fault
        self._period_ns = round(period_s * 1e9) if period_s else None
        self._next_ns = 0

    def look(self, now_ns: int) -> None:
        """Keep the state if it is time; ns on the host's monotonic clock."""
        if self._period_ns is None or now_ns < self._next_ns:
            return
        self._next_ns = now_ns + self._period_ns
        try:
            state = self._node.checkpoint()
            data = to_bytes(Message(state, 0, 0, 0, now_ns, Origin(0, 0, now_ns)))
            beside = self._path.with_suffix(".new")
            beside.write_bytes(data)
            beside.replace(self._path)
        except Exception as error:  # noqa: BLE001 - told; the run goes on without
            self._tell_fault("checkpoint", error)

    def restore(self) -> bool:
        """Take up the state that the process before this one kept.

        Returns
        -------
        bool
            False if there is none, or it can't be taken up.
        """
        if not self._path.exists():
            return False
        try:
            self._node.restore(decode(self._path.read_bytes()).payload)
        except Exception as error:  # noqa: BLE001 - told; the node then starts afresh
            self._tell_fault("restore", error)
            return False
        return True
