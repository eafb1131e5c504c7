"""A node's safe state: taken up when its inputs fall silent, and when it ends."""

from __future__ import annotations

from typing import Any, Callable, Optional

from ranvier.core import format_traceback
from ranvier.node import Node
from ranvier.worker._words import MadeSafe


class Safety:
    """Calls a node's `safe_state` when it must be called, and tells.

    Parameters
    ----------
    node
        The node.
    name
        Of the node in the graph.
    watchdog_s
        How long its inputs may be silent; None for ever.
    tell
        Sends a word to the supervisor.
    """

    def __init__(
        self,
        node: Node,
        name: str,
        watchdog_s: Optional[float],
        tell: Callable[[Any], object],
    ) -> None:
        self._node, self._name, self._tell = node, name, tell
        self._has_safe_state = type(node).safe_state is not Node.safe_state
        self._watchdog_s = (watchdog_s or None) if self._has_safe_state else None
        self._heard_ns = 0
        self._is_safe = False

    def hear(self, now_ns: int) -> None:
        """Note that an input brought something; ns on the host's monotonic clock."""
        self._heard_ns = now_ns
        self._is_safe = False

    def end(self) -> None:
        """Stop watching: what has ended may be silent."""
        self._watchdog_s = None

    def wait_s(self, now_ns: int) -> Optional[float]:
        """Give how long the inputs may still be silent, s.

        Returns
        -------
        float or None
            None if nobody watches them.
        """
        if self._watchdog_s is None or self._is_safe:
            return None
        return self._watchdog_s - (now_ns - self._heard_ns) * 1e-9

    def look(self, now_ns: int) -> None:
        """Make the node safe if its inputs were silent for too long."""
        left_s = self.wait_s(now_ns)
        if left_s is not None and left_s < 0:
            self.make_safe(f"the inputs were silent for {self._watchdog_s:g} s")

    def make_safe(self, reason: str, problem: str = "", *, ends: bool = False) -> None:
        """Call the node's `safe_state`, if it declares one, and tell.

        Parameters
        ----------
        reason
            Why, for the audit trail.
        problem
            What has gone wrong before, to be told with it.
        ends
            True if the node does nothing after it.
        """
        if not self._has_safe_state:
            return
        self._is_safe = True
        try:
            self._node.safe_state()
        except Exception as error:  # noqa: BLE001 - must never keep the others unsafe
            problem += format_traceback(error)
        self._tell(MadeSafe(self._name, reason, problem, ends))
